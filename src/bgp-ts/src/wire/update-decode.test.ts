import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from './bytes.ts';
import { encodeFrame } from './framer.ts';
import { decodeUpdate } from './update-decode.ts';
import { encodeUpdate, endOfRib, endOfRibFamily } from './update-encode.ts';

const origin = '40010100';
const asPath = '400206 0201 0000fdea';
const nextHop = '400304 c0000209';
const med = '800404 0000000a';
const reach = '800e1e 0002 01 10 20010db8000000000000000000000001 00 40 20010db800000000';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The body of an UPDATE from its three fields, in hex. */
function body(attributes: string, announced = '', withdrawn = ''): Uint8Array {
  const field = (hex: string): readonly number[] => {
    const bytes = bytesOf(hex);
    return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
  };
  return Uint8Array.from([...field(withdrawn), ...field(attributes), ...bytesOf(announced)]);
}

/** Severity with the reasons of a survived UPDATE, or the NOTIFICATION of one that ends the session. */
function judge(bytes: Uint8Array, isExternal = true): string {
  const decoded = decodeUpdate(bytes, { fourOctetAs: true, isExternal });
  if (decoded.ok) return [decoded.value.severity, ...decoded.value.faults.map((fault) => fault.reason)].join('; ');
  const { severity, code, subcode, data } = decoded.fault;
  return `${severity} ${code}/${subcode} ${toHex(data)}`.trim();
}

const prefix = '18 c63364';

const rows: readonly { readonly name: string; readonly bytes: Uint8Array; readonly outcome: string }[] = [
  { name: 'ok: all mandatory attributes', bytes: body(origin + asPath + nextHop, prefix), outcome: 'none' },
  { name: 'ok: no NEXT_HOP beside MP_REACH_NLRI', bytes: body(reach + origin + asPath), outcome: 'none' },
  { name: 'ok: a withdrawal needs no attributes', bytes: body('', '', prefix), outcome: 'none' },
  {
    name: 'bad: ORIGIN missing',
    bytes: body(asPath + nextHop, prefix),
    outcome: 'treat-as-withdraw; mandatory attribute 1 is missing',
  },
  {
    name: 'bad: NEXT_HOP missing',
    bytes: body(origin + asPath, prefix),
    outcome: 'treat-as-withdraw; mandatory attribute 3 is missing',
  },
  {
    name: 'bad: a second MED is dropped',
    bytes: body(origin + asPath + nextHop + med + med, prefix),
    outcome: 'attribute-discard; attribute 4 is there twice',
  },
  {
    name: 'bad: LOCAL_PREF from another AS is dropped',
    bytes: body(`${origin}${asPath}${nextHop} 400504 00000064`, prefix),
    outcome: 'attribute-discard; attribute 5 came from another AS',
  },
  {
    name: 'bad: the stronger of two faults decides',
    bytes: body(`${origin}${asPath}${nextHop}${med}${med} c00803 000001`, prefix),
    outcome: 'treat-as-withdraw; attribute 4 is there twice; attribute has 3 bytes, expected a non-zero multiple of 4',
  },
  {
    name: 'bad: an attribute that overruns the list',
    bytes: body(`${origin}${asPath}${nextHop} 8004ff 00`, prefix),
    outcome: 'treat-as-withdraw; attribute 4 overruns the path attributes',
  },
  {
    name: 'bad: two bytes left in the list',
    bytes: body(`${origin}${asPath}${nextHop} 8004`, prefix),
    outcome: 'treat-as-withdraw; path attributes end inside an attribute header',
  },
  {
    name: 'bad: a fault without reachable prefixes ends the session, with the attribute as Data',
    bytes: body('400101 09'),
    outcome: 'session-reset 3/6 40010109',
  },
  {
    name: 'bad: MP_REACH_NLRI twice ends the session',
    bytes: body(reach + reach + origin + asPath),
    outcome: 'session-reset 3/1',
  },
  {
    name: 'bad: a prefix of 33 bits',
    bytes: body(origin + asPath + nextHop, '21 c633640000'),
    outcome: 'session-reset 3/10',
  },
  { name: 'bad: a withdrawn prefix that overruns', bytes: body('', '', '18 c6'), outcome: 'session-reset 3/10' },
  { name: 'bad: withdrawn length past the end', bytes: bytesOf('0005 00 0000'), outcome: 'session-reset 3/1' },
];

for (const { name, bytes, outcome } of rows) {
  void test(`${name}: ${outcome}`, () => {
    assert.equal(judge(bytes), outcome);
  });
}

void test('LOCAL_PREF from our own AS is read', () => {
  assert.equal(judge(body(`${origin}${asPath}${nextHop} 400504 00000064`, prefix), false), 'none');
});

void test('an unknown attribute is kept with its flags and bytes, and written again as it was', () => {
  const bytes = body(`${origin}${asPath}${nextHop} e0 63 02 abcd`, prefix);
  const decoded = decodeUpdate(bytes, { fourOctetAs: true, isExternal: true });
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.value.attributes.at(-1), {
    kind: 'unknown',
    type: 99,
    flags: 0xe0,
    bytes: Uint8Array.of(0xab, 0xcd),
  });
  assert.deepEqual(encodeUpdate(decoded.value, true), encodeFrame(2, bytes));
});

void test('two octets per AS are read where the peer has no 4-octet AS numbers, beside AS4_PATH', () => {
  const bytes = body(`${origin} 400204 0201 5ba0 ${nextHop} c01106 0201 fa56ea01`, prefix);
  const decoded = decodeUpdate(bytes, { fourOctetAs: false, isExternal: true });
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.value.attributes.slice(1, 2), [
    { kind: 'asPath', segments: [{ kind: 'sequence', asns: [23456] }] },
  ]);
  assert.deepEqual(decoded.value.attributes.slice(3), [
    { kind: 'as4Path', segments: [{ kind: 'sequence', asns: [4_200_000_001] }] },
  ]);
  assert.deepEqual(encodeUpdate(decoded.value, false), encodeFrame(2, bytes));
});

void test('End-of-RIB is an empty UPDATE for IPv4 and an empty MP_UNREACH_NLRI for IPv6', () => {
  const marker = 'ff'.repeat(16);
  assert.equal(toHex(encodeUpdate(endOfRib('ipv4-unicast'), true)), `${marker}00170200000000`);
  // The flags say one length octet; ExaBGP writes two, which means the same.
  assert.equal(toHex(encodeUpdate(endOfRib('ipv6-unicast'), true)), `${marker}001d0200000006800f03000201`);
  for (const family of ['ipv4-unicast', 'ipv6-unicast'] as const)
    assert.equal(endOfRibFamily(endOfRib(family)), family);
  const exabgp = decodeUpdate(bytesOf('0000 0007 900f0003 000201'), { fourOctetAs: true, isExternal: true });
  assert.equal(exabgp.ok ? endOfRibFamily(exabgp.value) : 'fault', 'ipv6-unicast');
  const withdrawal = decodeUpdate(body('', '', prefix), { fourOctetAs: true, isExternal: true });
  assert.equal(withdrawal.ok ? endOfRibFamily(withdrawal.value) : 'fault', undefined);
});
