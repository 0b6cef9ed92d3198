/** RFC 9471: glue belongs to a referral, or else the referral is truncated. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, exchange, query, reply, serve, tcp } from './serving.ts';

const base = 'example. 300 SOA ns.test. admin.test. 1 7200 600 86400 60\nexample. 300 NS ns.test.\n';

test('RFC 9471 §2.1, §3.1: addresses of servers below the cut are in its referral, of both families', () => {
  const server = serve(
    `${base}sub.example. 300 NS ns.sub.example.\nns.sub.example. 300 A 192.0.2.1\nns.sub.example. 300 AAAA 2001:db8::1`,
  );
  assert.deepEqual(reply(server, 'www.sub.example. A').slice(2), [
    'additional: ns.sub.example. 300 IN A 192.0.2.1',
    'additional: ns.sub.example. 300 IN AAAA 2001:db8::1',
  ]);
});

test('RFC 9471 §2.2, §2.3: addresses of servers below another cut of the zone are in the referral, too', () => {
  const server = serve(`${base}
one.example. 300 NS ns.two.example.
two.example. 300 NS ns.one.example.
ns.one.example. 300 A 192.0.2.1
ns.two.example. 300 A 192.0.2.2
`);
  assert.deepEqual(reply(server, 'www.one.example. A'), [
    'NOERROR',
    'authority: one.example. 300 IN NS ns.two.example.',
    'additional: ns.two.example. 300 IN A 192.0.2.2',
  ]);
});

test('RFC 9471 §2: servers outside the zone have no addresses here', () => {
  const server = serve(`${base}sub.example. 300 NS ns.other.`);
  assert.deepEqual(reply(server, 'www.sub.example. A'), ['NOERROR', 'authority: sub.example. 300 IN NS ns.other.']);
});

const manyServers = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) =>
      `sub.example. 300 NS n${index + 10}.sub.example.\nn${index + 10}.sub.example. 300 A 192.0.2.${index}\n`,
  ).join('');

test('RFC 9471 §3.1: a referral whose glue does not fit is truncated over UDP, and whole over TCP', () => {
  // Header and question 33 octets, then 18 for each NS and 16 for each address: 14 servers fit in 512, 15 do not.
  const fits = serve(`${base}${manyServers(14)}`);
  const full = exchange(fits, query('www.sub.example. A'));
  assert.deepEqual([full.length, ask(fits, 'www.sub.example. A').flags], [33 + 14 * 34, 0x8000]);
  const over = serve(`${base}${manyServers(15)}`);
  assert.equal(ask(over, 'www.sub.example. A').flags, 0x8200);
  const whole = ask(over, 'www.sub.example. A', {}, tcp);
  assert.deepEqual([whole.flags, whole.authorities.length, whole.additionals.length], [0x8000, 15, 15]);
});

test('RFC 9471 §3.1: an address that follows health is no glue', () => {
  const server = serve(
    `${base}sub.example. 300 NS ns.example.\nns.example. 300 LUA A address\nns.example. 300 AAAA 2001:db8::1`,
  );
  assert.deepEqual(reply(server, 'www.sub.example. A'), [
    'NOERROR',
    'authority: sub.example. 300 IN NS ns.example.',
    'additional: ns.example. 300 IN AAAA 2001:db8::1',
  ]);
});
