/** RFC 3597: types that we know nothing of are served as octets. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { exchange, problemsOf, query, reply, serve } from './serving.ts';

const base =
  'example. 300 SOA ns.example. admin.example. 1 7200 600 86400 60\nexample. 300 NS ns.example.\nns.example. 300 A 192.0.2.53\n';
const text = `${base}
u.example. 300 TYPE731 \\# 6 abcdef01 2345
empty.example. 300 CLASS1 TYPE731 \\# 0
name.example. 300 TYPE62347 \\# 14 04 6e616d65 07 6578616d706c65 00
a.example. 300 TYPE1 \\# 4 0a000001
b.example. 300 A \\# 4 0A 00 00 02
srv.example. 300 SRV 1 2 3 srv.example.
rp.example. 300 RP rp.example. rp.example.
naptr.example. 300 NAPTR 1 2 "" "" "" naptr.example.
kx.example. 300 KX 1 kx.example.
afsdb.example. 300 AFSDB 1 afsdb.example.
`;
const server = serve(text);

/** The record data of the one answer, in hexadecimal. */
function dataOf(question: string): string {
  const asked = query(question);
  const bytes = exchange(server, asked);
  assert.equal(bytes[7], 1, `${question} has one answer`);
  // A pointer, type, class, TTL and length are before it.
  return Buffer.from(bytes.subarray(asked.length + 12)).toString('hex');
}

test('RFC 3597 §3, §5: data of an unknown type is served as it was written', () => {
  assert.equal(dataOf('u.example. TYPE731'), 'abcdef012345');
  assert.equal(dataOf('empty.example. TYPE731'), '');
  assert.deepEqual(reply(server, 'u.example. TYPE731')[1], 'answer: u.example. 300 IN TYPE731 \\# 6 abcdef012345');
});

test('RFC 3597 §3: a type that nobody knows is NODATA at a name that exists, and not at one that does not', () => {
  assert.deepEqual(reply(server, 'u.example. TYPE732')[0], 'NOERROR aa');
  assert.deepEqual(reply(server, 'v.example. TYPE731')[0], 'NXDOMAIN aa');
});

test('RFC 3597 §4: names in data are not compressed in unknown types', () => {
  assert.equal(dataOf('name.example. TYPE62347'), '046e616d65076578616d706c6500');
});

test('RFC 3597 §4: nor in types defined after RFC 1035, although the owner stands right before', () => {
  const rows: [question: string, data: string][] = [
    ['srv.example. SRV', '000100020003 03737276 076578616d706c65 00'],
    ['rp.example. RP', '027270 076578616d706c65 00 027270 076578616d706c65 00'],
    ['naptr.example. NAPTR', '00010002 00 00 00 056e61707472 076578616d706c65 00'],
    ['kx.example. KX', '0001 026b78 076578616d706c65 00'],
    ['afsdb.example. AFSDB', '0001 056166736462 076578616d706c65 00'],
  ];
  for (const [question, data] of rows) assert.equal(dataOf(question), data.replaceAll(' ', ''), question);
});

test('RFC 3597 §5: the generic form is read for types that are known, too', () => {
  assert.equal(dataOf('a.example. A'), '0a000001');
  assert.equal(dataOf('b.example. TYPE1'), '0a000002');
});

test('RFC 3597 §5: a length that does not fit the data, or data that does not fit a known type, is refused', () => {
  const rows: [record: string, problem: RegExp][] = [
    ['TYPE731 \\# 3 abcd', /length says 3 octets, the data has 2/],
    ['TYPE731 \\# 1 abcd', /length says 1 octets, the data has 2/],
    ['TYPE731 \\# 2 abxy', /hex/],
    ['TYPE731 "text"', /\\# LENGTH HEX/],
    ['A \\# 3 0a0000', /not valid/],
    ['MX \\# 4 000a c00c', /not valid/],
  ];
  for (const [record, problem] of rows) {
    assert.match(problemsOf(`${base}x.example. 300 ${record}\n`).join('\n'), problem, record);
  }
});

test('RFC 3597 §6: data of an unknown type is compared octet by octet, so that case matters', () => {
  const from = serve(
    `${base}x.example. 300 TYPE731 \\# 1 41\nx.example. 300 TYPE731 \\# 1 61\nx.example. 300 TYPE731 \\# 1 41`,
  );
  assert.equal(exchange(from, query('x.example. TYPE731'))[7], 2);
});
