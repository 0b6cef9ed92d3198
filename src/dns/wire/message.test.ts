import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { recordType } from './constants.ts';
import { decodeMessage, encodeQuery, formatMessage } from './message.ts';
import { parseName } from './name.ts';
import type { Name } from './name.ts';
import { Query } from './query.ts';
import { MessageWriter, section } from './writer.ts';

function name(text: string): Name {
  const parsed = parseName(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

function bytesOf(...chunks: string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(chunks.join('').replaceAll(' ', ''), 'hex'));
}

/** A writer that has begun a reply to a query for `question`. */
function begin(question: string, out: Uint8Array, limit: number): MessageWriter {
  const query = encodeQuery(7, { name: name(question), type: recordType.A });
  const writer = new MessageWriter();
  writer.start(out, limit, query, query.length);
  writer.setFlags(0x8400);
  return writer;
}

test('names are compressed to the octets of RFC 1035 §4.1.4', () => {
  const out = new Uint8Array(512);
  const writer = begin('F.ISI.ARPA.', out, 512);
  const rdata = name('FOO.F.ISI.ARPA.');
  const head = { type: recordType.NS, ttlSeconds: 1 };
  assert.ok(writer.records(section.answer, name('f.isi.arpa.'), 0, head, [rdata]));
  const expected = bytesOf(
    '0007 8400 0001 0001 0000 0000', // header
    '0146 03495349 0441525041 00 0001 0001', // F.ISI.ARPA. A IN
    'c00c 0002 0001 00000001 0006', // the owner points to the question, in whatever case
    '03464f4f c00c', // FOO and a pointer
  );
  assert.deepEqual(out.subarray(0, writer.length), expected);
});

test('the case of names in record data is kept, even where it costs compression', () => {
  const out = new Uint8Array(512);
  const writer = begin('example.com.', out, 512);
  const head = { type: recordType.NS, ttlSeconds: 1 };
  writer.records(section.answer, name('example.com.'), 0, head, [name('NS.Example.com.')]);
  const message = decodeMessage(out.subarray(0, writer.length));
  assert.ok(message.ok);
  assert.equal(formatMessage(message.value), 'NOERROR aa\nanswer: example.com. 1 IN NS NS.Example.com.');
});

test('an RRset that does not fit leaves nothing behind', () => {
  const out = new Uint8Array(512);
  const writer = begin('example.com.', out, 70);
  const before = writer.length;
  const rdata = [1, 2, 3, 4].map((last) => Uint8Array.of(192, 0, 2, last));
  const head = { type: recordType.A, ttlSeconds: 1 };
  assert.equal(writer.records(section.answer, name('example.com.'), 0, head, rdata), false);
  assert.equal(writer.length, before);
  assert.ok(writer.records(section.answer, name('example.com.'), 0, head, rdata.slice(2)));
  const message = decodeMessage(out.subarray(0, writer.length));
  assert.ok(message.ok);
  assert.equal(message.value.answers.length, 2);
});

test('records of one owner all point to its labels, none to another pointer', () => {
  const out = new Uint8Array(512);
  const writer = begin('www.example.com.', out, 512);
  const rdata = [1, 2].map((last) => Uint8Array.of(192, 0, 2, last));
  assert.ok(writer.records(section.answer, name('example.com.'), 0, { type: recordType.A, ttlSeconds: 1 }, rdata));
  const expected = bytesOf(
    'c010 0001 0001 00000001 0004 c0000201', // example.com. begins at octet 16 of the question
    'c010 0001 0001 00000001 0004 c0000202',
  );
  assert.deepEqual(out.subarray(33, writer.length), expected);
});

test('a name that reaches past the buffer is not looked for in what an earlier message left there', () => {
  const out = new Uint8Array(512);
  const writer = begin('example.com.', out, 512);
  const filled = new Uint8Array(512 - 16 - 12 - 12 - writer.length);
  const head = { type: recordType.TXT, ttlSeconds: 1 };
  assert.ok(writer.records(section.answer, name('example.com.'), 0, head, [filled]));
  // Where the data of the next record begins: the label `a`, and a pointer that leads to itself.
  const dataAt = writer.length + 12;
  out.set(bytesOf('0161'), dataAt);
  out.set([0xc0 | ((dataAt + 2) >> 8), (dataAt + 2) & 0xff], dataAt + 2);
  const before = writer.length;
  const soa = Uint8Array.of(...name(`${'x'.repeat(63)}.`), ...name('a.example.com.'), ...new Uint8Array(20));
  const soaHead = { type: recordType.SOA, ttlSeconds: 1 };
  assert.equal(writer.records(section.authority, name('example.com.'), 0, soaHead, [soa]), false);
  assert.equal(writer.length, before);
});

const label = fc.constantFrom('a', 'B', 'b', 'mail', 'example', 'x'.repeat(63));
const anyName = fc
  .array(label, { maxLength: 3 })
  .map((labels) => name(labels.length === 0 ? '.' : `${labels.join('.')}.`));

test('any records that are written are read back, compressed or not', () => {
  const record = fc.record({ owner: anyName, target: anyName, ttlSeconds: fc.nat(0x7fffffff) });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 120 }), (records) => {
      const out = new Uint8Array(65_535);
      const writer = begin('mail.example.', out, out.length);
      for (const { owner, target, ttlSeconds } of records) {
        writer.records(section.answer, owner, 0, { type: recordType.NS, ttlSeconds }, [target]);
      }
      const message = decodeMessage(out.subarray(0, writer.length));
      assert.ok(message.ok);
      assert.deepEqual(
        message.value.answers.map((answer) => [answer.ttlSeconds, answer.rdata]),
        records.map(({ ttlSeconds, target }) => [ttlSeconds, target]),
      );
    }),
    { numRuns: 50 },
  );
});

