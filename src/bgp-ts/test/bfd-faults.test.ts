/** Bugs of BFD that are met while it runs: what they cost, and whom. They are put in here on purpose. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { FaultRest, FaultTolerance } from '../src/bfd/fault-rest.ts';
import { checkBfdOptions } from '../src/bfd/options.ts';
import {
  bfdState,
  controlPacketBytes,
  emptyControlPacket,
  readControlPacket,
  writeControlPacket,
} from '../src/bfd/packet.ts';
import type { ControlPacket } from '../src/bfd/packet.ts';
import { PollSequence } from '../src/bfd/poll.ts';
import { SessionRunner } from '../src/bfd/session-runner.ts';
import { SessionTable } from '../src/bfd/session-table.ts';
import { BfdSession } from '../src/bfd/session.ts';
import { InThreadBfd } from '../src/bfd/speaker.ts';
import type { BfdEvent } from '../src/bfd/types.ts';
import { WorkerBfd } from '../src/bfd/worker-bfd.ts';
import { succeed } from '../src/result.ts';
import { startWorker } from '../src/system/worker.ts';
import { unluckyMultiplier } from './bfd-faults.ts';
import { breakMethod } from './break-method.ts';
import { EventLog } from './wait.ts';

const options = { timeout: 30_000 };
const ourAddress = '127.88.0.1';
const peers = { unlucky: '127.88.0.2', lucky: '127.88.0.3' } as const;
type PeerName = keyof typeof peers;

const isState = (session: PeerName, state: string) => (event: BfdEvent) =>
  event.kind === 'bfdState' && event.session === session && event.state === state;

void test(
  'a bug that comes back in one BFD session in the worker makes it AdminDown, at its peer too, no other session notices, and it starts anew',
  options,
  async (context) => {
    const ours = new EventLog<BfdEvent>();
    const theirs = new EventLog<BfdEvent>();
    const worker = new Worker(new URL('./bfd-faulty-worker.ts', import.meta.url), { workerData: { faultRestMs: 200 } });
    const speaker = new WorkerBfd(worker, ours.add);
    const peer = new InThreadBfd({ onEvent: theirs.add });
    context.after(() => Promise.all([speaker, peer].map((each) => each.stop({ isSilent: true }))));
    // Nobody gives a session up because this machine is busy.
    const timing = { intervalMs: 300, multiplier: 100 } as const;
    for (const [name, address] of Object.entries(peers)) {
      const multiplier = name === 'unlucky' ? unluckyMultiplier : timing.multiplier;
      assert.ok(speaker.addSession({ name, address, localAddress: ourAddress, ...timing }).ok);
      const back = { name, address: ourAddress, localAddress: address, ...timing, multiplier };
      assert.ok(peer.addSession(back).ok);
    }
    await ours.find('the lucky session', isState('lucky', 'up'));
    const fault = await ours.find('the fault', ({ kind }) => kind === 'fault');
    assert.ok(fault.kind === 'fault');
    assert.deepEqual([fault.session, fault.error], ['unlucky', 'the engine is broken']);
    assert.match(fault.stack, /session-runner/);
    const at = ours.events.indexOf(fault);
    const told = await ours.find('its state', isState('unlucky', 'adminDown'), at);
    assert.ok(told.kind === 'bfdState');
    assert.deepEqual([told.previous, told.isPeerAdminDown], ['up', false]);
    const heard = await theirs.find(
      'the end at the peer',
      (event) => event.kind === 'bfdState' && event.previous === 'up',
    );
    assert.ok(heard.kind === 'bfdState');
    assert.deepEqual([heard.session, heard.state, heard.isPeerAdminDown], ['unlucky', 'down', true]);
    await ours.find('the session anew', isState('unlucky', 'up'), at);
    await theirs.find('the session anew', isState('unlucky', 'up'), theirs.events.indexOf(heard));
    const lucky = (event: BfdEvent): boolean => 'session' in event && event.session === 'lucky';
    const courses = [ours, theirs].map(({ events }) =>
      events.filter(lucky).map((event) => (event.kind === 'bfdState' ? event.state : event.kind)),
    );
    // Who hears Down first is in Init before it is up; where both speak at once, both are.
    for (const course of courses) assert.match(course.join(' '), /^(init )?up$/);
    assert.ok(courses.some((course) => course.includes('init')));
    assert.deepEqual(
      (await speaker.snapshot()).map(({ name, state, faultCount }) => [name, state, faultCount]),
      [
        ['unlucky', 'up', 4],
        ['lucky', 'up', 0],
      ],
    );
  },
);

interface Bench extends Disposable {
  readonly runner: SessionRunner;
  readonly log: EventLog<BfdEvent>;
  readonly events: readonly BfdEvent[];
  /** What it said, oldest first. */
  readonly said: ControlPacket[];
  readonly hear: (packet: Partial<ControlPacket>) => void;
}

