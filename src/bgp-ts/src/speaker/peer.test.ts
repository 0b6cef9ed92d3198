import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefix, route } from '../rib/rib.fixture.ts';
import { toHex } from '../wire/bytes.ts';
import type { Capability } from '../wire/capabilities.ts';
import { refreshSubtype } from '../wire/constants.ts';
import type { Message } from '../wire/message.ts';
import { encodeRouteRefresh } from '../wire/message.ts';
import { encodeUpdate, endOfRib, endOfRibFamily } from '../wire/update-encode.ts';
import { PeerBench, routerUpdate } from './peer.fixture.ts';
import { snapshotPeer } from './snapshot.ts';

const [one, two] = ['198.51.100.1/32', '198.51.100.2/32'];
const gracefulRestart: Capability = {
  kind: 'gracefulRestart',
  isRestarting: false,
  hasNotification: true,
  restartTimeSeconds: 120,
  families: [],
};

function restartBits(messages: readonly Message[]): readonly boolean[] {
  return messages.flatMap((message) =>
    message.kind === 'open'
      ? message.capabilities.flatMap((capability) =>
          capability.kind === 'gracefulRestart' ? [capability.isRestarting] : [],
        )
      : [],
  );
}

/** UPDATEs in short: `+prefixes`, `-prefixes`, `end family`; marks of a refresh as `begin` and `end of refresh`. */
function heard(bench: PeerBench): readonly string[] {
  return bench.messages.flatMap((message) => {
    if (message.kind === 'routeRefresh') {
      return [message.subtype === refreshSubtype.begin ? 'refresh begins' : 'refresh ends'];
    }
    if (message.kind !== 'update') return [];
    const family = endOfRibFamily(message);
    if (family !== undefined) return [`end ${family}`];
    return [...message.announced.map((text) => `+${text}`), ...message.withdrawn.map((text) => `-${text}`)];
  });
}

void test('a peer without graceful restart gets its routes and End-of-RIB of every family at once', () => {
  const bench = new PeerBench();
  bench.desire(one, {});
  bench.establish([gracefulRestart]);
  assert.deepEqual(heard(bench), [`+${one}`, 'end ipv4-unicast', 'end ipv6-unicast']);
  assert.deepEqual(restartBits(bench.messages), []);
});

void test('a peer with graceful restart gets routes at once and End-of-RIB when all has been said', () => {
  const bench = new PeerBench({ gracefulRestart: { restartTimeSeconds: 120 } });
  bench.desire(one, {});
  bench.establish([gracefulRestart]);
  bench.desire(two, {});
  assert.deepEqual(heard(bench), [`+${one}`, `+${two}`]);
  bench.take({ kind: 'declareComplete' });
  bench.take({ kind: 'declareComplete' });
  assert.deepEqual(heard(bench), [`+${one}`, `+${two}`, 'end ipv4-unicast', 'end ipv6-unicast']);
  bench.disconnect();
  bench.establish([gracefulRestart]);
  assert.deepEqual(heard(bench).slice(4), [`+${one}`, `+${two}`, 'end ipv4-unicast', 'end ipv6-unicast']);
  assert.deepEqual(restartBits(bench.messages), [true, false]);
});

void test('a refresh sends its family again, between marks where both sides know them', () => {
  const request = encodeRouteRefresh({ afi: 1, safi: 1, subtype: refreshSubtype.request });
  const plain = new PeerBench();
  plain.desire(one, {});
  plain.establish();
  plain.receive(request);
  assert.deepEqual(heard(plain).slice(3), [`+${one}`]);
  const enhanced = new PeerBench();
  enhanced.desire(one, {});
  enhanced.establish([{ kind: 'enhancedRouteRefresh' }]);
  enhanced.receive(request);
  assert.deepEqual(heard(enhanced).slice(3), ['refresh begins', `+${one}`, 'refresh ends']);
});

