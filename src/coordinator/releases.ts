/**
 * The releases of a coordinator: what it boots from, what the API says of them, and what comes next.
 *
 * The writer takes the files beside `fairlead.yaml` in when they changed (ADR 13); a follower follows the writer. Both
 * then see new heads in their own store, so what runs is always what is on disk. A release that cannot run here is
 * passed over, and what ran before goes on (R29).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiFault } from '#api/fault.ts';
import type { ApplyRequest, RollbackRequest } from '#api/requests.ts';
import type { HeadsQuery } from '#api/server.ts';
import { unixMs } from '#base/clock.ts';
import type { Prng } from '#base/prng.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { Logger } from '#config/log.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblem, formatProblems } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { encodeRelease, readReleaseFiles, releaseDigest, releaseFiles } from '#config/release-files.ts';
import type { ReleaseFiles } from '#config/release-files.ts';
import { openEmbeddedStore } from '#replication/embedded/sqlite-store.ts';
import { startFollower } from '#replication/follower.ts';
import type { Follower } from '#replication/follower.ts';
import { createReplicationHandlers } from '#replication/handlers.ts';
import type { Applied, ReplicationHandlers } from '#replication/handlers.ts';
import { formatHeadId } from '#replication/head.ts';
import type { Head, HeadId } from '#replication/head.ts';
import { createHttpSource } from '#replication/http-source.ts';
import type { ConfigStore } from '#replication/store.ts';
import type { GeoFiles } from './geo-files.ts';
import { buildGeneration } from './generation.ts';
import type { Generation } from './generation.ts';
import { ReleaseChecks } from './release-check.ts';
import { ZoneThreads } from './zone-thread.ts';
import { replaceFile } from '#config/replace-file.ts';

/** How long after a failure the store is read again. */
const retryMs = 1000;

/** A release that is being put in force. */
export interface RunningRelease {
  readonly head: Head;
  readonly generation: Generation;
}

/** What releases are opened with. */
export interface ReleasesOptions {
  readonly machine: MachineConfig;
  readonly log: Logger;
  readonly prng: Prng;
  readonly geo: GeoFiles;
  /** Where zones are read; threads of its own where absent. */
  readonly zoneThreads?: ZoneThreads | undefined;
  /** Take in the files beside `fairlead.yaml`, as a start does, where this is the writer. On where absent. */
  readonly takesFiles?: boolean;
}

/** The releases of one coordinator. */
export class Releases {
  readonly #options: ReleasesOptions;
  readonly #store: ConfigStore;
  readonly #handlers: ReplicationHandlers;
  readonly #checks: ReleaseChecks;
  readonly #closed = new AbortController();
  readonly #importedPath: string;
  #follower: Follower | undefined;

  /**
   * Opens the store; the writer takes in the files beside `fairlead.yaml`. The fault is text for people: the
   * problems of those files, or why the store cannot be had.
   */
  static async open(options: ReleasesOptions): Promise<Result<Releases, string>> {
    let store: ConfigStore;
    try {
      store = openEmbeddedStore(options.machine.stateDirectory);
    } catch (error) {
      return refuse(messageOf(error));
    }
    try {
      // A damaged file opens, and shows only when it is read.
      await store.log();
    } catch (error) {
      await store.close();
      return refuse(
        `cannot read the release store in ${options.machine.stateDirectory}: ${messageOf(error)}; move store.db away to start without its history`,
      );
    }
    const releases = new Releases(options, store);
    if (options.machine.replication.role === 'follower' || options.takesFiles === false) return succeed(releases);
    const imported = await releases.#importAtStart();
    if (imported.ok) return succeed(releases);
    await releases.close();
    return imported;
  }