/** A runner whose packets go nowhere. */
function bench({ random = () => 0 } = {}): Bench {
  const log = new EventLog<BfdEvent>();
  const said: ControlPacket[] = [];
  const send = (bytes: Uint8Array): void => {
    const packet = emptyControlPacket();
    assert.equal(readControlPacket(bytes, packet), undefined);
    said.push(packet);
  };
  const checked = checkBfdOptions({ name: 'peer', address: '192.0.2.1', intervalMs: 300, multiplier: 3 });
  assert.ok(checked.ok);
  const runner: SessionRunner = new SessionRunner({
    settings: checked.value,
    discriminator: 7,
    random,
    onEvent: log.add,
    receivedCount: () => 0,
    openSockets: () => {
      runner.sendBy({ send, close: () => undefined });
      return succeed(undefined);
    },
    reopenMs: 60_000,
    faultRestMs: 60_000,
  });
  const peer = { myDiscriminator: 9, yourDiscriminator: 7, multiplier: 2 } as const;
  const times = { desiredMinTxMicroseconds: 1000, requiredMinRxMicroseconds: 1000 } as const;
  return {
    ...{ runner, log, events: log.events, said },
    hear: (packet) => runner.receive({ ...emptyControlPacket(), ...peer, ...times, ...packet }),
    [Symbol.dispose]: () => runner.close(),
  };
}

/** Down, from a peer that does not know us yet: what any first packet is. */
function downPacket(): Uint8Array {
  const bytes = new Uint8Array(controlPacketBytes);
  writeControlPacket({ ...emptyControlPacket(), multiplier: 3, myDiscriminator: 9 }, bytes);
  return bytes;
}

void test('a bug that a BFD session meets once costs it the packet, and is told and counted', (context) => {
  using at = bench();
  at.runner.open();
  const broken = breakMethod(context, BfdSession.prototype, 'receive', () => 'the engine is broken');
  at.hear({ state: bfdState.down });
  broken.restore();
  at.hear({ state: bfdState.down });
  at.hear({ state: bfdState.up });
  assert.deepEqual(
    at.events.map((event) => (event.kind === 'bfdState' ? event.state : event.text)),
    [
      'BFD session peer met a bug of this program, number 1: the engine is broken; ' +
        'what led to it is left out, and the session goes on',
      'init',
      'up',
    ],
  );
  const { state, reason, faultCount } = at.runner.snapshot();
  assert.deepEqual([state, reason, faultCount], ['up', 'the peer hears us', 1]);
});

void test('a BFD session goes on after three bugs in a minute', () => {
  const tolerance = new FaultTolerance();
  // After the one that ends it the session starts anew, with nothing held against it.
  const timesMs = [0, 1, 59_999, 59_999.5, 60_000, 120_000, 120_001, 120_002, 120_003];
  const expected = [true, true, true, false, true, true, true, true, false];
  assert.deepEqual(
    timesMs.map((nowMs) => tolerance.allows(nowMs)),
    expected,
  );
});

/** Once more than a session goes on. */
function meetAgainAndAgain({ hear }: Bench, packet: Partial<ControlPacket> = { state: bfdState.down }): void {
  for (let count = 1; count <= 4; count++) hear(packet);
}

