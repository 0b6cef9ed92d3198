/**
 * Places: read from the values of databases, and put together from several.
 *
 * Read are MaxMind's form (City, Country, Enterprise, ASN, ISP: maps with `iso_code` and `names`) and the flat forms of
 * others (`country_code`, `state1`, `city`, `latitude`, `autonomous_system_number`, `asn`). What has another form than
 * expected counts as not known.
 */
import { countries } from './countries.ts';
import { isMmdbList, isMmdbMap } from './mmdb-data.ts';
import type { MmdbFields, MmdbValue } from './mmdb-data.ts';
import type { Place } from './source.ts';

/** A place under construction: what stays undefined is left out of it. */
type Draft = { -readonly [Key in keyof Place]: Place[Key] | undefined };

const named: MmdbFields = { code: true, iso_code: true, names: { en: true } };
const network: MmdbFields = { autonomous_system_number: true, autonomous_system_organization: true };

/** What a value need hold for `readPlace`. */
export const placeFields: MmdbFields = {
  ...network,
  asn: true,
  as_name: true,
  city: named,
  continent: named,
  continent_code: true,
  country: named,
  country_code: true,
  country_name: true,
  latitude: true,
  location: { latitude: true, longitude: true },
  longitude: true,
  region: true,
  region_code: true,
  registered_country: named,
  state1: true,
  subdivisions: named,
  traits: network,
};

/** The place that a database's value tells, with the continent and name of its country. */
export function readPlace(value: MmdbValue): Place {
  const field = (...path: string[]): MmdbValue | undefined => at(value, path);
  const subdivisions = field('subdivisions');
  const subdivision: MmdbValue | undefined = isMmdbList(subdivisions) ? subdivisions[0] : undefined;
  const draft: Draft = {
    continent:
      lettersOf(field('continent', 'code')) ?? lettersOf(field('continent_code')) ?? lettersOf(field('continent')),
    region: regionOf(at(subdivision, ['iso_code'])) ?? regionOf(field('region_code')),
    regionName: textOf(at(subdivision, ['names', 'en'])) ?? textOf(field('state1')) ?? textOf(field('region')),
    city: textOf(field('city', 'names', 'en')) ?? textOf(field('city')),
    asn: asnOf(field('autonomous_system_number') ?? field('traits', 'autonomous_system_number') ?? field('asn')),
    asName: textOf(
      field('autonomous_system_organization') ?? field('traits', 'autonomous_system_organization') ?? field('as_name'),
    ),
  };
  const flatCode = lettersOf(field('country_code'));
  const key = lettersOf(field('country', 'iso_code')) === undefined ? 'registered_country' : 'country';
  draft.country = flatCode ?? lettersOf(field('country')) ?? lettersOf(field(key, 'iso_code'));
  draft.countryName = textOf(field(key, 'names', 'en')) ?? textOf(field('country_name'));
  const latitude = degreesOf(field('location', 'latitude') ?? field('latitude'), 90);
  const longitude = degreesOf(field('location', 'longitude') ?? field('longitude'), 180);
  if (latitude !== undefined && longitude !== undefined) Object.assign(draft, { latitude, longitude });
  return withCountry(compact(draft));
}

/** A place with the continent and name of its country, where it does not say them itself. */
export function withCountry(place: Place): Place {
  const country = place.country === undefined ? undefined : countries.get(place.country);
  return country === undefined ? place : { continent: country.continent, countryName: country.name, ...place };
}

/** A place with the middle of its country as coordinates, where it has none. */
export function withCoordinates(place: Place): Place {
  if (place.latitude !== undefined || place.country === undefined) return place;
  const country = countries.get(place.country);
  return country === undefined ? place : { ...place, latitude: country.latitude, longitude: country.longitude };
}

/**
 * Lays a place over another: what it names holds, and of the other stays what does not contradict it. Where both name a
 * country (or region, or city) and not the same, nothing finer is taken from the other: no city of one country gets
 * the coordinates of another.
 */
export function layPlace(over: Place, under: Place): Place {
  const draft: Draft = { ...over };
  if (differ(over.asn, under.asn) !== true) {
    draft.asn ??= under.asn;
    draft.asName ??= under.asName;
  }
  layLocation(draft, over, under);
  return compact(draft);
}

function layLocation(draft: Draft, over: Place, under: Place): void {
  if (differ(over.country, under.country) ?? differ(over.continent, under.continent) ?? false) return;
  draft.continent ??= under.continent;
  draft.country ??= under.country;
  draft.countryName ??= under.countryName;
  if (differ(over.region, under.region) ?? differ(over.regionName, under.regionName) ?? false) return;
  draft.region ??= under.region;
  draft.regionName ??= under.regionName;
  if (differ(over.city, under.city) ?? false) return;
  draft.city ??= under.city;
  if (over.latitude !== undefined) return;
  draft.latitude = under.latitude;
  draft.longitude = under.longitude;
}

/** Whether two values differ; undefined where one is not known. */
function differ<Value>(one: Value | undefined, other: Value | undefined): boolean | undefined {
  return one === undefined || other === undefined ? undefined : one !== other;
}

function compact(draft: Draft): Place {
  const { continent, country, countryName, region, regionName, city, latitude, longitude, asn, asName } = draft;
  return {
    ...(continent !== undefined && { continent }),
    ...(country !== undefined && { country }),
    ...(countryName !== undefined && { countryName }),
    ...(region !== undefined && { region }),
    ...(regionName !== undefined && { regionName }),
    ...(city !== undefined && { city }),
    ...(latitude !== undefined && longitude !== undefined && { latitude, longitude }),
    ...(asn !== undefined && { asn }),
    ...(asName !== undefined && { asName }),
  };
}

function at(value: MmdbValue | undefined, path: readonly string[]): MmdbValue | undefined {
  let result = value;
  for (const key of path) result = isMmdbMap(result) ? result.get(key) : undefined;
  return result;
}

function textOf(value: MmdbValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function lettersOf(value: MmdbValue | undefined): string | undefined {
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;
}

function regionOf(value: MmdbValue | undefined): string | undefined {
  return typeof value === 'string' && /^[A-Za-z0-9]{1,3}$/.test(value) ? value.toUpperCase() : undefined;
}

/** Numbers stand as such, and as text with or without `AS` before them. */
function asnOf(value: MmdbValue | undefined): number | undefined {
  const text = typeof value === 'string' ? /^(?:AS)?(\d{1,10})$/.exec(value)?.[1] : undefined;
  const asn = typeof value === 'number' ? value : Number(text ?? NaN);
  return Number.isInteger(asn) && asn > 0 && asn <= 0xffff_ffff ? asn : undefined;
}

function degreesOf(value: MmdbValue | undefined, most: number): number | undefined {
  const degrees = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof degrees === 'number' && Math.abs(degrees) <= most ? degrees : undefined;
}
