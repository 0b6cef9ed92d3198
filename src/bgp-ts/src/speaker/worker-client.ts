/** A speaker in a thread of its own, so that garbage collection or long work elsewhere costs no session. */
import { Worker } from 'node:worker_threads';
import type { BgpSpeaker, OnSpeakerEvent } from './types.ts';
import { WorkerSpeaker } from './worker-speaker.ts';

/** The worker's entry stands beside this file, compiled or not as this file is. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** Starts a worker and returns a speaker that lives in it. */
export function createWorkerSpeaker(options: { readonly onEvent: OnSpeakerEvent }): BgpSpeaker {
  return new WorkerSpeaker(new Worker(workerUrl, { name: 'bgp' }), options.onEvent);
}
