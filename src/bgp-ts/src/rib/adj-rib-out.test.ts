import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findAttribute } from '../wire/attributes.ts';
import { Framer } from '../wire/framer.ts';
import { decodeMessage } from '../wire/message.ts';
import { endOfRibFamily } from '../wire/update-encode.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';
import { AdjRibOut } from './adj-rib-out.ts';
import type { RibOutput } from './adj-rib-out.ts';
import { context, prefix, route } from './rib.fixture.ts';

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
  assert.deepEqual(summary(rib.flush(context(), 0)), ['+ -198.51.100.2/32', '+198.51.100.1/32 -']);
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
  assert.equal(output.refused[0]?.reason, 'next hop self is 192.0.2.7, an IPv4 address: name an IPv6 next hop');
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

const [one, two] = ['198.51.100.1/32', '198.51.100.2/32'];

void test('a route of one peer stands in place of the common one until it is taken back', () => {
  const rib = new AdjRibOut();
  const told = (): string => [...rib.sent()].find((sent) => sent.prefix === one)?.reason ?? 'nothing';
  rib.setDesired(prefix(one), route(one), 'common');
  rib.setDesiredFor(prefix(one), route(one, { med: 9 }), 'own');
  rib.flush(context(), 0);
  assert.equal(told(), 'own');
  rib.setDesired(prefix(one), route(one, { med: 1 }), 'common, changed');
  assert.deepEqual(summary(rib.flush(context(), 0)), []);
  rib.setDesiredFor(prefix(one), null, 'not to this peer');
  assert.deepEqual(summary(rib.flush(context(), 0)), [`+ -${one}`]);
  rib.setDesiredFor(prefix(one), undefined, 'back');
  assert.deepEqual(summary(rib.flush(context(), 0)), [`+${one} -`]);
  assert.equal(told(), 'common, changed');
  rib.setDesired(prefix(one), null, 'gone');
  assert.deepEqual(summary(rib.flush(context(), 0)), [`+ -${one}`]);
});

void test('changes between two flushes collapse: a prefix that is back as it was costs no message', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix(one), route(one));
  rib.flush(context(), 0);
  rib.setDesired(prefix(one), null);
  rib.setDesired(prefix(one), route(one, { med: 7 }));
  rib.setDesired(prefix(one), route(one));
  assert.deepEqual(rib.flush(context(), 0).updates, []);
  rib.setDesired(prefix(two), route(two));
  rib.setDesired(prefix(two), null);
  assert.equal(rib.isDrained, true);
});

void test('a flush with a budget stops after it and goes on with the next one', () => {
  const rib = new AdjRibOut();
  for (let host = 1; host <= 100; host++) rib.setDesired(prefix(`10.0.0.${host}/32`), route(`10.0.0.${host}/32`));
  let count = 0;
  while (!rib.isDrained) {
    const { updates } = rib.flush(context(), 0, 60);
    const byteCount = updates.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(byteCount > 0 && byteCount <= 60 + 50, `${byteCount} bytes`);
    count += updates.flatMap(({ announced }) => announced).length;
  }
  assert.equal(count, 100);
});

void test('messages of up to 65535 bytes are used where they were agreed on', () => {
  const rib = new AdjRibOut();
  for (let index = 0; index < 5000; index++) {
    const text = `10.${index >> 8}.${index & 0xff}.0/24`;
    rib.setDesired(prefix(text), route(text));
  }
  const { updates } = rib.flush(context({ extendedMessages: true }), 0);
  assert.deepEqual(
    updates.map(({ announced }) => announced.length),
    [5000],
  );
  assert.ok((updates[0]?.bytes.length ?? 0) > 20_000);
});

void test('where IPv4 may have IPv6 next hops it is withdrawn in MP_UNREACH_NLRI', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix(one), route(one));
  const agreed = context({ extendedNextHop: true });
  rib.flush(agreed, 0);
  rib.setDesired(prefix(one), null);
  const [withdrawal] = decodeAll(rib.flush(agreed, 0));
  assert.ok(withdrawal !== undefined);
  assert.deepEqual(withdrawal.withdrawn, []);
  const unreach = findAttribute(withdrawal.attributes, 'mpUnreach');
  assert.deepEqual(unreach, { kind: 'mpUnreach', afi: 1, safi: 1, nlri: { kind: 'prefixes', prefixes: [one] } });
});