/** What the engine does, and what has it done. */
const places: readonly (readonly [keyof BfdSession, (bench: Bench) => void])[] = [
  ['receive', meetAgainAndAgain],
  ['nextDeadlineMs', ({ runner }) => runner.ready()],
];

for (const [method, touch] of places) {
  void test(`a bug in ${method} that comes back leaves the BFD session AdminDown, at the peer too`, (context) => {
    using at = bench();
    at.runner.open();
    at.hear({ state: bfdState.down });
    assert.equal(at.said.at(-1)?.state, bfdState.init);
    breakMethod(context, BfdSession.prototype, method, () => `${method} is broken`);
    touch(at);
    const [fault, change] = at.events.slice(-2);
    assert.equal(fault?.kind === 'fault' && fault.error, `${method} is broken`);
    assert.match(fault?.text ?? '', /; it is AdminDown, and starts anew in 60 s$/);
    assert.ok(change?.kind === 'bfdState');
    assert.deepEqual([change.previous, change.state, change.isPeerAdminDown], ['init', 'adminDown', false]);
    // RFC 5880 §6.8.16: AdminDown with diagnostic 7, and §6.8.3: a second between packets at least.
    const last = at.said.at(-1);
    assert.deepEqual(
      [last?.state, last?.diagnostic, last?.yourDiscriminator, last?.desiredMinTxMicroseconds],
      [bfdState.adminDown, 7, 9, 1_000_000],
    );
    const { state, peerState, reason, faultCount } = at.runner.snapshot();
    assert.deepEqual([state, peerState, faultCount], ['adminDown', 'down', 4]);
    assert.equal(reason, `a bug of this program was met: ${method} is broken`);
  });
}

void test('a bug in the middle of a change leaves the BFD session AdminDown at once', (context) => {
  using at = bench();
  at.runner.open();
  // The engine is Init already when it plans its next packet, and nobody was told.
  breakMethod(context, PollSequence.prototype, 'cancel', () => 'the change is broken');
  at.hear({ state: bfdState.down });
  assert.deepEqual(
    at.events.map((event) => (event.kind === 'bfdState' ? [event.previous, event.state] : event.kind)),
    ['fault', ['down', 'adminDown']],
  );
});

void test('a bug in a look at a BFD session is told, however often, and the session goes on', (context) => {
  using at = bench();
  at.runner.open();
  at.hear({ state: bfdState.down });
  breakMethod(context, BfdSession.prototype, 'detectionTimeMs', () => 'the view is broken');
  for (let look = 1; look <= 5; look++) {
    const { state, faultCount } = at.runner.snapshot();
    assert.deepEqual([state, faultCount], ['init', look]);
  }
});

void test('a bug that comes back in a timer of a BFD session makes it AdminDown', options, async (context) => {
  const timers = ['transmitDue', 'isDetectionDue', 'expire'] as const;
  for (const method of timers) {
    using at = bench();
    at.runner.open();
    const broken = breakMethod(context, BfdSession.prototype, method, () => `${method} is broken`);
    at.runner.ready();
    // Detected after two intervals of 300 ms: what the peer says, times what we want.
    at.hear({ state: bfdState.down });
    await at.log.find(`the end after ${method}`, (event) => event.kind === 'bfdState' && event.state === 'adminDown');
    assert.equal(at.said.at(-1)?.state, bfdState.adminDown);
    broken.restore();
  }
});

void test('a bug that a resting BFD session meets is counted, and neither told nor lengthens the rest', (context) => {
  using at = bench();
  at.runner.open();
  breakMethod(context, BfdSession.prototype, 'receive', () => 'the engine is broken');
  meetAgainAndAgain(at);
  const told = at.events.length;
  const said = at.said.length;
  for (let count = 1; count <= 5; count++) at.runner.fail(new Error('the table is broken'));
  assert.deepEqual([at.events.length, at.said.length, at.runner.snapshot().faultCount], [told, said, 9]);
});

