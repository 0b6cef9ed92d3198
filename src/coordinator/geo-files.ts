/**
 * The geo databases of this machine: read at the start, and again whenever a file changes (R29).
 *
 * A file is verified in a thread of its own before it is used, so that a large one costs the decisions no time; one that
 * is refused changes nothing. Where none is named, the country database that comes with fairlead is used.
 */
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { IpAddress } from '#base/ip.ts';
import { defaultGeoFile, geoFile } from '#config/geo-file.ts';
import type { GeoFile } from '#config/geo-file.ts';
import type { Logger } from '#config/log.ts';
import type { GeoFinding, GeoNet } from '#geo/atlas.ts';

/** How often it is looked whether a file has changed. */
const lookMs = 5000;

/** What a thread is asked. */
export type GeoWork =
  | { readonly kind: 'verify'; readonly file: GeoFile }
  | {
      readonly kind: 'find';
      readonly files: readonly GeoFile[];
      readonly nets: readonly GeoNet[];
      readonly address: IpAddress;
    };

/** The files, each as it was last found good. */
export class GeoFiles {
  readonly #paths: readonly string[];
  readonly #log: Logger;
  readonly #good = new Map<string, GeoFile>();
  /** What each file looked like before it was read last. */
  readonly #seen = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(paths: readonly string[], log: Logger) {
    this.#paths = paths;
    this.#log = log;
  }

  /** What places are read from, the first that knows one first. */
  get files(): readonly GeoFile[] {
    if (this.#paths.length === 0) return [defaultGeoFile()];
    return this.#paths.flatMap((path) => this.#good.get(path) ?? []);
  }

  /** Takes in every file that changed since the last look; one that cannot be used is said. True where any was taken. */
  async look(): Promise<boolean> {
    const taken = await Promise.all(this.#paths.map((path) => this.#lookAt(path)));
    return taken.includes(true);
  }

  /** Looks again and again, and calls `onChange` after a file was taken in. */
  watch(onChange: () => void): void {
    if (this.#isClosed || this.#paths.length === 0) return;
    this.#timer = setTimeout(() => {
      void this.look().then((isTaken) => {
        if (isTaken && !this.#isClosed) onChange();
        this.watch(onChange);
      });
    }, lookMs);
    this.#timer.unref();
  }

  /** What nets and databases say of an address, those first that win. */
  async findingsOf(address: IpAddress, nets: readonly GeoNet[]): Promise<readonly GeoFinding[]> {
    // The thread posts just this.
    return (await workApart({ kind: 'find', files: this.files, nets, address })) as readonly GeoFinding[];
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #lookAt(path: string): Promise<boolean> {
    const stays = this.#good.has(path) ? 'the one before stays in use' : 'it is left out';
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const looks = `${ino} ${size} ${mtimeMs}`;
      if (this.#seen.get(path) === looks) return false;
      this.#seen.set(path, looks);
      const file = geoFile(path, await readFile(path));
      // The thread posts a text, or nothing.
      const fault = (await workApart({ kind: 'verify', file })) as string | undefined;
      if (fault === undefined) {
        this.#good.set(path, file);
        this.#log.info({ event: 'geo' }, `${path} is in use: ${file.bytes.length} octets`);
        return true;
      }
      this.#log.error({ event: 'geo' }, `${fault}; ${stays}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // A file that stays away is said once.
      if (this.#seen.get(path) !== why) this.#log.error({ event: 'geo' }, `${why}; ${stays}`);
      this.#seen.set(path, why);
    }
    return false;
  }
}

/** Has a thread do something with databases. */
function workApart(work: GeoWork): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./geo-worker.ts', import.meta.url), { workerData: work });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that reads geo databases ended with ${code}`)));
  });
}
