/**
 * Builds the tables of an atlas: every database becomes runs of places, the runs are combined, and each distinction
 * classifies each different place once. Neighbours of one class become one run, so a table is as large as the
 * distinction is fine, and the scope of an answer as wide as it can be (R15).
 */
import type { IpAddress } from '#base/ip.ts';
import { embeddingPrefixes, embeddings } from './addresses.ts';
import { placeOf } from './atlas.ts';
import type { GeoAtlas, GeoNet } from './atlas.ts';
import type { MmdbFile } from './mmdb.ts';
import type { NetworkVisitor } from './mmdb-tree.ts';
import { layPlace, placeFields, readPlace, withCoordinates } from './place.ts';
import { prefixRuns } from './prefix-runs.ts';
import { freezeRuns } from './run-table.ts';
import { combineRuns, RunsBuilder } from './runs.ts';
import type { Runs } from './runs.ts';
import type { GeoDistinction, Place } from './source.ts';
import type { GeoTable, GeoTables } from './tables.ts';

/** What tables are wanted for: see `collectingGeo`. */
export interface WantedGeo {
  readonly distinctions: readonly GeoDistinction[];
  readonly addresses: Iterable<IpAddress>;
}

/** All addresses by the number of their place; number 0 is the place of which nothing is known. */
interface Layer {
  readonly places: readonly Place[];
  readonly ipv4: Runs;
  readonly ipv6: Runs;
}

/** Builds the table of each distinction, and looks up the places that were asked for. */
export function buildGeoTables(atlas: GeoAtlas, { distinctions, addresses }: WantedGeo): GeoTables {
  const places = new Map<IpAddress, Place>();
  for (const address of addresses) {
    const place = placeOf(atlas, address);
    if (place !== undefined) places.set(address, place);
  }
  const tables = new Map<string, GeoTable>();
  if (distinctions.length > 0) {
    const layer = layerOfAll(atlas);
    for (const distinction of distinctions) {
      if (!tables.has(distinction.key)) tables.set(distinction.key, tableOf(layer, distinction));
    }
  }
  return { tables, places };
}

/** The number, after all places, of addresses of IPv6 that hold one of IPv4. */
function embeddedNumber(layer: Layer): number {
  return layer.places.length;
}

function layerOfAll({ databases, nets }: GeoAtlas): Layer {
  const layers = databases.map(databaseLayer);
  if (nets.length > 0 || layers.length === 0) layers.unshift(netLayer(nets));
  const layer = layers.reduceRight((under, over) => combineLayers(over, under));
  const number = embeddedNumber(layer);
  const prefixes = embeddingPrefixes.map((prefix) => ({ prefix, number: 1 }));
  return {
    places: layer.places.map(withCoordinates),
    ipv4: layer.ipv4,
    ipv6: combineRuns(layer.ipv6, prefixRuns(4, prefixes), (below, above) => (above === 1 ? number : below)),
  };
}

function netLayer(nets: readonly GeoNet[]): Layer {
  const prefixes = nets.map(({ prefix }, index) => ({ prefix, number: index + 1 }));
  const places = [{}, ...nets.map(({ place }) => place)];
  return { places, ipv4: prefixRuns(1, prefixes), ipv6: prefixRuns(4, prefixes) };
}

function databaseLayer(database: MmdbFile): Layer {
  const places: Place[] = [{}];
  const numbers = new Map<number, number>();
  const numberOf = (value: number): number => {
    let number = numbers.get(value);
    if (number === undefined) {
      number = places.length;
      numbers.set(value, number);
      places.push(readPlace(database.pick(value, placeFields)));
    }
    return number;
  };
  const collect = (words: 1 | 4, walk: (visitor: NetworkVisitor) => void): Runs => {
    const builder = new RunsBuilder(words);
    walk((first, value) => builder.append(first, 0, value === undefined ? 0 : numberOf(value)));
    return builder.finish();
  };
  const ipv4 = collect(1, (visitor) => database.walkIpv4(visitor));
  const ipv6 = collect(4, (visitor) => database.walkIpv6(embeddings, visitor));
  return { places, ipv4, ipv6 };
}

/** Lays one layer over another; each pair of places that occurs somewhere becomes one place. */
function combineLayers(over: Layer, under: Layer): Layer {
  const places = [...under.places];
  const numbers = new Map<number, number>();
  const numberOf = (below: number, above: number): number => {
    if (above === 0) return below;
    const pair = above * under.places.length + below;
    let number = numbers.get(pair);
    if (number === undefined) {
      number = places.length;
      numbers.set(pair, number);
      places.push(layPlace(over.places[above] ?? {}, under.places[below] ?? {}));
    }
    return number;
  };
  const ipv4 = combineRuns(under.ipv4, over.ipv4, numberOf);
  const ipv6 = combineRuns(under.ipv6, over.ipv6, numberOf);
  return { places, ipv4, ipv6 };
}

function tableOf(layer: Layer, { classify }: GeoDistinction): GeoTable {
  const names = layer.places.map(classify);
  const unknown = classify({});
  const classes = [...new Set(names)].filter((name) => name !== unknown);
  classes.push(unknown);
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const renumber = Uint32Array.from([...names.map((name) => numbers.get(name) ?? 0), classes.length]);
  const ipv4 = freezeRuns(layer.ipv4, renumber);
  // Where all of IPv4 is of one class, so are the addresses that hold one.
  const isOneClass = layer.ipv4.numbers.every((number) => renumber[number] === renumber[layer.ipv4.numbers[0] ?? 0]);
  if (isOneClass) renumber[embeddedNumber(layer)] = renumber[layer.ipv4.numbers[0] ?? 0] ?? 0;
  return { classes, ipv4, ipv6: freezeRuns(layer.ipv6, renumber) };
}
