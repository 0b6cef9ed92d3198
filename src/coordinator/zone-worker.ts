/** The thread that reads and builds the zones of one release: see zone-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { readZones } from '#config/zone-reader.ts';
import type { ZoneWork } from './zone-thread.ts';

// Given by `readZonesApart`, which alone starts this file.
const { files, geo } = workerData as ZoneWork;
parentPort?.postMessage(readZones(files, geo));
