import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { countries } from './countries.ts';
import { defaultDatabaseUrl } from './default-database.ts';
import { openMmdb } from './mmdb.ts';
import { placeFields, readPlace } from './place.ts';

test('all 249 countries of ISO 3166-1, Kosovo and the Netherlands Antilles are there, in order, each with a point on the Earth', () => {
  assert.equal(countries.size, 251);
  const codes = [...countries.keys()];
  assert.deepEqual(codes, [...codes].sort());
  for (const [code, { name, continent, latitude, longitude }] of countries) {
    assert.match(code, /^[A-Z]{2}$/);
    assert.match(continent, /^(AF|AN|AS|EU|NA|OC|SA)$/, code);
    assert.ok(name.length > 3 && !/\d/.test(name), code);
    assert.ok(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, code);
  }
});

test('a country is found by its code', () => {
  assert.deepEqual(countries.get('CI'), { name: "Côte d'Ivoire", continent: 'AF', latitude: 7.5, longitude: -5.5 });
  assert.equal(countries.get('ZZ'), undefined);
});

test('no two countries are at the same point', () => {
  const points = new Map<string, string[]>();
  for (const [code, { latitude, longitude }] of countries) {
    const point = `${latitude} ${longitude}`;
    points.set(point, [...(points.get(point) ?? []), code]);
  }
  assert.deepEqual(
    [...points.values()].filter((codes) => codes.length > 1),
    [],
  );
});

test('every country of the default database is known', () => {
  const opened = openMmdb(readFileSync(defaultDatabaseUrl()), 'default');
  assert.ok(opened.ok);
  const values = new Set<number>();
  const visit = (_: Uint32Array, value: number | undefined): void => {
    if (value !== undefined) values.add(value);
  };
  opened.value.walkIpv4(visit);
  opened.value.walkIpv6([], visit);
  assert.ok(values.size > 200);
  for (const value of values) {
    const { country } = readPlace(opened.value.pick(value, placeFields));
    assert.ok(country !== undefined && countries.has(country), country);
  }
});
