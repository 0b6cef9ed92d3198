import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAttributes } from '../wire/attribute-encode.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { findAttribute } from '../wire/attributes.ts';
import { toHex } from '../wire/bytes.ts';
import { bgpRole } from '../wire/constants.ts';
import { nextHopAddresses } from '../wire/multiprotocol.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';
import { checkRanges } from './prefix-range.ts';
import { address, context, route } from './rib.fixture.ts';
import type { RouteAttributes } from './route.ts';
import { checkRoute } from './route.ts';

const v4 = '198.51.100.1/32';
const v6 = '2001:db8:53::/48';

function exported(
  attributes: Partial<RouteAttributes>,
  changes: Partial<ExportContext>,
  text = v4,
): readonly PathAttribute[] {
  const result = exportAttributes(route(text, attributes), context(changes));
  assert.ok(result.ok);
  return result.value;
}

function refusal(text: string, attributes: Partial<RouteAttributes>, changes: Partial<ExportContext>): string {
  const result = exportAttributes(route(text, attributes), context(changes));
  return result.ok ? 'not refused' : result.fault;
}

function nextHops(attributes: readonly PathAttribute[]): readonly string[] {
  const reach = findAttribute(attributes, 'mpReach');
  return reach === undefined ? [] : nextHopAddresses(reach);
}

void test('another AS gets our AS once and as often as prepended, MED, and no LOCAL_PREF', () => {
  assert.deepEqual(exported({ prepend: 2, med: 7, localPreference: 300, nextHop: 'self' }, {}), [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [{ kind: 'sequence', asns: [65001, 65001, 65001] }] },
    { kind: 'nextHop', nextHop: '192.0.2.7' },
    { kind: 'med', med: 7 },
  ]);
});

void test('our own AS gets an empty AS_PATH and LOCAL_PREF, 100 by default', () => {
  assert.deepEqual(exported({ prepend: 2 }, { isExternal: false }), [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [] },
    { kind: 'nextHop', nextHop: '192.0.2.1' },
    { kind: 'localPref', localPref: 100 },
  ]);
});

void test('a peer with two octets per AS gets AS4_PATH only where our AS needs four', () => {
  const needs = exported({}, { fourOctetAs: false, localAsn: 4_200_000_001 });
  assert.deepEqual(findAttribute(needs, 'as4Path')?.segments, [{ kind: 'sequence', asns: [4_200_000_001] }]);
  assert.equal(findAttribute(exported({}, { fourOctetAs: false }), 'as4Path'), undefined);
});

void test('a faulty route is refused with the field, the value and what was expected', () => {
  const fault = (text: string, attributes: Partial<RouteAttributes> = {}): string => {
    const checked = checkRoute(text, { nextHop: '192.0.2.1', ...attributes });
    return checked.ok ? 'no fault' : checked.fault;
  };
  const cases: readonly (readonly [string, string])[] = [
    [
      fault('192.0.2.1/24'),
      'prefix "192.0.2.1/24" is not an address and a length with zero host bits, such as 192.0.2.0/24',
    ],
    [fault('192.0.2.0/24', { nextHop: 'x' }), 'nextHop "x" of 192.0.2.0/24 is not an address'],
    [fault('2001:db8::/32'), 'nextHop "192.0.2.1" of 2001:db8::/32 is of the other address family'],
    [fault('192.0.2.0/24', { med: -1 }), 'med -1 is not a whole number from 0 to 4294967295'],
    [fault('192.0.2.0/24', { localPreference: 1.5 }), 'localPreference 1.5 is not a whole number from 0 to 4294967295'],
    [fault('192.0.2.0/24', { prepend: 33 }), 'prepend 33 is not a whole number from 0 to 32'],
    [
      fault('192.0.2.0/24', { communities: ['65536:0'] }),
      'community "65536:0" is not 2 numbers from 0 to 65535 joined by ":"',
    ],
    [
      fault('192.0.2.0/24', { largeCommunities: ['1:2'] }),
      'large community "1:2" is not 3 numbers from 0 to 4294967295 joined by ":"',
    ],
    [
      fault('192.0.2.0/24', { nextHop: '224.0.0.1' }),
      'nextHop "224.0.0.1" of 192.0.2.0/24 is not the address of one host',
    ],
    [
      fault('2001:db8::/32', { nextHop: '2001:db8::1', linkLocalNextHop: '2001:db8::2' }),
      'linkLocalNextHop "2001:db8::2" is not an address within fe80::/10',
    ],
    [
      fault('2001:db8::/32', { nextHop: 'self', linkLocalNextHop: 'fe80::2' }),
      'linkLocalNextHop "fe80::2" needs a nextHop that is a global IPv6 address, not "self"',
    ],
    [fault('192.0.2.0/24', { asPath: [0] }), 'asPath 0 is not a whole number from 1 to 4294967295'],
    [fault('192.0.2.0/24', { asPath: Array<number>(65).fill(1) }), 'asPath has 65 AS numbers, at most 64 are sent'],
    [
      fault('192.0.2.0/24', { extendedCommunities: ['target'] }),
      'extended community "target" is not such as "target:65001:1", "color:1" or "0x0b02:000000000001"',
    ],
    [fault('192.0.2.0/24', { communities: Array<string>(129).fill('1:1') }), '129 times community is more than 128'],
  ];
  for (const [actual, expected] of cases) assert.equal(actual, expected);
});

