/** RFC 8482 §4.2: little is answered to a question for all types. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { exchange, octets, query, reply, serve, tcp, udp } from './serving.ts';

const server = serve(`
example. 300 SOA ns.test. a.test. 1 7200 600 86400 60
example. 300 NS ns.test.
www.example. 300 A 192.0.2.1
www.example. 300 TXT "much"
alias.example. 300 CNAME www.example.
a.deep.example. 300 A 192.0.2.1
*.wild.example. 300 A 192.0.2.1
sub.example. 300 NS ns.test.
`);
const soa = 'authority: example. 60 IN SOA ns.test. a.test. 1 7200 600 86400 60';

test('RFC 8482 §4.2: the answer is one HINFO with "RFC8482" and an empty string, over UDP and TCP', () => {
  const asked = query('www.example. ANY');
  for (const client of [udp, tcp]) {
    const bytes = exchange(server, asked, client);
    assert.equal(Buffer.from(bytes.subarray(2, 12)).toString('hex'), '8400' + '0001000100000000');
    assert.deepEqual(bytes.subarray(asked.length), octets('c00c 000d 0001 00000e10 0009 07 52464338343832 00'));
  }
});

test('RFC 8482 §4.2: a wildcard is answered the same way', () => {
  assert.deepEqual(reply(server, 'x.wild.example. ANY')[1], 'answer: x.wild.example. 3600 IN HINFO "RFC8482" ""');
});

test('RFC 8482 §4.2: a CNAME is answered as it is, since it would be with any type', () => {
  assert.deepEqual(reply(server, 'alias.example. ANY'), [
    'NOERROR aa',
    'answer: alias.example. 300 IN CNAME www.example.',
  ]);
});

test('RFC 8482 §4: names without data, names that do not exist and cuts stay what they are', () => {
  assert.deepEqual(reply(server, 'deep.example. ANY'), ['NOERROR aa', soa]);
  assert.deepEqual(reply(server, 'no.example. ANY'), ['NXDOMAIN aa', soa]);
  assert.deepEqual(reply(server, 'sub.example. ANY'), ['NOERROR', 'authority: sub.example. 300 IN NS ns.test.']);
});
