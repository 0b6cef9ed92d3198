/** The loop on a real socket in this thread, with single system calls made to fail. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { loopback } from '../clients.fixture.ts';
import { counter, createThreadCounters } from '../counters.ts';
import type { CounterName } from '../counters.ts';
import { createThreadAnswerer } from '../echo-answerer.fixture.ts';
import { errorNumber, ipv4SocketAddress } from '../system/layout.ts';
import { loadLibc } from '../system/libc.ts';
import type { Libc } from '../system/libc.ts';
import { openUdpSocket } from '../system/sockets.ts';
import { controlWord, createControl, HeartbeatWatch, stopWord, UpdateInbox } from '../thread-control.ts';
import { UdpLoop } from './loop.ts';

const loaded = loadLibc();
const options = { skip: loaded.ok ? false : loaded.fault };

interface Bench {
  readonly client: Socket;
  readonly port: number;
  /** Answers what has arrived, with some calls replaced, and returns the counts. */
  readonly run: (replaced: Partial<Libc>) => (name: CounterName) => number;
}

function setUp(context: TestContext, libc: Libc): Bench {
  const settings = { receiveBufferBytes: 1 << 20, sendBufferBytes: 1 << 20, sharing: 'sole' } as const;
  const socket = openUdpSocket(libc, loopback, settings);
  assert.ok(socket.ok);
  const { fd, bound } = socket.value;
  const client = createSocket('udp4');
  const { port1, port2 } = new MessageChannel();
  context.after(() => {
    libc.close(fd);
    client.close();
    port1.close();
  });
  const run: Bench['run'] = (replaced) => {
    const control = createControl();
    Atomics.store(control, controlWord.stop, stopWord.finish);
    const counters = createThreadCounters();
    const answerer = createThreadAnswerer({ prefix: ':' });
    new UdpLoop({
      libc: { ...libc, ...replaced },
      sockets: [fd],
      answer: answerer.answer,
      control,
      counters,
      inbox: new UpdateInbox(control, port2, answerer, 0),
      heartbeat: new HeartbeatWatch(control, 1000, 200, 0),
      now: () => 0,
      onSilence: () => assert.fail('the heartbeat is not watched for long'),
    }).run();
    return (name) => counters[counter[name]] ?? -1;
  };
  return { client, port: bound.port, run };
}

/** Sends and resolves when all datagrams are in the server's queue, where loopback puts them before it returns. */
async function send(client: Socket, port: number, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      client.send(text, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

async function receive(client: Socket, count: number): Promise<string[]> {
  const replies: string[] = [];
  while (replies.length < count) {
    const [reply] = (await once(client, 'message')) as [Buffer]; // dgram's own signature
    replies.push(reply.toString());
  }
  return replies;
}

const texts = ['a', 'b', 'c', 'd', 'e'];

test('a reply that the system refuses is left out and counted, and the others still go', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { client, port, run } = setUp(context, libc);
  await send(client, port, texts);
  let calls = 0;
  const count = run({
    sendmmsg: (fd, headers, replies, flags) => {
      calls++;
      // The first call takes one of five, the second none.
      if (calls === 2) return -1;
      return libc.sendmmsg(fd, headers, calls === 1 ? 1 : replies, flags);
    },
    errorNumber: () => (calls === 2 ? 1 : libc.errorNumber()),
  });
  assert.deepEqual(await receive(client, 4), ['u:a', 'u:c', 'u:d', 'u:e']);
  assert.deepEqual([count('received'), count('answered'), count('sendFailures')], [5, 4, 1]);
});

test('while the queue to the network is full, replies are dropped rather than waited for', options, async (context) => {
  assert.ok(loaded.ok);
  const libc = loaded.value;
  const { client, port, run } = setUp(context, libc);
  await send(client, port, texts);
  let calls = 0;
  const count = run({
    sendmmsg: (fd, headers, _replies, flags) => (++calls === 1 ? libc.sendmmsg(fd, headers, 2, flags) : -1),
    errorNumber: () => (calls === 2 ? errorNumber.tryAgain : libc.errorNumber()),
  });
  assert.deepEqual(await receive(client, 2), ['u:a', 'u:b']);
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
  await send(client, port, texts);
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
  assert.deepEqual(await receive(client, 4), ['u:a', 'u:c', 'u:d', 'u:e']);
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
