/** RFC 6891: EDNS, as octets of the OPT record. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, decode, exchange, octets, optionsOf, query, serve, tcp, udp } from './serving.ts';

const server = serve(`
example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
www.example. 300 A 192.0.2.1
${Array.from({ length: 100 }, (_, index) => `many.example. 300 A 192.0.2.${index}`).join('\n')}
${Array.from({ length: 60 }, (_, index) => `some.example. 300 A 192.0.2.${index}`).join('\n')}
`);

/** The question for www.example. A with the given records after it. */
function withRecords(counts: string, records: string): Uint8Array {
  return octets(`0000 0000 0001 ${counts} 03777777 07 6578616d706c65 00 0001 0001 ${records}`);
}

const opt = '00 0029 04d0 00 00 0000 0000';
const record = '00 0001 0001 00000000 0004 c0000201';

test('RFC 6891 §6.1.1: a query with OPT is answered with OPT, in every kind of reply', () => {
  const rows: [question: string, rcode: number][] = [
    ['www.example. A', 0],
    ['www.example. MX', 0],
    ['no.example. A', 3],
    ['www.other. A', 5],
    ['www.example. OPT', 1],
    ['many.example. A', 0],
  ];
  for (const [question, rcode] of rows) {
    const message = ask(server, question, { edns: {} });
    assert.deepEqual([message.rcode, message.opt?.type], [rcode, 41], question);
  }
  const notImplemented = ask(server, 'www.example. A', { flags: 0x7800, edns: {} });
  assert.deepEqual([notImplemented.rcode, notImplemented.opt?.type], [4, 41]);
});

test('RFC 6891 §6.1.1, §7: a query without OPT is answered without', () => {
  for (const question of ['www.example. A', 'no.example. A', 'www.other. A', 'many.example. A']) {
    assert.equal(ask(server, question).opt, undefined, question);
  }
});

test('RFC 6891 §6.1.2: the OPT record of a reply has the root, our payload size, version 0 and no options', () => {
  const bytes = exchange(server, query('www.example. A', { edns: {} }));
  assert.deepEqual(bytes.subarray(-11), octets('00 0029 04d0 00 00 0000 0000'));
});

test('RFC 6891 §6.1.1: more than one OPT is FORMERR', () => {
  assert.equal(decode(exchange(server, withRecords('0000 0000 0002', opt + opt))).rcode, 1);
});

test('RFC 6891 §6.1.1: OPT may stand anywhere in the additional section', () => {
  for (const records of [opt + record, record + opt, record + opt + record]) {
    const counts = `0000 0000 000${records.length > opt.length + record.length ? 3 : 2}`;
    const message = decode(exchange(server, withRecords(counts, records)));
    assert.deepEqual([message.rcode, message.answers.length, message.opt?.type], [0, 1, 41], records);
  }
});

test('RFC 6891 §6.1.1: OPT in another section is FORMERR', () => {
  assert.equal(decode(exchange(server, withRecords('0001 0000 0000', opt))).rcode, 1);
  assert.equal(decode(exchange(server, withRecords('0000 0001 0000', opt))).rcode, 1);
});

test('RFC 6891 §6.1.2: an OPT record whose owner is not the root is FORMERR', () => {
  for (const owner of ['0161 00', 'c00c']) {
    assert.equal(decode(exchange(server, withRecords('0000 0000 0001', owner + opt.slice(2)))).rcode, 1, owner);
  }
});

test('RFC 6891 §6.1.2: options that do not fill their record exactly are FORMERR', () => {
  for (const options of ['00', '0003', '0003 00', '0003 0001', 'fde9 0002 00', 'fde9 0000 00']) {
    assert.equal(ask(server, 'www.example. A', { edns: { options } }).rcode, 1, options);
  }
});

test('RFC 6891 §6.1.2: options that are not known are ignored and not repeated', () => {
  const message = ask(server, 'www.example. A', { edns: { options: 'fde9 0003 010203 fffe 0000 0064 0001 ff' } });
  assert.deepEqual([message.rcode, message.answers.length, optionsOf(message)], [0, 1, '']);
});

test('RFC 6891 §6.1.3: a version that we do not have is BADVERS (16) with ours, and no records', () => {
  for (const version of [1, 100, 255]) {
    const message = ask(server, 'www.example. A', { edns: { version } });
    assert.equal(message.rcode, 16);
    assert.equal(message.flags & 0xf, 0, 'the lower bits stand in the header');
    assert.equal(message.opt?.ttlSeconds, 0x0100_0000, 'the upper bits and version 0 stand in OPT');
    assert.equal(message.answers.length + message.authorities.length, 0);
  }
});

test('RFC 6891 §6.1.3: what an unknown version does with options is not judged', () => {
  assert.equal(ask(server, 'www.example. A', { edns: { version: 1, options: '0008 0001 00 ff' } }).rcode, 16);
});

test('RFC 6891 §6.1.4: DO is copied, and bits without a meaning are ignored and clear', () => {
  const rows: [flags: number, expected: number][] = [
    [0, 0],
    [0x8000, 0x8000],
    [0x7fff, 0],
    [0xffff, 0x8000],
  ];
  for (const [flags, expected] of rows) {
    const message = ask(server, 'www.example. A', { edns: { flags } });
    assert.deepEqual([message.rcode, message.opt?.ttlSeconds, message.answers.length], [0, expected, 1]);
  }
});

test('RFC 6891 §6.2.3: a payload size below 512 counts as 512', () => {
  for (const udpBytes of [0, 1, 100, 511, 512]) {
    // 30 octets, OPT, and 29 records of 16 octets would fit in 512; these are 60.
    const some = exchange(server, query('some.example. A', { edns: { udpBytes } }));
    assert.deepEqual([some.length, decode(some).flags & 0x0200], [41, 0x0200]);
    const www = exchange(server, query('www.example. A', { edns: { udpBytes } }));
    assert.deepEqual([www.length, decode(www).answers.length], [56, 1]);
  }
});

test('RFC 6891 §6.2.3, §6.2.5: a reply is as large as the client takes, and never above our own 1232 octets', () => {
  // Header and question 30, OPT 11, 60 records of 16: 1001 octets.
  const rows: [question: string, udpBytes: number, length: number][] = [
    ['some.example. A', 1001, 1001],
    ['some.example. A', 1000, 41],
    ['some.example. A', 65_535, 1001],
    ['many.example. A', 65_535, 41],
  ];
  for (const [question, udpBytes, length] of rows) {
    assert.equal(
      exchange(server, query(question, { edns: { udpBytes } }), udp).length,
      length,
      `${question} ${udpBytes}`,
    );
  }
  // The payload size speaks of UDP only.
  assert.equal(exchange(server, query('many.example. A', { edns: { udpBytes: 512 } }), tcp).length, 1641);
});

test('RFC 6891 §7: a truncated reply keeps its OPT record', () => {
  const message = ask(server, 'many.example. A', { edns: { udpBytes: 512, flags: 0x8000 } });
  assert.deepEqual([message.flags & 0x0200, message.opt?.ttlSeconds], [0x0200, 0x8000]);
});

test('RFC 6891 §7: a query that cannot be read before its OPT is FORMERR without OPT', () => {
  const bytes = query('www.example. A', { edns: {} });
  bytes[12] = 0xc0;
  const message = decode(exchange(server, bytes));
  assert.deepEqual([message.rcode, message.opt], [1, undefined]);
});
