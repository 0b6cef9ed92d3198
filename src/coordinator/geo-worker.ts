/** The thread that verifies one geo database: see geo-files.ts. Posts why it is refused, or nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import { openMmdb } from '#geo/mmdb.ts';
import type { GeoFile } from '#config/geo-file.ts';

const { file, bytes } = workerData as GeoFile; // geo-files.ts starts this file with nothing else
const opened = openMmdb(bytes, file);
parentPort?.postMessage(opened.ok ? undefined : opened.fault);
