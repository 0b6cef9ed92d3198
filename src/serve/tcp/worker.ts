/**
 * Entry of the streams thread: TCP and, where batches cannot be had, UDP by dgram, on an event loop. Started by
 * dns-threads.ts only.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '#base/assert.ts';
import { loadLibc } from '../system/libc.ts';
import { duplicate } from '../system/sockets.ts';
import { loadThreadAnswerer } from '../thread-answerer.ts';
import { HeartbeatWatch, UpdateInbox } from '../thread-control.ts';
import type { StreamsCommand, StreamsThreadData, ThreadMeasured, ThreadStart, ThreadTold } from '../thread-data.ts';
import { endProcess } from '../thread-end.ts';
import { listenDgram } from '../udp/dgram.ts';
import type { DgramListener } from '../udp/dgram.ts';
import { openPairs } from '../open-pairs.ts';
import { RoundTripCollector } from './round-trips.ts';
import { StreamServer } from './stream-server.ts';

/** How often the thread tells what it measured, and an idle one looks at its updates and the main thread's heartbeat. */
const lookMs = 500;

const data = workerData as StreamsThreadData; // dns-threads.ts starts this file with nothing else
const port = present(parentPort, 'the port of a thread');
const { control, counters, limits, commands } = data;

const answerer = await loadThreadAnswerer(data.module, data.setup, (told) => {
  const message: ThreadTold = { kind: 'told', told };
  port.postMessage(message);
});
const inbox = new UpdateInbox(control, port, answerer, data.updatesTaken);
const heartbeat = new HeartbeatWatch(control, data.silenceLimitMs, 2 * lookMs, Date.now());
const beforeQuery = (): void => inbox.take();

const roundTrips = new RoundTripCollector();
const streams = new StreamServer({ answerer, beforeQuery, counters, limits, roundTrips });
let datagrams: readonly DgramListener[] = [];

const start = await open();
if (start.kind === 'ready') serve();
else commands.close();
port.postMessage(start);

async function open(): Promise<ThreadStart> {
  if (data.sockets.kind === 'descriptors') {
    const libc = loadLibc();
    if (!libc.ok) throw new Error(`bug: descriptors came although ${libc.fault}`);
    // Closing the server closes its descriptor; the main thread's own stays open for the next thread.
    for (const fd of data.sockets.listeners) await streams.listenOn(duplicate(libc.value, fd));
    return { kind: 'ready', bound: [] };
  }
  const opened = await openPairs(data.sockets.listen, {
    openUdp: (listen) => listenDgram(listen, { answer: answerer.answer, beforeQuery, counters }),
    openTcp: (listen) => streams.listen(listen),
  });
  if (!opened.ok) {
    await streams.close();
    return { kind: 'refused', faults: opened.fault };
  }
  datagrams = opened.value;
  return { kind: 'ready', bound: datagrams.map((listener) => listener.bound) };
}

function serve(): void {
  const look = setInterval(() => {
    inbox.take();
    tellRoundTrips();
    if (heartbeat.isSilent(Date.now())) endProcess(data.silenceLimitMs);
  }, lookMs);
  commands.on('message', (command: StreamsCommand) => {
    void obey(command).finally(() => {
      clearInterval(look);
      commands.close();
    });
  });
}

function tellRoundTrips(): void {
  const taken = roundTrips.take();
  if (taken.length === 0) return;
  const message: ThreadMeasured = { kind: 'measured', roundTrips: taken };
  port.postMessage(message);
}

async function obey(command: StreamsCommand): Promise<void> {
  const closing = datagrams.map((listener) => listener.close());
  await Promise.all([...closing, command.kind === 'drain' ? streams.drain(command.deadlineMs) : streams.close()]);
}
