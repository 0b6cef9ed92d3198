/**
 * The atlas: all that is known of places, from databases and from the operator's own nets, and the tables that are
 * built of it.
 *
 * The first database that knows something wins, the others fill in what does not contradict it; a net wins over all
 * databases, the longest over others. What a country alone tells (continent, name, the middle of it) comes from
 * countries.ts.
 */
import { ipBytes, ipPrefixMatcher } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { unwrapAddress, unwrapPrefix } from './addresses.ts';
import type { MmdbFile } from './mmdb.ts';
import { layPlace, placeFields, readPlace, withCoordinates, withCountry } from './place.ts';
import type { Place } from './source.ts';

/** What the operator says of a prefix: what it names replaces what databases say. */
export interface GeoNet {
  readonly prefix: IpPrefix;
  readonly place: Place;
}

/** One thing that is known of an address, and who says it. */
export interface GeoFinding {
  /** The file of a database, or the prefix of a net. */
  readonly from: string;
  /** Bits of the address that all addresses of the same network there share; IPv4 inside IPv6 counts as IPv4. */
  readonly length: number;
  readonly place: Place;
}

/** What places are made of. */
export interface GeoAtlas {
  readonly databases: readonly MmdbFile[];
  /** Unwrapped: none is of IPv4 inside IPv6. */
  readonly nets: readonly GeoNet[];
}

/** Puts an atlas together; refused is a net that is given twice or that only a part of an embedded address selects. */
export function createAtlas(databases: readonly MmdbFile[], nets: readonly GeoNet[]): Result<GeoAtlas, string> {
  const known = new Set<IpPrefix>();
  const unwrapped: GeoNet[] = [];
  for (const net of nets) {
    const prefix = unwrapPrefix(net.prefix);
    if (!prefix.ok) return prefix;
    if (known.has(prefix.value)) return refuse(`${net.prefix}: a net that is given twice: expected once`);
    known.add(prefix.value);
    unwrapped.push({ prefix: prefix.value, place: withCountry(net.place) });
  }
  return succeed({ databases, nets: unwrapped });
}

/** What each net and database says of an address, those first that win. */
export function findingsOf(atlas: GeoAtlas, address: IpAddress): readonly GeoFinding[] {
  const octets = unwrapAddress(ipBytes(address));
  const findings: GeoFinding[] = [];
  const lengthOf = (prefix: IpPrefix): number => Number(prefix.slice(prefix.indexOf('/') + 1));
  const net = atlas.nets
    .filter(({ prefix }) => ipPrefixMatcher(prefix)(octets))
    .sort((one, other) => lengthOf(other.prefix) - lengthOf(one.prefix))[0];
  if (net !== undefined) findings.push({ from: net.prefix, length: lengthOf(net.prefix), place: net.place });
  for (const database of atlas.databases) {
    const { value, length } = database.find(octets);
    if (value !== undefined)
      findings.push({ from: database.file, length, place: readPlace(database.pick(value, placeFields)) });
  }
  return findings;
}

/** The place of an address; undefined where nothing is known of it. */
export function placeOf(atlas: GeoAtlas, address: IpAddress): Place | undefined {
  const findings = findingsOf(atlas, address);
  if (findings.length === 0) return undefined;
  const place = findings.reduce<Place>((over, { place: under }) => layPlace(over, under), {});
  return Object.keys(place).length === 0 ? undefined : withCoordinates(place);
}
