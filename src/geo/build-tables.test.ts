import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { formatIp, ipBytes, parseIp, parsePrefix, prefixParts } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { createAtlas, findingsOf, placeOf } from './atlas.ts';
import type { GeoAtlas, GeoNet } from './atlas.ts';
import { buildGeoTables } from './build-tables.ts';
import { defaultDatabaseUrl } from './default-database.ts';
import { openMmdb } from './mmdb.ts';
import type { MmdbFile } from './mmdb.ts';
import { buildMmdb } from './mmdb.fixture.ts';
import type { FixtureMmdb } from './mmdb.fixture.ts';
import type { GeoDistinction, GeoHandle, Place } from './source.ts';
import { collectingGeo, geoSourceOf } from './tables.ts';
import type { GeoTables } from './tables.ts';

const address = (text: string): IpAddress => present(parseIp(text), text);
const prefix = (text: string): IpPrefix => present(parsePrefix(text), text);
const byCountry: GeoDistinction = { key: 'country', classify: ({ country = 'none' }) => country };
const byAsn: GeoDistinction = { key: 'asn', classify: ({ asn }) => (asn === 64500 ? 'ours' : 'theirs') };

function database(
  networks: readonly (readonly [string, FixtureMmdb['networks'][number][1]])[],
  file = 'a.mmdb',
): MmdbFile {
  const aliases = [prefix('2002::/16'), prefix('::ffff:0:0/96')];
  const bytes = buildMmdb({ networks: networks.map(([text, value]) => [prefix(text), value]), aliases });
  const opened = openMmdb(bytes, file);
  assert.ok(opened.ok);
  return opened.value;
}

function atlasOf(databases: readonly MmdbFile[], nets: readonly (readonly [string, Place])[] = []): GeoAtlas {
  const atlas = createAtlas(
    databases,
    nets.map(([text, place]): GeoNet => ({ prefix: prefix(text), place })),
  );
  assert.ok(atlas.ok, atlas.ok ? '' : atlas.fault);
  return atlas.value;
}

function handleOf(atlas: GeoAtlas, distinction: GeoDistinction): GeoHandle {
  return geoSourceOf(buildGeoTables(atlas, { distinctions: [distinction], addresses: [] })).register(distinction);
}

/** The class of an address, and the scope. */
function found(handle: GeoHandle, text: string): readonly [string | undefined, number] {
  return [handle.classes[handle.find(ipBytes(address(text)))], handle.scopeBits];
}

test('without data every address is of the class of nothing known, with scope 0', () => {
  const handle = handleOf(atlasOf([]), byCountry);
  assert.deepEqual(handle.classes, ['none']);
  for (const text of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '2002:c000:201::1', '2001::1'])
    assert.deepEqual(found(handle, text), ['none', 0]);
});

test('the class of nothing known is the last one, also where it is that of known places', () => {
  const countries = database([
    ['81.2.69.0/24', { country_code: 'GB' }],
    ['91.0.0.0/8', { country_code: 'DE' }],
  ]);
  assert.deepEqual(handleOf(atlasOf([countries]), byCountry).classes, ['GB', 'DE', 'none']);
  assert.deepEqual(handleOf(atlasOf([countries]), byAsn).classes, ['theirs']);
  const others: GeoDistinction = { key: 'not-gb', classify: ({ country }) => (country === 'GB' ? 'GB' : 'other') };
  assert.deepEqual(handleOf(atlasOf([countries]), others).classes, ['GB', 'other']);
});

test('neighbours that need not be told apart are one prefix (R15)', () => {
  const countries = database([
    ['10.0.0.0/10', { country_code: 'FR' }],
    ['10.64.0.0/10', { country_code: 'DE' }],
    ['10.128.0.0/9', { country_code: 'FR' }],
    ['11.0.0.0/8', { country_code: 'US' }],
  ]);
  const byContinent: GeoDistinction = { key: 'continent', classify: ({ continent = '' }) => continent };
  const handle = handleOf(atlasOf([countries]), byContinent);
  assert.deepEqual(found(handle, '10.70.0.1'), ['EU', 8]);
  assert.deepEqual(found(handle, '11.0.0.1'), ['NA', 8]);
  // 12.0.0.0 to 15.255.255.255 is the widest block around it without 11.0.0.0/8.
  assert.deepEqual(found(handle, '12.0.0.1'), ['', 6]);
  assert.deepEqual(found(handle, '200.0.0.1'), ['', 1]);
});

