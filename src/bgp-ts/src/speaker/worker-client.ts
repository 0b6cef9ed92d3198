/** A speaker in a thread of its own, so that garbage collection or long work elsewhere costs no session. */
import { startWorker } from '../system/worker.ts';
import type { BgpSpeaker, OnSpeakerEvent } from './types.ts';
import { WorkerSpeaker } from './worker-speaker.ts';

/** Starts a worker and returns a speaker that lives in it; an `ended` event says where none can be started. */
export function createWorkerSpeaker(options: { readonly onEvent: OnSpeakerEvent }): BgpSpeaker {
  return new WorkerSpeaker(startWorker(import.meta.url, './worker', { name: 'bgp' }), options.onEvent);
}