void test('an IPv6 prefix has its own next hop over an IPv4 session, and self is refused there', () => {
  assert.deepEqual(nextHops(exported({ nextHop: '2001:db8::1' }, {}, v6)), ['2001:db8::1']);
  assert.equal(
    refusal(v6, { nextHop: 'self' }, {}),
    'next hop self is 192.0.2.7, an IPv4 address: name an IPv6 next hop',
  );
});

void test('an IPv4 prefix has an IPv6 next hop only where both sides agreed to it, in MP_REACH_NLRI', () => {
  const attributes = exported({ nextHop: '2001:db8::1' }, { extendedNextHop: true });
  assert.deepEqual(nextHops(attributes), ['2001:db8::1']);
  assert.deepEqual(
    attributes.flatMap((attribute) => (attribute.kind === 'mpReach' ? [attribute.afi, attribute.safi] : [])),
    [1, 1],
  );
  assert.equal(findAttribute(attributes, 'nextHop'), undefined);
  assert.equal(
    refusal(v4, { nextHop: '2001:db8::1' }, {}),
    'next hop 2001:db8::1 is an IPv6 address, and the peer has not agreed to extended next hops',
  );
  const overIpv6 = { localAddress: address('2001:db8::7') };
  assert.equal(
    refusal(v4, { nextHop: 'self' }, overIpv6),
    'next hop self is 2001:db8::7, an IPv6 address, and the peer has not agreed to extended next hops',
  );
  assert.deepEqual(nextHops(exported({ nextHop: 'self' }, { ...overIpv6, extendedNextHop: true })), ['2001:db8::7']);
});

void test('a session between link-local addresses has next hop self twice, and a global one with its link-local', () => {
  const onLink = { localAddress: address('fe80::7') };
  assert.deepEqual(nextHops(exported({ nextHop: 'self' }, onLink, v6)), ['fe80::7', 'fe80::7']);
  const both = { nextHop: '2001:db8::1', linkLocalNextHop: 'fe80::1' };
  assert.deepEqual(nextHops(exported(both, onLink, v6)), ['2001:db8::1', 'fe80::1']);
  assert.equal(
    refusal(v6, { nextHop: 'fe80::1' }, {}),
    'next hop fe80::1 is link-local, but the session is not on a link',
  );
});

void test('a prefix outside exportPrefixes is refused whatever its route', () => {
  const ranges = checkRanges([{ prefix: '198.51.100.0/24', minLength: 32 }], 'exportPrefixes');
  assert.ok(ranges.ok);
  const only = { exportPrefixes: ranges.value };
  assert.ok(exported({}, only).length > 0);
  assert.equal(
    refusal('203.0.113.1/32', {}, only),
    'it is not among the prefixes that this peer may be told (exportPrefixes)',
  );
});

void test('AS numbers behind ours follow it to other ASes and stand alone in our own', () => {
  const external = findAttribute(exported({ asPath: [64500, 4_200_000_001], prepend: 1 }, {}), 'asPath');
  assert.deepEqual(external?.segments, [{ kind: 'sequence', asns: [65001, 65001, 64500, 4_200_000_001] }]);
  const internal = findAttribute(exported({ asPath: [64500], prepend: 1 }, { isExternal: false }), 'asPath');
  assert.deepEqual(internal?.segments, [{ kind: 'sequence', asns: [64500] }]);
});

void test('extended communities and origin are sent as set', () => {
  const attributes = exported({ extendedCommunities: ['target:65001:7'], origin: 'incomplete' }, {});
  // Flags optional and transitive, type 16, 8 octets; flags transitive, type 1, value 2.
  const hex = toHex(encodeAttributes(attributes, true));
  assert.match(hex, /c010080002fde900000007/);
  assert.match(hex, /40010102/);
});

void test('customers, peers and clients of a route server get our AS as OTC; providers and our own AS do not', () => {
  const otc = (localRole: number | undefined, isExternal = true): number | undefined =>
    findAttribute(exported({}, { localRole, isExternal }), 'onlyToCustomer')?.asn;
  assert.equal(otc(bgpRole.provider), 65001);
  assert.equal(otc(bgpRole.peer), 65001);
  assert.equal(otc(bgpRole.routeServer), 65001);
  assert.equal(otc(bgpRole.customer), undefined);
  assert.equal(otc(bgpRole.routeServerClient), undefined);
  assert.equal(otc(undefined), undefined);
  assert.equal(otc(bgpRole.peer, false), undefined);
});
