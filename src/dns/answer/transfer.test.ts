import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import { parsePrefix } from '#base/ip.ts';
import { rcode, recordType } from '../wire/constants.ts';
import { formatRecord } from '../wire/message.ts';
import type { MessageRecord } from '../wire/message.ts';
import { buildImage } from '../zone/image-builder.ts';
import { createAnswerer } from './answerer.ts';
import { createGeneration } from './generation.ts';
import type { Generation } from './generation.ts';
import { anyCode, ask, decoded, generationOf, queryFor, tcp, udp, zoneOf } from './serving.fixture.ts';
import { createTransfers } from './transfer.ts';

const head = '@ 300 SOA ns1 admin 7 3600 600 86400 60\n@ 300 NS ns1\nns1 300 A 192.0.2.53\n';
const transfers = createTransfers([present(parsePrefix('192.0.2.0/24'), 'a prefix')]);

function messagesOf(
  generation: Generation,
  question = 'example.com. AXFR',
  query = queryFor(question),
): readonly Uint8Array[] {
  const messages = present(transfers(generation, query, query.length, tcp), 'a transfer');
  return [...{ [Symbol.iterator]: () => messages }];
}

function recordsOf(messages: readonly Uint8Array[]): readonly MessageRecord[] {
  return messages.flatMap((message) => decoded(message).answers);
}

test('a zone of several messages arrives whole, each message well formed and of moderate size', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `n${index}.deep 300 TXT "${'x'.repeat(index % 60)}"`);
  const messages = messagesOf(generationOf(`${head}${names.join('\n')}`));
  const octets = messages.reduce((sum, message) => sum + message.length, 0);
  assert.ok(octets > 65_536 && messages.length > 4, `${octets} octets in ${messages.length} messages`);
  for (const [index, message] of messages.entries()) {
    assert.ok(message.length <= 16_384);
    const { id, flags, questions, authorities, additionals } = decoded(message);
    assert.deepEqual([id, flags, authorities, additionals], [42, 0x8400, [], []]);
    assert.equal(questions.length, index === 0 ? 1 : 0);
  }
  const lines = recordsOf(messages).map(formatRecord);
  const expected = names.map((line, index) => `n${index}.deep.example.com. 300 IN TXT ${line.split(' ').at(-1) ?? ''}`);
  expected.push('example.com. 300 IN NS ns1.example.com.', 'ns1.example.com. 300 IN A 192.0.2.53');
  const soa = 'example.com. 300 IN SOA ns1.example.com. admin.example.com. 7 3600 600 86400 60';
  assert.deepEqual([lines[0], lines.at(-1)], [soa, soa]);
  assert.deepEqual(lines.slice(1, -1).sort(), expected.sort());
});

test('to a query with EDNS every message has an OPT record, and room for it', () => {
  const many = Array.from({ length: 3000 }, (_, index) => `many 300 A 10.0.${index >> 8}.${index & 255}`).join('\n');
  const messages = messagesOf(generationOf(`${head}${many}`), '', queryFor('example.com. AXFR', ''));
  assert.ok(messages.length > 2);
  assert.deepEqual(
    messages.map((message) => decoded(message).opt?.type),
    messages.map(() => recordType.OPT),
  );
  assert.ok(messages.every((message) => message.length <= 16_384));
  assert.equal(recordsOf(messages).length, 3004);
});

test('a set larger than a message goes out in parts', () => {
  const many = Array.from({ length: 5000 }, (_, index) => `many 300 A 10.0.${index >> 8}.${index & 255}`).join('\n');
  const records = recordsOf(messagesOf(generationOf(`${head}${many}`)));
  const data = new Set(records.filter(({ owner }) => owner[0] === 4).map(({ rdata }) => rdata.join('.')));
  assert.deepEqual([records.length, data.size], [5004, 5000]);
});

test('a record larger than most messages gets one of its own', () => {
  const string = `"${'y'.repeat(250)}"`;
  const long = `big 300 TXT ${Array(240).fill(string).join(' ')}`;
  const messages = messagesOf(generationOf(`${head}before 300 A 192.0.2.1\n${long}\nzafter 300 A 192.0.2.2`));
  assert.ok(messages.some((message) => message.length > 60_000));
  assert.deepEqual(
    recordsOf(messages)
      .filter(({ type }) => type === recordType.TXT)
      .map(({ rdata }) => rdata.length),
    [240 * 251],
  );
  assert.equal(recordsOf(messages).length, 7);
});

