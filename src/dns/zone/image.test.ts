import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { recordType } from '../wire/constants.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { formatName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { buildImage, setSerials } from './image-builder.ts';
import { nodeFlag, rowHeaderBytes, rrset, zone } from './image-layout.ts';
import { ZoneImage } from './image.ts';
import { name } from './read-zone.fixture.ts';
import { ZoneRecords } from './records.ts';
import type { ZoneData } from './zone-data.ts';

/** A record as it is added. That none comes twice is for whoever reads a zone to see to. */
interface Added {
  readonly owner: string;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly rdata: Uint8Array;
  readonly code?: string;
}

const soaData = (serial: number, minimum: number): Uint8Array =>
  Uint8Array.of(...name('ns.test.'), ...name('admin.test.'), ...words(serial, 1, 2, 3, minimum));

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) new DataView(bytes.buffer).setUint32(index * 4, value);
  return bytes;
}

const labels = new LabelIndex();

/** Puts records together as reading a zone does, its SOA first. */
function zoneData(
  apexText: string,
  added: readonly Added[],
  soa = { serial: 7, ttlSeconds: 300, minimum: 60 },
): ZoneData {
  const records = new ZoneRecords();
  const apex = name(apexText);
  const intern = (owner: Name): number => {
    labels.scan(owner, 0);
    return records.names.intern(owner, 0, labels.hashes[0] ?? 0);
  };
  const place = { source: 0, offset: 0 };
  const apexId = intern(apex);
  const soaHead = { owner: apexId, type: recordType.SOA, ttlSeconds: soa.ttlSeconds, ...place };
  records.add(soaHead, soaData(soa.serial, soa.minimum));
  for (const { owner, type, ttlSeconds, rdata, code } of added) {
    const id = records.add({ owner: intern(name(owner)), type, ttlSeconds, ...place }, rdata);
    if (code !== undefined) records.codes.set(id, { code, offsets: new Uint32Array(code.length) });
  }
  return { apex, apexId, records, positionOf: () => ({ file: 'zone', line: 1, column: 1 }) };
}

function open(...zones: readonly ZoneData[]): ZoneImage {
  return new ZoneImage(buildImage(zones).buffer);
}

/** The node of a name in the zone whose apex is given; 0 for none. */
function nodeOf(image: ZoneImage, apex: string, owner: string): number {
  const apexName = name(apex);
  labels.scan(apexName, 0);
  const place = image.zoneAt(apexName, 0, labels.hashes[0] ?? 0);
  assert.notEqual(place, 0, `${apex} is here`);
  const wanted = name(owner);
  labels.scan(wanted, 0);
  return image.findNode(place, wanted, 0, labels.hashes[0] ?? 0);
}

interface Rows {
  readonly ttls: readonly number[];
  readonly data: readonly string[];
}

/** TTL and data of each record of a set; undefined for none. */
function rowsOf(image: ZoneImage, node: number, type: number): Rows | undefined {
  const found = image.findRrset(node, type);
  if (found === 0) return undefined;
  const view = new DataView(image.buffer);
  const ttls: number[] = [];
  const data: string[] = [];
  let row = image.rowsAt(found);
  for (let count = image.rowCount(found); count > 0; count--) {
    assert.deepEqual([view.getUint16(row), view.getUint16(row + 2), view.getUint16(row + 4)], [0xc00c, type, 1]);
    ttls.push(view.getUint32(row + 6));
    const next = image.nextRow(row);
    data.push(Buffer.from(image.bytes.slice(row + rowHeaderBytes, next)).toString('hex'));
    row = next;
  }
  assert.equal(row, image.rowsAt(found) + image.word(found + rrset.rowsBytes));
  assert.deepEqual([...new Set(ttls)], [image.word(found + rrset.ttl)]);
  return { ttls, data };
}

const anyLabel = fc.constantFrom('a', 'A', 'b', '*', 'c\\.d', '\\000');
const anyOwner = fc.array(anyLabel, { maxLength: 4 }).map((list) => [...list, 'zone.test.'].join('.'));
const anyRecord: fc.Arbitrary<Added> = fc.record({
  owner: anyOwner,
  type: fc.constantFrom(1, 2, 16, 39, 65_280),
  ttlSeconds: fc.constantFrom(0, 1, 60, 2 ** 31 - 1),
  rdata: fc.constantFrom(Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(1, 2), Uint8Array.of(0xff, 0, 0, 0, 0, 9)),
});
const anyRecords = fc.uniqueArray(anyRecord, {
  maxLength: 40,
  selector: ({ owner, type, rdata }) => `${owner.toLowerCase()} ${type} ${rdata.join(' ')}`,
});