void test('the same refusal is told once in a session, and again in the next', () => {
  const rib = new AdjRibOut();
  const onlyIpv4 = context({ families: ['ipv4-unicast'] });
  const refusals = (): number => rib.flush(onlyIpv4, 0).refused.length;
  rib.setDesired(prefix('2001:db8::/48'), route('2001:db8::/48'));
  assert.equal(refusals(), 1);
  rib.setDesired(prefix('2001:db8::/48'), route('2001:db8::/48', { med: 1 }));
  assert.equal(refusals(), 0);
  rib.startSession();
  assert.equal(refusals(), 1);
});

void test('the plan says of each prefix what a flush would do and why', () => {
  const rib = new AdjRibOut();
  const [three, four, other] = ['198.51.100.3/32', '198.51.100.4/32', '2001:db8::/48'];
  for (const text of [one, two, three]) rib.setDesired(prefix(text), route(text), 'healthy');
  rib.flush(context(), 0);
  rib.setDesired(prefix(two), null, 'drained');
  rib.setDesired(prefix(three), route(three, { med: 5 }), 'overloaded');
  rib.setDesired(prefix(four), route(four), 'new');
  rib.setDesired(prefix(other), route(other, { nextHop: 'self' }), 'healthy');
  const plan = Array.from(rib.plan(context()), (change) => [change.kind, change.prefix, change.reason]);
  assert.deepEqual(plan, [
    ['keep', one, 'healthy'],
    ['replace', three, 'overloaded'],
    ['announce', four, 'new'],
    ['refuse', other, 'healthy'],
    ['withdraw', two, 'drained'],
  ]);
  assert.deepEqual(summary(rib.flush(context(), 0)), [`+${three} -`, `+${four} -`, `+ -${two}`]);
});

void test('withdrawals of the session are remembered with their time and reason until announced again', () => {
  const rib = new AdjRibOut();
  rib.setDesired(prefix(one), route(one), 'healthy');
  rib.flush(context(), 1);
  rib.setDesired(prefix(one), null, 'drained');
  rib.flush(context(), 2);
  assert.deepEqual([...rib.withdrawn()], [{ prefix: one, reason: 'drained', sentAtMs: 2 }]);
  rib.setDesired(prefix(one), route(one), 'healthy');
  rib.flush(context(), 3);
  assert.deepEqual([...rib.withdrawn()], []);
});

void test('what changes while a table is sent again goes before the rest of it, withdrawals within the first piece', () => {
  const rib = new AdjRibOut();
  const texts = Array.from({ length: 40 }, (_, index) => `198.51.100.${index}/32`);
  for (const text of texts) rib.setDesired(prefix(text), route(text, { med: 1 }));
  rib.flush(context(), 0);
  rib.refresh('ipv4-unicast');
  const first = rib.flush(context(), 0, 60);
  assert.deepEqual(
    first.updates.map(({ announced }) => announced.length),
    [3],
  );
  for (const text of texts.slice(20, 30)) rib.setDesired(prefix(text), route(text, { med: 2 }));
  rib.setDesired(prefix('198.51.100.39/32'), null, 'gone');
  const next = rib.flush(context(), 0, 10);
  assert.deepEqual(
    next.updates.map(({ announced, withdrawn }) => [announced, withdrawn]),
    [
      [['198.51.100.20/32'], []],
      [[], ['198.51.100.39/32']],
    ],
  );
  const rest = rib.flush(context(), 0).updates.map(({ announced }) => announced.length);
  // The nine changes that are left, then what the refresh still lacks: 40 less 3, less the 10 changed and the one gone.
  assert.deepEqual(rest, [9, 26]);
  assert.ok(rib.isDrained);
});