test('any octets are a message or a fault, and never an error', () => {
  const query = encodeQuery(1, { name: name('www.example.com.'), type: 1 }, { udpBytes: 1232 });
  const mutated = fc
    .tuple(fc.nat(query.length - 1), fc.nat(255), fc.nat(query.length))
    .map(([at, byte, length]) => query.map((old, index) => (index === at ? byte : old)).subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated), (octets) => {
      decodeMessage(octets);
      new Query().read(octets, octets.length);
    }),
  );
});

test('pointers that lead forward or to themselves are refused', () => {
  const header = '0000 8000 0000 0001 0000 0000';
  for (const owner of ['c00c', 'c00e', 'cfff', '0161 c00c']) {
    const message = decodeMessage(bytesOf(header, owner, '0001 0001 00000000 0000'));
    assert.ok(!message.ok, owner);
    assert.equal(message.fault.offset, 12);
  }
});

test('client subnets are read, and refused where they contradict themselves (RFC 7871 §7.1.2)', () => {
  const rows: [option: string, verdict: string, why: string][] = [
    ['0008 0007 0001 18 00 c00002', 'ok', 'a /24'],
    ['0008 0004 0001 00 00', 'ok', 'asks not to be tailored'],
    ['0008 000b 0002 38 00 20010db8000000', 'ok', 'an IPv6 /56'],
    ['0008 0007 0001 17 00 c00001', 'formErr', 'a bit beyond the length'],
    ['0008 0008 0001 18 00 c0000200', 'formErr', 'an octet too many'],
    ['0008 0006 0001 18 00 c000', 'formErr', 'an octet too few'],
    ['0008 0007 0001 18 18 c00002', 'formErr', 'a scope in a query'],
    ['0008 0009 0001 28 00 c000020100', 'formErr', 'longer than the family'],
    ['0008 0007 0003 18 00 c00002', 'formErr', 'an unknown family'],
    ['0008 00ff 0001', 'formErr', 'an option past its record'],
    ['000a 0008 0102030405060708 fde9 0000', 'ok', 'options of other kinds'],
  ];
  for (const [option, verdict, why] of rows) {
    const octets = encodeQuery(1, { name: name('a.'), type: 1 }, { udpBytes: 1232, options: bytesOf(option) });
    assert.equal(new Query().read(octets, octets.length), verdict, why);
  }
});
