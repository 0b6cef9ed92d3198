import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeMessage } from '#dns/wire/message.ts';
import { drawNetworks, subnetQuery } from './client-networks.ts';
import { caseName, countries, luaLines, rightAnswer } from './dynamic.ts';

test('a client of a listed country has an address of its own, any other the last', () => {
  const given = [...countries, 'FR', ''].map((country) => rightAnswer('geo', country).addresses.join());
  assert.deepEqual(given, ['192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.13']);
});

test('the zone has a record for each wanted case alone', () => {
  const place = { cases: ['ifportup', 'weighted'] as const, backendPort: 8080, databaseFile: '' };
  assert.equal(
    luaLines(place),
    `ifportup IN LUA A "ifportup(8080,{'127.77.0.1','127.77.0.2'})"\n` +
      `weighted IN LUA A "pickwrandom({{40,'127.77.0.1'},{30,'127.77.0.2'},{20,'127.77.0.3'},{10,'127.77.0.4'}})"\n`,
  );
});

test('a client is in the narrowest network around it, and equal seeds draw equal networks', () => {
  const { networks, countryOf } = drawNetworks(1);
  const countryIn = new Map<string, string>(networks);
  const narrow = networks.find(([prefix]) => prefix.endsWith('/20'));
  assert.ok(narrow !== undefined && networks.length > 57_000);
  const [first = 0, second = 0, third = 0] = narrow[0].split(/[./]/).map(Number);
  assert.equal(countryOf(first, second, third + 15), narrow[1]);
  const isWhole = (octet: number): boolean => !countryIn.has(`9.${octet}.0.0/20`);
  const whole = Array.from({ length: 256 }, (_, octet) => octet).find(isWhole) ?? 0;
  assert.equal(countryOf(9, whole, 200), countryIn.get(`9.${whole}.0.0/16`));
  assert.deepEqual(drawNetworks(1).networks, networks);
});

test('a query names a network of 24 bits', () => {
  const message = decodeMessage(subnetQuery(caseName('geo'), [203, 0, 113]));
  assert.ok(message.ok);
  // Option 8 of 7 octets: family 1, source 24, scope 0, three octets (RFC 7871 §6).
  assert.deepEqual([...(message.value.opt?.rdata ?? [])], [0, 8, 0, 7, 0, 1, 24, 0, 203, 0, 113]);
});
