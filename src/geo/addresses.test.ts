import assert from 'node:assert/strict';
import test from 'node:test';
import { formatIp, ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { embeddingPrefixes, unwrapAddress, unwrapPrefix } from './addresses.ts';

const unwrapped = (text: string): string => formatIp(unwrapAddress(ipBytes(present(parseIp(text), text))));

const forms: readonly (readonly [string, string, string])[] = [
  ['IPv4', '192.0.2.33', '192.0.2.33'],
  ['IPv4-mapped', '::ffff:192.0.2.33', '192.0.2.33'],
  ['IPv4-compatible', '::192.0.2.33', '192.0.2.33'],
  ['IPv4-translated', '::ffff:0:192.0.2.33', '192.0.2.33'],
  // RFC 6052 §2.4 and RFC 4380 §4's layout: server 65.54.227.120, flags 8000, port 40000, client 192.0.2.45.
  ['NAT64', '64:ff9b::192.0.2.33', '192.0.2.33'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45'],
  ['6to4', '2002:c000:221:7::1', '192.0.2.33'],
];

for (const [what, address, expected] of forms) {
  test(`an address of ${what} counts as the IPv4 address in it`, () => {
    assert.equal(unwrapped(address), expected);
  });
}

test('an address that only looks as if it held one of IPv4 is of IPv6', () => {
  const alone = [
    '64:ff9b:1::c000:221', // local-use NAT64, RFC 8215
    '64:ff9b::1:0:c000:221',
    '2001:db8::5efe:c000:221', // ISATAP
    '2001:1::1', // beside Teredo
    '2003:c000:221::',
    '::1:ffff:c000:221',
    '::fffe:c000:221',
    '1::ffff:c000:221',
  ];
  for (const address of alone) assert.equal(unwrapped(address), address);
});

test('a prefix inside an embedding is the prefix of IPv4 that it stands for', () => {
  const cases = [
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['64:ff9b::/96', '0.0.0.0/0'],
    ['2002:c000:200::/40', '192.0.2.0/24'],
    ['2002:c000:221::/48', '192.0.2.33/32'],
    ['2002::/16', '0.0.0.0/0'],
    ['2001:0:4136:e378:8000:63bf:3fff:fd00/120', '192.0.2.0/24'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2000::/3', '2000::/3'],
    ['::/0', '::/0'],
  ];
  for (const [from = '', to] of cases) {
    const prefix = unwrapPrefix(present(parsePrefix(from), from));
    assert.deepEqual(prefix, { ok: true, value: to });
  }
});

test('a prefix that selects by more or less than the IPv4 address inside is refused', () => {
  for (const [text, expected] of [
    ['2002:c000:221:7::/64', '/16 to /48'],
    ['2001:0:4136:e378::/64', '/96 to /128'],
    ['2001::/32', '/96 to /128'],
  ] as const) {
    const prefix = unwrapPrefix(present(parsePrefix(text), text));
    assert.ok(!prefix.ok);
    assert.equal(prefix.fault, `${text}: only the IPv4 address inside counts here: expected ${expected}`);
  }
});

test('the prefixes of all embeddings are those of the RFCs', () => {
  assert.deepEqual(embeddingPrefixes, [
    '::/96',
    '::ffff:0:0/96',
    '::ffff:0:0:0/96',
    '64:ff9b::/96',
    '2001::/32',
    '2002::/16',
  ]);
});
