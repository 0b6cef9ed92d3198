/** RFC 7871: the network that a query asks for, and the scope of the answer. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, optionsOf, serve } from './serving.ts';

const server = serve(`
example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
www.example. 300 A 192.0.2.1
where.example. 300 LUA TXT client
`);

/** The answer's data and the reply's options, in hexadecimal. */
function tailored(options: string): readonly [string, string] {
  const message = ask(server, 'where.example. TXT', { edns: { options } });
  return [Buffer.from(message.answers[0]?.rdata ?? []).toString('hex'), optionsOf(message)];
}

const wrong: readonly (readonly [what: string, option: string])[] = [
  ['too few octets of address', '0008 0006 0001 18 00 c633'],
  ['too many octets of address', '0008 0008 0001 18 00 c6336400'],
  ['no octets where bits are announced', '0008 0004 0001 01 00'],
  ['octets where no bits are announced', '0008 0005 0001 00 00 00'],
  ['bits set beyond the prefix', '0008 0007 0001 17 00 c63365'],
  ['bits set beyond a prefix of one bit', '0008 0005 0001 01 00 c0'],
  ['more bits than IPv4 has', '0008 0009 0001 21 00 c633640100'],
  ['more bits than IPv6 has', `0008 0015 0002 81 00 ${'20'.repeat(17)}`],
  ['an unknown family', '0008 0005 0003 08 00 0a'],
  ['an unknown family without an address', '0008 0004 0003 00 00'],
  ['bits of the reserved family', '0008 0005 0000 08 00 0a'],
  ['a scope, which queries do not have', '0008 0007 0001 18 08 c63364'],
  ['no family', '0008 0001 00'],
  ['no scope', '0008 0003 0001 00'],
  ['nothing', '0008 0000'],
];
for (const [what, options] of wrong) {
  test(`RFC 7871 §6, §7.2.1: a client subnet with ${what} is FORMERR`, () => {
    const message = ask(server, 'where.example. TXT', { edns: { options } });
    assert.deepEqual([message.rcode, message.answers.length, optionsOf(message)], [1, 0, '']);
  });
}

test('RFC 7871 §7.2.1: family, source and address come back, with a scope where the answer was tailored', () => {
  assert.deepEqual(tailored('0008 0007 0001 18 00 c63364'), ['04c6336400', '0008000700011818c63364']);
  assert.deepEqual(tailored('0008 0008 0001 20 00 c6336407'), ['04c6336407', '0008000800012020c6336407']);
  assert.deepEqual(tailored('0008 0005 0001 01 00 80'), ['0480000000', '000800050001010180']);
  const network = '20010db8000001';
  const data = `10${network}${'00'.repeat(9)}`;
  assert.deepEqual(tailored(`0008 000b 0002 38 00 ${network}`), [data, `0008000b00023838${network}`]);
});

test('RFC 7871 §7.2.1: the scope is 0 where the answer does not depend on the client', () => {
  for (const question of ['www.example. A', 'www.example. AAAA', 'no.example. A', 'www.other. A', 'where.example. A']) {
    const message = ask(server, question, { edns: { options: '0008 0007 0001 18 00 c63364' } });
    assert.equal(optionsOf(message).slice(0, 22), '0008000700011800c63364', question);
  }
});

test('RFC 7871 §7.1.2, §7.5: a source of 0 bits is no reason to refuse, and its answer is for whoever asked', () => {
  // The client of these tests is 192.0.2.99.
  assert.deepEqual(tailored('0008 0004 0001 00 00'), ['04c0000263', '0008000400010000']);
  assert.deepEqual(tailored('0008 0004 0002 00 00'), ['04c0000263', '0008000400020000']);
});

test('RFC 7871 §7.1.2: 0 bits of family 0, which dig sends, are taken', () => {
  assert.deepEqual(tailored('0008 0004 0000 00 00'), ['04c0000263', '0008000400000000']);
});

test('RFC 7871 §7.2.1, §7.2.2: a query without the option is answered without, even if the answer was tailored', () => {
  assert.deepEqual(tailored(''), ['04c0000263', '']);
  assert.equal(ask(server, 'where.example. TXT').opt, undefined);
});

test('RFC 7871 §6: the option twice says nothing for sure and is FORMERR', () => {
  assert.equal(ask(server, 'www.example. A', { edns: { options: '00080004000100000008000400010000' } }).rcode, 1);
});
