/** The loop on a real socket in this thread, with single system calls made to fail. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { loopback } from '../clients.fixture.ts';
import { createThreadCounters } from '../counters.ts';
import { errorNumber, ipv4SocketAddress } from '../system/layout.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { controlWord, createControl, HeartbeatWatch, stopWord, UpdateInbox } from '../thread-control.ts';
import { openClient, openLoop, receiveTexts, sendTexts } from './loop.fixture.ts';
import type { LoopBench } from './loop.fixture.ts';
import { UdpLoop } from './loop.ts';

const loaded = loadLibc();
const options = { skip: loaded.ok ? false : loaded.fault };

interface Bench extends LoopBench {
  readonly client: Socket;
}

function setUp(context: TestContext, libc: Libc): Bench {
  return { ...openLoop(context, libc, loopback), client: openClient(context) };
}

const texts = ['a', 'b', 'c', 'd', 'e'];

test('a reply that the system refuses is left out and counted, and the others still go', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { client, port, run } = setUp(context, libc);
  await sendTexts(client, port, texts);
  let calls = 0;
  const count = run(
    {
      sendmmsg: (fd, headers, replies, flags) => {
        calls++;
        // The first call takes one of five, the second none.
        if (calls === 2) return -1;
        return libc.sendmmsg(fd, headers, calls === 1 ? 1 : replies, flags);
      },
      errorNumber: () => (calls === 2 ? 1 : libc.errorNumber()),
    },
    false,
  );
  assert.deepEqual(await receiveTexts(client, 4), ['u:a', 'u:c', 'u:d', 'u:e']);
  assert.deepEqual([count('received'), count('answered'), count('sendFailures')], [5, 4, 1]);
});

test('while the queue to the network is full, replies are dropped rather than waited for', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { client, port, run } = setUp(context, libc);
  await sendTexts(client, port, texts);
  let calls = 0;
  const count = run(
    {
      sendmmsg: (fd, headers, _replies, flags) => (++calls === 1 ? libc.sendmmsg(fd, headers, 2, flags) : -1),
      errorNumber: () => (calls === 2 ? errorNumber.tryAgain : libc.errorNumber()),
    },
    false,
  );
  assert.deepEqual(await receiveTexts(client, 2), ['u:a', 'u:b']);
  assert.deepEqual([calls, count('answered'), count('sendFailures')], [2, 2, 3]);
});

test('an error that the network left on the socket is counted, and the loop goes on', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { port, run } = setUp(context, libc);
  assert.ok(port > 0);
  const refused = 111;
  assert.equal(run({ recvmmsg: () => -1, errorNumber: () => refused })('receiveFailures'), 1);
  assert.equal(run({ recvmmsg: () => -1, errorNumber: () => errorNumber.interrupted })('receiveFailures'), 0);
  assert.throws(() => run({ recvmmsg: () => -1, errorNumber: () => errorNumber.badDescriptor }), /recvmmsg: EBADF/);
});

test('a query from port 0 is discarded, since no reply could reach it', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { client, port, run } = setUp(context, libc);
  await sendTexts(client, port, texts);
  let region: Uint8Array | undefined;
  const count = run({
    pointerTo: (view) => {
      if (view instanceof Uint8Array) region = view;
      return libc.pointerTo(view);
    },
    recvmmsg: (fd, headers, slots, flags, timeout) => {
      const received = libc.recvmmsg(fd, headers, slots, flags, timeout);
      assert.ok(region !== undefined);
      // The second header's name: its port becomes 0, as a raw socket could send it.
      const view = new DataView(region.buffer);
      const nameAt = Number(view.getBigUint64(64, true)) - libc.pointerTo(region);
      if (received > 0) view.setUint16(nameAt + ipv4SocketAddress.portAt, 0);
      return received;
    },
  });
  assert.deepEqual(await receiveTexts(client, 4), ['u:a', 'u:c', 'u:d', 'u:e']);
  assert.deepEqual([count('received'), count('answered'), count('discarded')], [5, 4, 1]);
});

for (const [sockets, where] of [
  [[3], 'recvmmsg'],
  [[3, 4], 'poll'],
] as const) {
  test(`a thread that waits in ${where} and gets no query takes its updates all the same`, options, (context) => {
    assert.ok(loaded.ok);
    const control = createControl();
    const { port1, port2 } = new MessageChannel();
    context.after(() => port1.close());
    const applied: unknown[] = [];
    // The wait brings nothing, and an update was sent meanwhile; after it the loop is to end.
    const wait = (nothing: number) => (): number => {
      port1.postMessage('update');
      Atomics.add(control, controlWord.updates, 1);
      Atomics.store(control, controlWord.stop, stopWord.halt);
      return nothing;
    };
    const answerer = { answer: () => 0, apply: (update: unknown) => applied.push(update), transfer: () => undefined };
    new UdpLoop({
      libc: { ...loaded.value, recvmmsg: wait(-1), poll: wait(0), errorNumber: () => errorNumber.tryAgain },
      sockets,
      joinReplies: true,
      answer: answerer.answer,
      control,
      counters: createThreadCounters(),
      inbox: new UpdateInbox(control, port2, answerer, 0),
      heartbeat: new HeartbeatWatch(control, 1000, 200, 0),
      now: () => 0,
      onSilence: () => assert.fail('the heartbeat is not watched for long'),
    }).run();
    assert.deepEqual(applied, ['update']);
  });
}