void test('what a peer that stops reading misses is sent in one go when it reads again, and nothing else', () => {
  const bench = new PeerBench();
  bench.establish();
  bench.isReading = false;
  for (let index = 0; index < 40; index++) {
    const communities = Array.from({ length: 128 }, (_, value) => `${index}:${value}`);
    const largeCommunities = Array.from({ length: 128 }, (_, value) => `${index}:${value}:0`);
    bench.desire(`10.0.${index}.0/24`, { communities, largeCommunities });
  }
  const before = heard(bench).length;
  const { pendingBytes, waitingPrefixes } = snapshotPeer(bench.peer);
  assert.ok(pendingBytes > 65_536 && pendingBytes < 65_536 + 4096, `${pendingBytes} bytes`);
  assert.ok(waitingPrefixes > 0);
  for (let round = 0; round < 10; round++) bench.desire('10.0.39.0/24', { med: round });
  bench.desire('10.0.0.0/24', null);
  assert.equal(heard(bench).length, before);
  bench.isReading = true;
  bench.read();
  const after = heard(bench).slice(before);
  assert.equal(after.filter((text) => text === '+10.0.39.0/24').length, 1);
  assert.equal(after.filter((text) => text === '-10.0.0.0/24').length, 1);
  assert.equal(after.length, waitingPrefixes + 1);
  assert.equal(snapshotPeer(bench.peer).waitingPrefixes, 0);
});

void test('one prefix too many ends the session with 6/1, the family and the limit, and leaves no route', () => {
  const accept = [{ prefix: '203.0.113.0/24', maxLength: 32 }];
  const bench = new PeerBench({ import: { accept, maxPrefixes: 2 } });
  bench.establish();
  bench.receive(routerUpdate({ announced: ['203.0.113.1/32', '10.0.0.0/8'] }));
  assert.deepEqual(bench.texts('routesLearnt'), ['learnt 203.0.113.1/32 from router']);
  bench.receive(routerUpdate({ announced: ['203.0.113.2/32'] }), routerUpdate({ announced: ['203.0.113.3/32'] }));
  const cease = bench.messages.at(-1);
  assert.ok(cease?.kind === 'notification');
  // RFC 4486 §4: AFI 1, SAFI 1, the limit in four octets.
  assert.deepEqual([cease.code, cease.subcode, toHex(cease.data)], [6, 1, '00010100000002']);
  const gone = bench.events.find((event) => event.kind === 'routesGone');
  assert.deepEqual(gone?.prefixes, ['203.0.113.1/32']);
  assert.deepEqual(snapshotPeer(bench.peer).received?.routes, []);
  assert.equal(bench.texts('routesLearnt').length, 1);
});

void test('routes that arrive together are one event, and the end of the session takes them away', () => {
  const bench = new PeerBench({ import: { accept: [{ prefix: '203.0.113.0/24', maxLength: 32 }], maxPrefixes: 10 } });
  bench.establish();
  bench.receive(
    routerUpdate({ announced: ['203.0.113.1/32', '203.0.113.2/32'] }),
    routerUpdate({ announced: ['203.0.113.3/32'], attributes: [{ kind: 'med', med: 7 }] }),
    routerUpdate({ withdrawn: ['203.0.113.2/32'] }),
  );
  assert.deepEqual(bench.texts('routesLearnt'), ['learnt 203.0.113.1/32, 203.0.113.3/32 from router']);
  const { received } = snapshotPeer(bench.peer);
  assert.deepEqual(received?.families[0], { family: 'ipv4-unicast', accepted: 2, rejected: 0 });
  assert.equal(received.routes[1]?.attributes.med, 7);
  bench.disconnect();
  assert.deepEqual(bench.texts('routesGone'), [
    'lost 203.0.113.1/32, 203.0.113.3/32 from router: the session ended, the line is cut',
  ]);
});

