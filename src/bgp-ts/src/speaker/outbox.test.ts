import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { context, prefix, route } from '../rib/rib.fixture.ts';
import { findAttribute } from '../wire/attributes.ts';
import { maxMessageBytes } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { Framer } from '../wire/framer.ts';
import { decodeMessage } from '../wire/message.ts';
import { endOfRibFamily } from '../wire/update-encode.ts';
import { routesOf } from '../wire/update-routes.ts';
import { Outbox } from './outbox.ts';

type Wire =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'mark'; readonly family: Family; readonly mark: 'begin' | 'end' };

/** A peer that reads when it is told to, as RFC 4271 and RFC 7313 §4 have it. */
class SlowPeer {
  readonly outbox: Outbox;
  readonly table = new Map<string, number>();
  readonly endsOfRib: Family[] = [];
  readonly marks: string[] = [];
  #stale = new Set<string>();
  #waiting: Wire[] = [];
  mostBytes = 0;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, item) => (item.kind === 'message' ? sum + item.bytes.length : sum), 0);
  }

  /** Takes from the outbox what it gives. */
  pump(): void {
    for (const item of this.outbox.pump(0)) {
      if (item.kind === 'updates') for (const { bytes } of item.updates) this.#take(bytes);
      if (item.kind === 'endOfRib') this.#take(item.bytes);
      if (item.kind === 'refreshMark') this.#waiting.push({ kind: 'mark', family: item.family, mark: item.mark });
    }
    this.mostBytes = Math.max(this.mostBytes, this.waitingBytes);
  }

  /** Reads about so many messages. */
  read(count: number): void {
    for (const item of this.#waiting.splice(0, count)) {
      if (item.kind === 'message') this.#hear(item.bytes);
      else this.#mark(item.family, item.mark);
    }
    if (this.outbox.written(this.waitingBytes, 0)) this.pump();
  }

  readAll(): void {
    this.pump();
    while (this.#waiting.length > 0) this.read(1);
  }

  #take(bytes: Uint8Array): void {
    this.#waiting.push({ kind: 'message', bytes });
    this.outbox.handedOver(bytes.length, 0);
  }

  #hear(bytes: Uint8Array): void {
    const event = new Framer().push(bytes)[0];
    assert.ok(event?.kind === 'frame');
    const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: true });
    assert.ok(decoded.ok && decoded.value.kind === 'update');
    const endOfRib = endOfRibFamily(decoded.value);
    if (endOfRib !== undefined) this.endsOfRib.push(endOfRib);
    const { announced, withdrawn } = routesOf(decoded.value);
    for (const route of withdrawn) assert.ok(this.table.delete(route.prefix), `${route.prefix} was never announced`);
    for (const route of announced) {
      this.table.set(route.prefix, findAttribute(decoded.value.attributes, 'med')?.med ?? -1);
      this.#stale.delete(route.prefix);
    }
  }

  #mark(family: Family, mark: 'begin' | 'end'): void {
    this.marks.push(`${mark} ${family}`);
    const isOfFamily = (text: string): boolean => text.includes(':') === (family === 'ipv6-unicast');
    if (mark === 'begin') for (const text of this.table.keys()) if (isOfFamily(text)) this.#stale.add(text);
    if (mark === 'begin') return;
    for (const text of this.#stale) if (isOfFamily(text) && this.#stale.delete(text)) this.table.delete(text);
  }
}

const prefixes = [
  ...Array.from({ length: 12 }, (_, host) => `198.51.100.${host}/32`),
  ...Array.from({ length: 6 }, (_, host) => `2001:db8::${host + 1}/128`),
];

const change = fc.record({
  kind: fc.constant('change' as const),
  prefix: fc.constantFrom(...prefixes),
  med: fc.option(fc.nat(3)),
  isOwn: fc.boolean(),
});
const action = fc.oneof(
  { weight: 6, arbitrary: change },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      family: fc.constantFrom<Family>('ipv4-unicast', 'ipv6-unicast'),
    }),
  },
);

void test('whenever the peer reads and whatever changes, it ends with what is desired and memory stays bounded', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), fc.boolean(), (actions, enhancedRouteRefresh) => {
      const maxPendingBytes = 120;
      const outbox = new Outbox({ holdsEndOfRib: false, maxPendingBytes });
      const peer = new SlowPeer(outbox);
      const desired = new Map<string, number>();
      const own = new Map<string, number>();
      outbox.open({ context: context(), enhancedRouteRefresh });
      for (const step of actions) {
        if (step.kind === 'read') peer.read(step.count);
        if (step.kind === 'refresh') outbox.requestRefresh(step.family);
        if (step.kind === 'change') {
          const wanted = step.med === null ? null : route(step.prefix, { med: step.med });
          if (step.isOwn) outbox.rib.setDesiredFor(prefix(step.prefix), wanted ?? undefined);
          else outbox.rib.setDesired(prefix(step.prefix), wanted);
          const target = step.isOwn ? own : desired;
          if (step.med === null) target.delete(step.prefix);
          else target.set(step.prefix, step.med);
        }
        peer.pump();
      }
      peer.readAll();
      const expected = new Map([...desired, ...own]);
      assert.deepEqual(new Map([...peer.table].sort()), new Map([...expected].sort()));
      assert.deepEqual(peer.endsOfRib.sort(), ['ipv4-unicast', 'ipv6-unicast']);
      assert.ok(peer.mostBytes <= maxPendingBytes + 200, `${peer.mostBytes} bytes were waiting`);
      if (!enhancedRouteRefresh) assert.deepEqual(peer.marks, []);
    }),
    { numRuns: 300 },
  );
});

