import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { openMmdb } from './mmdb.ts';
import type { MmdbFile } from './mmdb.ts';
import { assembleMmdb, buildMmdb, encodeValue, FixtureTree } from './mmdb.fixture.ts';
import type { FixtureMmdb } from './mmdb.fixture.ts';
import { isMmdbList, isMmdbMap } from './mmdb-data.ts';
import type { MmdbValue } from './mmdb-data.ts';

const vectors = new URL('../../../shared/vectors/mmdb/', import.meta.url);
const skip = existsSync(vectors) ? false : 'no vectors here: ../shared/vectors/mmdb beside the project';

const prefix = (text: string): IpPrefix => present(parsePrefix(text), text);
const octets = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));

function opened(bytes: Uint8Array, file = 'test.mmdb'): MmdbFile {
  const result = openMmdb(bytes, file);
  assert.ok(result.ok, result.ok ? '' : result.fault);
  return result.value;
}

function vector(name: string): MmdbFile {
  return opened(readFileSync(new URL(name, vectors)), name);
}

/** What a file says of an address, and the length of the network. */
function lookup(file: MmdbFile, address: string): readonly [MmdbValue | undefined, number] {
  const { value, length } = file.find(octets(address));
  return [value === undefined ? undefined : file.decode(value), length];
}

