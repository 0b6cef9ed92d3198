/** RFC 2308: what negative answers carry, so that they can be cached. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, reply, serve } from './serving.ts';

const zone = (soaTtl: number, minimum: number): string => `
example. ${soaTtl} SOA ns.example. admin.example. 7 7200 600 86400 ${minimum}
example. 300 NS ns.example.
ns.example. 300 A 192.0.2.53
www.example. 300 A 192.0.2.1
alias.example. 300 CNAME www.example.
lost.example. 300 CNAME nowhere.example.
a.deep.example. 300 A 192.0.2.1
away.example. 300 CNAME www.other.
`;
const server = serve(zone(300, 60));
const soa = 'authority: example. 60 IN SOA ns.example. admin.example. 7 7200 600 86400 60';

test('RFC 2308 §2.1, §3: a name error carries the SOA of the zone, and no NS records', () => {
  assert.deepEqual(reply(server, 'nowhere.example. A'), ['NXDOMAIN aa', soa]);
});

test('RFC 2308 §2.2, §3: where the type is missing, the code is NOERROR and the SOA is there', () => {
  assert.deepEqual(reply(server, 'www.example. AAAA'), ['NOERROR aa', soa]);
  assert.deepEqual(reply(server, 'deep.example. A'), ['NOERROR aa', soa]);
});

test('RFC 2308 §2.1: a name error at the end of aliases has them in the answer and the SOA beside', () => {
  const alias = 'answer: lost.example. 300 IN CNAME nowhere.example.';
  assert.deepEqual(reply(server, 'lost.example. A'), ['NXDOMAIN aa', alias, soa]);
});

test('RFC 2308 §2.2: a missing type at the end of aliases has them in the answer and the SOA beside', () => {
  const alias = 'answer: alias.example. 300 IN CNAME www.example.';
  assert.deepEqual(reply(server, 'alias.example. AAAA'), ['NOERROR aa', alias, soa]);
});

test('RFC 2308 §2.1: what we cannot know the end of is no negative answer', () => {
  assert.deepEqual(reply(server, 'away.example. AAAA'), [
    'NOERROR aa',
    'answer: away.example. 300 IN CNAME www.other.',
  ]);
});

test('RFC 2308 §3, §5: the TTL of that SOA is the lower of its minimum and its own TTL', () => {
  const rows: [soaTtl: number, minimum: number, ttl: number][] = [
    [300, 60, 60],
    [60, 300, 60],
    [0, 300, 0],
    [300, 0, 0],
    [90, 90, 90],
  ];
  for (const [soaTtl, minimum, ttl] of rows) {
    const from = serve(zone(soaTtl, minimum));
    const message = ask(from, 'nowhere.example. A');
    assert.deepEqual(
      message.authorities.map(({ ttlSeconds }) => ttlSeconds),
      [ttl],
      `${soaTtl} and ${minimum}`,
    );
    // The minimum in the data stays as it was written.
    assert.equal(message.authorities[0]?.rdata.at(-1), minimum % 256);
  }
});

test('RFC 2308 §3: an SOA that is asked for keeps its own TTL', () => {
  assert.deepEqual(reply(server, 'example. SOA'), [
    'NOERROR aa',
    'answer: example. 300 IN SOA ns.example. admin.example. 7 7200 600 86400 60',
  ]);
});

test('RFC 2308 §2.2: a referral has no SOA, so that it is not taken for a negative answer', () => {
  const message = ask(serve(`${zone(300, 60)}sub.example. 300 NS ns.other.`), 'x.sub.example. A');
  assert.deepEqual(
    message.authorities.map(({ type }) => type),
    [2],
  );
});