test('an IPv4 address inside IPv6 has its class, and a scope that counts the bits before it', () => {
  const handle = handleOf(atlasOf([database([['81.2.69.0/24', { country_code: 'GB' }]])]), byCountry);
  assert.deepEqual(found(handle, '81.2.69.7'), ['GB', 24]);
  assert.deepEqual(found(handle, '::ffff:81.2.69.7'), ['GB', 120]);
  assert.deepEqual(found(handle, '::ffff:0:81.2.69.7'), ['GB', 120]);
  assert.deepEqual(found(handle, '64:ff9b::81.2.69.7'), ['GB', 120]);
  assert.deepEqual(found(handle, '2002:5102:4507::1'), ['GB', 40]);
  // Teredo holds the address inverted, bit for bit: 81.2.69.7 is aefd:baf8.
  assert.deepEqual(found(handle, '2001:0:4136:e378:8000:63bf:aefd:baf8'), ['GB', 120]);
  assert.deepEqual(found(handle, '64:ff9b:1::81.2.69.7')[0], 'none');
});

test('the scope of an IPv6 address does not reach into addresses that hold one of IPv4', () => {
  const handle = handleOf(atlasOf([database([['81.2.69.0/24', { country_code: 'GB' }]])]), byCountry);
  // 2003::/16 is beside 2002::/16.
  assert.deepEqual(found(handle, '2003::1'), ['none', 16]);
  assert.deepEqual(found(handle, '4000::1'), ['none', 2]);
});

test('the first database that knows a country wins, and others add what they alone know', () => {
  const city = database([['81.2.69.0/24', { country: { iso_code: 'GB' }, city: { names: { en: 'London' } } }]], 'city');
  const asn = database([['81.2.0.0/16', { autonomous_system_number: 64500 }]], 'asn');
  const country = database([['81.0.0.0/8', { country_code: 'FR' }]], 'country');
  const atlas = atlasOf([city, asn, country]);
  const london = { continent: 'EU', country: 'GB', countryName: 'United Kingdom', city: 'London', asn: 64500 };
  assert.deepEqual(placeOf(atlas, address('81.2.69.1')), { ...london, latitude: 54, longitude: -2 });
  assert.equal(placeOf(atlas, address('81.2.70.1'))?.country, 'FR');
  assert.equal(placeOf(atlas, address('81.2.70.1'))?.asn, 64500);
  assert.equal(placeOf(atlas, address('80.0.0.1')), undefined);
  assert.deepEqual(
    findingsOf(atlas, address('81.2.69.1')).map(({ from, length }) => [from, length]),
    [
      ['city', 24],
      ['asn', 16],
      ['country', 8],
    ],
  );
  assert.deepEqual(found(handleOf(atlas, byCountry), '81.2.69.1'), ['GB', 24]);
  assert.deepEqual(found(handleOf(atlas, byAsn), '81.2.69.1'), ['ours', 16]);
});

test('the longest net wins over shorter ones and over databases, and leaves what it does not name', () => {
  const atlas = atlasOf(
    [database([['10.0.0.0/8', { country_code: 'FR', autonomous_system_number: 64500 }]])],
    [
      ['10.1.0.0/16', { country: 'DE' }],
      ['10.1.2.0/24', { city: 'Paris' }],
      ['192.168.0.0/16', { country: 'US', latitude: 1, longitude: 2 }],
    ],
  );
  assert.deepEqual(placeOf(atlas, address('10.1.0.1')), {
    continent: 'EU',
    country: 'DE',
    countryName: 'Germany',
    latitude: 51.2,
    longitude: 10.5,
    asn: 64500,
  });
  assert.equal(placeOf(atlas, address('10.1.2.1'))?.country, 'FR');
  assert.equal(placeOf(atlas, address('10.1.2.1'))?.city, 'Paris');
  assert.equal(placeOf(atlas, address('192.168.1.1'))?.latitude, 1);
  assert.deepEqual(
    findingsOf(atlas, address('10.1.2.1')).map(({ from, length }) => [from, length]),
    [
      ['10.1.2.0/24', 24],
      ['a.mmdb', 8],
    ],
  );
  const handle = handleOf(atlas, byCountry);
  // 10.1.2.0/24 is the other half of its /23.
  assert.deepEqual(found(handle, '10.1.3.1'), ['DE', 24]);
  assert.deepEqual(found(handle, '10.1.0.1'), ['DE', 23]);
  assert.deepEqual(found(handle, '10.1.2.1'), ['FR', 24]);
  assert.deepEqual(found(handle, '10.2.0.1'), ['FR', 15]);
  assert.deepEqual(found(handle, '192.168.9.9'), ['US', 16]);
});

