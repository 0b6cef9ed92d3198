import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress, parsePrefix } from '../wire/address.ts';
import type { Prefix } from '../wire/address.ts';
import { findAttribute } from '../wire/attributes.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { Framer } from '../wire/framer.ts';
import { decodeMessage } from '../wire/message.ts';
import { endOfRibFamily } from '../wire/update-encode.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import { AdjRibOut } from './adj-rib-out.ts';
import type { RibOutput } from './adj-rib-out.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';
import type { Route, RouteAttributes } from './route.ts';
import { checkRoute } from './route.ts';

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is not a prefix`);
  return parsed;
}

function route(text: string, attributes: Partial<RouteAttributes> = {}): Route {
  const nextHop = text.includes(':') ? '2001:db8::1' : '192.0.2.1';
  const checked = checkRoute(text, { nextHop, ...attributes });
  if (!checked.ok) throw new Error(checked.fault);
  return checked.value;
}

function context(changes: Partial<ExportContext> = {}): ExportContext {
  const localAddress = parseAddress('192.0.2.7');
  if (localAddress === undefined) throw new Error('192.0.2.7 is an address');
  return {
    localAsn: 65001,
    isExternal: true,
    fourOctetAs: true,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    localAddress,
    ...changes,
  };
}

function decodeAll(output: RibOutput): readonly DecodedUpdate[] {
  return output.updates.map(({ bytes }) => {
    const event = new Framer().push(bytes)[0];
    assert.ok(event?.kind === 'frame');
    const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: false });
    assert.ok(decoded.ok && decoded.value.kind === 'update');
    assert.equal(decoded.value.severity, 'none');
    return decoded.value;
  });
}

function summary(output: RibOutput): readonly string[] {
  return output.updates.map(({ announced, withdrawn }) => `+${announced.join(',')} -${withdrawn.join(',')}`);
}

void test('only what changed is sent, and prefixes with equal attributes share a message', () => {
  const rib = new AdjRibOut();
  for (const text of ['198.51.100.1/32', '198.51.100.2/32']) rib.setDesired(prefix(text), route(text));
  rib.setDesired(prefix('198.51.100.3/32'), route('198.51.100.3/32', { med: 5 }));
  assert.deepEqual(summary(rib.flush(context(), 0)), ['+198.51.100.1/32,198.51.100.2/32 -', '+198.51.100.3/32 -']);
  rib.setDesired(prefix('198.51.100.1/32'), route('198.51.100.1/32'));
  assert.deepEqual(summary(rib.flush(context(), 0)), []);
  rib.setDesired(prefix('198.51.100.1/32'), null);
  rib.setDesired(prefix('198.51.100.2/32'), route('198.51.100.2/32', { communities: ['65535:0'] }));
  assert.deepEqual(summary(rib.flush(context(), 0)), ['+198.51.100.2/32 -', '+ -198.51.100.1/32']);
});

void test('a prefix that the peer was never told is not withdrawn', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix('198.51.100.1/32'), null);
  rib.setDesired(prefix('2001:db8::/48'), null);
  assert.deepEqual(rib.flush(context(), 0).updates, []);
  rib.setDesired(prefix('198.51.100.1/32'), route('198.51.100.1/32'));
  rib.setDesired(prefix('198.51.100.1/32'), null);
  assert.deepEqual(rib.flush(context(), 0).updates, []);
});

void test('a new session hears all that is desired and nothing of what was withdrawn between sessions', () => {
  const rib = new AdjRibOut();
  for (const text of ['198.51.100.1/32', '2001:db8::/48']) rib.setDesired(prefix(text), route(text));
  rib.flush(context(), 0);
  rib.endSession();
  rib.setDesired(prefix('198.51.100.1/32'), null);
  rib.startSession();
  assert.deepEqual(summary(rib.flush(context(), 0)), ['+2001:db8::/48 -']);
});

void test('a refresh sends its family again and still withdraws what is no longer wanted', () => {
  const rib = new AdjRibOut();
  for (const text of ['198.51.100.1/32', '198.51.100.2/32', '2001:db8::/48']) rib.setDesired(prefix(text), route(text));
  rib.flush(context(), 0);
  rib.refresh('ipv4-unicast');
  rib.setDesired(prefix('198.51.100.2/32'), null);
  assert.deepEqual(summary(rib.flush(context(), 0)), ['+198.51.100.1/32 -', '+ -198.51.100.2/32']);
});

void test('a route of a family that the peer does not take is refused with the reason', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix('2001:db8::/48'), route('2001:db8::/48'));
  const output = rib.flush(context({ families: ['ipv4-unicast'] }), 0);
  assert.deepEqual(output, {
    updates: [],
    refused: [{ prefix: '2001:db8::/48', reason: 'the peer does not take ipv6-unicast' }],
  });
});

void test('a route that can no longer be told is withdrawn', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix('2001:db8::/48'), route('2001:db8::/48'));
  rib.flush(context(), 0);
  rib.setDesired(prefix('2001:db8::/48'), route('2001:db8::/48', { nextHop: 'self' }));
  const output = rib.flush(context(), 0);
  assert.deepEqual(summary(output), ['+ -2001:db8::/48']);
  assert.equal(output.refused[0]?.reason, 'next hop self is 192.0.2.7, of the other address family');
});

void test('ten thousand prefixes of both families fit messages of 4096 bytes, each exactly once', () => {
  const rib = new AdjRibOut();
  const wanted = new Set<string>();
  for (let index = 0; index < 5000; index++) {
    const texts = [`10.${index >> 8}.${index & 0xff}.0/24`, `2001:db8:${index.toString(16)}::/48`];
    for (const text of texts) {
      const parsed = route(text);
      rib.setDesired(parsed.prefix, parsed);
      wanted.add(parsed.prefix);
    }
  }
  const told = decodeAll(rib.flush(context(), 0)).flatMap((update) => {
    const nlri = findAttribute(update.attributes, 'mpReach')?.nlri;
    return [...update.announced, ...(nlri?.kind === 'prefixes' ? nlri.prefixes : [])];
  });
  assert.equal(told.length, 10_000);
  assert.deepEqual(new Set<string>(told), wanted);
  for (const text of wanted) rib.setDesired(prefix(text), null);
  const withdrawals = decodeAll(rib.flush(context(), 0));
  assert.equal(withdrawals.filter((update) => endOfRibFamily(update) !== undefined).length, 0);
});

void test('after any changes and flushes the peer has exactly what is desired', () => {
  const change = fc.record({
    prefix: fc.constantFrom('198.51.100.1/32', '198.51.100.0/24', '2001:db8::/48', '2001:db8::1/128'),
    med: fc.option(fc.integer({ min: 0, max: 3 })),
    doesFlush: fc.boolean(),
    event: fc.constantFrom('none', 'none', 'refresh', 'reconnect'),
  });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const rib = new AdjRibOut();
      const desired = new Map<string, number>();
      const peer = new Map<string, number>();
      const hear = (): void => {
        for (const update of decodeAll(rib.flush(context(), 0))) applyUpdate(peer, update);
      };
      for (const { prefix: text, med, doesFlush, event } of changes) {
        rib.setDesired(prefix(text), med === null ? null : route(text, { med }));
        if (med === null) desired.delete(text);
        else desired.set(text, med);
        if (event === 'refresh') rib.refresh('ipv6-unicast');
        if (event === 'reconnect') {
          peer.clear();
          rib.startSession();
        }
        if (doesFlush) hear();
      }
      hear();
      assert.deepEqual(new Map([...peer].sort()), new Map([...desired].sort()));
    }),
  );
});

/** What a receiver makes of an UPDATE; a withdrawal of what it does not have is a fault of ours. */
function applyUpdate(peer: Map<string, number>, update: DecodedUpdate): void {
  const reach = findAttribute(update.attributes, 'mpReach')?.nlri;
  const unreach = findAttribute(update.attributes, 'mpUnreach')?.nlri;
  const announced = [...update.announced, ...(reach?.kind === 'prefixes' ? reach.prefixes : [])];
  const withdrawn = [...update.withdrawn, ...(unreach?.kind === 'prefixes' ? unreach.prefixes : [])];
  for (const text of announced) peer.set(text, findAttribute(update.attributes, 'med')?.med ?? -1);
  for (const text of withdrawn) assert.ok(peer.delete(text), `${text} was never announced`);
}

function exported(attributes: Partial<RouteAttributes>, changes: Partial<ExportContext>): readonly PathAttribute[] {
  const result = exportAttributes(route('198.51.100.1/32', attributes), context(changes));
  assert.ok(result.ok);
  return result.value;
}

void test('another AS gets our AS once and as often as prepended, MED, and no LOCAL_PREF', () => {
  assert.deepEqual(exported({ prepend: 2, med: 7, localPreference: 300, nextHop: 'self' }, {}), [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [{ kind: 'sequence', asns: [65001, 65001, 65001] }] },
    { kind: 'nextHop', nextHop: '192.0.2.7' },
    { kind: 'med', med: 7 },
  ]);
});

void test('our own AS gets an empty AS_PATH and LOCAL_PREF, 100 by default', () => {
  assert.deepEqual(exported({ prepend: 2 }, { isExternal: false }), [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments: [] },
    { kind: 'nextHop', nextHop: '192.0.2.1' },
    { kind: 'localPref', localPref: 100 },
  ]);
});

void test('a peer with two octets per AS gets AS4_PATH only where our AS needs four', () => {
  const needs = exported({}, { fourOctetAs: false, localAsn: 4_200_000_001 });
  assert.deepEqual(findAttribute(needs, 'as4Path')?.segments, [{ kind: 'sequence', asns: [4_200_000_001] }]);
  assert.equal(findAttribute(exported({}, { fourOctetAs: false }), 'as4Path'), undefined);
});

void test('a faulty route is refused with the field, the value and what was expected', () => {
  const fault = (text: string, attributes: Partial<RouteAttributes> = {}): string => {
    const checked = checkRoute(text, { nextHop: '192.0.2.1', ...attributes });
    return checked.ok ? 'no fault' : checked.fault;
  };
  const cases: readonly (readonly [string, string])[] = [
    [
      fault('192.0.2.1/24'),
      'prefix "192.0.2.1/24" is not an address and a length with zero host bits, such as 192.0.2.0/24',
    ],
    [fault('192.0.2.0/24', { nextHop: 'x' }), 'nextHop "x" of 192.0.2.0/24 is not an address'],
    [fault('2001:db8::/32'), 'nextHop "192.0.2.1" of 2001:db8::/32 is of the other address family'],
    [fault('192.0.2.0/24', { med: -1 }), 'med -1 is not a whole number from 0 to 4294967295'],
    [fault('192.0.2.0/24', { localPreference: 1.5 }), 'localPreference 1.5 is not a whole number from 0 to 4294967295'],
    [fault('192.0.2.0/24', { prepend: 33 }), 'prepend 33 is not a whole number from 0 to 32'],
    [
      fault('192.0.2.0/24', { communities: ['65536:0'] }),
      'community "65536:0" is not 2 numbers from 0 to 65535 joined by ":"',
    ],
    [
      fault('192.0.2.0/24', { largeCommunities: ['1:2'] }),
      'large community "1:2" is not 3 numbers from 0 to 4294967295 joined by ":"',
    ],
    [fault('192.0.2.0/24', { communities: Array<string>(129).fill('1:1') }), '129 times community is more than 128'],
  ];
  for (const [actual, expected] of cases) assert.equal(actual, expected);
});