test('records that follow health go out as LUA records of PowerDNS: the type, then the code in strings of 255', () => {
  const code = `;return {${"'192.0.2.1', ".repeat(40)}}`;
  const chunks = code.match(/.{1,200}/g) ?? [];
  const text = `${head}pool 60 LUA A ${chunks.map((chunk) => `"${chunk}"`).join(' ')}\npool 60 A 192.0.2.9\npool 60 LUA AAAA "v6"\n`;
  const records = recordsOf(messagesOf(generationOf(text)));
  const lua = records.filter(({ type }) => type === 65_402);
  assert.equal(lua.length, 2);
  const ofType = (type: number): Buffer =>
    Buffer.from(
      present(
        lua.find(({ rdata }) => rdata[1] === type),
        'LUA',
      ).rdata,
    );
  assert.equal(ofType(28).toString('latin1'), '\u0000\u001c\u0002v6');
  const data = ofType(1);
  assert.equal(data.readUInt16BE(0), 1);
  const strings: string[] = [];
  for (let at = 2; at < data.length; at += 1 + (data[at] ?? 0)) {
    strings.push(data.subarray(at + 1, at + 1 + (data[at] ?? 0)).toString('latin1'));
  }
  assert.deepEqual(
    strings.map(({ length }) => length),
    [255, 255, code.length - 510],
  );
  assert.equal(strings.join(''), code);
  assert.deepEqual(
    lua.map(({ ttlSeconds }) => ttlSeconds),
    [60, 60],
  );
  // What is written out beside them goes out as it is.
  assert.equal(records.filter(({ type, owner }) => type === 1 && owner[0] === 4).length, 1);
});

test('of two zones only the one that is asked for is sent, with names that the other has, too', () => {
  const child = 'sub 60 SOA a. b. 1 1 1 1 1\nsub 60 NS ns.test.\nwww.sub 60 A 192.0.2.2';
  const parent = `${head}sub 300 NS ns.test.\nwww.sub 300 A 192.0.2.1`;
  const generation = createGeneration(buildImage([zoneOf(parent), zoneOf(child)]), { compile: anyCode });
  const lines = recordsOf(messagesOf(generation)).map(formatRecord);
  assert.equal(lines.length, 6);
  assert.ok(lines.includes('www.sub.example.com. 300 IN A 192.0.2.1'));
  const childLines = recordsOf(messagesOf(generation, 'sub.example.com. AXFR')).map(formatRecord);
  assert.deepEqual(childLines.slice(1, -1), [
    'sub.example.com. 60 IN NS ns.test.',
    'www.sub.example.com. 60 IN A 192.0.2.2',
  ]);
});

test('an IXFR query with our serial gets one SOA, every other IXFR the zone', () => {
  const generation = generationOf(head);
  const plain = queryFor('example.com. IXFR');
  const answersFor = (serial: number): number => {
    const soa = Buffer.from('c00c0006000100000000001600000000000000000000000000000000000000000000', 'hex');
    soa.writeUInt32BE(serial, 14);
    const query = Uint8Array.of(...plain, ...soa);
    query[9] = 1;
    const messages = present(transfers(generation, query, query.length, tcp), 'a transfer');
    return recordsOf([...{ [Symbol.iterator]: () => messages }]).length;
  };
  assert.deepEqual([7, 8, 6, 0].map(answersFor), [1, 1, 4, 4]);
  assert.equal(recordsOf(messagesOf(generation, 'example.com. IXFR')).length, 4);
});

test('what is not allowed, not over TCP, or not for an apex is left to the answerer, which refuses it', () => {
  const generation = generationOf(head);
  const answerer = createAnswerer(generation);
  const stranger = { ...tcp, address: Uint8Array.of(198, 51, 100, 1) };
  const stranger6 = { ...tcp, address: Uint8Array.from(Buffer.from('20010db8000000000000000000000001', 'hex')) };
  const rows = [
    ['example.com. AXFR', stranger],
    ['example.com. AXFR', stranger6],
    ['example.com. IXFR', stranger],
    ['example.com. AXFR', udp],
    ['example.com. IXFR', udp],
    ['ns1.example.com. AXFR', tcp],
    ['test. AXFR', tcp],
  ] as const;
  for (const [question, client] of rows) {
    const query = queryFor(question);
    assert.equal(transfers(generation, query, query.length, client), undefined, question);
    assert.equal(ask(answerer, question, client).rcode, rcode.refused, question);
  }
  for (const bytes of [queryFor('example.com. A'), queryFor('example.com. AXFR').subarray(0, 20), new Uint8Array(0)]) {
    assert.equal(transfers(generation, bytes, bytes.length, tcp), undefined);
  }
});
