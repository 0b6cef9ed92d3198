import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeKeepalive,
  encodeNotification,
  encodeOpen,
  encodeUpdate,
  Framer,
  parseAddress,
} from '../../src/index.ts';
import type { Address } from '../../src/index.ts';
import {
  asPath,
  attributesOf,
  external,
  hexOf,
  internal,
  marker,
  message,
  nextHop,
  notificationFor,
  octets,
  origin,
  prefix,
  receive,
  severityOf,
  update,
} from './wire.ts';

const open = '04 fde9 005a c0000201 00';

function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined);
  return parsed;
}

test('messages have the octets of the figures', () => {
  assert.equal(hexOf(encodeKeepalive()), `${marker}001304`);
  const identifier = address('192.0.2.1');
  const opened = encodeOpen({ kind: 'open', myAs: 65001, holdTimeSeconds: 90, identifier, capabilities: [] });
  assert.equal(hexOf(opened), `${marker}001d0104fde9005ac000020100`);
  const notified = encodeNotification({ code: 6, subcode: 2, data: Uint8Array.of(1, 0x61) });
  assert.equal(hexOf(notified), `${marker}00170306020161`);
  assert.deepEqual(receive(message(2, '0004 18 c63364 0000')), {
    ok: true,
    value: {
      kind: 'update',
      withdrawn: ['198.51.100.0/24'],
      attributes: [],
      announced: [],
      faults: [],
      severity: 'none',
    },
  });
});

test('attributes have the octets of their sections', () => {
  const attributes = [
    origin,
    asPath,
    nextHop,
    '800404 0000000a',
    '400504 00000064',
    '400600',
    'c00708 0000fde9 c0000207',
  ];
  const whole = update(attributes.join(''), prefix);
  assert.deepEqual(attributesOf(whole, internal), [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [{ kind: 'sequence', asns: [65001] }] },
    { kind: 'nextHop', nextHop: '192.0.2.9' },
    { kind: 'med', med: 10 },
    { kind: 'localPref', localPref: 100 },
    { kind: 'atomicAggregate' },
    { kind: 'aggregator', asn: 65001, address: '192.0.2.7' },
  ]);
  const received = receive(whole, internal);
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.equal(hexOf(encodeUpdate(received.value, true)), hexOf(whole));
});

test('bits of a prefix behind its length mean nothing', () => {
  const received = receive(update('', '', '17 c63365'));
  assert.ok(received?.ok === true && received.value.kind === 'update');
  assert.deepEqual(received.value.withdrawn, ['198.51.100.0/23']);
});

test('an attribute longer than 255 octets has a length of two, and a short one may', () => {
  const communities = 'ffff0000'.repeat(64);
  const long = attributesOf(update(`${origin}${asPath}${nextHop} d0080100 ${communities}`, prefix));
  assert.deepEqual(long.at(-1), { kind: 'communities', communities: Array<number>(64).fill(0xffff_0000) });
  assert.equal(severityOf(update(`${origin}${asPath}${nextHop} d0080004 ffff0000`, prefix)), 'none');
});

test('a marker that is not all ones is 1/1', () => {
  assert.equal(notificationFor(octets(`${'ff'.repeat(15)}fe 0013 04`)), '1/1');
});

for (const [what, type, length] of [
  ['a message shorter than its header', 4, 18],
  ['a message longer than 4096 octets', 2, 4097],
  ['an OPEN shorter than 29 octets', 1, 28],
  ['an UPDATE shorter than 23 octets', 2, 22],
  ['a NOTIFICATION shorter than 21 octets', 3, 20],
  ['a KEEPALIVE of other than 19 octets', 4, 20],
  ['a ROUTE-REFRESH of other than 23 octets', 5, 24],
] as const) {
  test(`${what} is 1/2 with the length, said before the body is there`, () => {
    const data = length.toString(16).padStart(4, '0');
    assert.equal(notificationFor(message(type, '', length)), `1/2 ${data}`);
  });
}

