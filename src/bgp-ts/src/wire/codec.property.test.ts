import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Prefix } from './address.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from './address.ts';
import type { PathAttribute } from './attributes.ts';
import { concatBytes } from './bytes.ts';
import type { Capability } from './capabilities.ts';
import { encodeFrame, Framer } from './framer.ts';
import type { FrameEvent } from './framer.ts';
import { decodeMessage, encodeKeepalive, encodeRouteRefresh } from './message.ts';
import { encodeNotification } from './notification.ts';
import { encodeOpen } from './open.ts';
import { encodeUpdate } from './update-encode.ts';

/** Records as the decoders make them. */
const plainRecord = <Value>(model: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record(model, { noNullPrototype: true });

const uint8 = fc.integer({ min: 0, max: 0xff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });

const prefixOf = (address: fc.Arbitrary<Uint8Array>, most: number): fc.Arbitrary<Prefix> =>
  fc.tuple(address, fc.integer({ min: 0, max: most })).map(([value, bitCount]) => formatPrefix(value, bitCount));

const segments = fc.array(
  plainRecord({
    kind: fc.constantFrom('set', 'sequence', 'confederation-sequence', 'confederation-set'),
    asns: fc.array(fc.integer({ min: 1, max: 0xffff_ffff }), { minLength: 1, maxLength: 9 }),
  }),
  { maxLength: 3 },
);

/** Attribute lists of right values, in the order in which they are written. */
const attributes: fc.Arbitrary<readonly PathAttribute[]> = fc
  .tuple(
    fc.array(prefixOf(ipv6, 128), { maxLength: 9 }),
    ipv6,
    segments,
    plainRecord({ med: uint32, localPref: uint32 }),
    fc.array(uint32, { minLength: 1, maxLength: 9 }),
    fc.array(fc.tuple(uint32, uint32, uint32), { minLength: 1, maxLength: 9 }),
    bytes,
  )
  .map(([prefixes, nextHop, path, numbers, communities, large, unknown]): readonly PathAttribute[] => [
    { kind: 'mpReach', afi: 2, safi: 1, nextHop, nlri: { kind: 'prefixes', prefixes } },
    { kind: 'origin', origin: 'egp' },
    { kind: 'asPath', segments: path },
    { kind: 'nextHop', nextHop: formatAddress(Uint8Array.of(192, 0, 2, 1)) },
    { kind: 'med', med: numbers.med },
    { kind: 'localPref', localPref: numbers.localPref },
    { kind: 'communities', communities },
    { kind: 'largeCommunities', communities: large },
    { kind: 'unknown', type: 99, flags: unknown.length > 255 ? 0xd0 : 0xc0, bytes: unknown },
  ]);

const message = fc.oneof(
  fc.constant(encodeKeepalive()),
  plainRecord({ afi: fc.constant(1), subtype: uint8, safi: uint8 }).map(encodeRouteRefresh),
  plainRecord({ code: uint8, subcode: uint8, data: bytes }).map(encodeNotification),
  attributes.map((list) => encodeUpdate({ kind: 'update', withdrawn: [], attributes: list, announced: [] }, true)),
  bytes.map((body) => encodeFrame(2, concatBytes([Uint8Array.of(0, 0, 0, 0), body]))),
);

function chunk(stream: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const bounds = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return bounds.slice(1).map((end, index) => stream.subarray(bounds[index], end));
}

void test('any chunking of a stream gives the same events, faults included', () => {
  const stream = fc
    .tuple(fc.array(message, { maxLength: 5 }), bytes)
    .map(([list, tail]) => concatBytes([...list, tail]));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (whole, cuts) => {
      const framer = new Framer();
      const events = chunk(whole, cuts).flatMap((part): readonly FrameEvent[] => framer.push(part));
      assert.deepEqual(events, new Framer().push(whole));
      const byByte = new Framer();
      assert.deepEqual(Array.from(whole, (byte) => byByte.push(Uint8Array.of(byte))).flat(), events);
    }),
  );
});

void test('any body of any type gives a value or a fault, never a throw', () => {
  const context = plainRecord({ fourOctetAs: fc.boolean(), isExternal: fc.boolean() });
  fc.assert(
    fc.property(uint8, fc.uint8Array({ maxLength: 4200 }), context, (type, body, settings) => {
      const decoded = decodeMessage({ type, body }, settings);
      assert.ok(decoded.ok || decoded.fault.reason.length > 0);
    }),
    { numRuns: 2000 },
  );
});

void test('any attribute bytes in an UPDATE give a value or a fault, never a throw', () => {
  const attribute = fc
    .tuple(fc.constantFrom(0x40, 0x80, 0xc0, 0x90, 0x50, 0xff), fc.integer({ min: 0, max: 40 }), bytes)
    .map(([flags, type, value]) => concatBytes([Uint8Array.of(flags, type, value.length & 0xff), value]));
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 6 }), bytes, (list, tail) => {
      const block = concatBytes(list);
      const body = concatBytes([Uint8Array.of(0, 0, block.length >> 8, block.length & 0xff), block, tail]);
      decodeMessage({ type: 2, body }, { fourOctetAs: true, isExternal: false });
    }),
    { numRuns: 2000 },
  );
});