/** What the image must hold: each name with its sets, by the lower case of its text. */
function modelOf(added: readonly Added[]): Map<string, Map<number, { data: string[]; ttl: number }>> {
  const model = new Map<string, Map<number, { data: string[]; ttl: number }>>([['zone.test.', new Map()]]);
  model.get('zone.test.')?.set(recordType.SOA, { data: [Buffer.from(soaData(7, 60)).toString('hex')], ttl: 300 });
  for (const { owner, type, ttlSeconds, rdata } of added) {
    let key = formatName(name(owner)).toLowerCase();
    const sets = model.get(key) ?? new Map<number, { data: string[]; ttl: number }>();
    model.set(key, sets);
    const set = sets.get(type) ?? { data: [], ttl: ttlSeconds };
    sets.set(type, set);
    const data = Buffer.from(rdata).toString('hex');
    set.data.push(data);
    set.ttl = Math.min(set.ttl, ttlSeconds);
    // Every name between it and the apex exists, too.
    while (key !== 'zone.test.') {
      key = parentOf(key);
      if (!model.has(key)) model.set(key, new Map());
    }
  }
  return model;
}

/** The text of the parent: an escaped dot ends no label. */
function parentOf(text: string): string {
  return text.replace(/^(?:\\.|[^.\\])+\./s, '');
}

function flagsIn(model: ReturnType<typeof modelOf>, key: string): number {
  const has = (owner: string, type: number): boolean => model.get(owner)?.has(type) === true;
  let flags = has(key, recordType.NS) && key !== 'zone.test.' ? nodeFlag.cut : 0;
  if (has(key, recordType.DNAME)) flags |= nodeFlag.dname;
  if (model.has(`*.${key}`)) flags |= nodeFlag.wildcardBelow;
  for (let above = key; above !== 'zone.test.';) {
    above = parentOf(above);
    if (has(above, recordType.NS) && above !== 'zone.test.') flags |= nodeFlag.belowCut;
    if (has(above, recordType.DNAME)) flags |= nodeFlag.belowDname;
  }
  return flags;
}

test('any names and records are found again with exactly their sets and flags, and no other name is', () => {
  fc.assert(
    fc.property(anyRecords, fc.array(anyOwner, { maxLength: 20 }), (added, others) => {
      const image = open(zoneData('zone.test.', added));
      const model = modelOf(added);
      for (const [key, sets] of model) {
        const node = nodeOf(image, 'zone.test.', key);
        assert.notEqual(node, 0, key);
        assert.equal(formatName(image.nameOf(node)).toLowerCase(), key);
        assert.equal(image.rrsetCount(node), sets.size, key);
        assert.equal(image.flags(node), flagsIn(model, key), key);
        for (const [type, { data, ttl }] of sets) {
          const rows = rowsOf(image, node, type);
          assert.deepEqual(rows, { data, ttls: data.map(() => ttl) }, `${key} ${type}`);
        }
        assert.equal(image.findRrset(node, 4711), 0);
      }
      for (const other of others) {
        const isThere = model.has(formatName(name(other)).toLowerCase());
        assert.equal(nodeOf(image, 'zone.test.', other) !== 0, isThere, other);
      }
      for (const outside of ['.', 'test.', 'xzone.test.', 'zone.test.a.'])
        assert.equal(nodeOf(image, 'zone.test.', outside), 0);
    }),
    { numRuns: 300 },
  );
});

test('the flags say what is special about a name, in the zone of an example', () => {
  const record = (owner: string, type: number): Added => ({ owner, type, ttlSeconds: 1, rdata: Uint8Array.of(0) });
  const image = open(
    zoneData('zone.test.', [
      record('zone.test.', recordType.NS),
      record('sub.zone.test.', recordType.NS),
      record('a.b.sub.zone.test.', 1),
      record('old.zone.test.', recordType.DNAME),
      record('x.old.zone.test.', 1),
      record('q.*.wild.zone.test.', 1),
    ]),
  );
  const rows: [owner: string, flags: number][] = [
    ['zone.test.', 0],
    ['sub.zone.test.', nodeFlag.cut],
    ['b.sub.zone.test.', nodeFlag.belowCut],
    ['a.b.sub.zone.test.', nodeFlag.belowCut],
    ['old.zone.test.', nodeFlag.dname],
    ['x.old.zone.test.', nodeFlag.belowDname],
    ['wild.zone.test.', nodeFlag.wildcardBelow],
    ['*.wild.zone.test.', 0],
  ];
  for (const [owner, flags] of rows) assert.equal(image.flags(nodeOf(image, 'zone.test.', owner)), flags, owner);
  const wild = nodeOf(image, 'zone.test.', 'wild.zone.test.');
  labels.scan(name('wild.zone.test.'), 0);
  assert.equal(image.wildcardBelow(wild, labels.hashes[0] ?? 0), nodeOf(image, 'zone.test.', '*.wild.zone.test.'));
});