void test('a bug in the farewell of a BFD session is told, and AdminDown is said all the same', async (context) => {
  using at = bench();
  at.runner.open();
  at.hear({ state: bfdState.down });
  breakMethod(context, BfdSession.prototype, 'disable', () => 'the farewell is broken');
  await at.runner.leave(1);
  assert.deepEqual(
    at.events.slice(1).map((event) => event.kind === 'fault' && event.error),
    ['the farewell is broken'],
  );
  assert.equal(at.said.at(-1)?.state, bfdState.adminDown);
});

void test('a session that cannot go on saying AdminDown is silent, and nothing else ends', (context) => {
  using at = bench({
    random: () => {
      throw new Error('no number');
    },
  });
  at.runner.open();
  breakMethod(context, BfdSession.prototype, 'receive', () => 'the engine is broken');
  meetAgainAndAgain(at);
  assert.deepEqual(
    at.events.map(({ kind }) => kind),
    ['fault', 'fault', 'fault', 'fault', 'bfdState'],
  );
  assert.deepEqual(
    at.said.map(({ state }) => state),
    [bfdState.adminDown],
  );
});

void test('a peer that wants no packets gets no AdminDown either (RFC 5880 §6.8.7)', (context) => {
  using at = bench();
  at.runner.open();
  breakMethod(context, BfdSession.prototype, 'receive', () => 'the engine is broken');
  meetAgainAndAgain(at, { state: bfdState.down, requiredMinRxMicroseconds: 0 });
  assert.equal(at.runner.snapshot().state, 'adminDown');
  assert.deepEqual(at.said, []);
});

void test('a session rests after each bug, twice as long as before, up to ten minutes, and is forgiven after an hour', () => {
  const rest = new FaultRest(10_000);
  const rests = [];
  let nowMs = 0;
  for (let turn = 0; turn < 8; turn++) {
    rests.push(rest.begin(nowMs));
    nowMs += rests.at(-1) ?? 0;
  }
  assert.deepEqual(rests, [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
  nowMs -= 600_000;
  assert.equal(rest.begin(nowMs + 3_599_999), 600_000);
  assert.equal(rest.begin(nowMs + 3_599_999 + 3_600_000), 10_000);
});

void test(
  'packets whose reading meets a bug end the session with their sender and no other',
  options,
  async (context) => {
    const log = new EventLog<BfdEvent>();
    const speaker = new InThreadBfd({ onEvent: log.add });
    context.after(() => speaker.stop({ isSilent: true }));
    for (const [name, address] of Object.entries(peers)) {
      assert.ok(speaker.addSession({ name, address, localAddress: '127.88.0.4', isMultihop: true }).ok);
    }
    breakMethod(context, SessionTable.prototype, 'find', (_table, [, , source]) =>
      source === peers.unlucky ? 'the table is broken' : undefined,
    );
    const sender = createSocket('udp4');
    context.after(() => sender.close());
    sender.bind(0, peers.unlucky, () => {
      for (let count = 1; count <= 4; count++) sender.send(downPacket(), 4784, '127.88.0.4');
    });
    await log.find('the end', isState('unlucky', 'adminDown'));
    assert.deepEqual(
      (await speaker.snapshot()).map(({ name, state }) => [name, state]),
      [
        ['unlucky', 'adminDown'],
        ['lucky', 'down'],
      ],
    );
  },
);

void test('a thread that the system refuses is told as the end of the speaker, which stops all the same', async () => {
  const ended = Promise.withResolvers<BfdEvent>();
  const refused = startWorker(import.meta.url, './bfd-faulty-worker', {}, () => {
    throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN');
  });
  const speaker = new WorkerBfd(refused, ended.resolve);
  assert.ok(speaker.addSession({ address: '192.0.2.1' }).ok);
  assert.deepEqual(await ended.promise, {
    kind: 'ended',
    text: 'the BFD worker ended: ERR_WORKER_INIT_FAILED: EAGAIN; all its sessions are gone',
  });
  assert.deepEqual(await speaker.snapshot(), []);
  assert.equal(speaker.addSession({ address: '192.0.2.2' }).ok, false);
  await speaker.stop({ isSilent: true });
});
