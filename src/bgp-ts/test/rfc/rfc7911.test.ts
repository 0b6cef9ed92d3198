import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUpdate, routesOf } from '../../src/index.ts';
import type { DecodeContext } from '../../src/index.ts';
import { asPath, external, hexOf, nextHop, notificationFor, origin, receive, update } from './wire.ts';

const context: DecodeContext = { ...external, addPath: ['ipv4-unicast', 'ipv6-unicast'] };
const withPaths = update(origin + asPath + nextHop, '00000001 18 c63364 00000002 18 c63364', '00000003 18 c63365');

test('a path identifier stands before each prefix where the family was agreed on', () => {
  const received = receive(withPaths, context);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(routesOf(received.value), {
    announced: [
      { family: 'ipv4-unicast', prefix: '198.51.100.0/24', pathId: 1, nextHops: ['192.0.2.9'] },
      { family: 'ipv4-unicast', prefix: '198.51.100.0/24', pathId: 2, nextHops: ['192.0.2.9'] },
    ],
    withdrawn: [{ family: 'ipv4-unicast', prefix: '198.51.101.0/24', pathId: 3 }],
  });
  assert.equal(hexOf(encodeUpdate(received.value, true)), hexOf(withPaths));
});

test('it does so in multiprotocol attributes too', () => {
  const bytes = update('800f0c 0002 01 00000007 20 20010db8');
  const received = receive(bytes, context);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(routesOf(received.value).withdrawn, [
    { family: 'ipv6-unicast', prefix: '2001:db8::/32', pathId: 7 },
  ]);
  assert.equal(hexOf(encodeUpdate(received.value, true)), hexOf(bytes));
});

test('a path identifier that is cut short is a prefix that cannot be read', () => {
  assert.equal(notificationFor(update(origin + asPath + nextHop, '000000'), context), '3/10');
  assert.equal(notificationFor(update(origin + asPath + nextHop, '00000001'), context), '3/10');
});

test('a family that was not agreed on has no path identifiers', () => {
  const received = receive(update(origin + asPath + nextHop, '18 c63364'), { ...external, addPath: ['ipv6-unicast'] });
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(received.value.announced, ['198.51.100.0/24']);
  assert.equal(received.value.announcedPathIds, undefined);
});
