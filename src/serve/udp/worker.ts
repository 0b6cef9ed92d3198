/** Entry of a UDP thread: loads the answerer and runs the loop to its end. Started by dns-threads.ts only. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '#base/assert.ts';
import { loadLibc } from '../system/libc.ts';
import { receiveWaitMs } from '../system/sockets.ts';
import { loadThreadAnswerer } from '../thread-answerer.ts';
import { HeartbeatWatch, UpdateInbox } from '../thread-control.ts';
import { endProcess } from '../thread-end.ts';
import type { ThreadStart, ThreadTold, UdpThreadData } from '../thread-data.ts';
import { UdpLoop } from './loop.ts';

const data = workerData as UdpThreadData; // dns-threads.ts starts this file with nothing else
const port = present(parentPort, 'the port of a thread');
const libc = loadLibc();
if (!libc.ok) throw new Error(`bug: a UDP thread was started although ${libc.fault}`);

const answerer = await loadThreadAnswerer(data.module, data.setup, (told) => {
  const message: ThreadTold = { kind: 'told', told };
  port.postMessage(message);
});
const { control, counters } = data;
const loop = new UdpLoop({
  libc: libc.value,
  sockets: data.sockets,
  joinReplies: data.joinReplies,
  answer: answerer.answer,
  control,
  counters,
  inbox: new UpdateInbox(control, port, answerer, data.updatesTaken),
  heartbeat: new HeartbeatWatch(control, data.silenceLimitMs, 2 * receiveWaitMs, Date.now()),
  now: Date.now,
  onSilence: () => endProcess(data.silenceLimitMs),
});
const start: ThreadStart = { kind: 'ready', bound: [] };
port.postMessage(start);
loop.run();