void test('without import nothing of a peer is kept or told, and its faults still are', () => {
  const bench = new PeerBench();
  bench.establish();
  const bad = { kind: 'unknown', type: 8, flags: 0xc0, bytes: Uint8Array.of(1, 2, 3) } as const;
  bench.receive(
    routerUpdate({ announced: [one] }),
    routerUpdate({ announced: [two], attributes: [bad] }),
    routerUpdate({ announced: [one], attributes: [bad] }),
  );
  assert.deepEqual(bench.texts('routesLearnt'), []);
  assert.equal(bench.texts('updateFaults').length, 1);
  assert.match(bench.texts('updateFaults')[0] ?? '', /routes count as withdrawn: .*, and 1 more with faults$/);
  const { received, updateFaults, updatesReceived } = snapshotPeer(bench.peer);
  assert.deepEqual([received, updatesReceived], [undefined, 3]);
  assert.deepEqual(updateFaults, { attributeDiscard: 0, treatAsWithdraw: 2, sessionReset: 0 });
});

void test('a snapshot counts messages by type, flaps, and has the last NOTIFICATION with its text', () => {
  const bench = new PeerBench();
  bench.desire(one, {});
  bench.establish();
  bench.take({ kind: 'reset', how: { mode: 'administrative', text: 'new cable' } });
  bench.establish();
  const { messagesSent, messagesReceived, flapCount, establishedCount, lastNotification } = snapshotPeer(bench.peer);
  assert.deepEqual(messagesSent, { open: 2, update: 6, notification: 1, keepalive: 2, routeRefresh: 0 });
  assert.deepEqual(messagesReceived, { open: 2, update: 0, notification: 0, keepalive: 2, routeRefresh: 0 });
  assert.deepEqual([establishedCount, flapCount], [2, 1]);
  assert.deepEqual([lastNotification.sent?.code, lastNotification.sent?.subcode], [6, 4]);
  assert.match(lastNotification.sent?.text ?? '', /new cable/);
  assert.equal(lastNotification.received, undefined);
});

void test('the plan of a peer that is down says what it would be told, with self where our end is not known', () => {
  const bench = new PeerBench({ exportPrefixes: [{ prefix: one }], families: ['ipv4-unicast'] });
  bench.desire(one, { nextHop: 'self' });
  bench.desire(two, { nextHop: 'self' });
  const { plan, announced, negotiated } = snapshotPeer(bench.peer);
  assert.deepEqual(
    plan.map(({ change, prefix: text, attributes, refusal }) => [change, text, attributes?.nextHop, refusal]),
    [
      ['announce', one, 'self', undefined],
      ['refuse', two, undefined, 'it is not among the prefixes that this peer may be told (exportPrefixes)'],
    ],
  );
  assert.deepEqual([announced, negotiated], [[], undefined]);
  bench.establish();
  const up = snapshotPeer(bench.peer);
  assert.deepEqual(
    up.plan.map(({ change, attributes }) => [change, attributes?.nextHop]),
    [
      ['keep', '192.0.2.7'],
      ['refuse', undefined],
    ],
  );
  assert.deepEqual(
    up.announced.map((told) => [told.prefix, told.reason, told.attributes.asPath]),
    [[one, 'healthy', '65001']],
  );
  assert.deepEqual(bench.texts('routeRefused').length, 1);
});

void test('a session that ends in the chunk that brings it up is told nothing, and the next one everything', () => {
  const bench = new PeerBench();
  bench.desire(one, {});
  bench.establish([], new Uint8Array(19));
  assert.ok(bench.events.some((event) => event.kind === 'sessionState' && event.state === 'established'));
  assert.deepEqual(heard(bench), []);
  assert.deepEqual([bench.texts('updateSent'), snapshotPeer(bench.peer).announced], [[], []]);
  bench.disconnect();
  bench.establish();
  assert.deepEqual(heard(bench), [`+${one}`, 'end ipv4-unicast', 'end ipv6-unicast']);
});

