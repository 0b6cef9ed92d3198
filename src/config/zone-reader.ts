/**
 * The zones of a release: wires the zone loader of `dns` and the compiler of `lua` into the seam of release.ts.
 *
 * A file's name without `.zone` is its origin until `$ORIGIN` says otherwise.
 */
import { formatIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { recordType } from '#dns/wire/constants.ts';
import { formatName, parseName, rootName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import { loadZone } from '#dns/zone/load.ts';
import type { ZoneProblem } from '#dns/zone/problem.ts';
import { findRrset } from '#dns/zone/zone.ts';
import type { Zone } from '#dns/zone/zone.ts';
import { createLuaCompiler } from '#lua/compiler.ts';
import type { HealthSource } from '#lua/health.ts';
import type { Problem } from './problem.ts';
import type { ZoneFacts, ZoneReader } from './zone-facts.ts';

/** What zones are read with. */
export interface ZoneReaderOptions {
  readonly health: HealthSource;
  readonly prng: Prng;
  /** Replaces the serial of every zone (R28); the file's own where absent. */
  readonly serial?: number;
}

/** A reader, and the zones that it has read so far. */
export interface CollectingZoneReader {
  readonly read: ZoneReader;
  readonly zones: readonly Zone[];
}

/** Builds a reader that keeps each zone that may be served. */
export function createZoneReader(options: ZoneReaderOptions): CollectingZoneReader {
  const zones: Zone[] = [];
  const compile = createLuaCompiler({ health: options.health, prng: options.prng });
  const build = { compile, ...(options.serial === undefined ? {} : { serial: options.serial }) };
  const read: ZoneReader = (file, text) => {
    const { zone, problems } = loadZone({ file, text, origin: originOf(file) }, build);
    if (zone !== undefined) zones.push(zone);
    const of = (severity: ZoneProblem['severity']): readonly Problem[] =>
      problems.filter((problem) => problem.severity === severity).map(toProblem);
    return { facts: zone === undefined ? undefined : factsOf(zone), problems: of('error'), warnings: of('warning') };
  };
  return { read, zones };
}

/** A reader that only checks: what its records register is forgotten. */
export function createCheckingZoneReader(): ZoneReader {
  const health: HealthSource = { register: () => ({ read: () => ({ state: 'unknown', changePending: true }) }) };
  return createZoneReader({ health, prng: createPrng(0) }).read;
}

function originOf(file: string): Name {
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.zone$/, '');
  const name = parseName(base);
  return name.ok ? name.value : rootName;
}

function toProblem({ file, line, column, message }: ZoneProblem): Problem {
  return { file, line, column, path: '', message };
}

function factsOf(zone: Zone): ZoneFacts {
  // Uncompressed NS data is the name itself (RFC 1035 §3.3.11).
  const servers = (findRrset(zone.apexNode, recordType.NS)?.rdata ?? []).map((rdata) => rdata as Name);
  return {
    origin: formatName(zone.apex).toLowerCase(),
    nameServers: servers.map((name) => formatName(name)),
    nameServerAddresses: servers.flatMap((name) => addressesOf(zone, name)),
    longestDynamicTtlSeconds: zone.longestDynamicTtlSeconds,
  };
}

function addressesOf(zone: Zone, name: Name): readonly IpAddress[] {
  const node = zone.nodes.get(name);
  if (node === undefined) return [];
  return [recordType.A, recordType.AAAA].flatMap((type) => (findRrset(node, type)?.rdata ?? []).map(formatIp));
}
