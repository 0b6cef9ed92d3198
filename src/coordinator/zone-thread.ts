/**
 * Zones of a release are read and built in a thread of their own, so that a million names cost the decisions of this
 * process no time. The thread (zone-worker.ts) ends with its work, and its memory with it.
 */
import { Worker } from 'node:worker_threads';
import type { GeoFile } from '#config/geo-file.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import type { ZoneReadings } from '#config/zone-reader.ts';

/** What the thread is given. */
export interface ZoneWork {
  readonly files: ReleaseFiles;
  readonly geo: readonly GeoFile[];
}

/** Reads the zones of a release and builds their image. Rejects where the thread fails, as of memory. */
export function readZonesApart(files: ReleaseFiles, geo: readonly GeoFile[]): Promise<ZoneReadings> {
  const work: ZoneWork = { files, geo };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./zone-worker.ts', import.meta.url), { workerData: work });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that reads zones ended with ${code}`)));
  });
}
