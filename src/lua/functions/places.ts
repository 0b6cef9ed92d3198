/**
 * Functions of the client's place: `country`, `continent`, `region`, `asnum` and their codes, `latlon`, `latlonloc`,
 * `geoiplookup`, `closestMagic`, `latlonMagic`.
 *
 * Each registers the distinction that it makes and no more, so that answers hold for the widest networks (R15). Codes
 * are in lower case, and `--` where nothing is known, as in PowerDNS.
 */
import { parseIp } from '#base/ip.ts';
import type { GeoDistinction, GeoHandle, Place } from '#geo/source.ts';
import type { Computed, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import type { LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { LuaError } from '../language/error.ts';
import { labelsOf } from '../objects/labels.ts';
import type { Run } from '../run.ts';
import type { ScopeOf } from '../scope.ts';
import { bytesOf, coordinatesOf, squaredDegrees } from './nearness.ts';
import { addressesInLabels } from './pickers.ts';
import { listItems, noMoreArguments, requiredArgument } from './values.ts';

/** What PowerDNS calls `unknown`. */
const unknown = 'unknown';

type PlaceText = (place: Place) => string | undefined;

const texts = {
  asnum: ({ asn }: Place) => (asn === undefined ? undefined : String(asn)),
  city: ({ city }: Place) => city,
  continent: ({ continent }: Place) => continent,
  country: ({ country }: Place) => country,
  name: ({ asName }: Place) => asName,
  region: ({ region }: Place) => region,
  location: (place: Place) => (place.latitude === undefined ? undefined : locationText(place)),
} as const satisfies Readonly<Record<string, PlaceText>>;

/** `GeoIPQueryAttribute` and its numbers, as in PowerDNS 5.1. */
export const geoAttributes: Readonly<Record<string, number>> = {
  ASn: 0,
  City: 1,
  Continent: 2,
  Country: 3,
  Country2: 4,
  Name: 5,
  Region: 6,
  Location: 7,
};

const attributeTexts = ['asnum', 'city', 'continent', 'country', 'country', 'name', 'region', 'location'] as const;

function lowerText(place: Place, text: PlaceText): string {
  return text(place)?.toLowerCase() ?? unknown;
}

/** What is asked of places as text. */
export type PlaceAttribute = keyof typeof texts;

/** The attribute that an argument of `geoiplookup` names, if it is constant and one. */
export function attributeOf(argument: LuaConstant | undefined): PlaceAttribute | undefined {
  return argument?.kind === 'number' ? attributeTexts[argument.value] : undefined;
}

/** A distinction by one text of places: a class for each. */
export function textDistinction(what: PlaceAttribute): GeoDistinction {
  return { key: `lua ${what}`, classify: (place) => lowerText(place, texts[what]) };
}

/** The distinction by full coordinates. */
export const coordinates: GeoDistinction = {
  key: 'lua coordinates',
  classify: ({ latitude, longitude }) =>
    latitude === undefined || longitude === undefined ? '' : `${latitude},${longitude}`,
};

/** What a class of `textDistinction` or `coordinates`, by its key, says of a place; codes stay in lower case. */
export function placeIn(key: string, name: string | undefined): Place {
  if (name === undefined || name === unknown || name === '') return {};
  if (key === coordinates.key) {
    const [latitude, longitude] = name.split(',').map(Number);
    return latitude === undefined || longitude === undefined ? {} : { latitude, longitude };
  }
  const what = key.slice('lua '.length);
  return what === 'asnum' ? { asn: Number(name) } : { [what]: name };
}

function scopeOf(handle: GeoHandle): ScopeOf {
  return ({ address }) => {
    handle.find(address);
    return handle.scopeBits;
  };
}

/** `country('DE')` and its like: whether the client's is one of those given. */
export function placeTest(what: 'asnum' | 'continent' | 'country' | 'region'): (call: LuaCall) => Computed {
  return (call) => {
    const usage = what === 'asnum' ? 'asnum(64496) or asnum({64496, 64497})' : `${what}('EU') or ${what}({'EU', 'NA'})`;
    const argument = requiredArgument(call, 0, usage);
    noMoreArguments(call, 1);
    const items = argument.kind === 'table' ? listItems(argument, '', usage) : [argument];
    const wanted = items.map((item) => {
      const text = textOfConstant(item);
      if (text === undefined)
        throw new LuaFault(`${describeConstant(item)} is not a code: expected ${usage}`, item.offset);
      return text.toLowerCase();
    });
    const handle = call.geo.register({
      key: `lua ${what} in ${JSON.stringify([...new Set(wanted)].sort())}`,
      classify: (place) => (wanted.includes(lowerText(place, texts[what])) ? 'yes' : 'no'),
    });
    return {
      kind: 'value',
      scope: scopeOf(handle),
      evaluate: (run) => {
        const answer = handle.classes[handle.find(run.client.address)] === 'yes';
        run.trace?.push({ step: 'place', text: `${what} ${wanted.join(', ')}: ${answer ? 'yes' : 'no'}` });
        return answer;
      },
    };
  };
}

/** `countryCode()` and its like. */
export function placeCode(what: 'continent' | 'country' | 'region'): (call: LuaCall) => Computed {
  return (call) => {
    noMoreArguments(call, 0);
    const handle = call.geo.register(textDistinction(what));
    const codes = handle.classes.map((name) => (name === unknown ? '--' : name));
    return {
      kind: 'value',
      scope: scopeOf(handle),
      evaluate: (run) => {
        const code = codes[handle.find(run.client.address)] ?? '--';
        run.trace?.push({ step: 'place', text: `${what} ${code}` });
        return code;
      },
    };
  };
}

/** `geoiplookup(address, attribute)`: what is known of any address. */
export function prepareGeoIpLookup(call: LuaCall): Computed {
  const usage = "geoiplookup('192.0.2.1', GeoIPQueryAttribute.City)";
  const argument = requiredArgument(call, 0, usage);
  const attribute = requiredArgument(call, 1, usage);
  noMoreArguments(call, 2);
  const address = parseIp(textOfConstant(argument) ?? '');
  if (address === undefined)
    throw new LuaFault(`${describeConstant(argument)} is not an IP address: expected ${usage}`, argument.offset);
  const what = attributeOf(attribute);
  if (what === undefined)
    throw new LuaFault(`${describeConstant(attribute)} is not an attribute: expected ${usage}`, attribute.offset);
  const handle = call.geo.register(textDistinction(what));
  const bytes = bytesOf(address);
  return { kind: 'value', evaluate: () => handle.classes[handle.find(bytes)] ?? unknown };
}

/** Places by their full coordinates, of the client and of addresses that only the query names. */
class Locator {
  readonly scope: ScopeOf;
  readonly #handle: GeoHandle;
  readonly #places: readonly Place[];

  constructor(call: LuaCall) {
    this.#handle = call.geo.register(coordinates);
    this.#places = this.#handle.classes.map((name) => placeIn(coordinates.key, name));
    this.scope = scopeOf(this.#handle);
  }

  placeOf(address: Uint8Array): Place {
    return this.#places[this.#handle.find(address)] ?? {};
  }
}

export function prepareLatLon(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  const locator = new Locator(call);
  return {
    kind: 'value',
    scope: locator.scope,
    evaluate: ({ client }) => locationText(locator.placeOf(client.address)),
  };
}

export function prepareLatLonLoc(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  const locator = new Locator(call);
  return {
    kind: 'value',
    scope: locator.scope,
    evaluate: ({ client }) => {
      const { latitude, longitude } = coordinatesOf(locator.placeOf(client.address));
      return `${degrees(latitude, 'N', 'S')} ${degrees(longitude, 'E', 'W')} 0.00m 1.00m 10000.00m 10.00m`;
    },
  };
}

/** The nearest of the addresses that the name's labels spell, `-` for `.`. */
export function prepareClosestMagic(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  const locator = new Locator(call);
  const evaluate = (run: Run): string => {
    const { client } = run;
    const addresses = addressesInLabels(labelsOf(client.name, client.nameAt));
    const here = coordinatesOf(locator.placeOf(client.address));
    const distances = addresses.map((address) =>
      squaredDegrees(here, coordinatesOf(locator.placeOf(bytesOf(address)))),
    );
    const nearest = addresses.filter((_, index) => distances[index] === Math.min(...distances));
    const chosen = nearest.length === 0 ? undefined : nearest[run.prng.below(nearest.length)];
    if (chosen === undefined) throw new LuaError('closestMagic: the name holds no address');
    return chosen;
  };
  return { kind: 'value', scope: locator.scope, evaluate };
}

/** Where the IPv4 address is whose octets are the first four labels, the last octet first. */
export function prepareLatLonMagic(call: LuaCall): Computed {
  noMoreArguments(call, 0);
  const locator = new Locator(call);
  const evaluate = ({ client }: Run): string => {
    const labels = labelsOf(client.name, client.nameAt);
    if (labels.length < 4) return unknown;
    const address = parseIp(labels.slice(0, 4).reverse().join('.'));
    return locationText(address === undefined ? {} : locator.placeOf(bytesOf(address)));
  };
  return { kind: 'value', evaluate };
}

/** Latitude and longitude with six decimals; zeros where nothing is known. */
function locationText(place: Place): string {
  const { latitude, longitude } = coordinatesOf(place);
  return `${latitude.toFixed(6)} ${longitude.toFixed(6)}`;
}

/** Degrees, minutes and seconds; zero is south and west, with a minus before its seconds as PowerDNS writes it. */
function degrees(value: number, positive: string, negative: string): string {
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const minutes = Math.trunc((size - whole) * 60);
  const seconds = ((size - whole) * 60 - minutes) * 60;
  const text = value === 0 ? '-0' : String(Number(seconds.toPrecision(6)));
  return `${whole} ${minutes} ${text} ${value > 0 ? positive : negative}`;
}
