import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerOptions, Speaker } from '../src/index.ts';
import { findAttribute, routesOf } from '../src/index.ts';
import { Bird, birdIsMissing } from './bird.ts';
import { ListeningPeer } from './listening-peer.ts';
import { startSpeaker } from './running-speaker.ts';
import type { RunningSpeaker } from './running-speaker.ts';
import { eventually } from './wait.ts';

const options = { skip: birdIsMissing, timeout: 60_000 };
const [one, two] = ['192.0.2.53/32', '192.0.2.54/32'];

function start(port: number, changes: Partial<PeerOptions> = {}): RunningSpeaker<Speaker> {
  const running = startSpeaker();
  const added = running.speaker.addPeer({
    ...{ address: '127.0.0.1', localAddress: '127.0.0.1', port, name: 'router' },
    ...{ peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1', retryMinMs: 100 },
    ...changes,
  });
  assert.ok(added.ok);
  return running;
}

async function startBird(channels: string): Promise<Bird> {
  return Bird.start({ local: 65000, peer: 'as 65001' }, channels);
}

const importAll = 'ipv4 { import all; export none; };';

void test('BIRD keeps the routes of a speaker that restarts, until it says that all is said', options, async () => {
  await using bird = await startBird(`graceful restart on; ${importAll}`);
  const gracefulRestart = { restartTimeSeconds: 60 };
  await using before = start(bird.port, { gracefulRestart });
  before.speaker.declareComplete();
  for (const text of [one, two]) before.speaker.setDesired(text, { nextHop: 'self' }, 'healthy');
  await bird.shows('show route count', /^2 of 2 routes/m);
  await before.speaker.stop({ mode: 'silent' });
  await bird.logs(/Neighbor graceful restart detected/);
  assert.match(await bird.ask('show', 'route', 'count'), /^2 of 2 routes/m);

  await using after = start(bird.port, { gracefulRestart });
  after.speaker.setDesired(one, { nextHop: 'self' }, 'still healthy');
  await bird.shows(`show route all ${one}`, /\[announcer .*\n(?!.*stale)/);
  await after.log.find('the announcement', (event) => event.kind === 'updateSent');
  assert.match(await bird.ask('show', 'route', 'count'), /^2 of 2 routes/m);
  assert.ok(!after.log.events.some((event) => event.kind === 'endOfRibSent'));
  after.speaker.declareComplete();
  await bird.shows('show route count', /^1 of 1 routes/m);
  assert.match(await bird.ask('show', 'route'), /192\.0\.2\.53\/32/);
});

void test('BIRD takes an IPv4 prefix with an IPv6 next hop, and its withdrawal', options, async () => {
  await using bird = await startBird('ipv4 { extended next hop on; import all; export none; };');
  await using ours = start(bird.port, { extendedNextHop: true });
  ours.speaker.setDesired(one, { nextHop: '2001:db8::1' }, 'healthy');
  assert.match(await bird.shows(`show route all ${one}`, /BGP/), /BGP\.next_hop: 2001:db8::1/);
  ours.speaker.setDesired(one, null, 'drained');
  await bird.shows('show route count', /^0 of 0 routes/m);
  const { peers } = await ours.speaker.snapshot();
  assert.equal(peers[0]?.negotiated?.extendedNextHop, true);
});

void test('BIRD without extended next hops is not told such a route, and the event says why', options, async () => {
  await using bird = await startBird(importAll);
  await using ours = start(bird.port, { extendedNextHop: true });
  ours.speaker.setDesired(one, { nextHop: '2001:db8::1' }, 'healthy');
  const refused = await ours.log.find('the refusal', (event) => event.kind === 'routeRefused');
  assert.equal(
    refused.text,
    `cannot announce ${one} to router: next hop 2001:db8::1 is an IPv6 address, and the peer has not agreed to extended next hops`,
  );
});

void test('a refresh reaches BIRD between its marks', options, async () => {
  await using bird = await startBird(importAll);
  await using ours = start(bird.port);
  ours.speaker.setDesired(one, { nextHop: 'self' }, 'healthy');
  await bird.shows('show route', /192\.0\.2\.53/);
  await bird.ask('reload', 'in', 'announcer');
  await bird.logs(/Got BEGIN-OF-RR[^]*Got UPDATE[^]*Got END-OF-RR/);
  assert.match(await bird.ask('show', 'route', 'count'), /^1 of 1 routes/m);
  const { peers } = await ours.speaker.snapshot();
  assert.equal(peers[0]?.messagesSent.routeRefresh, 2);
});

void test(
  'of what BIRD announces the accepted is learnt, the rest counted, and too much ends in 6/1',
  options,
  async () => {
    const channel = 'ipv4 { import none; export all; next hop address 192.0.2.9; }; }';
    const first = 'protocol static { ipv4; route 198.51.100.0/24 unreachable; route 10.0.0.0/8 unreachable; }';
    const more = 'protocol static more { disabled; ipv4; route 203.0.113.0/24 unreachable;';
    await using bird = await startBird(`${channel} ${first} ${more}`);
    await using ours = start(bird.port, {
      import: { accept: [{ prefix: '198.51.100.0/24', maxLength: 32 }], maxPrefixes: 2 },
    });
    const learnt = await ours.log.find('routes', (event) => event.kind === 'routesLearnt');
    assert.deepEqual(learnt.kind === 'routesLearnt' ? learnt.prefixes : [], ['198.51.100.0/24']);
    const { peers } = await ours.speaker.snapshot();
    assert.deepEqual(peers[0]?.received?.rejected, { notAccepted: 1 });
    assert.equal(peers[0].received.routes[0]?.attributes.asPath, '65000');
    await bird.ask('enable', 'more');
    await bird.logs(/Received: Maximum number of prefixes reached/);
    await ours.log.find('the loss', (event) => event.kind === 'routesGone');
  },
);

void test(
  'a peer that stops reading costs bounded memory, keeps its session, and ends with what is desired',
  options,
  async () => {
    await using peer = await ListeningPeer.start({ asn: 65000 });
    await using ours = start(peer.port);
    await ours.log.find('End-of-RIB', (event) => event.kind === 'endOfRibSent' && event.family === 'ipv6-unicast');
    const connected = await peer.log.find('the connection', (seen) => seen.kind === 'connected');
    assert.ok(connected.kind === 'connected');
    connected.socket.pause();
    const largeCommunities = Array.from({ length: 128 }, (_, value) => `65001:${value}:0`);
    const texts = Array.from({ length: 1000 }, (_, index) => `10.${index >> 8}.${index & 0xff}.0/24`);
    const desireAll = (round: number): void => {
      for (const [index, text] of texts.entries()) {
        ours.speaker.setDesired(
          text,
          { nextHop: '192.0.2.9', med: round * 10_000 + index, largeCommunities },
          `round ${round}`,
        );
      }
    };
    const waiting = async (): Promise<number> => (await ours.speaker.snapshot()).peers[0]?.waitingPrefixes ?? 0;
    let rounds = 0;
    await eventually(
      'a peer that takes nothing more',
      async () => {
        desireAll(rounds++);
        await new Promise((settle) => setImmediate(settle));
        return (await waiting()) > 700 ? true : undefined;
      },
      30_000,
    );
    const stalled = (await ours.speaker.snapshot()).peers[0];
    assert.ok(
      stalled !== undefined && stalled.pendingBytes < 65_536 + 4096,
      `${stalled?.pendingBytes ?? 0} bytes wait`,
    );
    for (const text of texts.slice(1)) ours.speaker.setDesired(text, null, 'gone');
    ours.speaker.setDesired(texts[0] ?? '', { nextHop: '192.0.2.9', med: 7 }, 'last');
    connected.socket.resume();
    const table = new Map<string, number>();
    let seen = 0;
    await eventually('the desired state at the peer', () => {
      const { messages } = peer;
      for (const message of messages.slice(seen)) {
        if (message.kind !== 'update') continue;
        const { announced, withdrawn } = routesOf(message);
        for (const { prefix } of withdrawn) assert.ok(table.delete(prefix), `${prefix} was never announced`);
        for (const { prefix } of announced) table.set(prefix, findAttribute(message.attributes, 'med')?.med ?? -1);
      }
      seen = messages.length;
      return table.size === 1 && table.get(texts[0] ?? '') === 7 ? true : undefined;
    });
    const after = (await ours.speaker.snapshot()).peers[0];
    assert.deepEqual([after?.state, after?.flapCount, after?.waitingPrefixes], ['established', 0, 0]);
  },
);
