import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUpdate, findAttribute, nextHopAddresses, routesOf } from '../../src/index.ts';
import type { DecodedUpdate } from '../../src/index.ts';
import {
  asPath,
  attributesOf,
  external,
  hexOf,
  nextHop,
  notificationFor,
  octets,
  origin,
  prefix,
  receive,
  severityOf,
  update,
} from './wire.ts';

const global = '20010db8000000000000000000000001';
const linkLocal = 'fe800000000000000000000000000001';
const reach = `800e1e 0002 01 10 ${global} 00 40 20010db800000000`;

function updateOf(bytes: Uint8Array, context = external): DecodedUpdate {
  const received = receive(bytes, context);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  return received.value;
}

test('MP_REACH_NLRI has family, next hop, a reserved octet and prefixes', () => {
  assert.deepEqual(attributesOf(update(reach + origin + asPath))[0], {
    kind: 'mpReach',
    afi: 2,
    safi: 1,
    nextHop: octets(global),
    nlri: { kind: 'prefixes', prefixes: ['2001:db8::/64'] },
  });
});

test('MP_UNREACH_NLRI has family and prefixes', () => {
  assert.deepEqual(routesOf(updateOf(update('800f08 0002 01 20 20010db8'))), {
    announced: [],
    withdrawn: [{ family: 'ipv6-unicast', prefix: '2001:db8::/32' }],
  });
});

test('the global next hop may have a link-local one beside it (RFC 2545 §3)', () => {
  const both = `800e2e 0002 01 20 ${global} ${linkLocal} 00 40 20010db800000000`;
  const found = findAttribute(attributesOf(update(both + origin + asPath)), 'mpReach');
  assert.deepEqual(found === undefined ? [] : nextHopAddresses(found), ['2001:db8::1', 'fe80::1']);
});

test('NEXT_HOP is not needed where all prefixes are in MP_REACH_NLRI', () => {
  assert.equal(severityOf(update(reach + origin + asPath)), 'none');
  assert.equal(severityOf(update(reach + origin + asPath, prefix)), 'treat-as-withdraw');
});

test('IPv4 may be carried in MP_REACH_NLRI too', () => {
  const ipv4 = '800e0d 0001 01 04 c0000209 00 18 c63364';
  assert.deepEqual(routesOf(updateOf(update(ipv4 + origin + asPath))).announced, [
    { family: 'ipv4-unicast', prefix: '198.51.100.0/24', nextHops: ['192.0.2.9'] },
  ]);
});

test('a family that is unknown is kept as octets and written as it was', () => {
  const flow = '800e0c 0001 85 00 00 06 01 18 c63364 03';
  const whole = update(`${flow}${origin}${asPath}`);
  assert.deepEqual(attributesOf(whole)[0], {
    kind: 'mpReach',
    afi: 1,
    safi: 133,
    nextHop: new Uint8Array(0),
    nlri: { kind: 'opaque', bytes: octets('06 01 18 c63364 03') },
  });
  assert.equal(hexOf(encodeUpdate(updateOf(whole), true)), hexOf(whole));
});

test('prefixes in a multiprotocol attribute that cannot be read are 3/9 with the attribute', () => {
  assert.equal(notificationFor(update('800f08 0002 01 21 20010db8')), '3/9 800f080002012120010db8');
  assert.equal(notificationFor(update('800f02 0002')), '3/9 800f020002');
});

test('MP_REACH_NLRI is written first (RFC 7606 §5.1)', () => {
  const last = updateOf(update(origin + asPath + reach));
  assert.equal(hexOf(encodeUpdate(last, true)), hexOf(update(reach + origin + asPath)));
});

test('routes are withdrawn by an update whose attributes are malformed', () => {
  const whole = updateOf(update(`${reach}${origin}${asPath}${nextHop} c00803 ffff00`, prefix));
  assert.equal(whole.severity, 'treat-as-withdraw');
  assert.deepEqual(routesOf(whole), {
    announced: [],
    withdrawn: [
      { family: 'ipv4-unicast', prefix: '198.51.100.0/24' },
      { family: 'ipv6-unicast', prefix: '2001:db8::/64' },
    ],
  });
});
