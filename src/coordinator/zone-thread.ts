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

/** Reads zones, those of each release in a thread of its own. */
export class ZoneThreads {
  /** Has nothing to read yet. */
  #spare: Worker | undefined;
  readonly #begun = Promise.withResolvers<undefined>();

  /** Resolves when a thread has something to read. */
  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  /** Starts the thread that the next `read` takes, so that its code is loaded by then. It keeps no process alive. */
  prepare(): void {
    try {
      const spare = startThread();
      spare.unref();
      spare.once('error', () => {
        if (this.#spare === spare) this.#spare = undefined;
      });
      this.#spare = spare;
    } catch {
      // Where it cannot start, the next one says why.
    }
  }

  /** Reads the zones of a release and builds their image. Rejects where the thread fails, as of memory. */
  async read(files: ReleaseFiles, geo: readonly GeoFile[]): Promise<ZoneReadings> {
    const worker = this.#spare ?? startThread();
    this.#spare = undefined;
    worker.ref();
    const work: ZoneWork = { files, geo };
    worker.postMessage(work);
    this.#begun.resolve(undefined);
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread that reads zones ended with ${code}`)));
    });
  }
}

function startThread(): Worker {
  return new Worker(new URL('./zone-worker.ts', import.meta.url));
}
