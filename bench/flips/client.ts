/**
 * A thread that asks for one name without pause, several queries under way, and judges every answer against what was
 * published around it. Posts a `ClientReport` when it is stopped.
 */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { monotonicMs } from '#base/clock.ts';
import { judge } from './judge.ts';
import { FlipClock } from './shared.ts';

/** What a client thread is given. */
export interface ClientTask {
  readonly port: number;
  /** A query whose answer ends with the address; its id is overwritten. */
  readonly query: Uint8Array;
  readonly clock: SharedArrayBuffer;
}

/** What it saw. */
export interface ClientReport {
  readonly answers: number;
  readonly torn: number;
  readonly stale: number;
  readonly unclear: number;
  /** For each publication that an answer showed first: milliseconds since it began. */
  readonly firstSeenMs: readonly number[];
}

const underWay = 16;
/** A query that was lost is asked again after so long. */
const patienceMs = 200;
const answerCountAt = 6;

// Given by bench/flips.ts alone.
const { port, query, clock: buffer } = workerData as ClientTask;
const clock = new FlipClock(buffer);
const socket = createSocket('udp4');
const queries = Array.from({ length: underWay }, (_, slot) => {
  const bytes = Buffer.from(query);
  bytes.writeUInt16BE(slot, 0);
  return bytes;
});
const finishedBefore = new Int32Array(underWay);
const sentMs = new Float64Array(underWay);
const counts = { answers: 0, torn: 0, stale: 0, unclear: 0 };
const firstSeenMs = new Map<number, number>();

function ask(slot: number): void {
  const bytes = queries[slot];
  if (bytes === undefined) return;
  sentMs[slot] = monotonicMs();
  finishedBefore[slot] = clock.finished;
  socket.send(bytes, port, '127.0.0.1');
}

function hear(reply: Buffer): void {
  const nowMs = monotonicMs();
  const begunAfter = clock.begun;
  const slot = reply.readUInt16BE(0);
  const judged = judge(reply.readUInt16BE(answerCountAt), (reply.at(-1) ?? 0) - 1, {
    finishedBefore: finishedBefore[slot] ?? 0,
    begunAfter,
  });
  counts.answers++;
  if (judged.kind !== 'right') counts[judged.kind]++;
  else if (!firstSeenMs.has(judged.publication)) {
    firstSeenMs.set(judged.publication, nowMs - clock.begunMs(judged.publication));
  }
  if (!clock.isStopped) ask(slot);
}

function askAgain(): void {
  const nowMs = monotonicMs();
  for (let slot = 0; slot < underWay; slot++) if (nowMs - (sentMs[slot] ?? 0) > patienceMs) ask(slot);
}

function watch(): void {
  if (!clock.isStopped) {
    askAgain();
    return;
  }
  clearInterval(watching);
  socket.close();
  const report: ClientReport = { ...counts, firstSeenMs: [...firstSeenMs.values()] };
  parentPort?.postMessage(report);
}

socket.on('message', hear);
const watching = setInterval(watch, patienceMs);
for (let slot = 0; slot < underWay; slot++) ask(slot);
