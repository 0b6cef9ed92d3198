/** The thread that reads and builds the zones of one release: see zone-thread.ts. */
import { parentPort } from 'node:worker_threads';
import { readZones } from '#config/zone-reader.ts';
import type { ZoneWork } from './zone-thread.ts';

// Sent by `ZoneThreads`, which alone starts this file. With nobody listening any more, the thread ends.
parentPort?.once('message', ({ files, geo }: ZoneWork) => {
  parentPort?.postMessage(readZones(files, geo));
});