/** A value in plain objects and lists. */
function plain(value: MmdbValue | undefined): unknown {
  if (isMmdbMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return isMmdbList(value) ? value.map(plain) : value;
}

/** A file of one node whose left half, 0.0.0.0/1, has a value of these octets. */
function fileOf(value: readonly number[], recordBits: 24 | 28 | 32 = 24): Uint8Array {
  const tree = new FixtureTree(32);
  tree.insert(Uint8Array.of(0, 0, 0, 0), 1, 0);
  return assembleMmdb(tree, [value], recordBits);
}

function faultOf(bytes: Uint8Array): string {
  const result = openMmdb(bytes, 'bad.mmdb');
  assert.ok(!result.ok, 'the file opens');
  return result.fault;
}

for (const recordBits of [24, 28, 32] as const) {
  test(`records of ${recordBits} bits lead to the value of the longest network`, () => {
    const networks: FixtureMmdb['networks'] = [
      [prefix('10.0.0.0/8'), 'ten'],
      [prefix('10.1.0.0/16'), 'ten-one'],
      [prefix('2001:db8::/32'), 'documentation'],
    ];
    const file = opened(buildMmdb({ networks, recordBits }));
    assert.deepEqual(lookup(file, '10.2.3.4'), ['ten', 15]);
    assert.deepEqual(lookup(file, '10.1.255.255'), ['ten-one', 16]);
    assert.deepEqual(lookup(file, '2001:db8:ffff::'), ['documentation', 32]);
    assert.deepEqual(lookup(file, '11.0.0.0'), [undefined, 8]);
    assert.deepEqual(lookup(file, '::10.1.0.0'), ['ten-one', 112]);
  });
}

test('a tree of IPv4 knows nothing of IPv6', () => {
  const file = opened(buildMmdb({ networks: [[prefix('0.0.0.0/1'), 1]], ipVersion: 4 }));
  assert.deepEqual(lookup(file, '127.0.0.1'), [1, 1]);
  assert.deepEqual(lookup(file, '::1'), [undefined, 0]);
});

test('several networks of IPv6 may lead to the networks of IPv4', () => {
  const networks: FixtureMmdb['networks'] = [[prefix('81.2.69.0/24'), 'London']];
  const file = opened(buildMmdb({ networks, aliases: [prefix('2002::/16'), prefix('::ffff:0:0/96')] }));
  assert.deepEqual(lookup(file, '2002:5102:4501::1'), ['London', 40]);
  assert.deepEqual(lookup(file, '::ffff:81.2.69.1'), ['London', 120]);
});

test('values of all types are decoded', () => {
  const value = [
    ...[0xed], // a map of 13 entries
    ...[0x41, 0x61, 0x43, 0xe2, 0x82, 0xac], // a: "€"
    ...[0x41, 0x62, 0x68, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], // b: double 1.5
    ...[0x41, 0x63, 0x82, 0x00, 0x2a], // c: two octets
    ...[0x41, 0x64, 0xa1, 0x64], // d: uint16 100
    ...[0x41, 0x65, 0xc4, 0xff, 0xff, 0xff, 0xff], // e: uint32
    ...[0x41, 0x66, 0xe0], // f: an empty map
    ...[0x41, 0x67, 0x04, 0x01, 0xf0, 0x00, 0x00, 0x00], // g: int32
    ...[0x41, 0x68, 0x01, 0x02, 0xff], // h: uint64 255
    ...[0x41, 0x69, 0x0a, 0x03, ...Array<number>(10).fill(0xff)], // i: uint128
    ...[0x41, 0x6a, 0x02, 0x04, 0xa0, 0xa1, 0x07], // j: a list of 0 and 7
    ...[0x41, 0x6b, 0x01, 0x07], // k: true
    ...[0x41, 0x6c, 0x04, 0x08, 0x3f, 0x80, 0x00, 0x00], // l: float 1
    ...[0x41, 0x6d, 0x5d, 0x00, ...Array<number>(29).fill(0x78)], // m: text of 29 octets
  ];
  const [decoded] = lookup(opened(fileOf(value)), '0.0.0.0');
  assert.deepEqual(plain(decoded), {
    a: '€',
    b: 1.5,
    c: Uint8Array.of(0, 42),
    d: 100,
    e: 4_294_967_295,
    f: {},
    g: -268_435_456,
    h: 255n,
    i: 2n ** 80n - 1n,
    j: [0, 7],
    k: true,
    l: 1,
    m: 'x'.repeat(29),
  });
});

test('only the wanted keys of a value are picked', () => {
  const value = { city: { names: { de: 'Köln', en: 'Cologne' } }, list: [{ a: 1, b: 2 }], other: { deep: [1] } };
  const file = opened(fileOf(encodeValue(value)));
  const found = present(file.find(octets('0.0.0.0')).value, 'the value');
  const picked = file.pick(found, { city: { names: { en: true } }, list: { b: true }, absent: true });
  assert.deepEqual(plain(picked), { city: { names: { en: 'Cologne' } }, list: [{ b: 2 }] });
});

test('pointers of all four lengths lead to their values, and text of every length is read', () => {
  // The lengths of these take no octet more, one, two and three.
  const texts = ['near', 'x'.repeat(200), 'y'.repeat(3000), 'z'.repeat(600_000), 'far'].map(encodeValue);
  assert.deepEqual(
    texts.map(({ length }) => length),
    [5, 202, 3003, 600_004, 4],
  );
  // They begin at 0, 5, 207, 3210 and 603,214; a pointer of two octets counts from 2048, one of three from 526,336.
  const record = [
    ...[0x05, 0x04], // a list of five
    ...[0x20, 0],
    ...[0x20, 5],
    ...[0x38, 0, 0, 0, 207],
    ...[0x28, (3210 - 2048) >> 8, (3210 - 2048) & 255],
    ...[
      0x30 | (((603_214 - 526_336) >> 16) >> 8),
      (603_214 - 526_336) >> 16,
      ((603_214 - 526_336) >> 8) & 255,
      (603_214 - 526_336) & 255,
    ],
  ];
  const tree = new FixtureTree(32);
  tree.insert(octets('0.0.0.0'), 1, 5);
  const [decoded] = lookup(opened(assembleMmdb(tree, [...texts, record], 24)), '0.0.0.0');
  assert.deepEqual(decoded, ['near', 'x'.repeat(200), 'y'.repeat(3000), 'z'.repeat(600_000), 'far']);
});

test('text that is not UTF-8 does not make a file unusable', () => {
  assert.deepEqual(lookup(opened(fileOf([0x42, 0x41, 0xff])), '0.0.0.0')[0], 'A\ufffd');
});

test('a file is read from shared memory too', () => {
  const bytes = fileOf([0x02, 0x04, 0x42, 0xc3, 0xa9, 0x81, 0x07]);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  assert.deepEqual(lookup(opened(shared), '0.0.0.0')[0], ['é', Uint8Array.of(7)]);
});

const mapHead = [0xe1, 0x41, 0x61];
const refusals: readonly (readonly [string, readonly number[], RegExp])[] = [
  ['a value without end', [0x45, 0x61], /a value of 5 octets at octet 22: expected the 1 octets that are left/],
  ['a list longer than the file', [0x1d, 0x04, 0xff], /an array of 284 entries at octet 22: expected no more than 0/],
  ['a map longer than the file', [0xfe, 0xff, 0xff, 0xa0], /a map of 65820 entries/],
  ['a key that is no text', [0xe1, 0xa0, 0xa0], /a map's key of type 5 at octet 23: expected text/],
  ['a pointer outside', [0x20, 0x40], /a pointer to 64 at octet 22: expected less than 2/],
  ['a pointer to itself', [0x20, 0x00], /a pointer to a pointer/],
  ['a pointer to a pointer', [0x20, 0x02, 0x20, 0x04, 0xa0], /a pointer to a pointer/],
  ['a map that points to itself', [...mapHead, 0x20, 0x00], /nest deeper than 64, or point in a circle/],
  ['lists in lists', Array<number[]>(70).fill([0x01, 0x04]).flat().concat(0xa0), /nest deeper than 64/],
  ['an integer too long', [0xa3, 1, 2, 3], /an integer of 3 octets at octet 22: expected at most 2 octets/],
  ['a double too short', [0x64, 0, 0, 0, 0], /a floating-point number of 4 octets at octet 22: expected 8 octets/],
  ['a boolean of two', [0x02, 0x07], /a boolean of 2/],
  ['an unknown type', [0x00, 0x09], /a value of type 16 at octet 22/],
  ['an end marker among values', [0x00, 0x06], /a value of type 13/],
];

for (const [what, value, message] of refusals) {
  test(`a file with ${what} is refused with the place of it`, () => {
    const fault = faultOf(fileOf(value));
    assert.match(fault, /^bad\.mmdb: /);
    assert.match(fault, message);
  });
}

test('a small file that would expand to a huge value is refused', () => {
  // Each list is twice the one after it; forty of them would be a billion values.
  const lists = Array.from({ length: 40 }, (_, index) => {
    const next = (index + 1) * 6;
    return [0x02, 0x04, 0x20, next, 0x20, next];
  });
  assert.match(faultOf(fileOf([...lists.flat(), 0xa0])), /more than 65536 values in one/);
});

test('values that are deep only together are refused', () => {
  const lists = (count: number): number[] => Array<number[]>(count).fill([0x01, 0x04]).flat();
  // Forty lists, and forty others that lead to the first.
  const values = [
    [...lists(40), 0xa0],
    [...lists(40), 0x20, 0x00],
  ];
  const tree = new FixtureTree(32);
  tree.insert(octets('0.0.0.0'), 1, 0);
  tree.insert(octets('128.0.0.0'), 1, 1);
  assert.match(faultOf(assembleMmdb(tree, values, 24)), /nest deeper than 64/);
});

test('a file whose values overlap so much that reading them would take for ever is refused', () => {
  const count = 50;
  // Each record is a list of 401: octets that hide what is between, and then the same 400 integers.
  const records = Array.from({ length: count }, (_, index) => {
    const hidden = (count - 1 - index) * 7 + 300 - 285;
    return [0x1e, 0x04, 0x00, 401 - 285, 0x9e, hidden >> 8, hidden & 255];
  });
  const rest = [...Array<number>(300).fill(0), ...Array<number>(400).fill(0xa0)];
  const tree = new FixtureTree(32);
  for (let index = 0; index < count; index++) tree.insert(Uint8Array.of(index, 0, 0, 0), 8, index);
  assert.match(faultOf(assembleMmdb(tree, [...records, rest], 24)), /values overlap each other/);
});

test('a node that is shared is refused where it makes networks longer than an address', () => {
  const tree = new FixtureTree(32);
  tree.insert(octets('0.0.0.0'), 25, 0);
  // Node 5 has twenty bits below it, and fits where the first network leads to it, but not after twenty other bits.
  tree.insert(octets('128.0.0.0'), 12, -6);
  assert.ok(openMmdb(assembleMmdb(tree, [[0xa0]], 24), '').ok);
  tree.insert(octets('192.0.0.0'), 20, -6);
  assert.match(faultOf(assembleMmdb(tree, [[0xa0]], 24)), /a network longer than an address/);
});

test('a tree whose nodes lead in a circle is refused', () => {
  const tree = new FixtureTree(32);
  tree.insert(octets('0.0.0.0'), 2, -1);
  assert.match(faultOf(assembleMmdb(tree, [], 24)), /nodes in a circle/);
});

test('a tree that is deeper than an address is refused', () => {
  const tree = new FixtureTree(128);
  tree.insert(octets('2001:db8::'), 40, 0);
  const file = assembleMmdb(tree, [[0xa0]], 24, { ip_version: 4 });
  assert.match(faultOf(file), /a network longer than an address/);
});

test('a tree that would expand to more networks than there can be is refused', () => {
  const tree = new FixtureTree(128);
  // Both records of each node lead to the next.
  for (let depth = 0; depth < 60; depth++) tree.insert(octets('::'), depth + 1, 0);
  for (let node = 0; node < 60; node++) tree.records.fill(node === 59 ? -2 : node + 1, node * 2, node * 2 + 2);
  assert.match(faultOf(assembleMmdb(tree, [[0xa0]], 24)), /networks at octet 0: expected at most 67108864/);
});

test('a record that leads between tree and data, or past the data, is refused', () => {
  const bytes = fileOf([0xa0]);
  const withRecord = (record: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[2] = record;
    return copy;
  };
  assert.equal(opened(withRecord(17)).find(octets('0.0.0.0')).value, 22);
  for (const record of [2, 16, 18])
    assert.match(faultOf(withRecord(record)), new RegExp(`a tree record of ${record} at octet 0: expected 17 to 17`));
});

const metadataFaults: readonly (readonly [string, FixtureMmdb['metadata'], RegExp])[] = [
  ['another format', { binary_format_major_version: 3 }, /format 3/],
  ['another record size', { record_size: 20 }, /records of 20 bits/],
  ['another IP version', { ip_version: 5 }, /IP version 5/],
  ['no nodes', { node_count: 0 }, /0 nodes/],
  ['more nodes than octets', { node_count: 1000 }, /1000 nodes are 6000 octets/],
  ['fewer nodes than it has', { node_count: 1 }, /between tree and data|a tree record of/],
  ['a count that is text', { node_count: 'two' }, /no node_count/],
  ['no type', { database_type: 5 }, /no database_type/],
];

for (const [what, metadata, message] of metadataFaults) {
  test(`a file whose metadata tell of ${what} is refused`, () => {
    const networks: FixtureMmdb['networks'] = [[prefix('10.0.0.0/8'), 'ten']];
    assert.match(faultOf(buildMmdb({ networks, ipVersion: 4, ...(metadata && { metadata }) })), message);
  });
}

test('a file without metadata is refused', () => {
  assert.match(faultOf(new Uint8Array(0)), /no metadata/);
  assert.match(faultOf(new TextEncoder().encode('no database')), /no metadata/);
});

/** Reads all of a file; returns how many networks it has. */
function readAll(file: MmdbFile): number {
  let networks = 0;
  const visit = (_: Uint32Array, value: number | undefined): void => {
    networks++;
    if (value !== undefined) file.decode(value);
  };
  file.walkIpv4(visit);
  file.walkIpv6([], visit);
  for (const address of ['1.1.1.1', '255.255.255.255', '::', 'ffff::']) lookup(file, address);
  return networks;
}

test('whatever octets of a file are changed, it is refused or can be read whole', () => {
  const networks: FixtureMmdb['networks'] = [
    [prefix('2.0.0.0/7'), { country: { iso_code: 'FR', names: { en: 'France' } }, list: [1, 2.5, true] }],
    [prefix('2a00::/16'), { country_code: 'DE' }],
  ];
  const names = skip ? [] : ['MaxMind-DB-test-decoder.mmdb', 'MaxMind-DB-test-mixed-28.mmdb'];
  const files = [
    ...([24, 28, 32] as const).map((recordBits) => buildMmdb({ networks, recordBits })),
    fileOf([0x04, 0x04, 0x20, 0x0a, 0x20, 0x0a, 0x20, 0x0d, 0xa0, 0xa0, 0xe1, 0x41, 0x61, 0xa0]),
    ...names.map((name) => Uint8Array.from(readFileSync(new URL(name, vectors)))),
  ];
  for (const bytes of files) opened(bytes);
  const change = fc.tuple(fc.nat({ max: 1 << 16 }), fc.nat({ max: 255 }));
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 6 }), (bytes, changes) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, octet] of changes) copy[at % copy.length] = octet;
      const result = openMmdb(copy, 'changed.mmdb');
      if (result.ok) readAll(result.value);
      else refused++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 100, `${refused} were refused`);
});

