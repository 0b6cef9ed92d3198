/**
 * The zones of a release: wires the zone loader of `dns` and the compiler of `lua` into the seam of release.ts.
 *
 * A file's name without `.zone` is its origin until `$ORIGIN` says otherwise. What is read is plain data, so that it can
 * be read in a thread of its own.
 */
import { assert } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { recordType } from '#dns/wire/constants.ts';
import { equalNames, formatName, parseName, rootName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import type { DynamicCompiler } from '#dns/zone/dynamic.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import type { BuiltImage } from '#dns/zone/image-builder.ts';
import type { ZoneProblem } from '#dns/zone/problem.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { hasDynamicAddress, longestDynamicTtlOf, nameServersOf, staticAddressesOf } from '#dns/zone/zone-data.ts';
import type { ZoneData } from '#dns/zone/zone-data.ts';
import { createLuaCompiler } from '#lua/compiler.ts';
import { createAtlas, placeOf } from '#geo/atlas.ts';
import type { GeoAtlas, GeoNet } from '#geo/atlas.ts';
import { buildGeoTables } from '#geo/build-tables.ts';
import { openMmdb } from '#geo/mmdb.ts';
import { collectingGeo } from '#geo/tables.ts';
import type { GeoTables } from '#geo/tables.ts';
import { targetKey } from '#lua/health.ts';
import type { HealthSource, HealthTarget } from '#lua/health.ts';
import type { GeoFile } from './geo-file.ts';
import type { Problem } from './problem.ts';
import { includePath } from './release-files.ts';
import type { ReleaseFiles } from './release-files.ts';
import type { ZoneFacts, ZoneReading } from './zone-facts.ts';
import { readSteering, ZoneSteering } from './zone-steering.ts';

/** All zones of a release as read. */
export interface ZoneReadings {
  /** By file. */
  readonly readings: ReadonlyMap<string, ZoneReading>;
  /** What records that follow health want checked, each once, in the order of their slots. */
  readonly targets: readonly HealthTarget[];
  /** The zones that may be served, with the serials of their files. */
  readonly image: BuiltImage;
  /** What the records ask of places. */
  readonly geo: GeoTables;
}

/**
 * Reads and checks every `zones/*.zone`, and builds the image of those that may be served, and the tables of places that
 * they use from the databases, which are sound; without any, nothing is known of places.
 */
export function readZones(files: ReleaseFiles, databases: readonly GeoFile[] = []): ZoneReadings {
  const targets = new Map<string, HealthTarget>();
  const health: HealthSource = {
    register: (target) => {
      targets.set(targetKey(target), target);
      return { read: () => ({ state: 'unknown', changePending: true }), weight: () => 0 };
    },
  };
  const { services, nets } = readSteering(files);
  const atlas = lazyAtlas(databases, nets);
  const geo = collectingGeo((address) => placeOf(atlas(), address));
  const steering = new ZoneSteering(services, geo.source);
  const compileRecord = createLuaCompiler({ health, geo: geo.source, steer: steering.source, prng: createPrng(0) });
  const compile: DynamicCompiler = (source) => {
    steering.at(source.position);
    return compileRecord(source);
  };
  const zones: ZoneData[] = [];
  const readings = new Map<string, ZoneReading>();
  for (const [file, text] of files) {
    if (!file.endsWith('.zone')) continue;
    const include = (name: string): Result<{ file: string; text: string }, string> => findInclude(files, name);
    const { zone, problems } = readZone({ file, text, origin: originOf(file), include }, { compile });
    if (zone !== undefined) zones.push(zone);
    const of = (severity: ZoneProblem['severity']): readonly Problem[] =>
      problems.filter((problem) => problem.severity === severity).map(toProblem);
    const steers = steering.takeUses();
    const facts = zone === undefined ? undefined : { ...factsOf(zone), steers };
    const foreign = zone === undefined ? [] : foreignSoa(file, zone);
    readings.set(file, { facts, problems: of('error'), warnings: [...of('warning'), ...foreign] });
  }
  const { distinctions, addresses } = geo;
  const asksPlaces = distinctions.length > 0 || addresses.size > 0;
  const tables = asksPlaces ? buildGeoTables(atlas(), { distinctions, addresses }) : noGeoTables;
  return { readings, targets: [...targets.values()], image: buildImage(zones), geo: tables };
}

const noGeoTables: GeoTables = { tables: new Map(), places: new Map() };

/** Databases are opened when the first record asks for a place: most zones never do. */
function lazyAtlas(databases: readonly GeoFile[], nets: readonly GeoNet[]): () => GeoAtlas {
  let atlas: GeoAtlas | undefined;
  return () => {
    if (atlas !== undefined) return atlas;
    const opened = databases.map(({ file, bytes }) => {
      const database = openMmdb(bytes, file);
      assert(database.ok, `${file} was found sound before`);
      return database.value;
    });
    const made = createAtlas(opened, nets);
    assert(made.ok, 'nets are checked where they are read');
    atlas = made.value;
    return atlas;
  };
}

/** Included files travel with the release, so they lie beside the zones. */
function findInclude(files: ReleaseFiles, name: string): Result<{ file: string; text: string }, string> {
  const path = includePath(name);
  const text = path === undefined ? undefined : files.get(path);
  if (path === undefined) return refuse("expected the name of a file in zones/ that ends in '.inc'");
  return text === undefined ? refuse(`there is no ${path}`) : succeed({ file: path, text });
}

/** A zone of another name than its file's is most likely a slip in `$ORIGIN`. */
function foreignSoa(file: string, zone: ZoneData): readonly Problem[] {
  const expected = originOf(file);
  if (equalNames(zone.apex, expected)) return [];
  const soa = zone.records.find(zone.apexId, recordType.SOA);
  const found = `the zone is '${formatName(zone.apex)}', its file is named for '${formatName(expected)}'`;
  const message = `${found}: expected the name of the file to be that of the zone`;
  return [toProblem({ ...zone.positionOf(soa), severity: 'warning', message })];
}

function originOf(file: string): Name {
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.zone$/, '');
  const name = parseName(base);
  return name.ok ? name.value : rootName;
}

function toProblem({ file, line, column, message }: ZoneProblem): Problem {
  return { file, line, column, path: '', message };
}

function factsOf(zone: ZoneData): Omit<ZoneFacts, 'steers'> {
  const servers = nameServersOf(zone);
  return {
    origin: formatName(zone.apex).toLowerCase(),
    nameServers: servers.map((name) => formatName(name)),
    nameServerAddresses: servers.flatMap((name) => staticAddressesOf(zone, name)),
    dynamicNameServers: servers.filter((name) => hasDynamicAddress(zone, name)).map((name) => formatName(name)),
    longestDynamicTtlSeconds: longestDynamicTtlOf(zone),
  };
}
