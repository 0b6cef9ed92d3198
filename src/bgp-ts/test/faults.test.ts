/** Bugs of this library that are met while it runs: what they cost, and whom. They are put in here on purpose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Speaker, SpeakerEvent } from '../src/index.ts';
import { AdjRibOut } from '../src/rib/adj-rib-out.ts';
import { Peer } from '../src/speaker/peer.ts';
import { breakMethod } from './break-method.ts';
import { ListeningPeer } from './listening-peer.ts';
import { startSpeaker } from './running-speaker.ts';
import type { EventLog } from './wait.ts';

const options = { timeout: 20_000 };
const unlucky = 65001;
const lucky = 65002;

interface Lab extends AsyncDisposable {
  readonly speaker: Speaker;
  readonly log: EventLog<SpeakerEvent>;
  /** The routers of both sessions. */
  readonly unluckyRouter: ListeningPeer;
  readonly luckyRouter: ListeningPeer;
}

/** A speaker with two established sessions, named by our AS number in them. */
async function start(): Promise<Lab> {
  await using started = new AsyncDisposableStack();
  const unluckyRouter = started.use(await ListeningPeer.start({ asn: 65000 }));
  const luckyRouter = started.use(await ListeningPeer.start({ asn: 65000 }));
  const { speaker, log } = started.use(startSpeaker());
  for (const [localAsn, { port }] of [
    [unlucky, unluckyRouter],
    [lucky, luckyRouter],
  ] as const) {
    const peer = { name: String(localAsn), address: '127.0.0.1', port, peerAsn: 65000, localAsn };
    assert.ok(speaker.addPeer({ ...peer, routerId: '192.0.2.1', retryMinMs: 50 }).ok);
    await log.find(
      `End-of-RIB to ${localAsn}`,
      (event) => event.kind === 'endOfRibSent' && event.peer === String(localAsn) && event.family === 'ipv6-unicast',
    );
  }
  const whole = started.move();
  return { speaker, log, unluckyRouter, luckyRouter, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isUnlucky(peer: unknown): boolean {
  return peer instanceof Peer && peer.config.name === String(unlucky);
}

const routeSeen = (router: ListeningPeer): Promise<unknown> =>
  router.message('the route', (message) => message.kind === 'update' && message.announced.includes(prefix));
const prefix = '198.51.100.0/24' as Parameters<AdjRibOut['setDesired']>[0];

void test(
  'a bug in one session ends it with 6/8, is told with its stack, and no other session notices',
  options,
  async (context) => {
    await using lab = await start();
    const broken = breakMethod(context, AdjRibOut.prototype, 'flush', (_rib, [how]) =>
      isObject(how) && how['localAsn'] === unlucky ? 'the writer is broken' : undefined,
    );
    lab.speaker.setDesired(prefix, { nextHop: '192.0.2.9' }, 'healthy');
    const notification = await lab.unluckyRouter.message('a NOTIFICATION', ({ kind }) => kind === 'notification');
    assert.deepEqual(notification.kind === 'notification' && [notification.code, notification.subcode], [6, 8]);
    await routeSeen(lab.luckyRouter);
    const told = await lab.log.find('the fault', ({ kind }) => kind === 'fault');
    assert.ok(told.kind === 'fault');
    assert.deepEqual([told.peer, told.error], ['65001', 'the writer is broken']);
    assert.match(told.stack, /break-method\.ts/);
    broken.restore();
    await routeSeen(lab.unluckyRouter);
    const { peers } = await lab.speaker.snapshot();
    assert.deepEqual(
      peers.map(({ state, flapCount, faultCount }) => [state, flapCount, faultCount]),
      [
        ['established', 1, peers[0]?.faultCount],
        ['established', 0, 0],
      ],
    );
    assert.ok((peers[0]?.faultCount ?? 0) >= 1);
  },
);

void test(
  'where a bug keeps the NOTIFICATION from being written TCP is closed, and the session comes back',
  options,
  async (context) => {
    await using lab = await start();
    const broken = breakMethod(context, Peer.prototype, 'step', (peer, [input]) => {
      const kind = isObject(input) ? input['kind'] : '';
      const isBroken = isUnlucky(peer) && (kind === 'setDesired' || kind === 'reset');
      return isBroken ? `${kind} is broken` : undefined;
    });
    const seen = lab.log.events.length;
    lab.speaker.setDesired(prefix, { nextHop: '192.0.2.9' }, 'healthy');
    await lab.unluckyRouter.log.find('the end of the connection', ({ kind }) => kind === 'closed');
    assert.deepEqual(
      lab.unluckyRouter.messages.filter(({ kind }) => kind === 'notification'),
      [],
    );
    broken.restore();
    await routeSeen(lab.luckyRouter);
    await lab.log.find(
      'the session anew',
      (event) => event.kind === 'sessionState' && event.state === 'established',
      seen,
    );
    const faults = lab.log.events.flatMap((event) => (event.kind === 'fault' ? [event.error] : []));
    assert.deepEqual(faults, ['setDesired is broken', 'reset is broken']);
  },
);

void test('a bug in a look at one session is told, and the others are in the snapshot', options, async (context) => {
  await using lab = await start();
  breakMethod(context, Peer.prototype, 'view', (peer) => (isUnlucky(peer) ? 'the view is broken' : undefined));
  const { peers } = await lab.speaker.snapshot();
  assert.deepEqual(
    peers.map(({ name, state, faultCount }) => [name, state, faultCount]),
    [
      ['65001', 'stopped', 1],
      ['65002', 'established', 0],
    ],
  );
});