void test('a route that comes back as it went is told as before, and in another session as that one needs it', () => {
  const rib = new AdjRibOut();
  const external = context();
  const ours = context({ isExternal: false });
  const text = prefix('198.51.100.1/32');
  const wanted = route('198.51.100.1/32', { med: 5 });
  const tell = (session: typeof external): readonly Uint8Array[] => {
    rib.setDesired(text, wanted);
    const { updates } = rib.flush(session, 0);
    rib.setDesired(text, null);
    assert.deepEqual(summary(rib.flush(session, 0)), ['+ -198.51.100.1/32']);
    return updates.map(({ bytes }) => bytes);
  };
  const first = tell(external);
  assert.deepEqual(tell(external), first);
  const fresh = new AdjRibOut();
  fresh.setDesired(text, wanted);
  assert.deepEqual(
    tell(ours),
    fresh.flush(ours, 0).updates.map(({ bytes }) => bytes),
  );
  assert.notDeepEqual(tell(ours), first);
});

const told = fc.record({
  text: fc.constantFrom('198.51.100.1/32', '198.51.100.2/32', '2001:db8::/48', '2001:db8:1::/48'),
  change: fc.constantFrom<'withdraw' | 'plain' | 'med' | 'foreignNextHop'>(
    'withdraw',
    'plain',
    'med',
    'foreignNextHop',
  ),
  isOwn: fc.boolean(),
  reason: fc.constantFrom('', 'drill', 'site down'),
});

void test('changes that go out one by one leave a peer where those that go out together leave it', () => {
  const session = context();
  const routes = new Map<string, ReturnType<typeof route>>();
  const routeOf = (text: string, change: 'plain' | 'med' | 'foreignNextHop'): ReturnType<typeof route> => {
    const nextHop = change === 'foreignNextHop' && !text.includes(':') ? { nextHop: '2001:db8::9' } : {};
    const made = routes.get(text + change) ?? route(text, { ...nextHop, ...(change === 'med' ? { med: 7 } : {}) });
    routes.set(text + change, made);
    return made;
  };
  fc.assert(
    fc.property(fc.array(told, { maxLength: 40 }), (changes) => {
      const single = new AdjRibOut();
      const whole = new AdjRibOut();
      const peer = new Set<string>();
      for (const { text, change, isOwn, reason } of changes) {
        const wanted = change === 'withdraw' ? null : routeOf(text, change);
        for (const rib of [single, whole]) {
          if (isOwn) rib.setDesiredFor(prefix(text), wanted ?? undefined, reason);
          else rib.setDesired(prefix(text), wanted, reason);
        }
        for (const { announced, withdrawn, reasons } of single.flush(session, 0).updates) {
          assert.deepEqual(reasons, reason === '' ? [] : [reason]);
          for (const each of withdrawn) assert.ok(peer.delete(each), `${each} was not told`);
          for (const each of announced) peer.add(each);
        }
      }
      whole.flush(session, 0);
      const state = (rib: AdjRibOut): unknown =>
        [...rib.sent()]
          .map(({ prefix: at, attributes }) => ({ at, attributes }))
          .toSorted((a, b) => (a.at < b.at ? -1 : 1));
      assert.deepEqual(state(single), state(whole));
      assert.deepEqual(Array.from(single.sent(), (sent) => sent.prefix).toSorted(), [...peer].toSorted());
      assert.ok(single.isDrained);
    }),
    { numRuns: 300 },
  );
});

void test('of many withdrawals the latest 256 are remembered, each prefix once', () => {
  const rib = new AdjRibOut();
  const texts = Array.from({ length: 700 }, (_, index) => `10.0.${index >> 8}.${index & 0xff}/32`);
  const flap = (text: string): void => {
    for (const wanted of [route(text), null]) {
      rib.setDesired(prefix(text), wanted);
      rib.flush(context(), 0);
    }
  };
  for (const text of texts) flap(text);
  flap(texts[600] ?? '');
  rib.setDesired(prefix(texts[650] ?? ''), route(texts[650] ?? ''));
  rib.flush(context(), 0);
  const expected = [...texts.slice(442, 600), ...texts.slice(601, 650), ...texts.slice(651), texts[600]];
  const remembered = Array.from(rib.withdrawn(), (each): string => each.prefix);
  assert.deepEqual(remembered.slice(-200), expected.slice(-200));
  assert.equal(remembered.length, 256);
  assert.equal(new Set(remembered).size, 256);
});