void test('an encoded UPDATE decodes to the same attributes and prefixes', () => {
  const lists = fc.tuple(attributes, fc.array(prefixOf(ipv4, 32)), fc.array(prefixOf(ipv4, 32)));
  fc.assert(
    fc.property(lists, ([list, announced, withdrawn]) => {
      const encoded = encodeUpdate({ kind: 'update', withdrawn, attributes: list, announced }, true);
      const event = new Framer().push(encoded)[0];
      assert.ok(event?.kind === 'frame');
      const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: false });
      assert.deepEqual(decoded, {
        ok: true,
        value: { kind: 'update', withdrawn, attributes: list, announced, faults: [], severity: 'none' },
      });
    }),
  );
});

const family = { afi: fc.nat(0xffff), safi: uint8 };
const families = <Entry>(entry: { [Key in keyof Entry]: fc.Arbitrary<Entry[Key]> }): fc.Arbitrary<Entry[]> =>
  fc.array(plainRecord<Entry>(entry), { maxLength: 5 });
const text = fc.string({ maxLength: 20, unit: 'binary' }).map((value) => value.toWellFormed());
const isForwardingPreserved = fc.boolean();

/** Every kind of capability. */
const capability: fc.Arbitrary<Capability> = fc.oneof(
  plainRecord({ kind: fc.constant('multiprotocol' as const), ...family }),
  plainRecord({ kind: fc.constant('fourOctetAs' as const), asn: uint32 }),
  plainRecord({
    kind: fc.constantFrom('routeRefresh', 'extendedMessage', 'enhancedRouteRefresh', 'linkLocalNextHop'),
  }),
  plainRecord({
    kind: fc.constant('outboundRouteFilter' as const),
    families: families({ ...family, filters: fc.array(plainRecord({ type: uint8, mode: uint8 }), { maxLength: 3 }) }),
  }),
  plainRecord({
    kind: fc.constant('extendedNextHop' as const),
    families: families({ ...family, nextHopAfi: fc.nat(0xffff) }),
  }),
  plainRecord({
    kind: fc.constant('bgpsec' as const),
    version: fc.nat(15),
    canSend: fc.boolean(),
    afi: fc.nat(0xffff),
  }),
  plainRecord({ kind: fc.constant('multipleLabels' as const), families: families({ ...family, count: uint8 }) }),
  plainRecord({ kind: fc.constant('pathsLimit' as const), families: families({ ...family, count: fc.nat(0xffff) }) }),
  plainRecord({ kind: fc.constant('role' as const), role: uint8 }),
  plainRecord({
    kind: fc.constant('gracefulRestart' as const),
    isRestarting: fc.boolean(),
    hasNotification: fc.boolean(),
    restartTimeSeconds: fc.nat(0xfff),
    families: families({ ...family, isForwardingPreserved }),
  }),
  plainRecord({
    kind: fc.constant('longLivedGracefulRestart' as const),
    families: families({ ...family, isForwardingPreserved, staleTimeSeconds: fc.nat(0xff_ffff) }),
  }),
  plainRecord({
    kind: fc.constant('addPath' as const),
    families: families({
      ...family,
      mode: fc.constantFrom([true, false], [false, true], [true, true]),
    }).map((list) =>
      list.map(({ mode: [canReceive = false, canSend = false], ...code }) => ({ ...code, canReceive, canSend })),
    ),
  }),
  plainRecord({ kind: fc.constant('hostName' as const), host: text, domain: text }),
  plainRecord({ kind: fc.constant('softwareVersion' as const), version: text }),
  plainRecord({
    kind: fc.constant('unknown' as const),
    code: fc.integer({ min: 78, max: 255 }),
    bytes: fc.uint8Array({ maxLength: 60 }),
  }),
);

void test('an encoded OPEN decodes to the same capabilities, unknown ones included, in the short and the long form', () => {
  const open = plainRecord({
    kind: fc.constant('open' as const),
    myAs: fc.nat(0xffff),
    holdTimeSeconds: fc.nat(0xffff),
    identifier: ipv4.map(formatAddress),
    capabilities: fc.array(capability, { maxLength: 12 }),
  });
  fc.assert(
    fc.property(open, (value) => {
      const event = new Framer().push(encodeOpen(value))[0];
      assert.ok(event?.kind === 'frame');
      assert.deepEqual(decodeMessage(event.frame, { fourOctetAs: true, isExternal: true }), { ok: true, value });
    }),
  );
});

void test('addresses and prefixes are equal texts exactly when they are equal bytes', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), (value) => {
      const text = formatAddress(value);
      assert.equal(parseAddress(text), text);
      assert.equal(parseAddress(text.toUpperCase()), text);
    }),
  );
  assert.equal(parsePrefix('2001:DB8:0::/32'), '2001:db8::/32');
  for (const text of [
    '192.0.2.1/24',
    '192.0.2.0/33',
    '192.0.2.0',
    '192.0.2.0/024',
    '::/129',
    '1.2.3/8',
    '01.2.3.4/32',
  ]) {
    assert.equal(parsePrefix(text), undefined, text);
  }
});
