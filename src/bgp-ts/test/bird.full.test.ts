import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BgpSpeaker, PeerOptions, SpeakerEvent } from '../src/index.ts';
import { createWorkerSpeaker, Speaker } from '../src/index.ts';
import { Bird, birdIsMissing } from './bird.ts';
import { startSpeakerBy } from './running-speaker.ts';
import type { EventLog } from './wait.ts';

const options = { skip: birdIsMissing, timeout: 60_000 };
const bothFamilies = 'ipv4 { import all; export none; }; ipv6 { import all; export none; };';

interface Bench extends AsyncDisposable {
  readonly bird: Bird;
  readonly speaker: BgpSpeaker;
  readonly log: EventLog<SpeakerEvent>;
}

interface BenchSettings {
  readonly bird?: string;
  readonly birdAsn?: number;
  /** Whether BIRD takes any other AS for ours. */
  readonly doesAcceptAnyAs?: boolean;
  readonly localAsn?: number;
  readonly peer?: Partial<PeerOptions>;
  readonly isInWorker?: boolean;
}

/** BIRD and a speaker that dials it. */
async function startBench(settings: BenchSettings = {}): Promise<Bench> {
  const { birdAsn = 65000, localAsn = 65001 } = settings;
  await using started = new AsyncDisposableStack();
  const bird = started.use(
    await Bird.start(
      { local: birdAsn, peer: settings.doesAcceptAnyAs === true ? 'external' : `as ${localAsn}` },
      settings.bird ?? bothFamilies,
    ),
  );
  const { speaker, log } = started.use(
    startSpeakerBy((onEvent) =>
      settings.isInWorker === true ? createWorkerSpeaker({ onEvent }) : new Speaker({ onEvent }),
    ),
  );
  const added = speaker.addPeer({
    address: '127.0.0.1',
    port: bird.port,
    localAddress: '127.0.0.1',
    peerAsn: birdAsn,
    localAsn,
    routerId: '192.0.2.1',
    name: 'bird',
    ...settings.peer,
  });
  assert.deepEqual(added, { ok: true, value: 'bird' });
  const whole = started.move();
  return { bird, speaker, log, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

function isState(state: string): (event: SpeakerEvent) => boolean {
  return (event) => event.kind === 'sessionState' && event.state === state;
}

void test('BIRD learns IPv4 and IPv6 prefixes, sees 65535:0, and loses one with the session up', options, async () => {
  await using bench = await startBench({ isInWorker: true });
  const { bird, speaker, log } = bench;
  speaker.setDesired('192.0.2.53/32', { nextHop: '127.0.0.1', med: 10, largeCommunities: ['65001:1:2'] }, 'healthy');
  speaker.setDesired('2001:db8::53/128', { nextHop: '2001:db8::1', prepend: 2 }, 'healthy');
  await log.find('Established', isState('established'));
  const announced = await bird.shows('show route all 192.0.2.53/32', /BGP\.med: 10/);
  assert.match(announced, /BGP\.as_path: 65001\n/);
  assert.match(announced, /BGP\.large_community: \(65001, 1, 2\)/);
  assert.match(await bird.shows('show route all 2001:db8::53/128', /BGP/), /BGP\.as_path: 65001 65001 65001\n/);
  assert.match(await bird.shows('show protocols all announcer', /Established/), /4-octet AS numbers/);

  speaker.setDesired('192.0.2.53/32', { nextHop: '127.0.0.1', communities: ['65535:0'] }, 'drain');
  await bird.shows('show route all 192.0.2.53/32', /BGP\.community: \(65535,0\)/);

  speaker.setDesired('192.0.2.53/32', null, 'drained');
  await bird.shows('show route count', /^1 of 1 routes/m);
  assert.match(await bird.ask('show', 'route'), /2001:db8::53\/128/);
  await bird.shows('show protocols all announcer', /BGP state: +Established/);
  const withdrawn = await log.find('withdrawal', (event) => event.kind === 'updateSent' && event.withdrawn.length > 0);
  assert.equal(withdrawn.text, 'withdrew 192.0.2.53/32 from bird: drained');
});

void test('a peer in our own AS gets LOCAL_PREF and an empty AS_PATH', options, async () => {
  await using bench = await startBench({ birdAsn: 65001, peer: { families: ['ipv4-unicast'] } });
  bench.speaker.setDesired('192.0.2.53/32', { nextHop: 'self', localPreference: 250 }, 'healthy');
  const route = await bench.bird.shows('show route all 192.0.2.53/32', /BGP\.local_pref: 250/);
  assert.match(route, /BGP\.as_path: *\n/);
  assert.match(route, /BGP\.next_hop: 127\.0\.0\.1/);
});

void test(
  'an AS number of four octets reaches peers that have them and, by AS4_PATH, peers that have not',
  options,
  async () => {
    const routeSeen = async (bird: string): Promise<string> => {
      await using bench = await startBench({ localAsn: 4_200_000_001, doesAcceptAnyAs: true, bird });
      bench.speaker.setDesired('192.0.2.53/32', { nextHop: 'self' }, 'healthy');
      const route = await bench.bird.shows('show route all 192.0.2.53/32', /BGP/);
      const { peers } = await bench.speaker.snapshot();
      return `${String(peers[0]?.negotiated?.fourOctetAs)} ${/BGP\.as_path: (.*)/.exec(route)?.[1] ?? ''}`;
    };
    assert.equal(await routeSeen(bothFamilies), 'true 4200000001');
    assert.equal(await routeSeen(`enable as4 off; ${bothFamilies}`), 'false 4200000001');
  },
);

void test('BIRD gets everything again when it asks for a refresh', options, async () => {
  await using bench = await startBench();
  bench.speaker.setDesired('192.0.2.53/32', { nextHop: 'self' }, 'healthy');
  const isRoute = (event: SpeakerEvent): boolean => event.kind === 'updateSent';
  await bench.log.find('the announcement', isRoute);
  await bench.bird.shows('show route', /192\.0\.2\.53/);
  const count = bench.log.events.length;
  await bench.bird.ask('reload', 'in', 'announcer');
  const again = await bench.log.find('the announcement again', isRoute, count);
  assert.equal(again.text, 'announced 192.0.2.53/32 to bird: the peer asked for a refresh');
});

void test('an administrative stop reaches BIRD as Cease 6/2 with its text', options, async () => {
  await using bench = await startBench();
  await bench.log.find('Established', isState('established'));
  await bench.speaker.stop({ mode: 'administrative', text: 'maintenance until 14:00 ✓' });
  await bench.bird.logs(/Received: Administrative shutdown: "maintenance until 14:00 ✓"/);
});

void test('a silent stop closes TCP and BIRD receives no NOTIFICATION', options, async () => {
  await using bench = await startBench();
  await bench.log.find('Established', isState('established'));
  await bench.speaker.stop({ mode: 'silent' });
  const text = await bench.bird.logs(/Connection closed/);
  assert.doesNotMatch(text, /Received: /);
  assert.ok(!bench.log.events.some((event) => event.kind === 'notification'));
});

void test('BIRD that says nothing for the hold time gets NOTIFICATION 4/0, and is dialled again', options, async () => {
  await using bench = await startBench({ peer: { holdTimeSeconds: 3 } });
  await bench.log.find('Established', isState('established'));
  bench.bird.signal('SIGSTOP');
  const expired = await bench.log.find('NOTIFICATION', (event) => event.kind === 'notification');
  assert.equal(
    expired.text,
    'sent NOTIFICATION 4/0 (Hold Timer Expired) to bird: hold timer expired: nothing heard for 3 s',
  );
  const count = bench.log.events.length;
  bench.bird.signal('SIGCONT');
  await bench.bird.logs(/Received: Hold timer expired/);
  await bench.log.find('Established again', isState('established'), count);
});

void test('a session whose peer answers keepalives outlives its hold time', options, async () => {
  await using bench = await startBench({ peer: { holdTimeSeconds: 3 } });
  await bench.log.find('Established', isState('established'));
  const keepalives = (): number => bench.bird.log().match(/announcer: Got KEEPALIVE/g)?.length ?? 0;
  await bench.bird.logs(/(?:announcer: Got KEEPALIVE[^]*){6}/);
  assert.ok(keepalives() >= 6);
  const { peers } = await bench.speaker.snapshot();
  assert.equal(peers[0]?.state, 'established');
});

void test('a shutdown by the operator of BIRD is reported with its text', options, async () => {
  await using bench = await startBench();
  await bench.log.find('Established', isState('established'));
  await bench.bird.ask('disable', 'announcer', '"router upgrade"');
  const received = await bench.log.find('NOTIFICATION', (event) => event.kind === 'notification');
  assert.equal(received.text, 'received NOTIFICATION 6/2 (Cease, Administrative Shutdown) from bird: router upgrade');
});

void test('BIRD that expects another AS refuses us, and the event says why', options, async () => {
  await using bench = await startBench({ peer: { localAsn: 65002 } });
  const refused = await bench.log.find('NOTIFICATION', (event) => event.kind === 'notification');
  assert.match(refused.text, /^received NOTIFICATION 2\/2 \(OPEN Message Error, Bad Peer AS\) from bird/);
});

void test('a session in a worker outlives its hold time while the main thread is blocked', options, async () => {
  await using bench = await startBench({ isInWorker: true, peer: { holdTimeSeconds: 3 } });
  await bench.log.find('Established', isState('established'));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
  const { peers } = await bench.speaker.snapshot();
  assert.equal(peers[0]?.state, 'established');
  assert.ok(!bench.log.events.some((event) => event.kind === 'notification'));
  assert.doesNotMatch(bench.bird.log(), /Hold timer expired|Connection (?:closed|lost)/);
});
