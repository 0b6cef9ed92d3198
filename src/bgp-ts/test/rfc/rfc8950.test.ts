import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routesOf } from '../../src/index.ts';
import { asPath, external, notificationFor, origin, receive, update } from './wire.ts';

const global = '20010db8000000000000000000000001';
const linkLocal = 'fe800000000000000000000000000001';
const bytes = update(`800e19 0001 01 10 ${global} 00 18 c63364 ${origin}${asPath}`);
const extendedNextHop = { ...external, extendedNextHop: true };

test('IPv4 prefixes have an IPv6 next hop where that was agreed on', () => {
  const received = receive(bytes, extendedNextHop);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(routesOf(received.value).announced, [
    { family: 'ipv4-unicast', prefix: '198.51.100.0/24', nextHops: ['2001:db8::1'] },
  ]);
});

test('a link-local next hop may stand beside the global one', () => {
  const both = update(`800e29 0001 01 20 ${global} ${linkLocal} 00 18 c63364 ${origin}${asPath}`);
  const received = receive(both, extendedNextHop);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(routesOf(received.value).announced[0]?.nextHops, ['2001:db8::1', 'fe80::1']);
});

test('where it was not agreed on the length of the next hop is wrong and ends the session', () => {
  assert.equal(notificationFor(bytes), '3/1');
});
