import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from './bytes.ts';
import { encodeExtendedCommunity } from './extended-community.ts';
import { parseExtendedCommunity } from './extended-community-parse.ts';
import { formatExtendedCommunity } from './extended-community-text.ts';

function hexOf(text: string): string | undefined {
  const community = parseExtendedCommunity(text);
  return community === undefined ? undefined : toHex(encodeExtendedCommunity(community));
}

void test('extended communities in text give the octets of RFC 4360, RFC 5668 and RFC 9012', () => {
  assert.equal(hexOf('target:65001:7'), '0002fde900000007');
  assert.equal(hexOf('target:4200000001:7'), '0202fa56ea010007');
  assert.equal(hexOf('origin:192.0.2.1:9'), '0103c00002010009');
  assert.equal(hexOf('color:100'), '030b000000000064');
  // 125 MB a second is 1 Gbit/s; 0x4cee6b28 is 125000000 in IEEE 754.
  assert.equal(hexOf('link-bandwidth:65001:125000000'), '4004fde94cee6b28');
  assert.equal(hexOf('0x0b02:000000000001'), '0b02000000000001');
});

void test('what is no extended community is refused', () => {
  for (const text of [
    '',
    'target',
    'target:1',
    'target:1:2:3',
    'target:65001:4294967296',
    'target:4200000001:65536',
    'target:192.0.2.1:65536',
    'target:2001:db8::1',
    'target:01:2',
    'unheard:1:2',
    'color:4294967296',
    '0x0002:00',
    'link-bandwidth:65536:1',
  ]) {
    assert.equal(hexOf(text), undefined, text);
  }
});

void test('every text that is read is written back as it was', () => {
  const administrator = fc.oneof(
    fc.nat(0xffff).map((asn) => [String(asn), 0xffff_ffff] as const),
    fc.integer({ min: 0x1_0000, max: 0xffff_ffff }).map((asn) => [String(asn), 0xffff] as const),
    fc.ipV4().map((address) => [address, 0xffff] as const),
  );
  const text = administrator.chain(([who, most]) =>
    fc
      .tuple(fc.constantFrom('target', 'origin', 'source-as'), fc.integer({ min: 0, max: most }))
      .map(([name, value]) => `${name}:${who}:${value}`),
  );
  fc.assert(
    fc.property(text, (written) => {
      const community = parseExtendedCommunity(written);
      assert.ok(community !== undefined);
      assert.equal(formatExtendedCommunity(community), written);
    }),
  );
});
