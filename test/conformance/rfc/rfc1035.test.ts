/** RFC 1035 §2.3.4, §3 and §4: sizes, header, question, names and their compression, as octets. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, decode, exchange, nameOf, octets, query, reply, serve, tcp, udp } from './serving.ts';

const text = `
example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
www.example. 300 A 192.0.2.1
mail.example. 300 MX 10 mx.mail.example.
mx.mail.example. 300 A 192.0.2.25
empty.example. 300 TXT ""
${Array.from({ length: 40 }, (_, index) => `many.example. 300 A 192.0.2.${index}`).join('\n')}
`;
const server = serve(text);

/** The reply's octets after the given ones. */
function after(bytes: Uint8Array, count: number): string {
  return Buffer.from(bytes.subarray(count)).toString('hex');
}

test('RFC 1035 §4.1: a reply is header, question and answer in the octets of the figures', () => {
  const asked = octets('beef 0000 0001 0000 0000 0000  03777777 07 6578616d706c65 00 0001 0001');
  const expected = octets(`beef 8400 0001 0001 0000 0000  03777777 07 6578616d706c65 00 0001 0001
    c00c 0001 0001 0000012c 0004 c0000201`);
  assert.deepEqual(exchange(server, asked), expected);
});

test('RFC 1035 §4.1.1: the ID is copied', () => {
  for (const id of [0, 1, 0x8000, 0xffff]) assert.equal(ask(server, 'www.example. A', { id }).id, id);
});

test('RFC 1035 §4.1.1: QR is set in what we send, and what has it set is not answered', () => {
  assert.equal(ask(server, 'www.example. A').flags & 0x8000, 0x8000);
  assert.equal(exchange(server, query('www.example. A', { flags: 0x8000 })).length, 0);
});

test('RFC 1035 §4.1.1: OPCODE and RD are copied, RA and Z are clear', () => {
  assert.equal(ask(server, 'www.example. A', { flags: 0x0100 }).flags, 0x8500);
  assert.equal(ask(server, 'www.example. A', { flags: 0x0040 }).flags, 0x8400);
  assert.equal(ask(server, 'www.example. A', { flags: 0x0080 }).flags, 0x8400);
  assert.equal(ask(server, 'www.example. A', { flags: 0x1000 }).flags, 0x9004);
});

test('RFC 1035 §4.1.1: AA, TC and a code in a query mean nothing', () => {
  assert.equal(ask(server, 'www.example. A', { flags: 0x060f }).flags, 0x8400);
});

test('RFC 1035 §4.1.1: inverse queries and the other kinds are not implemented (4)', () => {
  for (const opcode of [1, 2, 3, 4, 5, 6, 15]) {
    const { flags } = ask(server, 'www.example. A', { flags: opcode << 11 });
    assert.equal(flags, 0x8004 | (opcode << 11), `opcode ${opcode}`);
  }
});

test('RFC 1035 §4.1.1: a query that cannot be read is a format error (1)', () => {
  const cut = query('www.example. A').subarray(0, 20);
  assert.equal(decode(exchange(server, cut)).flags, 0x8001);
});

test('RFC 1035 §4.1.1: fewer octets than a header have no ID to answer to', () => {
  for (let length = 0; length < 12; length++) {
    assert.equal(exchange(server, query('www.example. A').subarray(0, length)).length, 0);
  }
});

test('RFC 1035 §4.1.2: the question comes back as it was asked', () => {
  for (const question of ['www.example. A', 'nowhere.example. TYPE4711', 'www.other. ANY']) {
    const asked = query(question);
    assert.deepEqual(exchange(server, asked).subarray(12, asked.length), asked.subarray(12), question);
  }
});

test('RFC 1035 §4.1.3: counts say what the sections hold', () => {
  const bytes = exchange(server, query('many.example. A'), tcp);
  assert.equal(Buffer.from(bytes.subarray(4, 12)).toString('hex'), '0001002800000000');
  assert.equal(decode(bytes).answers.length, 40);
});

test('RFC 1035 §4.1.4: owner and names in data are compressed to pointers at prior occurrences', () => {
  const asked = query('mail.example. MX');
  // Owner: pointer to octet 12. Data: preference, then the label "mx" and a pointer to the owner.
  const expected = 'c00c 000f 0001 0000012c 0007 000a 026d78 c00c'.replaceAll(' ', '');
  assert.equal(after(exchange(server, asked), asked.length), expected);
});

test('RFC 1035 §4.1.4: the SOA of a negative answer points into the question', () => {
  const asked = query('no.example. A');
  // The apex stands at octet 15.
  const expected = `c00f 0006 0001 0000003c 0021 026e73 c00f 0561646d696e c00f
    00000001 00001c20 00000258 00015180 0000003c`.replaceAll(/\s/g, '');
  assert.equal(after(exchange(server, asked), asked.length), expected);
});

test('RFC 1035 §4.1.4: a pointer in a question has nothing to point to but itself, a format error', () => {
  for (const name of ['c00c', '03777777c00c', '40', '80', 'c0ff']) {
    const asked = octets(`0000 0000 0001 0000 0000 0000 ${name} 0001 0001`);
    assert.equal(decode(exchange(server, asked)).flags, 0x8001, name);
  }
});

test('RFC 1035 §2.3.4: labels have up to 63 octets and names up to 255', () => {
  const label = 'l'.repeat(63);
  assert.deepEqual(reply(server, `${label}.example. A`)[0], 'NXDOMAIN aa');
  // 3 × 64 + 54 + 9 octets are 255.
  const longest = `${label}.${label}.${label}.${'l'.repeat(53)}.example.`;
  assert.equal(nameOf(longest).length, 255);
  assert.deepEqual(reply(server, `${longest} A`)[0], 'NXDOMAIN aa');
  const tooLong = new Uint8Array([...nameOf(longest).subarray(0, 192), 55, ...new Uint8Array(55).fill(0x6c)]);
  const asked = Uint8Array.of(
    ...octets('0000 0000 0001 0000 0000 0000'),
    ...tooLong,
    ...octets('076578616d706c6500 0001 0001'),
  );
  assert.equal(decode(exchange(server, asked)).flags, 0x8001);
});

test('RFC 1035 §2.3.4, §4.2.1: over UDP a reply has at most 512 octets and says that it is truncated', () => {
  // Header and question take 25 octets and each record 16: 30 records fit, 31 do not.
  const fits = (count: number): string =>
    `e. 1 SOA a. b. 1 1 1 1 1\ne. 1 NS a.\n${Array.from({ length: count }, (_, index) => `manya.e. 1 A 192.0.2.${index}`).join('\n')}`;
  const full = exchange(serve(fits(30)), query('manya.e. A'));
  assert.deepEqual([full.length, decode(full).flags], [505, 0x8400]);
  const over = exchange(serve(fits(31)), query('manya.e. A'));
  assert.deepEqual([over.length, decode(over).flags, decode(over).answers.length], [25, 0x8600, 0]);
});

test('RFC 1035 §4.2.2: over TCP the same reply goes out whole', () => {
  assert.equal(ask(server, 'many.example. A', {}, udp).flags, 0x8600);
  const whole = ask(server, 'many.example. A', {}, tcp);
  assert.deepEqual([whole.flags, whole.answers.length], [0x8400, 40]);
});

test('RFC 1035 §3.3: a character string may be empty', () => {
  assert.deepEqual(reply(server, 'empty.example. TXT'), ['NOERROR aa', 'answer: empty.example. 300 IN TXT ""']);
});
