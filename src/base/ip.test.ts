import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  familyOf,
  formatHostPort,
  formatIp,
  ipBytes,
  isWithin,
  parseHostPort,
  parseIp,
  parsePrefix,
  prefixContains,
} from './ip.ts';
import type { IpAddress, IpPrefix } from './ip.ts';

test('addresses are written in canonical form (RFC 5952)', () => {
  const rows: [text: string, canonical: string | undefined][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['192.0.2.256', undefined],
    ['192.0.2.01', undefined],
    ['192.0.2', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7::8', undefined],
    [':1:2:3:4:5:6:7', undefined],
    ['192.0.2.1::', undefined],
    ['fe80::1%eth0', undefined],
    ['', undefined],
  ];
  for (const [text, canonical] of rows) assert.equal(parseIp(text), canonical, text);
});

test('any 4 or 16 bytes survive being written and parsed', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      const text = formatIp(value);
      assert.equal(parseIp(text), text);
      assert.deepEqual(ipBytes(text), value);
    }),
  );
});

test('a prefix with host bits set, or too long, is refused', () => {
  assert.equal(parsePrefix('203.0.113.0/24'), '203.0.113.0/24');
  assert.equal(parsePrefix('2001:DB8::/32'), '2001:db8::/32');
  assert.equal(parsePrefix('0.0.0.0/0'), '0.0.0.0/0');
  for (const text of ['203.0.113.1/24', '203.0.113.0/33', '203.0.113.0', '2001:db8::1/64', '203.0.113.0/-1', '/24']) {
    assert.equal(parsePrefix(text), undefined, text);
  }
});

test('a prefix contains its own addresses and no others, and never across families', () => {
  const prefix = '203.0.113.128/25' as IpPrefix;
  assert.equal(prefixContains(prefix, '203.0.113.128' as IpAddress), true);
  assert.equal(prefixContains(prefix, '203.0.113.127' as IpAddress), false);
  assert.equal(prefixContains('0.0.0.0/0' as IpPrefix, '::1' as IpAddress), false);
  assert.equal(familyOf('2001:db8::/32' as IpPrefix), 6);
});

test('an address with its port has brackets for IPv6', () => {
  assert.deepEqual(parseHostPort('[2001:db8::1]:53'), { address: '2001:db8::1', port: 53 });
  assert.deepEqual(parseHostPort('127.0.0.1:5300'), { address: '127.0.0.1', port: 5300 });
  for (const text of ['2001:db8::1:53', '127.0.0.1', '127.0.0.1:65536', 'localhost:53', ':53']) {
    assert.equal(parseHostPort(text), undefined, text);
  }
  assert.equal(formatHostPort('2001:db8::1', 53), '[2001:db8::1]:53');
});

test('a prefix lies within a larger one of its family, and not within itself', () => {
  const rows: [inner: string, outer: string, boolean][] = [
    ['203.0.113.0/25', '203.0.113.0/24', true],
    ['203.0.113.7/32', '203.0.112.0/23', true],
    ['203.0.113.0/24', '203.0.113.0/24', false],
    ['203.0.113.0/24', '203.0.113.0/25', false],
    ['203.0.114.0/25', '203.0.113.0/24', false],
    ['::/1', '0.0.0.0/0', false],
    ['2001:db8::/48', '2001:db8::/32', true],
  ];
  for (const [inner, outer, expected] of rows) {
    assert.equal(isWithin(inner as IpPrefix, outer as IpPrefix), expected, `${inner} in ${outer}`);
  }
});
