/** A BFD speaker in a thread of its own, so that garbage collection or long work elsewhere delays no packet. */
import { Worker } from 'node:worker_threads';
import type { BfdSpeakerOptions } from './speaker.ts';
import type { BfdSpeaker } from './types.ts';
import { WorkerBfd } from './worker-bfd.ts';
import type { BfdWorkerData } from './worker-messages.ts';

/** The worker's entry stands beside this file, compiled or not as this file is. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** Starts a worker and returns a BFD speaker that lives in it. */
export function createWorkerBfd(options: BfdSpeakerOptions): BfdSpeaker {
  const workerData: BfdWorkerData = { allowUnfiltered: options.allowUnfiltered ?? false };
  return new WorkerBfd(new Worker(workerUrl, { name: 'bfd', workerData }), options.onEvent);
}
