import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { present } from '#base/assert.ts';
import { formatIp, ipBytes, ipPrefixMatcher, parsePrefix, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { unwrapAddress } from '#geo/addresses.ts';
import { address } from './policy.fixture.ts';
import { PrefixTree } from './prefix-tree.ts';

const prefix = (text: string): IpPrefix => present(parsePrefix(text), text);

test('the longest prefix wins, and the scope ends where no other could', () => {
  const tree = new PrefixTree();
  for (const [value, text] of ['10.0.0.0/8', '10.128.0.0/9', '10.128.0.0/16'].entries()) tree.add(prefix(text), value);
  const rows = [
    ['10.1.2.3', 0, 9],
    ['10.128.0.9', 2, 16],
    // Parts from 10.128.0.0/16 at bit 10, counted from 1.
    ['10.192.0.1', 1, 10],
    ['11.0.0.1', -1, 8],
    ['192.0.2.1', -1, 1],
  ] as const;
  for (const [text, found, scopeBits] of rows) {
    assert.equal(tree.find(ipBytes(address(text))), found, text);
    assert.equal(tree.scopeBits, scopeBits, text);
  }
});

test('an IPv4 address inside IPv6 counts as IPv4, with the bits of the whole', () => {
  const tree = new PrefixTree();
  tree.add(prefix('192.0.2.0/24'), 5);
  const rows = [
    ['::ffff:192.0.2.9', 5, 120],
    ['64:ff9b::c000:209', 5, 120],
    ['2002:c000:209::1', 5, 40],
  ] as const;
  for (const [text, found, scopeBits] of rows) {
    assert.equal(tree.find(ipBytes(address(text))), found, text);
    assert.equal(tree.scopeBits, scopeBits, text);
  }
  assert.equal(tree.find(ipBytes(address('2003::1'))), -1);
  assert.equal(tree.scopeBits, 16, '2003::/16 lies beside 2002::/16');
});

/** A prefix of either family near others, so that they overlap. */
const anyPrefix = fc
  .tuple(fc.uint8Array({ minLength: 3, maxLength: 3 }), fc.integer({ min: 0, max: 24 }), fc.boolean())
  .map(([octets, length, isIpv6]) => {
    const bytes = new Uint8Array(isIpv6 ? 16 : 4);
    if (isIpv6) bytes[0] = 0x2a;
    const start = isIpv6 ? 1 : 0;
    for (let bit = 0; bit < length; bit++) {
      const set = (octets[bit >> 3] ?? 0) & 3 & (0x80 >> (bit & 7)) ? 0x80 >> (bit & 7) : 0;
      bytes[start + (bit >> 3)] = (bytes[start + (bit >> 3)] ?? 0) | set;
    }
    return prefix(`${formatIp(bytes)}/${length + start * 8}`);
  });
const anyAddress = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => octets.map((octet) => octet & 3)),
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((octets) => octets.map((octet, at) => (at === 0 ? 0x2a : octet & 3))),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

test('a tree finds what a search through all prefixes finds, for every address of the scope alike', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyPrefix, { maxLength: 12 }), anyAddress, anyAddress, (prefixes, from, noise) => {
      const tree = new PrefixTree();
      for (const [value, each] of prefixes.entries()) tree.add(each, value);
      const search = (octets: Uint8Array): number => {
        const holding = [...prefixes.entries()].filter(([, each]) => ipPrefixMatcher(each)(unwrapAddress(octets)));
        const longest = holding.toSorted(([, a], [, b]) => prefixParts(b).length - prefixParts(a).length)[0];
        return longest?.[0] ?? -1;
      };
      const found = tree.find(from);
      assert.equal(found, search(from));
      const bits = tree.scopeBits;
      const other = from.map((octet, index) => {
        const kept = Math.min(8, Math.max(0, bits - index * 8));
        const mask = (0xff00 >> kept) & 0xff;
        return (octet & mask) | ((noise[index] ?? 0) & ~mask & 0xff);
      });
      assert.equal(search(other), found, `${formatIp(from)} and ${formatIp(other)} share ${bits} bits`);
    }),
    { numRuns: 500 },
  );
});