void test('a peer that does not read costs a bounded number of bytes, and hears the difference when it reads', () => {
  const outbox = new Outbox({ holdsEndOfRib: false });
  const peer = new SlowPeer(outbox);
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  const texts = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 8}.${index & 0xff}.0/24`);
  for (let round = 0; round < 3; round++) {
    for (const text of texts) outbox.rib.setDesired(prefix(text), route(text, { med: round }));
    peer.pump();
  }
  for (const text of texts.slice(1)) outbox.rib.setDesired(prefix(text), null);
  peer.pump();
  assert.ok(peer.waitingBytes <= 65_536 + maxMessageBytes, `${peer.waitingBytes} bytes are waiting`);
  const { pendingBytes, waitingPrefixes } = outbox.view();
  assert.equal(pendingBytes, peer.waitingBytes);
  assert.ok(waitingPrefixes > 0);
  peer.readAll();
  assert.deepEqual([...peer.table], [[texts[0], 2]]);
  assert.deepEqual(outbox.view(), { pendingBytes: 0, waitingPrefixes: 0, stalledSinceMs: undefined });
});

void test('End-of-RIB and the end of a refresh come after the last route, however slowly the peer reads', () => {
  const outbox = new Outbox({ holdsEndOfRib: false, maxPendingBytes: 120 });
  const peer = new SlowPeer(outbox);
  for (const [med, text] of prefixes.entries()) outbox.rib.setDesired(prefix(text), route(text, { med }));
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  peer.pump();
  while (peer.endsOfRib.length === 0) peer.read(1);
  assert.equal(peer.table.size, prefixes.length);
  outbox.requestRefresh('ipv4-unicast');
  peer.pump();
  while (!peer.marks.includes('end ipv4-unicast')) {
    peer.read(1);
    assert.equal(peer.table.size, prefixes.length);
  }
});

void test('requests for a refresh add nothing to what waits for a peer that does not read', () => {
  const outbox = new Outbox({ holdsEndOfRib: false, maxPendingBytes: 120 });
  const peer = new SlowPeer(outbox);
  for (const [med, text] of prefixes.entries()) outbox.rib.setDesired(prefix(text), route(text, { med }));
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  peer.pump();
  while (peer.endsOfRib.length === 0) peer.read(1);
  outbox.requestRefresh('ipv4-unicast');
  peer.pump();
  const items = Array.from({ length: 100 }, () => {
    outbox.requestRefresh('ipv4-unicast');
    return outbox.pump(0).length;
  });
  assert.deepEqual(new Set(items), new Set([0]));
});

void test('what waits shows since when nothing was taken', () => {
  const outbox = new Outbox({ holdsEndOfRib: false });
  outbox.open({ context: context(), enhancedRouteRefresh: false });
  outbox.handedOver(100, 5);
  outbox.handedOver(100, 9);
  assert.equal(outbox.view().stalledSinceMs, 5);
  outbox.written(50, 20);
  assert.equal(outbox.view().stalledSinceMs, 20);
  outbox.written(0, 30);
  assert.equal(outbox.view().stalledSinceMs, undefined);
});

void test('requests for a refresh that wait behind each other are answered once, between its marks', () => {
  const outbox = new Outbox({ holdsEndOfRib: false });
  const peer = new SlowPeer(outbox);
  outbox.rib.setDesired(prefix('198.51.100.1/32'), route('198.51.100.1/32'));
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  peer.readAll();
  for (let count = 0; count < 100; count++) outbox.requestRefresh('ipv4-unicast');
  outbox.requestRefresh('ipv6-unicast');
  peer.readAll();
  assert.deepEqual(peer.marks, ['begin ipv4-unicast', 'begin ipv6-unicast', 'end ipv4-unicast', 'end ipv6-unicast']);
});

void test('End-of-RIB waits for the word that all is said, and so do the marks of a refresh', () => {
  const outbox = new Outbox({ holdsEndOfRib: true });
  const peer = new SlowPeer(outbox);
  outbox.rib.setDesired(prefix('198.51.100.1/32'), route('198.51.100.1/32'));
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  peer.readAll();
  outbox.requestRefresh('ipv4-unicast');
  peer.readAll();
  assert.equal(peer.table.size, 1);
  assert.deepEqual([peer.endsOfRib, peer.marks], [[], []]);
  outbox.declareComplete();
  peer.readAll();
  assert.deepEqual(peer.endsOfRib, ['ipv4-unicast', 'ipv6-unicast']);
  outbox.requestRefresh('ipv4-unicast');
  peer.readAll();
  assert.deepEqual(peer.marks, ['begin ipv4-unicast', 'end ipv4-unicast']);
});

void test('a withdrawal does not wait for a refresh that is under way, and the end of the refresh waits for all', () => {
  const outbox = new Outbox({ holdsEndOfRib: false, maxPendingBytes: 60 });
  const peer = new SlowPeer(outbox);
  outbox.open({ context: context(), enhancedRouteRefresh: true });
  const texts = Array.from({ length: 30 }, (_, host) => `198.51.100.${host}/32`);
  for (const text of texts) outbox.rib.setDesired(prefix(text), route(text, { med: 1 }));
  peer.readAll();
  outbox.requestRefresh('ipv4-unicast');
  peer.pump();
  outbox.rib.setDesired(prefix('198.51.100.29/32'), null);
  // The mark and the piece of the table that went before the change, then the withdrawal.
  peer.read(2);
  peer.read(1);
  assert.ok(!peer.table.has('198.51.100.29/32'));
  assert.ok(outbox.rib.waitingCount > 0);
  assert.deepEqual(peer.marks, ['begin ipv4-unicast']);
  peer.readAll();
  assert.deepEqual(peer.marks, ['begin ipv4-unicast', 'end ipv4-unicast']);
  assert.equal(peer.table.size, 29);
});