test('a file that is cut short anywhere is refused', () => {
  const bytes = buildMmdb({ networks: [[prefix('10.0.0.0/8'), { country_code: 'DE' }]] });
  for (let length = 0; length < bytes.length; length++) faultOf(bytes.slice(0, length));
});

test('the corrupt files of the vectors are refused, each with a reason', { skip }, () => {
  const folder = new URL('bad/', vectors);
  const names = readdirSync(folder);
  assert.ok(names.length >= 9);
  for (const name of names) assert.match(faultOf(readFileSync(new URL(name, folder))), /at octet \d+: expected/, name);
});

test('the odd files of the vectors open', { skip }, () => {
  const folder = new URL('odd/', vectors);
  for (const name of readdirSync(folder)) assert.ok(readAll(opened(readFileSync(new URL(name, folder)))) > 0, name);
});

test("the vectors' files hold what is documented of them", { skip }, () => {
  const city = vector('GeoIP2-City-Test.mmdb');
  const [london, length] = lookup(city, '81.2.69.160');
  assert.equal(length, 27);
  assert.ok(isMmdbMap(london));
  assert.deepEqual(plain(london.get('location')), {
    accuracy_radius: 100,
    latitude: 51.5142,
    longitude: -0.0931,
    time_zone: 'Europe/London',
  });
  const asn = { autonomous_system_number: 1221, autonomous_system_organization: 'Telstra Pty Ltd' };
  const [telstra, telstraLength] = lookup(vector('GeoLite2-ASN-Test.mmdb'), '1.128.0.0');
  assert.deepEqual([plain(telstra), telstraLength], [asn, 11]);
  for (const bits of [24, 28, 32]) {
    const mixed = vector(`MaxMind-DB-test-mixed-${bits}.mmdb`);
    assert.deepEqual(plain(lookup(mixed, '1.1.1.3')[0]), { ip: '::1.1.1.2' });
    assert.deepEqual(plain(lookup(mixed, '::2:0:59')[0]), { ip: '::2:0:58' });
  }
  assert.deepEqual(plain(lookup(vector('MaxMind-DB-test-decoder.mmdb'), '1.1.1.0')[0]), {
    array: [1, 2, 3],
    boolean: true,
    bytes: Uint8Array.of(0, 0, 0, 0x2a),
    double: 42.123456,
    float: Math.fround(1.1),
    int32: -268_435_456,
    map: { mapX: { arrayX: [7, 8, 9], utf8_stringX: 'hello' } },
    uint128: 2n ** 120n,
    uint16: 100,
    uint32: 268_435_456,
    uint64: 1_152_921_504_606_846_976n,
    utf8_string: 'unicode! ☯ - ♫',
  });
});
