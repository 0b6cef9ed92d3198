import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asPath,
  attributesOf,
  external,
  internal,
  nextHop,
  notificationFor,
  origin,
  prefix,
  receive,
  severityOf,
  update,
} from './wire.ts';

const global = '20010db8000000000000000000000001';
const reach = `0002 01 10 ${global} 00 40 20010db800000000`;
const right = origin + asPath + nextHop;

function withAttribute(hex: string, context = external): string {
  return severityOf(update(right + hex, prefix), context);
}

test('wrong Optional or Transitive flags cost the routes', () => {
  for (const hex of ['c00600', 'c00404 00000001', '400808 ffff0000 fde90007', '80200c 000000010000000200000003']) {
    assert.equal(withAttribute(hex), 'treat-as-withdraw', hex);
  }
});

test('a mandatory attribute that is missing costs the routes', () => {
  assert.equal(severityOf(update(asPath + nextHop, prefix)), 'treat-as-withdraw');
  assert.equal(severityOf(update(origin + nextHop, prefix)), 'treat-as-withdraw');
  assert.equal(severityOf(update(origin + asPath, prefix)), 'treat-as-withdraw');
});

test('of an attribute that is there twice the first counts', () => {
  const whole = update(`${right} 800404 00000001 800404 00000002`, prefix);
  assert.equal(severityOf(whole), 'attribute-discard');
  assert.deepEqual(attributesOf(whole).at(-1), { kind: 'med', med: 1 });
});

test('a multiprotocol attribute that is there twice ends the session with 3/1', () => {
  assert.equal(notificationFor(update(`800e1e ${reach} 800e1e ${reach} ${origin}${asPath}`)), '3/1');
  assert.equal(notificationFor(update('800f03 000201 800f03 000201')), '3/1');
});

test('the strongest of several faults decides', () => {
  assert.equal(withAttribute('400601 00 c00803 ffff00'), 'treat-as-withdraw');
  assert.equal(notificationFor(update(`${right} 400601 00 c00803 ffff00`, '21 c6336400')), '3/10');
});

test('attributes that overrun their total length cost the routes, what came before is read', () => {
  const whole = update(`${right} 800404 0000`, prefix);
  assert.equal(severityOf(whole), 'treat-as-withdraw');
  assert.deepEqual(
    attributesOf(whole).map(({ kind }) => kind),
    ['origin', 'asPath', 'nextHop'],
  );
  assert.equal(severityOf(update(`${right} 80`, prefix)), 'treat-as-withdraw');
  assert.equal(severityOf(update(`${right} d00800`, prefix)), 'treat-as-withdraw');
});

test('a fault that costs routes ends the session where there are no routes', () => {
  assert.equal(notificationFor(update('c00803 ffff00')), '3/9 c00803ffff00');
  assert.equal(notificationFor(update('c00803 ffff00', '', prefix)), '3/9 c00803ffff00');
  assert.equal(severityOf(update('400601 00', '', prefix)), 'attribute-discard');
});

test('MP_REACH_NLRI with wrong flags withdraws the prefixes that it names', () => {
  const received = receive(update(`c00e1e ${reach} ${origin}${asPath}`));
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.equal(received.value.severity, 'treat-as-withdraw');
  assert.equal(received.value.attributes[0]?.kind, 'mpReach');
});

test('MP_REACH_NLRI whose next hop has a wrong length, or is cut short, ends the session with 3/1', () => {
  assert.equal(notificationFor(update(`800e0e 0002 01 04 c0000209 00 20 20010db8 ${origin}${asPath}`)), '3/1');
  assert.equal(notificationFor(update(`800e04 0002 01 10 ${origin}${asPath}`)), '3/1');
});

for (const [section, hex, ebgp, ibgp] of [
  ['7.5 LOCAL_PREF', '400503 000000', 'attribute-discard', 'treat-as-withdraw'],
  ['7.6 ATOMIC_AGGREGATE', '400601 00', 'attribute-discard', 'attribute-discard'],
  ['7.7 AGGREGATOR', 'c00706 fde9 c0000207', 'attribute-discard', 'attribute-discard'],
  ['7.8 communities', 'c00800', 'treat-as-withdraw', 'treat-as-withdraw'],
  ['7.9 ORIGINATOR_ID', '800903 c00002', 'attribute-discard', 'treat-as-withdraw'],
  ['7.10 CLUSTER_LIST', '800a05 c000020100', 'attribute-discard', 'treat-as-withdraw'],
  ['7.14 extended communities', 'c01004 0002fde9', 'treat-as-withdraw', 'treat-as-withdraw'],
  ['7.15 IPv6 extended communities', 'c01908 0002fde900000007', 'treat-as-withdraw', 'treat-as-withdraw'],
  ['7.16 ATTR_SET', 'c08003 0000fd', 'treat-as-withdraw', 'treat-as-withdraw'],
  ['RFC 8092 large communities', 'c02008 0000fde900000001', 'treat-as-withdraw', 'treat-as-withdraw'],
  ['RFC 7311 AIGP', '801a03 010003', 'attribute-discard', 'attribute-discard'],
  ['RFC 8669 PREFIX_SID', 'c02803 010007', 'attribute-discard', 'attribute-discard'],
  ['RFC 9234 OTC', 'c02303 0000fd', 'treat-as-withdraw', 'treat-as-withdraw'],
] as const) {
  test(`a malformed attribute has the severity of its section: ${section}`, () => {
    assert.equal(withAttribute(hex, external), ebgp);
    assert.equal(withAttribute(hex, internal), ibgp);
  });
}

test('AS 0 makes a path, an aggregator and OTC malformed (RFC 7607 §2, RFC 9234 §5)', () => {
  assert.equal(severityOf(update(`${origin} 400206 0201 00000000 ${nextHop}`, prefix)), 'treat-as-withdraw');
  assert.equal(withAttribute('c00708 00000000 c0000207'), 'attribute-discard');
  assert.equal(withAttribute('c02304 00000000'), 'treat-as-withdraw');
});

test('confederation segments from another AS make a path malformed (RFC 5065 §5)', () => {
  const whole = update(`${origin} 400206 0301 0000fde9 ${nextHop}`, prefix);
  assert.equal(severityOf(whole, external), 'treat-as-withdraw');
  assert.equal(severityOf(whole, internal), 'none');
});