test('a net inside an embedding is a net of IPv4', () => {
  const atlas = atlasOf([], [['2002:c000:200::/40', { country: 'DE' }]]);
  assert.equal(placeOf(atlas, address('192.0.2.1'))?.country, 'DE');
  assert.deepEqual(found(handleOf(atlas, byCountry), '::ffff:192.0.2.1'), ['DE', 120]);
});

test('a net that is given twice, in whatever form, is refused', () => {
  const nets = ['192.0.2.0/24', '::ffff:192.0.2.0/120'].map((text) => ({ prefix: prefix(text), place: {} }));
  const atlas = createAtlas([], nets);
  assert.ok(!atlas.ok);
  assert.equal(atlas.fault, '::ffff:c000:200/120: a net that is given twice: expected once');
});

test('a net that selects by a part of an embedded address is refused', () => {
  const atlas = createAtlas([], [{ prefix: prefix('2001::/48'), place: {} }]);
  assert.ok(!atlas.ok);
  assert.match(atlas.fault, /only the IPv4 address inside counts here/);
});

test('what is collected while zones are read is what tables are built for', () => {
  const atlas = atlasOf([database([['81.2.69.0/24', { country_code: 'GB' }]])]);
  const collection = collectingGeo((asked) => placeOf(atlas, asked));
  const handle = collection.source.register(byCountry);
  collection.source.register({ ...byCountry });
  assert.deepEqual([handle.classes, handle.find(Uint8Array.of(81, 2, 69, 1)), handle.scopeBits], [['none'], 0, 0]);
  assert.equal(collection.source.placeOf(address('81.2.69.1'))?.country, 'GB');
  assert.equal(collection.source.placeOf(address('9.9.9.9')), undefined);
  assert.deepEqual(
    collection.distinctions.map(({ key }) => key),
    ['country'],
  );
  const source = geoSourceOf(buildGeoTables(atlas, collection));
  assert.equal(source.placeOf(address('81.2.69.1'))?.country, 'GB');
  assert.equal(source.placeOf(address('9.9.9.9')), undefined);
  assert.deepEqual(found(source.register(byCountry), '81.2.69.1'), ['GB', 24]);
  assert.throws(() => source.register(byAsn), /bug: tables were built for asn/);
});

test('tables can be posted to threads, which then share their memory', () => {
  const atlas = atlasOf([database([['81.2.69.0/24', { country_code: 'GB' }]])]);
  const tables = buildGeoTables(atlas, { distinctions: [byCountry], addresses: [address('81.2.69.1')] });
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(tables);
  const received: unknown = receiveMessageOnPort(port2)?.message;
  port1.close();
  assert.ok(isGeoTables(received));
  const source = geoSourceOf(received);
  assert.deepEqual(found(source.register(byCountry), '81.2.69.1'), ['GB', 24]);
  assert.equal(source.placeOf(address('81.2.69.1'))?.country, 'GB');
});

function isGeoTables(value: unknown): value is GeoTables {
  return typeof value === 'object' && value !== null && 'tables' in value && 'places' in value;
}

/** An address in all forms that hold it, Teredo's with the least and the greatest server. */
function formsOf(ipv4: number): readonly string[] {
  const hex = (value: number): string => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  return [
    `::${hex(ipv4)}`,
    `::ffff:${hex(ipv4)}`,
    `::ffff:0:${hex(ipv4)}`,
    `64:ff9b::${hex(ipv4)}`,
    `2002:${hex(ipv4)}::`,
    `2001::${hex(~ipv4)}`,
    `2001:0:ffff:ffff:ffff:ffff:${hex(~ipv4)}`,
  ];
}