void test('a route for this peer alone goes out with the common changes of the same turn', () => {
  const bench = new PeerBench();
  bench.establish();
  const own = [{ prefix: prefix(two), route: route(two, { med: 1 }), reason: 'this peer' }];
  const common = [
    { prefix: prefix(one), route: route(one), reason: 'all' },
    { prefix: prefix(two), route: route(two), reason: 'all' },
  ];
  bench.take({ kind: 'setDesired', changes: common, own });
  assert.deepEqual(heard(bench).slice(2), [`+${one}`, `+${two}`]);
  assert.deepEqual(
    snapshotPeer(bench.peer).announced.map((told) => [told.prefix, told.attributes.med, told.reason]),
    [
      [one, undefined, 'all'],
      [two, 1, 'this peer'],
    ],
  );
});

void test('routes that cannot be told are one event for a reason, with the first of them and how many they are', () => {
  const bench = new PeerBench({ families: ['ipv4-unicast'] });
  bench.establish();
  const changes = Array.from({ length: 100_000 }, (_, index) => {
    const text = `2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::/64`;
    return { prefix: prefix(text), route: route(text, {}), reason: 'much' };
  });
  bench.take({ kind: 'setDesired', changes });
  const refused = bench.events.filter((event) => event.kind === 'routeRefused');
  assert.deepEqual(
    refused.map(({ prefixes, count, reason }) => [prefixes.length, prefixes[0], count, reason]),
    [[20, '2001:db8::/64', 100_000, 'the peer does not take ipv6-unicast']],
  );
  assert.ok((refused[0]?.text.length ?? 0) < 200);
});

void test('reasons beyond the first few share an event', () => {
  const bench = new PeerBench();
  bench.establish();
  const changes = Array.from({ length: 30 }, (_, index) => {
    const text = `198.51.100.${index}/32`;
    return { prefix: prefix(text), route: route(text, { nextHop: `2001:db8::1:${index}` }), reason: 'much' };
  });
  bench.take({ kind: 'setDesired', changes });
  const refused = bench.events.filter((event) => event.kind === 'routeRefused');
  assert.deepEqual(
    refused.map(({ count }) => count),
    [...Array<number>(8).fill(1), 22],
  );
  assert.match(refused.at(-1)?.text ?? '', /22 reasons more, such as: next hop 2001:db8::1:8 is an IPv6 address/);
});

void test('the beginning of a refresh before the first End-of-RIB of a peer with graceful restart does not count', () => {
  const accept = [{ prefix: '198.51.100.0/24', maxLength: 32 }];
  const restart = {
    kind: 'gracefulRestart',
    isRestarting: false,
    hasNotification: false,
    restartTimeSeconds: 1,
  } as const;
  const enhanced = [{ kind: 'enhancedRouteRefresh' }] as const;
  const mark = (subtype: number): Uint8Array => encodeRouteRefresh({ afi: 1, subtype, safi: 1 });
  const told = (capabilities: readonly Capability[], ...messages: readonly Uint8Array[]): number => {
    const bench = new PeerBench({ import: { accept, maxPrefixes: 10 } });
    bench.establish([...enhanced, ...capabilities]);
    bench.receive(routerUpdate({ announced: ['198.51.100.1/32'] }), ...messages);
    return snapshotPeer(bench.peer).received?.routes.length ?? 0;
  };
  const endOfTable = encodeUpdate(endOfRib('ipv4-unicast'), true);
  const otherEnd = encodeUpdate(endOfRib('ipv6-unicast'), true);
  const withRestart = [{ ...restart, families: [] }];
  assert.equal(told(withRestart, mark(1), mark(2)), 1);
  assert.equal(told(withRestart, otherEnd, mark(1), mark(2)), 1);
  assert.equal(told(withRestart, mark(1), endOfTable, mark(2)), 1);
  assert.equal(told(withRestart, endOfTable, mark(1), mark(2)), 0);
  assert.equal(told([], mark(1), mark(2)), 0);
});
