import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  communityName,
  decodeExtendedCommunity,
  decodeIpv6ExtendedCommunity,
  encodeExtendedCommunity,
  encodeIpv6ExtendedCommunity,
  formatCommunity,
  formatExtendedCommunity,
  formatIpv6ExtendedCommunity,
  formatLargeCommunity,
  parseCommunity,
  parseLargeCommunity,
} from '../../src/index.ts';
import { asPath, attributesOf, hexOf, nextHop, octets, origin, prefix, update } from './wire.ts';

test('communities are numbers of 32 bits, written in two halves (RFC 1997)', () => {
  const attributes = attributesOf(update(`${origin}${asPath}${nextHop} c00808 ffff0000 fde90007`, prefix));
  const found = attributes.at(-1);
  assert.deepEqual(found, { kind: 'communities', communities: [0xffff_0000, 0xfde9_0007] });
  assert.deepEqual(found.kind === 'communities' ? found.communities.map(formatCommunity) : [], ['65535:0', '65001:7']);
  assert.equal(parseCommunity('65535:0'), 0xffff_0000);
  for (const text of ['65536:0', '1', '1:2:3', '01:2', '-1:0', ':'])
    assert.equal(parseCommunity(text), undefined, text);
});

test('well-known communities have their registered names (RFC 1997, RFC 7999, RFC 8326, RFC 9494)', () => {
  const names = [0xffff_0000, 0xffff_029a, 0xffff_ff01, 0xffff_ff02, 0xffff_ff03, 0xffff_0006].map(communityName);
  const expected = ['graceful-shutdown', 'blackhole', 'no-export', 'no-advertise', 'no-export-subconfed', 'llgr-stale'];
  assert.deepEqual(names, expected);
  assert.equal(communityName(0xfde9_0007), undefined);
  assert.equal(parseCommunity('blackhole'), 0xffff_029a);
});

test('large communities are three numbers of 32 bits (RFC 8092)', () => {
  const attributes = attributesOf(update(`${origin}${asPath}${nextHop} c0200c fa56ea01 00000001 ffffffff`, prefix));
  assert.deepEqual(attributes.at(-1), { kind: 'largeCommunities', communities: [[4_200_000_001, 1, 4_294_967_295]] });
  assert.equal(formatLargeCommunity([4_200_000_001, 1, 4_294_967_295]), '4200000001:1:4294967295');
  assert.deepEqual(parseLargeCommunity('65001:1:2'), [65001, 1, 2]);
  for (const text of ['65001:1', '1:2:4294967296', '1:2:x']) assert.equal(parseLargeCommunity(text), undefined, text);
});

/** Octets and texts, by the RFCs and registries. */
const extended: readonly (readonly [hex: string, text: string])[] = [
  ['0002 fde9 00000007', 'target:65001:7'],
  ['0003 fde9 00000007', 'origin:65001:7'],
  ['0102 c0000201 0007', 'target:192.0.2.1:7'],
  ['0202 fa56ea01 0007', 'target:4200000001:7'],
  ['4004 fde9 49742400', 'link-bandwidth:65001:1000000'],
  ['030b 0000 00000064', 'color:100'],
  ['030c 0000 00000008', 'encapsulation:8'],
  ['4300 0000 00000002', 'validation-state:invalid'],
  ['0600 0100 00000005', 'mac-mobility:sticky:5'],
  ['0603 020000000001', 'router-mac:02:00:00:00:00:01'],
  ['0702 0000fde9 4005', 'interface-set:input:65001:5'],
  ['0c00 000a 0000000a', 'mup:10:10'],
  ['8006 0000 00000000', 'rate-limit:0'],
  ['8006 0000 4e9502f9', 'rate-limit:1250000000'],
  ['8007 0000 00000003', 'traffic-action:sample+terminal'],
  ['8007 0000 00000000', 'traffic-action:none'],
  ['8008 fde9 00000077', 'redirect:65001:119'],
  ['8108 c0000201 0007', 'redirect:192.0.2.1:7'],
  ['8208 fa56ea01 0007', 'redirect:4200000001:7'],
  ['8009 0000 0000002e', 'mark:46'],
  ['010c 01020304 0000', 'redirect-to-nexthop:1.2.3.4:0'],
  ['9901 010203040506', '0x9901:010203040506'],
];

for (const [hex, text] of extended) {
  test(`the extended community ${text} is read, written and told`, () => {
    const value = decodeExtendedCommunity(octets(hex));
    assert.equal(formatExtendedCommunity(value), text);
    assert.equal(hexOf(encodeExtendedCommunity(value)), hex.replaceAll(' ', ''));
  });
}

test('extended communities of IPv6 addresses have twenty octets (RFC 5701)', () => {
  const hex = '0002 20010db8000000000000000000000001 0007';
  const value = decodeIpv6ExtendedCommunity(octets(hex));
  assert.deepEqual(value, { type: 0, subtype: 2, address: '2001:db8::1', value: 7 });
  assert.equal(formatIpv6ExtendedCommunity(value), 'target:[2001:db8::1]:7');
  assert.equal(hexOf(encodeIpv6ExtendedCommunity(value)), hex.replaceAll(' ', ''));
  const attributes = attributesOf(update(`${origin}${asPath}${nextHop} c01914 ${hex}`, prefix));
  assert.deepEqual(attributes.at(-1), { kind: 'ipv6ExtendedCommunities', communities: [value] });
});