test('zones that share names stay apart, and the closest one is found for a name', () => {
  const address = (owner: string, last: number): Added => ({
    owner,
    type: 1,
    ttlSeconds: 1,
    rdata: Uint8Array.of(last),
  });
  const zones = ['test.', 'zone.test.', 'sub.zone.test.', 'other.'].map((apex, index) =>
    zoneData(apex, [address(apex === 'other.' ? 'x.other.' : 'x.sub.zone.test.', index)]),
  );
  const image = open(...zones);
  for (const [index, apex] of ['test.', 'zone.test.', 'sub.zone.test.'].entries()) {
    const rows = rowsOf(image, nodeOf(image, apex, 'X.SUB.zone.test.'), 1);
    assert.deepEqual(rows?.data, [`0${index}`], apex);
  }
  assert.equal(nodeOf(image, 'other.', 'x.sub.zone.test.'), 0);
  const rows: [owner: string, fromLabel: number, apex: string | undefined][] = [
    ['a.b.SUB.zone.test.', 0, 'sub.zone.test.'],
    ['sub.zone.test.', 0, 'sub.zone.test.'],
    ['sub.zone.test.', 1, 'zone.test.'],
    ['xzone.test.', 0, 'test.'],
    ['other.', 0, 'other.'],
    ['other.', 1, undefined],
    ['.', 0, undefined],
  ];
  for (const [owner, fromLabel, apex] of rows) {
    const wanted = name(owner);
    labels.scan(wanted, 0);
    const place = image.findZone(wanted, 0, labels, fromLabel);
    const found = place === 0 ? undefined : formatName(image.nameOf(image.word(place + zone.apexNode)));
    assert.equal(found, apex, owner);
  }
});

test('a serial that is set replaces that of every zone, in what is said, in the SOA and in negative answers', () => {
  const zones = [
    zoneData('a.test.', []),
    zoneData('b.test.', [], { serial: 2 ** 32 - 1, ttlSeconds: 300, minimum: 60 }),
  ];
  const built = buildImage(zones);
  const image = new ZoneImage(built.buffer);
  assert.deepEqual(image.zones(), [
    { apex: name('a.test.'), serial: 7 },
    { apex: name('b.test.'), serial: 4_294_967_295 },
  ]);
  setSerials(built, 4_000_000_000);
  assert.deepEqual(
    image.zones().map(({ serial }) => serial),
    [4_000_000_000, 4_000_000_000],
  );
  for (const apex of ['a.test.', 'b.test.']) {
    const rows = rowsOf(image, nodeOf(image, apex, apex), recordType.SOA);
    // Refresh 1, retry 2, expire 3 and minimum 60 follow the serial.
    const numbers = 'ee6b2800' + '00000001' + '00000002' + '00000003' + '0000003c';
    assert.equal(rows?.data[0]?.slice(-40), numbers);
    labels.scan(name(apex), 0);
    const place = image.zoneAt(name(apex), 0, labels.hashes[0] ?? 0);
    const denialEnd = image.word(place + zone.denial) * 4 + image.word(place + zone.denialBytes);
    assert.equal(Buffer.from(image.bytes.slice(denialEnd - 20, denialEnd)).toString('hex'), numbers);
  }
});

test('negative answers live as long as the SOA or its minimum, whichever is shorter', () => {
  const negativeTtl = (ttlSeconds: number, minimum: number): number => {
    const image = open(zoneData('a.test.', [], { serial: 1, ttlSeconds, minimum }));
    labels.scan(name('a.test.'), 0);
    return image.word(image.zoneAt(name('a.test.'), 0, labels.hashes[0] ?? 0) + zone.negativeTtl);
  };
  assert.deepEqual([negativeTtl(300, 60), negativeTtl(60, 300), negativeTtl(0, 60)], [60, 60, 0]);
});

test('programs are numbered through all zones, and keep the lowest TTL of their set', () => {
  const code = (owner: string, text: string, ttlSeconds: number): Added => ({
    owner,
    type: 1,
    ttlSeconds,
    rdata: Uint8Array.of(),
    code: text,
  });
  const fixed: Added = { owner: 'x.a.test.', type: 1, ttlSeconds: 30, rdata: Uint8Array.of(9) };
  const zones = [
    zoneData('a.test.', [code('x.a.test.', 'one', 60), fixed, code('x.a.test.', 'two', 90)]),
    zoneData('b.test.', [code('x.b.test.', 'three', 5)]),
  ];
  const { buffer, programs } = buildImage(zones);
  const image = new ZoneImage(buffer);
  assert.deepEqual(
    programs.map(({ code: text, type, zone: apex, owner }) => [text, type, formatName(apex), formatName(owner)]),
    [
      ['one', 1, 'a.test.', 'x.a.test.'],
      ['two', 1, 'a.test.', 'x.a.test.'],
      ['three', 1, 'b.test.', 'x.b.test.'],
    ],
  );
  const first = image.findRrset(nodeOf(image, 'a.test.', 'x.a.test.'), 1);
  assert.deepEqual(
    [image.programCount(first), image.word(first + rrset.firstProgram), image.rowCount(first)],
    [2, 0, 1],
  );
  assert.equal(image.word(first + rrset.ttl), 30);
  const second = image.findRrset(nodeOf(image, 'b.test.', 'x.b.test.'), 1);
  assert.deepEqual(
    [image.programCount(second), image.word(second + rrset.firstProgram), image.rowCount(second)],
    [1, 2, 0],
  );
});

test('no zones make an image in which nothing is found', () => {
  const image = open();
  labels.scan(name('a.test.'), 0);
  assert.deepEqual([image.zones(), image.findZone(name('a.test.'), 0, labels, 0)], [[], 0]);
});

test('what is no image is not opened', () => {
  assert.throws(() => new ZoneImage(new SharedArrayBuffer(64)), /zone image/);
});