  private constructor(options: ReleasesOptions, store: ConfigStore) {
    const { machine } = options;
    this.#options = options;
    this.#store = store;
    this.#checks = new ReleaseChecks(machine.site, () => options.geo.files, options.zoneThreads ?? new ZoneThreads());
    this.#importedPath = join(machine.stateDirectory, 'imported-release');
    const { replication } = machine;
    this.#handlers = createReplicationHandlers({
      store,
      role: replication.role === 'writer' ? { kind: 'writer' } : { kind: 'follower', writers: replication.from },
      recheck: (bytes) => this.#checks.problemsOfStored(bytes),
      unixMs,
    });
  }

  /**
   * Takes the files beside `fairlead.yaml` in as a new release when they differ from those taken in last and from the
   * release in force (ADR 13). The fault lists every problem with its place.
   */
  async importDirectory(reason: string): Promise<Result<'taken' | 'unchanged', string>> {
    try {
      return await this.#import(reason, false);
    } catch (error) {
      return refuse(`the files cannot be taken in: ${messageOf(error)}`);
    }
  }

  /** Files with problems end a start; a disk that fails does not where there is a release to serve. */
  async #importAtStart(): Promise<Result<unknown, string>> {
    try {
      return await this.#import('the files changed before the start', true);
    } catch (error) {
      const text = `the files cannot be taken in: ${messageOf(error)}`;
      if ((await this.#store.head()) === undefined) return refuse(text);
      this.#options.log.error({ event: 'release.import' }, `${text}; starting with the release in force`);
      return succeed(undefined);
    }
  }

  /** Files from which a served zone is missing change nothing; at a start that is no reason not to serve at all. */
  async #import(reason: string, isStart: boolean): Promise<Result<'taken' | 'unchanged', string>> {
    const { machine } = this.#options;
    const head = await this.#store.head();
    // A writer that is only ever fed by `fairlead apply` has no files beside it.
    const hasFiles = ['sites', 'zones'].some((folder) => existsSync(join(machine.directory, folder)));
    if (!hasFiles && head !== undefined) return succeed('unchanged');
    const files = readReleaseFiles(machine.directory);
    if (!files.ok) return refuse(formatProblems(files.fault, new Map()));
    // Changed or not, these zones are most likely served next: a second processor reads them meanwhile.
    void this.#checks.read(files.value);
    const bytes = encodeRelease(files.value);
    const digest = releaseDigest(files.value, bytes);
    if (head !== undefined && digest === this.#lastImported()) return succeed('unchanged');
    if (digest === head?.release) {
      this.#rememberImported(digest);
      return succeed('unchanged');
    }
    // Nobody is served yet, and this thread has nothing else to do.
    const put = head === undefined ? await this.#store.putObject(bytes) : undefined;
    const problems = await this.#checks.problemsOf(files.value);
    if (problems.length > 0) {
      if (put !== undefined) await this.#store.dropObject(put);
      return refuse(formatProblems(problems, files.value));
    }
    const removed = await this.#removedZones(head, files.value);
    if (removed.length > 0) {
      const text = formatProblems(removed, files.value);
      if (!isStart) return refuse(text);
      this.#options.log.error({ event: 'release.import' }, `the release in force stays: ${text.trimEnd()}`);
      return succeed('unchanged');
    }
    const release = (): Promise<Result<Uint8Array | string, never>> => Promise.resolve(succeed(put ?? bytes));
    const applied = await this.#handlers.applyRelease({ release, who: 'the writer', reason });
    if (!applied.ok) return refuse(applied.fault.message);
    this.#rememberImported(digest);
    return succeed('taken');
  }

  /** The newest release that can run here; a follower without any waits for its first. Undefined once closed. */
  async first(): Promise<RunningRelease | undefined> {
    this.#follow();
    for (const head of (await this.#store.log()).toReversed()) {
      const running = await this.#prepare(head);
      if (running !== undefined) return running;
    }
    if (this.#options.machine.replication.role === 'follower') {
      this.#options.log.info({ event: 'release.wait' }, 'no release here yet, waiting for the first from the writer');
    }
    for await (const running of this.#watch(await this.#store.head())) return running;
    return undefined;
  }

  /**
   * Tells of each newer release that can run here, and of the one in force again when a geo database has changed, until
   * closed; whatever fails on the way ends nothing (R29).
   */
  follow(since: RunningRelease, onRelease: (running: RunningRelease) => void): void {
    let inForce = since;
    const tell = (running: RunningRelease): void => {
      inForce = running;
      onRelease(running);
    };
    this.#options.geo.watch(() => {
      void this.#refresh(() => inForce.head, tell);
    });
    void this.#tellOfEach(since.head, tell);
  }

  /** Another coordinator has this head: a follower then asks at once. */
  hint(id: HeadId): void {
    this.#follower?.hint(id);
  }

  /** The geo databases that releases are built with. */
  get geo(): GeoFiles {
    return this.#options.geo;
  }

  heads(query: HeadsQuery): Promise<Result<readonly Head[], ApiFault>> {
    return this.#handlers.handleHeads(query);
  }

  object(digest: string): Promise<Uint8Array | undefined> {
    return this.#handlers.handleObject(digest);
  }

  async apply({ files, who, reason, allowRemoval }: ApplyRequest): Promise<Result<Applied, ApiFault>> {
    const release = (): Promise<Result<Uint8Array, readonly string[]>> =>
      this.#encode(releaseFiles(Object.entries(files)), allowRemoval);
    const applied = await this.#handlers.applyRelease({ release, who, reason });
    if (!applied.ok) return applied;
    // Files that were applied from where they lie are taken in: a start after a rollback must not do it again.
    const here = readReleaseFiles(this.#options.machine.directory);
    if (here.ok && releaseDigest(here.value) === applied.value.head.release) {
      this.#rememberImported(applied.value.head.release);
    }
    return applied;
  }

  rollback({ to, who, reason }: RollbackRequest): Promise<Result<Applied, ApiFault>> {
    return this.#handlers.rollback({ to, who, reason });
  }

  async history(): Promise<Result<{ readonly heads: readonly Head[] }, ApiFault>> {
    return succeed({ heads: await this.#handlers.history() });
  }

  /** Tells of no release from now on; the API may still read. */
  endFollowing(): void {
    this.#closed.abort();
    this.#options.geo.close();
  }

  async close(): Promise<void> {
    this.endFollowing();
    await this.#follower?.close();
    await this.#store.close();
  }

  #follow(): void {
    const { machine, log, prng } = this.#options;
    if (machine.replication.role !== 'follower') return;
    this.#follower ??= startFollower({
      store: this.#store,
      sources: machine.replication.from.map((url) => createHttpSource(url, machine.api.token)),
      onHead: () => undefined,
      onEvent: ({ kind, text }) => {
        log[kind === 'lost' || kind === 'refused' ? 'warn' : 'info']({ event: `release.${kind}` }, text);
      },
      refuseRelease: async (bytes) => (await this.#checks.problemsOfStored(bytes)).join('; ') || undefined,
      prng,
    });
  }

  /** Prepares the release in force anew, unless a newer one comes meanwhile. */
  async #refresh(headInForce: () => Head, tell: (running: RunningRelease) => void): Promise<void> {
    const head = headInForce();
    try {
      const running = await this.#prepare(head);
      if (running !== undefined && headInForce() === head && !this.#closed.signal.aborted) tell(running);
    } catch (error) {
      const text = `what changed in a geo database cannot be put in force: ${messageOf(error)}`;
      this.#options.log.error({ event: 'release.failed' }, text);
    }
  }

  async #tellOfEach(since: HeadId, onRelease: (running: RunningRelease) => void): Promise<void> {
    let last = since;
    while (!this.#closed.signal.aborted) {
      try {
        for await (const running of this.#watch(last)) {
          last = running.head;
          onRelease(running);
        }
      } catch (error) {
        const text = `new releases cannot be put in force, trying again: ${messageOf(error)}`;
        this.#options.log.error({ event: 'release.failed' }, text);
        await pause(retryMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
      }
    }
  }

  async *#watch(since: HeadId | undefined): AsyncGenerator<RunningRelease> {
    for await (const head of this.#store.watch(since, this.#closed.signal)) {
      const running = await this.#prepare(head);
      if (running !== undefined) yield running;
    }
  }

  /** Builds a head's release; undefined, with the reason in the log, when it cannot run here. */
  async #prepare(head: Head): Promise<RunningRelease | undefined> {
    const { machine, log } = this.#options;
    const id = formatHeadId(head);
    const read = await this.#checks.take(head.release, () => this.#store.getObject(head.release));
    const built = read.ok
      ? buildGeneration(read.value.files, { site: machine.site, serial: serialOf(head), zones: read.value.zones })
      : read;
    if (built.ok) return { head, generation: built.value };
    const why = typeof built.fault === 'string' ? built.fault : built.fault.map(formatProblem).join('; ');
    log.error({ event: 'release.refused' }, `release ${id} cannot run here and is passed over: ${why}`);
    return undefined;
  }

  async #encode(files: ReleaseFiles, allowRemoval: boolean): Promise<Result<Uint8Array, readonly string[]>> {
    const problems = await this.#checks.problemsOf(files);
    if (problems.length > 0) return refuse(problems.map(formatProblem));
    const removed = allowRemoval ? [] : await this.#removedZones(await this.#store.head(), files);
    return removed.length > 0 ? refuse(removed.map(formatProblem)) : succeed(encodeRelease(files));
  }

  async #removedZones(head: Head | undefined, files: ReleaseFiles): Promise<readonly Problem[]> {
    const bytes = head === undefined ? undefined : await this.#store.getObject(head.release);
    return bytes === undefined ? [] : this.#checks.removedZones(bytes, files);
  }

  /** The release is in force already, so failing here is only said. */
  #rememberImported(digest: string): void {
    try {
      replaceFile(this.#importedPath, `${digest}\n`);
    } catch (error) {
      const text = `${this.#importedPath} cannot be written, a start after a rollback would take the files in again: ${messageOf(error)}`;
      this.#options.log.error({ event: 'release.import' }, text);
    }
  }

  #lastImported(): string | undefined {
    return existsSync(this.#importedPath) ? readFileSync(this.#importedPath, 'utf8').trim() : undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A zone's serial is the release's (R28): the epoch in the upper byte, so that a promoted writer's are newer. */
export function serialOf({ epoch, sequence }: HeadId): number {
  return ((((epoch & 0xff) << 24) >>> 0) + (sequence & 0xff_ffff)) >>> 0;
}
