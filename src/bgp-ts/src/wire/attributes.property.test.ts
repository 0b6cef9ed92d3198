import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Prefix } from './address.ts';
import { formatAddress, formatPrefix } from './address.ts';
import { mergeAs4, splitAs4 } from './as4.ts';
import type { PathAttribute } from './attributes.ts';
import { decodeExtendedCommunity, decodeIpv6ExtendedCommunity } from './extended-community.ts';
import { formatExtendedCommunity, formatIpv6ExtendedCommunity } from './extended-community-text.ts';
import { decodeUpdate } from './update-decode.ts';
import { encodeUpdate } from './update-encode.ts';
import type { UpdateMessage } from './update-encode.ts';

/** Records as the decoders make them. */
const plainRecord = <Value>(model: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record(model, { noNullPrototype: true });
const kindOf = <const Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);
const octets = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count });
const some = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(value, { minLength: 1, maxLength: 6 });

const uint8 = fc.nat(0xff);
const uint16 = fc.nat(0xffff);
const uint24 = fc.nat(0xff_ffff);
const uint32 = fc.nat(0xffff_ffff);
const asn = fc.integer({ min: 1, max: 0xffff_ffff });
const shortAsn = fc.integer({ min: 1, max: 0xffff });
const ipv4 = octets(4).map(formatAddress);
const ipv6 = octets(16).map(formatAddress);
const host = fc
  .tuple(fc.integer({ min: 1, max: 126 }), octets(3))
  .map(([first, rest]) => formatAddress(Uint8Array.of(first, ...rest)));
const bytes = fc.uint8Array({ maxLength: 300 });
const tlv = (types: fc.Arbitrary<number>): fc.Arbitrary<{ type: number; bytes: Uint8Array }> =>
  plainRecord({ type: types, bytes: fc.uint8Array({ maxLength: 20 }) });
const prefixOf = (addressBytes: 4 | 16): fc.Arbitrary<Prefix> =>
  fc.tuple(octets(addressBytes), fc.nat(addressBytes * 8)).map(([value, bitCount]) => formatPrefix(value, bitCount));

const segments = (number: fc.Arbitrary<number>): fc.Arbitrary<Extract<PathAttribute, { kind: 'asPath' }>['segments']> =>
  fc.array(plainRecord({ kind: fc.constantFrom('set', 'sequence'), asns: some(number) }), { maxLength: 4 });
const longSegments = segments(asn).filter((list) => list.length > 0);

/** Prefixes, with or without path identifiers. */
const nlri = (addressBytes: 4 | 16, hasPathIds: boolean): fc.Arbitrary<{ prefixes: Prefix[]; pathIds?: number[] }> =>
  fc.array(fc.tuple(prefixOf(addressBytes), uint32), { maxLength: 6 }).map((list) => ({
    prefixes: list.map(([prefix]) => prefix),
    ...(hasPathIds ? { pathIds: list.map(([, pathId]) => pathId) } : {}),
  }));

/** One of each attribute at most, in the order in which they are written; ORIGIN and AS_PATH are always there. */
const attributes = (hasPathIds: boolean, number: fc.Arbitrary<number>): fc.Arbitrary<PathAttribute[]> => {
  const optional: readonly fc.Arbitrary<PathAttribute>[] = [
    plainRecord({ kind: kindOf('med'), med: uint32 }),
    plainRecord({ kind: kindOf('localPref'), localPref: uint32 }),
    plainRecord({ kind: kindOf('atomicAggregate') }),
    plainRecord({ kind: kindOf('aggregator'), asn: number, address: ipv4 }),
    plainRecord({ kind: kindOf('communities'), communities: some(uint32) }),
    plainRecord({ kind: kindOf('originatorId'), originatorId: ipv4 }),
    plainRecord({ kind: kindOf('clusterList'), clusterIds: some(ipv4) }),
    nlri(16, hasPathIds).map((list) => ({ kind: 'mpUnreach', afi: 2, safi: 1, nlri: { kind: 'prefixes', ...list } })),
    plainRecord({ kind: kindOf('extendedCommunities'), communities: some(octets(8).map(decodeExtendedCommunity)) }),
    plainRecord({
      kind: kindOf('ipv6ExtendedCommunities'),
      communities: some(octets(20).map(decodeIpv6ExtendedCommunity)),
    }),
    plainRecord({
      kind: kindOf('aigp'),
      metric: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      otherTlvs: fc.array(tlv(uint8), { maxLength: 3 }),
    }),
    plainRecord({ kind: kindOf('largeCommunities'), communities: some(fc.tuple(uint32, uint32, uint32)) }),
    plainRecord({ kind: kindOf('onlyToCustomer'), asn }),
    plainRecord({ kind: kindOf('prefixSid'), tlvs: some(prefixSidTlv) }),
    plainRecord({
      kind: kindOf('unknown'),
      type: fc.constant(99),
      flags: fc.constant(0xc0),
      bytes: fc.uint8Array({ maxLength: 255 }),
    }),
    plainRecord({ kind: kindOf('unknown'), type: fc.constant(200), flags: fc.constant(0x90), bytes }),
  ];
  const reach = fc
    .tuple(nlri(16, hasPathIds), fc.constantFrom(16, 32).chain(octets))
    .map(([list, nextHop]): PathAttribute => ({
      kind: 'mpReach',
      afi: 2,
      safi: 1,
      nextHop,
      nlri: { kind: 'prefixes', ...list },
    }));
  const opaque = fc.tuple(bytes, fc.uint8Array({ maxLength: 40 })).map(([list, nextHop]): PathAttribute => ({
    kind: 'mpReach',
    afi: 1,
    safi: 133,
    nextHop,
    nlri: { kind: 'opaque', bytes: list },
  }));
  const mandatory = fc.tuple(
    fc.oneof(reach, opaque),
    plainRecord({ kind: kindOf('origin'), origin: fc.constantFrom('igp', 'egp', 'incomplete') }),
    plainRecord({ kind: kindOf('asPath'), segments: segments(number) }),
    plainRecord({ kind: kindOf('nextHop'), nextHop: host }),
  );
  return fc
    .tuple(mandatory, fc.tuple(...optional.map((attribute) => fc.option(attribute))))
    .map(([first, rest]) => [...first, ...rest.filter((attribute) => attribute !== null)]);
};

