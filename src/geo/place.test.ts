import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { openMmdb } from './mmdb.ts';
import { buildMmdb } from './mmdb.fixture.ts';
import type { FixtureValue } from './mmdb.fixture.ts';
import { layPlace, placeFields, readPlace, withCoordinates, withCountry } from './place.ts';
import type { Place } from './source.ts';

const vectors = new URL('../../../shared/vectors/mmdb/', import.meta.url);
const skip = existsSync(vectors) ? false : 'no vectors here: ../shared/vectors/mmdb beside the project';

/** The place of an address in a file. */
function placeIn(bytes: Uint8Array, address: string): Place {
  const opened = openMmdb(bytes, 'test.mmdb');
  assert.ok(opened.ok);
  const { value } = opened.value.find(ipBytes(present(parseIp(address), address)));
  return value === undefined ? {} : readPlace(opened.value.pick(value, placeFields));
}

function placeFrom(value: FixtureValue): Place {
  return placeIn(buildMmdb({ networks: [[present(parsePrefix('192.0.2.0/24'), 'a prefix'), value]] }), '192.0.2.1');
}

test("MaxMind's City form gives all that is known of a place", () => {
  const place = placeFrom({
    city: { geoname_id: 1, names: { de: 'Köln', en: 'Cologne' } },
    continent: { code: 'EU', names: { en: 'Europe' } },
    country: { iso_code: 'DE', names: { en: 'Germany' } },
    location: { accuracy_radius: 5, latitude: 50.9, longitude: 6.9, time_zone: 'Europe/Berlin' },
    registered_country: { iso_code: 'US', names: { en: 'United States' } },
    subdivisions: [
      { iso_code: 'NW', names: { en: 'North Rhine-Westphalia' } },
      { iso_code: 'XX', names: { en: 'A smaller one' } },
    ],
    traits: { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
  });
  assert.deepEqual(place, {
    continent: 'EU',
    country: 'DE',
    countryName: 'Germany',
    region: 'NW',
    regionName: 'North Rhine-Westphalia',
    city: 'Cologne',
    latitude: 50.9,
    longitude: 6.9,
    asn: 64500,
    asName: 'Example',
  });
});

test('where no country is known, the registered one counts', () => {
  const place = placeFrom({ registered_country: { iso_code: 'FR', names: { en: 'France' } } });
  assert.deepEqual(place, { continent: 'EU', country: 'FR', countryName: 'France' });
});

test('a continent without a country is a place', () => {
  assert.deepEqual(placeFrom({ continent: { code: 'AS' } }), { continent: 'AS' });
});

const flatForms: readonly (readonly [string, FixtureValue, Place])[] = [
  ['a country code alone', { country_code: 'jp' }, { continent: 'AS', country: 'JP', countryName: 'Japan' }],
  ['a country alone', { country: 'BR' }, { continent: 'SA', country: 'BR', countryName: 'Brazil' }],
  ['an AS number', { autonomous_system_number: 1221, autonomous_system_organization: 'T' }, { asn: 1221, asName: 'T' }],
  ['an AS number as text', { asn: 'AS13335', as_name: 'C' }, { asn: 13335, asName: 'C' }],
  [
    'a flat city with coordinates as text',
    { city: 'Lyon', country_code: 'FR', latitude: '45.75', longitude: '4.85', state1: 'Rhône-Alpes' },
    {
      continent: 'EU',
      country: 'FR',
      countryName: 'France',
      regionName: 'Rhône-Alpes',
      city: 'Lyon',
      latitude: 45.75,
      longitude: 4.85,
    },
  ],
  [
    'continent and country by name and code',
    { continent: 'North America', continent_code: 'NA', country: 'United States', country_code: 'US' },
    { continent: 'NA', country: 'US', countryName: 'United States' },
  ],
];

for (const [what, value, expected] of flatForms) {
  test(`a flat form is read: ${what}`, () => {
    assert.deepEqual(placeFrom(value), expected);
  });
}

test('what has another form than expected counts as not known', () => {
  const odd: FixtureValue[] = [
    'DE',
    7,
    [],
    { country_code: 'DEU' },
    { country_code: 49 },
    { country: { iso_code: '' } },
    { location: { latitude: 91, longitude: 10 } },
    { location: { latitude: 50 } },
    { latitude: 'north', longitude: '' },
    { autonomous_system_number: 0 },
    { asn: 'AS4294967296' },
    { subdivisions: 'NW' },
    { subdivisions: [] },
    { city: { names: 'Cologne' } },
  ];
  for (const value of odd) assert.deepEqual(placeFrom(value), {});
});

test('a country gives its continent and name, and its middle only where nothing nearer is known', () => {
  assert.deepEqual(withCountry({ country: 'NZ', countryName: 'Aotearoa' }), {
    continent: 'OC',
    country: 'NZ',
    countryName: 'Aotearoa',
  });
  assert.deepEqual(withCoordinates({ country: 'NZ' }), { country: 'NZ', latitude: -40.9, longitude: 174.9 });
  const known = { country: 'NZ', latitude: 0, longitude: 1 };
  assert.equal(withCoordinates(known), known);
  assert.deepEqual(withCoordinates({ continent: 'OC' }), { continent: 'OC' });
  assert.deepEqual(withCountry({ country: 'ZZ' }), { country: 'ZZ' });
});

const paris: Place = {
  continent: 'EU',
  country: 'FR',
  countryName: 'France',
  region: 'IDF',
  regionName: 'Île-de-France',
  city: 'Paris',
  latitude: 48.9,
  longitude: 2.4,
  asn: 64500,
  asName: 'Example',
};

const layings: readonly (readonly [string, Place, Place])[] = [
  ['nothing leaves everything', {}, paris],
  ['the same country leaves everything', { country: 'FR' }, paris],
  ['an AS number leaves the location', { asn: 64501 }, { ...without(paris, 'asName'), asn: 64501 }],
  ['coordinates replace coordinates', { latitude: 1, longitude: 2 }, { ...paris, latitude: 1, longitude: 2 }],
  [
    'another city has other coordinates',
    { city: 'Meaux' },
    { ...without(paris, 'latitude', 'longitude'), city: 'Meaux' },
  ],
  [
    'another region has other cities',
    { region: 'BRE' },
    { ...pick(paris, 'continent', 'country', 'countryName', 'asn', 'asName'), region: 'BRE' },
  ],
  [
    'another country has other regions and may be elsewhere',
    withCountry({ country: 'US' }),
    { continent: 'NA', country: 'US', countryName: 'United States', asn: 64500, asName: 'Example' },
  ],
  ['another continent has other countries', { continent: 'AS' }, { continent: 'AS', asn: 64500, asName: 'Example' }],
  [
    'the same country on another continent is the same place',
    { continent: 'AS', country: 'FR' },
    { ...paris, continent: 'AS' },
  ],
];

function pick(place: Place, ...keys: (keyof Place)[]): Place {
  return Object.fromEntries(Object.entries(place).filter(([key]) => keys.some((wanted) => wanted === key)));
}

function without(place: Place, ...keys: (keyof Place)[]): Place {
  return Object.fromEntries(Object.entries(place).filter(([key]) => !keys.some((unwanted) => unwanted === key)));
}

for (const [what, over, expected] of layings) {
  test(`a place laid over another: ${what}`, () => {
    assert.deepEqual(layPlace(over, paris), expected);
  });
}

test('what is missing is filled in from the place below', () => {
  assert.deepEqual(layPlace({ asn: 64501 }, { country: 'FR' }), { country: 'FR', asn: 64501 });
  assert.deepEqual(layPlace(paris, { country: 'DE', region: 'BE', city: 'Berlin', asn: 1 }), paris);
});

test("the vectors' places are those that are documented of them", { skip }, () => {
  const read = (name: string): Uint8Array => readFileSync(new URL(name, vectors));
  assert.deepEqual(placeIn(read('GeoIP2-City-Test.mmdb'), '81.2.69.160'), {
    continent: 'EU',
    country: 'GB',
    countryName: 'United Kingdom',
    region: 'ENG',
    regionName: 'England',
    city: 'London',
    latitude: 51.5142,
    longitude: -0.0931,
  });
  const japan = { continent: 'AS', country: 'JP', countryName: 'Japan' };
  assert.deepEqual(placeIn(read('GeoIP2-Country-Test.mmdb'), '2001:218::1'), japan);
  assert.deepEqual(placeIn(read('GeoLite2-ASN-Test.mmdb'), '1.128.0.0'), { asn: 1221, asName: 'Telstra Pty Ltd' });
  assert.equal(placeIn(read('GeoIP2-ISP-Test.mmdb'), '1.128.0.0').asn, 1221);
});
