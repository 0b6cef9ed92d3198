/** RFC 5936: zone transfer by AXFR, and how RFC 1995 falls back to it. Sizes are tested beside answer/transfer.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { present } from '#base/assert.ts';
import { parsePrefix } from '#base/ip.ts';
import { createTransfers } from '#dns/answer/transfer.ts';
import { formatMessage, formatRecord } from '#dns/wire/message.ts';
import type { Message } from '#dns/wire/message.ts';
import { ask, decode, nameOf, octets, query, serve, tcp, udp } from './serving.ts';

const text = `
example. 300 SOA ns.example. admin.example. 7 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
WWW.Example. 300 A 192.0.2.1
sub.example. 300 NS ns.sub.example.
ns.sub.example. 300 A 192.0.2.54
old.example. 300 DNAME new.example.
hidden.old.example. 300 TXT "below a DNAME"
below.sub.example. 300 TXT "below a cut"
a.deep.example. 300 TXT "below a name without data"
`;
const server = serve(text);
const transfers = createTransfers([present(parsePrefix('192.0.2.0/24'), 'a prefix')]);

/** The messages of a transfer as they come; undefined where it is not one. */
function transfer(bytes: Uint8Array, client = tcp): readonly Uint8Array[] | undefined {
  const messages = transfers(server.generation, bytes, bytes.length, client);
  return messages === undefined ? undefined : [...{ [Symbol.iterator]: () => messages }];
}

function first(bytes: Uint8Array): Message {
  return decode(present(transfer(bytes)?.[0], 'a message'));
}

/** An IXFR query whose authority section has an SOA with the serial. */
function ixfr(serial: number, edns = ''): Uint8Array {
  const soa = `c00c 0006 0001 00000000 0016 00 00 ${serial.toString(16).padStart(8, '0')} ${'00000001'.repeat(4)}`;
  const counts = edns === '' ? '0001 0000' : '0001 0001';
  return octets(`0001 0000 0001 0000 ${counts} 076578616d706c65 00 00fb 0001 ${soa} ${edns}`);
}

test('RFC 5936 §2.2, §3.1, §3.5: the zone is sent whole, between its SOA and its SOA, every other record once', () => {
  const lines = first(query('example. AXFR')).answers.map(formatRecord);
  const soa = 'example. 300 IN SOA ns.example. admin.example. 7 7200 600 86400 60';
  assert.equal(lines[0], soa);
  assert.equal(lines.at(-1), soa);
  assert.deepEqual(lines.slice(1, -1).sort(), [
    'WWW.Example. 300 IN A 192.0.2.1',
    'a.deep.example. 300 IN TXT "below a name without data"',
    'below.sub.example. 300 IN TXT "below a cut"',
    'example. 300 IN NS ns.example.',
    'hidden.old.example. 300 IN TXT "below a DNAME"',
    'ns.example. 300 IN A 192.0.2.53',
    'ns.sub.example. 300 IN A 192.0.2.54',
    'old.example. 300 IN DNAME new.example.',
    'sub.example. 300 IN NS ns.sub.example.',
  ]);
});

test('RFC 5936 §2.2.1: ID, opcode and RD are those of the query, AA is set, TC is clear', () => {
  const message = first(query('example. AXFR', { id: 0xbeef, flags: 0x0100 }));
  assert.deepEqual([message.id, message.flags], [0xbeef, 0x8500]);
});

test('RFC 5936 §2.2.2: the first message repeats the question', () => {
  const { questions } = first(query('eXample. AXFR'));
  assert.deepEqual(questions, [{ name: nameOf('eXample.'), type: 252, class: 1 }]);
});

test('RFC 5936 §2.2.4, §2.2.5: authority and additional sections are empty without EDNS', () => {
  const message = first(query('example. AXFR'));
  assert.deepEqual([message.authorities, message.additionals, message.opt], [[], [], undefined]);
});

test('RFC 5936 §2.2.5, RFC 6891 §6.1.1: a query with OPT is answered with OPT', () => {
  const message = first(query('example. AXFR', { edns: { flags: 0x8000 } }));
  assert.deepEqual([message.opt?.type, message.opt?.class, message.opt?.ttlSeconds], [41, 1232, 0x8000]);
  assert.equal(first(ixfr(7, '00 0029 04d0 00000000 0000')).opt?.type, 41);
});

test('RFC 5936 §3.4: owners keep their case, also where another case could be pointed to', () => {
  const { answers } = first(query('EXAMPLE. AXFR'));
  assert.deepEqual(answers[0]?.owner, nameOf('example.'));
  assert.deepEqual(answers.find(({ type, owner }) => type === 1 && owner[1] === 0x57)?.owner, nameOf('WWW.Example.'));
});

test('RFC 5936 §2.2.1: a query that is not for an apex here, or for another class, is no transfer', () => {
  for (const question of ['www.example. AXFR', 'other. AXFR', 'sub.example. AXFR']) {
    assert.equal(transfer(query(question)), undefined, question);
    assert.equal(ask(server, question, {}, tcp).rcode, 5, question);
  }
  assert.equal(transfer(query('example. AXFR', { class: 3 })), undefined);
});

test('RFC 5936 §4.2: there is no AXFR over UDP', () => {
  assert.equal(transfer(query('example. AXFR'), udp), undefined);
  assert.equal(ask(server, 'example. AXFR').rcode, 5);
});

test('RFC 5936 §5: who is not allowed is refused, and told so where it has EDNS', () => {
  const stranger = { ...tcp, address: Uint8Array.of(198, 51, 100, 1) };
  assert.equal(transfer(query('example. AXFR'), stranger), undefined);
  const message = ask(server, 'example. AXFR', { edns: {} }, stranger);
  assert.equal(message.rcode, 5);
  // RFC 8914: 18, prohibited.
  assert.equal(Buffer.from(message.opt?.rdata.subarray(4, 6) ?? []).toString('hex'), '0012');
});

test('RFC 1995 §2, §4: IXFR from an older serial is answered with the whole zone', () => {
  const message = first(ixfr(6));
  assert.equal(message.questions[0]?.type, 251);
  assert.equal(message.answers.length, 11);
  assert.deepEqual([message.answers[0]?.type, message.answers[1]?.type, message.answers.at(-1)?.type], [6, 2, 6]);
});

test('RFC 1995 §2: IXFR from our own serial is answered with our SOA alone', () => {
  assert.equal(
    formatMessage(first(ixfr(7))),
    'NOERROR aa\nanswer: example. 300 IN SOA ns.example. admin.example. 7 7200 600 86400 60',
  );
});

test('RFC 1995 §2: IXFR from a newer serial is answered with our SOA alone', () => {
  assert.equal(first(ixfr(8)).answers.length, 1);
  // Serials compare as RFC 1982 has it: half the ring ahead of 7 is older again.
  assert.equal(first(ixfr(0xffff_ffff)).answers.length, 11);
});

test('RFC 1995 §3: IXFR without an SOA says no serial, so that the whole zone is sent', () => {
  assert.equal(first(query('example. IXFR')).answers.length, 11);
});
