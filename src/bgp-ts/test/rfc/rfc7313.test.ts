import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRouteRefresh, endOfRib, endOfRibFamily, encodeUpdate } from '../../src/index.ts';
import { external, hexOf, marker, message, notificationFor, receive, update } from './wire.ts';

const enhanced = { ...external, enhancedRouteRefresh: true };

test('ROUTE-REFRESH has family and subtype (RFC 2918 §3)', () => {
  assert.equal(hexOf(encodeRouteRefresh({ afi: 2, subtype: 1, safi: 1 })), `${marker}00170500020101`);
  assert.deepEqual(receive(message(5, '0001 02 01'), enhanced), {
    ok: true,
    value: { kind: 'routeRefresh', afi: 1, subtype: 2, safi: 1 },
  });
});

test('a wrong length is 7/1 with the whole message where enhanced refresh was agreed on', () => {
  for (const body of ['', '0001', '0001 01 01 00']) {
    const bytes = message(5, body);
    assert.equal(notificationFor(bytes, enhanced), `7/1 ${hexOf(bytes)}`);
  }
});

test('it is 1/2 with the length where it was not', () => {
  assert.equal(notificationFor(message(5, '0001 01 01 00')), '1/2 0018');
});

test('End-of-RIB is an empty UPDATE, or an empty MP_UNREACH_NLRI (RFC 4724 §2)', () => {
  assert.equal(hexOf(encodeUpdate(endOfRib('ipv4-unicast'), true)), hexOf(update('')));
  assert.equal(hexOf(encodeUpdate(endOfRib('ipv6-unicast'), true)), hexOf(update('800f03 0002 01')));
  const received = receive(update('800f03 0002 01'));
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.equal(endOfRibFamily(received.value), 'ipv6-unicast');
});
