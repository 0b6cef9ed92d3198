/** A BFD speaker in a thread of its own, so that garbage collection or long work elsewhere delays no packet. */
import { startWorker } from '../system/worker.ts';
import type { BfdSpeakerOptions } from './speaker.ts';
import type { BfdSpeaker } from './types.ts';
import { WorkerBfd } from './worker-bfd.ts';
import type { BfdWorkerData } from './worker-messages.ts';

/** Starts a worker and returns a BFD speaker that lives in it; an `ended` event says where none can be started. */
export function createWorkerBfd({ onEvent, ...rest }: BfdSpeakerOptions): BfdSpeaker {
  const workerData: BfdWorkerData = rest;
  return new WorkerBfd(startWorker(import.meta.url, './worker', { name: 'bfd', workerData }), onEvent);
}