test('classes and scopes are those that looking up every edge one by one gives (R15)', () => {
  const values = fc.constantFrom('FR', 'DE', 'US', 'JP');
  const ipv4 = fc.tuple(fc.nat({ max: 0xffff_ffff }), fc.integer({ min: 1, max: 32 })).map(([base, length]) => {
    const word = (base & (-1 << (32 - length))) >>> 0;
    return `${formatIp(Uint8Array.of(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255))}/${length}`;
  });
  const ipv6 = fc
    .tuple(
      fc.constantFrom(0x2003, 0x2001, 0x2a00, 0x3fff, 0),
      fc.nat({ max: 0xffff }),
      fc.integer({ min: 33, max: 64 }),
    )
    .map(([first, second, length]) => {
      const bytes = new Uint8Array(16);
      bytes.set([first >> 8, first & 255, second >> 8, second & 255, second & 255, 7, second >> 8, 9]);
      for (let bit = length; bit < 128; bit++) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
      return `${formatIp(bytes)}/${length}`;
    })
    .filter((text) => createAtlas([], [{ prefix: prefix(text), place: {} }]).ok);
  const networks = fc.uniqueArray(fc.tuple(fc.oneof(ipv4, ipv6), values), { maxLength: 8, selector: ([text]) => text });
  const byLength = (list: readonly (readonly [string, string])[]): [string, { country_code: string }][] =>
    [...list]
      .sort(([one], [other]) => prefixParts(prefix(one)).length - prefixParts(prefix(other)).length)
      .map(([text, country]) => [text, { country_code: country }]);
  fc.assert(
    fc.property(networks, networks, networks, (first, second, nets) => {
      const atlas = atlasOf(
        [database(byLength(first)), database(byLength(second))],
        nets.map(([text, country]) => [text, { country }]),
      );
      checkAgainstEdges(
        atlas,
        [...first, ...second, ...nets].map(([text]) => text),
      );
    }),
    { numRuns: 60 },
  );
});

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);

function addressOf(number: bigint, octets: number): IpAddress {
  return formatIp(
    Uint8Array.from({ length: octets }, (_, index) => Number((number >> BigInt((octets - 1 - index) * 8)) & 255n)),
  );
}

/** The first addresses of prefixes and those after their last, with which a class can begin, and those before them. */
function edgesOf(prefixes: readonly string[], octets: number): bigint[] {
  const end = 1n << BigInt(octets * 8);
  const edges = prefixes.flatMap((text) => {
    const { bytes, length } = prefixParts(prefix(text));
    if (bytes.length !== octets) return [];
    const start = numberOf(bytes);
    return [start, start + (1n << BigInt(octets * 8 - length))];
  });
  return [0n, ...edges, ...edges.map((edge) => edge - 1n)].filter((edge) => edge >= 0n && edge < end);
}

/** Finds every address at an edge, and tries what blocks around it are of one class. */
function checkAgainstEdges(atlas: GeoAtlas, prefixes: readonly string[]): void {
  const handle = handleOf(atlas, byCountry);
  const ipv4 = edgesOf(prefixes, 4);
  const embeddings = ['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '2001::/32', '2002::/16'];
  const embedded = ipv4.flatMap((edge) => formsOf(Number(edge)));
  const ipv6 = [
    ...edgesOf([...prefixes, ...embeddings], 16),
    ...embedded.map((text) => numberOf(ipBytes(address(text)))),
  ];
  for (const [octets, edges] of [
    [4, ipv4],
    [16, ipv6],
  ] as const) {
    const classOf = new Map(edges.map((edge) => [edge, placeOf(atlas, addressOf(edge, octets))?.country ?? 'none']));
    for (const [edge, expected] of classOf) {
      const found = handle.classes[handle.find(ipBytes(addressOf(edge, octets)))];
      assert.equal(found, expected, addressOf(edge, octets));
      assert.equal(handle.scopeBits, widestOf(classOf, edge, octets * 8), addressOf(edge, octets));
    }
  }
}

/** The length of the widest block around an address in which every edge has its class. */
function widestOf(classOf: ReadonlyMap<bigint, string>, edge: bigint, bits: number): number {
  const own = classOf.get(edge);
  let length = 0;
  for (const [other, name] of classOf) {
    if (name === own) continue;
    // Blocks that hold both are no longer than what they share.
    const difference = edge ^ other;
    length = Math.max(length, bits - difference.toString(2).length + 1);
  }
  return length;
}

test('the default database tells countries apart, and finds with a scope in shared memory', () => {
  const opened = openMmdb(readFileSync(defaultDatabaseUrl()), 'default');
  assert.ok(opened.ok);
  const atlas = atlasOf([opened.value]);
  const handle = handleOf(atlas, byCountry);
  // 193.0.0.0/21 is RIPE NCC's own network in Amsterdam, 2001:240::/32 IIJ's in Japan.
  const [netherlands, bits] = found(handle, '193.0.6.139');
  assert.equal(netherlands, 'NL');
  assert.ok(bits > 0 && bits <= 21, `${bits}`);
  assert.equal(found(handle, '2001:240::1')[0], 'JP');
  assert.equal(placeOf(atlas, address('2001:240::1'))?.continent, 'AS');
  assert.equal(found(handle, '10.0.0.1')[0], 'none');
});