const prefixSidTlv: fc.Arbitrary<Extract<PathAttribute, { kind: 'prefixSid' }>['tlvs'][number]> = fc.oneof(
  plainRecord({ kind: kindOf('labelIndex'), labelIndex: uint32 }),
  plainRecord({ kind: kindOf('originatorSrgb'), ranges: some(plainRecord({ base: uint24, size: uint24 })) }),
  plainRecord({
    kind: kindOf('srv6Service'),
    layer: fc.constantFrom(2, 3),
    items: fc.array(
      fc.oneof(
        plainRecord({
          kind: kindOf('sid'),
          sid: ipv6,
          flags: uint8,
          endpointBehavior: uint16,
          details: fc.array(tlv(uint8), { maxLength: 2 }),
        }),
        tlv(fc.integer({ min: 2, max: 255 })).map((item) => ({ kind: 'unknown' as const, ...item })),
      ),
      { maxLength: 3 },
    ),
  }),
  tlv(fc.integer({ min: 7, max: 255 })).map((item) => ({ kind: 'unknown' as const, ...item })),
);

/** An update with everything, as the decoder would make it. */
const updates = (hasPathIds: boolean, number: fc.Arbitrary<number>): fc.Arbitrary<UpdateMessage> =>
  fc.tuple(nlri(4, hasPathIds), nlri(4, hasPathIds), attributes(hasPathIds, number)).map(([gone, here, list]) => ({
    kind: 'update',
    withdrawn: gone.prefixes,
    attributes: list,
    announced: here.prefixes,
    ...(gone.pathIds === undefined ? {} : { withdrawnPathIds: gone.pathIds }),
    ...(here.pathIds === undefined ? {} : { announcedPathIds: here.pathIds }),
  }));

const headerBytes = 19;
const most = 65_535;

test('an UPDATE with any attributes is written and read to the same, with path identifiers too', () => {
  const cases = fc.boolean().chain((hasPathIds) => fc.tuple(fc.constant(hasPathIds), updates(hasPathIds, asn)));
  fc.assert(
    fc.property(cases, ([hasPathIds, update]) => {
      const addPath = hasPathIds ? (['ipv4-unicast', 'ipv6-unicast'] as const) : [];
      const body = encodeUpdate(update, true, most).subarray(headerBytes);
      const decoded = decodeUpdate(body, { fourOctetAs: true, isExternal: false, addPath });
      assert.deepEqual(decoded, { ok: true, value: { ...update, faults: [], severity: 'none' } });
    }),
    { numRuns: 300 },
  );
});

test('AS numbers of two octets are written and read to the same, beside AS4_PATH and AS4_AGGREGATOR', () => {
  const long = fc.tuple(
    plainRecord({ kind: kindOf('as4Path'), segments: longSegments }),
    plainRecord({ kind: kindOf('as4Aggregator'), asn, address: ipv4 }),
  );
  fc.assert(
    fc.property(segments(shortAsn), long, (path, more) => {
      const attributes: PathAttribute[] = [{ kind: 'asPath', segments: path }, ...more];
      const announcing: UpdateMessage = { kind: 'update', withdrawn: [], attributes, announced: [] };
      const body = encodeUpdate(announcing, false, most).subarray(headerBytes);
      const decoded = decodeUpdate(body, { fourOctetAs: false, isExternal: false });
      assert.deepEqual(decoded, { ok: true, value: { ...announcing, faults: [], severity: 'none' } });
    }),
  );
});

test('a path with long AS numbers comes through a peer with two octets as it was', () => {
  const sequence = fc.array(asn, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sequence, fc.option(plainRecord({ asn, address: ipv4 })), (asns, aggregator) => {
      const before: PathAttribute[] = [
        { kind: 'origin', origin: 'igp' },
        { kind: 'asPath', segments: [{ kind: 'sequence', asns }] },
        ...(aggregator === null ? [] : [{ kind: 'aggregator', ...aggregator } as const]),
      ];
      const sent: UpdateMessage = { kind: 'update', withdrawn: [], attributes: splitAs4(before), announced: [] };
      const decoded = decodeUpdate(encodeUpdate(sent, false).subarray(headerBytes), {
        fourOctetAs: false,
        isExternal: true,
      });
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.value.faults, []);
      assert.deepEqual(mergeAs4(decoded.value.attributes), before);
    }),
  );
});

test('every extended community has a text', () => {
  fc.assert(
    fc.property(octets(8), octets(20), (short, long) => {
      assert.match(formatExtendedCommunity(decodeExtendedCommunity(short)), /^[\w-]+:.+$/);
      assert.match(formatIpv6ExtendedCommunity(decodeIpv6ExtendedCommunity(long)), /^[\w-]+:\[.+\]:\d+$/);
    }),
    { numRuns: 2000 },
  );
});
