/**
 * Places for calls whose arguments code computes. Tables of places are built when zones are read, and only for what was
 * asked for then (geo/tables.ts); so such a call asks for all that it could tell apart, and looks closer as it runs.
 */
import type { IpAddress } from '#base/ip.ts';
import type { GeoDistinction, GeoHandle, GeoSource, Place } from '#geo/source.ts';
import type { LuaConstant } from './constant.ts';
import type { RecordFunctionName } from './function-names.ts';
import { bytesOf } from './functions/nearness.ts';
import { attributeOf, coordinates, placeIn, textDistinction } from './functions/places.ts';
import type { PlaceAttribute } from './functions/places.ts';

/** What calls of a function may ask of a place; nothing for the functions that ask nothing. */
const asked: Readonly<Partial<Record<RecordFunctionName, readonly PlaceAttribute[]>>> = {
  asnum: ['asnum'],
  continent: ['continent'],
  continentCode: ['continent'],
  country: ['country'],
  countryCode: ['country'],
  region: ['region'],
  regionCode: ['region'],
  geoiplookup: ['asnum', 'city', 'continent', 'country', 'name', 'region', 'location'],
};

const askCoordinates: ReadonlySet<RecordFunctionName> = new Set<RecordFunctionName>([
  ...(['pickclosest', 'ifportup', 'ifurlup', 'ifurlextup'] as const),
  ...(['latlon', 'latlonloc', 'latlonMagic', 'closestMagic'] as const),
]);

/** The source for the computed calls at one place in the code; `args` are those of its arguments that are constant. */
export function computedGeo(
  geo: GeoSource,
  name: RecordFunctionName,
  args: readonly (LuaConstant | undefined)[],
): GeoSource {
  const attribute = name === 'geoiplookup' ? attributeOf(args[1]) : undefined;
  const attributes = attribute === undefined ? (asked[name] ?? []) : [attribute];
  const wide = attributes.map(textDistinction);
  if (askCoordinates.has(name)) wide.push(coordinates);
  return wide.length === 0 ? geo : new ComputedGeo(geo, wide);
}

class ComputedGeo implements GeoSource {
  readonly #handles: ReadonlyMap<string, GeoHandle>;

  constructor(geo: GeoSource, wide: readonly GeoDistinction[]) {
    this.#handles = new Map(wide.map((distinction) => [distinction.key, geo.register(distinction)]));
  }

  register(distinction: GeoDistinction): GeoHandle {
    const known = this.#handles.get(distinction.key);
    if (known !== undefined) return known;
    const [[key, handle] = []] = this.#handles;
    if (key === undefined || handle === undefined) throw new Error(`bug: nothing was asked for ${distinction.key}`);
    return new NarrowedHandle(handle, key, distinction);
  }

  placeOf(address: IpAddress): Place | undefined {
    const handle = this.#handles.get(coordinates.key);
    return handle === undefined ? undefined : placeIn(coordinates.key, handle.classes[handle.find(bytesOf(address))]);
  }
}

/** A distinction within a wider one. There may be very many wider classes: each is classified when it is first met. */
class NarrowedHandle implements GeoHandle {
  readonly classes: string[] = [];
  readonly #wide: GeoHandle;
  readonly #key: string;
  readonly #distinction: GeoDistinction;

  constructor(wide: GeoHandle, key: string, distinction: GeoDistinction) {
    this.#wide = wide;
    this.#key = key;
    this.#distinction = distinction;
  }

  find(address: Uint8Array): number {
    const number = this.#wide.find(address);
    this.classes[number] ??= this.#distinction.classify(placeIn(this.#key, this.#wide.classes[number]));
    return number;
  }

  get scopeBits(): number {
    return this.#wide.scopeBits;
  }
}