test('an unknown type is 1/3 with the type, and so is ROUTE-REFRESH where it was not offered', () => {
  assert.equal(notificationFor(message(6, '')), '1/3 06');
  assert.equal(notificationFor(message(0, '')), '1/3 00');
  assert.equal(notificationFor(message(5, '00010001'), { ...external, refusesRouteRefresh: true }), '1/3 05');
});

test('another version than 4 is 2/1 with the version that we have', () => {
  assert.equal(notificationFor(message(1, open.replace('04', '03'))), '2/1 0004');
});

test('an unknown optional parameter is 2/4', () => {
  assert.equal(notificationFor(message(1, '04 fde9 005a c0000201 03 01 01 00')), '2/4');
});

test('an optional parameter that is malformed is 2/0', () => {
  assert.equal(notificationFor(message(1, '04 fde9 005a c0000201 03 02 02 00')), '2/0', 'overruns');
  assert.equal(notificationFor(message(1, '04 fde9 005a c0000201 05 02 03 41 01 00')), '2/0', 'wrong length inside');
  assert.equal(notificationFor(message(1, '04 fde9 005a c0000201 01')), '2/0', 'parameters that are not there');
});

test('lengths of an UPDATE that leave its body are 3/1', () => {
  assert.equal(notificationFor(message(2, '0001 0000')), '3/1');
  assert.equal(notificationFor(message(2, '0000 0001')), '3/1');
  assert.equal(notificationFor(message(2, 'ffff 0000')), '3/1');
});

test('prefixes that cannot be read are 3/10', () => {
  assert.equal(notificationFor(update(origin + asPath + nextHop, '21 c633640000')), '3/10');
  assert.equal(notificationFor(update(origin + asPath + nextHop, '18 c633')), '3/10');
  assert.equal(notificationFor(update('', '', 'ff')), '3/10');
});

test('where an attribute ends the session its NOTIFICATION has it as Data', () => {
  assert.equal(notificationFor(update('c0010100')), '3/4 c0010100', 'flags');
  assert.equal(notificationFor(update('4001020000')), '3/5 4001020000', 'length');
  assert.equal(notificationFor(update('40010103')), '3/6 40010103', 'ORIGIN');
  assert.equal(notificationFor(update('400304 7f000001')), '3/8 4003047f000001', 'NEXT_HOP');
  assert.equal(notificationFor(update('c00803 ffff00')), '3/9 c00803ffff00', 'optional');
  assert.equal(notificationFor(update('400202 0200')), '3/11', 'AS_PATH');
  assert.equal(notificationFor(update('406301 00')), '3/2 40630100', 'unknown well-known');
});

test('a NEXT_HOP that no host can have costs the routes', () => {
  for (const hop of ['00000001', '7f000001', 'e0000001', 'f0000001']) {
    assert.equal(severityOf(update(`${origin}${asPath} 400304 ${hop}`, prefix)), 'treat-as-withdraw', hop);
  }
});

test('an unknown attribute that says it is well-known costs the routes, and is kept', () => {
  const whole = update(`${origin}${asPath}${nextHop} 406302 abcd`, prefix);
  assert.equal(severityOf(whole), 'treat-as-withdraw');
  assert.deepEqual(attributesOf(whole).at(-1), { kind: 'unknown', type: 99, flags: 0x40, bytes: octets('abcd') });
});

test('the Partial bit is right on optional transitive attributes only', () => {
  const withFlags = (hex: string): string => severityOf(update(`${origin}${asPath}${nextHop}${hex}`, prefix));
  assert.equal(withFlags('e00804 ffff0000'), 'none');
  assert.equal(withFlags('a00404 00000001'), 'treat-as-withdraw');
  assert.equal(withFlags('600600'), 'treat-as-withdraw');
});

test('messages come out of one stream however it is cut', () => {
  const stream = Buffer.concat([message(4, ''), update(origin + asPath + nextHop, prefix), message(3, '0602')]);
  const framer = new Framer();
  const types = Array.from(stream, (byte) => framer.push(Uint8Array.of(byte)))
    .flat()
    .map((event) => (event.kind === 'frame' ? event.frame.type : 'fault'));
  assert.deepEqual(types, [4, 2, 3]);
});
