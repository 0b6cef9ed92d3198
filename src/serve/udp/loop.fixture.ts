/** The loop on a real socket in this thread, for tests that replace system calls. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { counter, createThreadCounters } from '../counters.ts';
import type { CounterName } from '../counters.ts';
import { createThreadAnswerer } from '../echo-answerer.fixture.ts';
import type { ListenAddress } from '../listen-fault.ts';
import type { Libc } from '../system/libc.ts';
import { openUdpSocket } from '../system/sockets.ts';
import { controlWord, createControl, HeartbeatWatch, stopWord, UpdateInbox } from '../thread-control.ts';
import { UdpLoop } from './loop.ts';

/** A bound socket with a loop. */
export interface LoopBench {
  readonly port: number;
  /** Answers what has arrived, with some calls replaced, and returns the counts. */
  readonly run: (replaced: Partial<Libc>, joinReplies?: boolean) => (name: CounterName) => number;
}

/** Binds a socket; it is closed with the test. */
export function openLoop(context: TestContext, libc: Libc, listen: ListenAddress): LoopBench {
  const settings = { receiveBufferBytes: 1 << 20, sendBufferBytes: 1 << 20, sharing: 'sole' } as const;
  const socket = openUdpSocket(libc, listen, settings);
  assert.ok(socket.ok);
  const { fd, bound } = socket.value;
  const { port1, port2 } = new MessageChannel();
  context.after(() => {
    libc.close(fd);
    port1.close();
  });
  const run: LoopBench['run'] = (replaced, joinReplies = true) => {
    const control = createControl();
    Atomics.store(control, controlWord.stop, stopWord.finish);
    const counters = createThreadCounters();
    const answerer = createThreadAnswerer({ prefix: ':' });
    new UdpLoop({
      libc: { ...libc, ...replaced },
      sockets: [fd],
      joinReplies,
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
  return { port: bound.port, run };
}

/** A socket that is closed with the test. */
export function openClient(context: TestContext, type: 'udp4' | 'udp6' = 'udp4'): Socket {
  const client = createSocket(type);
  context.after(() => client.close());
  return client;
}

/** Sends and resolves when all datagrams are in the server's queue, where loopback puts them before it returns. */
export async function sendTexts(
  client: Socket,
  port: number,
  texts: readonly string[],
  host = '127.0.0.1',
): Promise<void> {
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      client.send(text, port, host, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

/** The next replies that a client gets, as text. */
export async function receiveTexts(client: Socket, count: number): Promise<string[]> {
  const replies: string[] = [];
  while (replies.length < count) {
    const [reply] = (await once(client, 'message')) as [Buffer]; // dgram's own signature
    replies.push(reply.toString());
  }
  return replies;
}
