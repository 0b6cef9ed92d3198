/**
 * What keeps a release from being put in force here: problems of its files, and zones that it would take away unasked.
 *
 * Zones are read apart from this thread (zone-thread.ts). What was read of the release that was checked last is kept,
 * since it is most often the one that is put in force next.
 */
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import type { GeoFile } from '#config/geo-file.ts';
import { formatProblem, fileProblem } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { decodeRelease, releaseDigest } from '#config/release-files.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import { compileRelease } from '#config/release.ts';
import type { ZoneReadings } from '#config/zone-reader.ts';
import type { ZoneThreads } from './zone-thread.ts';

/** A release and its zones as read. */
export interface ReadRelease {
  readonly files: ReleaseFiles;
  readonly zones: ZoneReadings;
}

/** Checks releases for the coordinator of one site. */
export class ReleaseChecks {
  readonly #site: string;
  readonly #geo: () => readonly GeoFile[];
  readonly #threads: ZoneThreads;
  #last: { readonly files: ReleaseFiles; readonly zones: Promise<ZoneReadings> } | undefined;

  /** `geo` gives the databases in use. */
  constructor(site: string, geo: () => readonly GeoFile[], threads: ZoneThreads) {
    this.#site = site;
    this.#geo = geo;
    this.#threads = threads;
  }

  /** Every problem of a release's files; of one that was accepted before, what keeps it from running (ADR 33). */
  async problemsOf(files: ReleaseFiles, wasAccepted = false): Promise<readonly Problem[]> {
    const zones = await this.read(files);
    const checked = compileRelease(files, { site: this.#site, zones: zones.readings, wasAccepted });
    if (checked.ok) return [];
    this.#last = undefined;
    return checked.fault;
  }

  /** What keeps a release from running that was accepted here before, or by the writer; one line for each problem. */
  async problemsOfStored(bytes: Uint8Array): Promise<readonly string[]> {
    const files = decodeRelease(bytes);
    return files.ok ? (await this.problemsOf(files.value, true)).map(formatProblem) : [files.fault];
  }

  /**
   * The release with this digest, whose zones are the caller's from now on; `load` gives its bytes where it was not
   * checked just before. The fault is a line that says why it cannot be read.
   */
  async take(digest: string, load: () => Promise<Uint8Array | undefined>): Promise<Result<ReadRelease, string>> {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined && releaseDigest(last.files) === digest) {
      return succeed({ files: last.files, zones: await last.zones });
    }
    const bytes = await load();
    if (bytes === undefined) return refuse('it is damaged on disk');
    const files = decodeRelease(bytes);
    return files.ok
      ? succeed({ files: files.value, zones: await this.#threads.read(files.value, this.#geo()) })
      : files;
  }

  /**
   * The zones that are served now and would not be any more: a file that is gone by mistake must not take its zone with
   * it. A stored release that cannot be read takes nothing away.
   */
  async removedZones(current: Uint8Array, next: ReleaseFiles): Promise<readonly Problem[]> {
    const files = decodeRelease(current);
    if (!files.ok) return [];
    const remaining = new Set(originsOf(await this.read(next)).values());
    return [...originsOf(await this.#threads.read(files.value, this.#geo()))]
      .filter(([, origin]) => !remaining.has(origin))
      .map(([file, origin]) => {
        const message = `zone '${origin}' is served and would be gone: expected it, or 'fairlead apply --allow-removal'`;
        return fileProblem(file, message);
      });
  }

  /** Reads the zones of a release, which is most likely the next to be checked or put in force. */
  read(files: ReleaseFiles): Promise<ZoneReadings> {
    const last = this.#last;
    if (last !== undefined && (last.files === files || releaseDigest(last.files) === releaseDigest(files))) {
      return last.zones;
    }
    const zones = this.#threads.read(files, this.#geo());
    this.#last = { files, zones };
    // Whoever asks for them hears of a failure; it is not to be repeated by those who come later.
    zones.catch(() => {
      if (this.#last?.zones === zones) this.#last = undefined;
    });
    return zones;
  }
}

/** The names of a release's zones by file. */
function originsOf({ readings }: ZoneReadings): ReadonlyMap<string, string> {
  const origins = [...readings].map(([file, { facts }]) => [file, facts?.origin ?? ''] as const);
  return new Map(origins.filter(([, origin]) => origin !== ''));
}
