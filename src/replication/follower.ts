/**
 * Follows the writer: long-polls heads, fetches and verifies each release, keeps it on disk, and only then tells.
 *
 * Newer over older only (R28): a head that is not newer than the one on disk is refused. Sources are tried in order,
 * the first preferred. Losing all of them changes nothing here (R23): what is on disk stays in force.
 */
import { assert } from '#base/assert.ts';
import type { Prng } from '#base/prng.ts';
import { compareHeads, digestOf, formatHeadId } from './head.ts';
import type { Head, HeadId } from './head.ts';
import type { ReplicationSource } from './http-source.ts';
import { describeAdvanceFault } from './store.ts';
import type { ConfigStore } from './store.ts';

/** What happened, with `text` as one line for people. Reaching and losing a source are told once each. */
export interface FollowerEvent {
  readonly kind: 'reached' | 'lost' | 'refused' | 'stored';
  readonly text: string;
}

export interface FollowerOptions {
  readonly store: ConfigStore;
  /** In order of preference: the writer first. */
  readonly sources: readonly ReplicationSource[];
  /** A release was stored and is the newest: put it in force. */
  readonly onHead: (head: Head, release: Uint8Array) => void;
  readonly onEvent: (event: FollowerEvent) => void;
  /** Why a release cannot run here, which keeps it off the disk; undefined when it can. */
  readonly refuseRelease?: (release: Uint8Array, head: Head) => string | undefined | Promise<string | undefined>;
  readonly prng: Prng;
  /** How long one poll waits at its source. Default 10000. */
  readonly waitMs?: number;
  /** First and longest pause after a failure, doubling in between. Default 200 and 2000. */
  readonly retryMs?: { readonly min: number; readonly max: number };
}

export interface Follower {
  /**
   * Tells that a head of this id exists somewhere, as peers' reports do. When it is newer than ours for over a second,
   * pauses end and connections are made anew, so that a healed cut is noticed soon.
   */
  hint(id: HeadId): void;
  /** Ends following; resolves when nothing is in flight. */
  close(): Promise<void>;
}

/** Starts following at the head that the store has. */
export function startFollower(options: FollowerOptions): Follower {
  assert(options.sources.length > 0, 'a follower has a source');
  return new Following(options);
}

/** A source and how it has been lately. */
interface SourceState {
  readonly source: ReplicationSource;
  failures: number;
  /** Not before this instant of the monotonic clock. */
  retryAt: number;
  /** What was told of it last: why it was lost, or that it was reached. */
  told: string | undefined;
}

class Following implements Follower {
  readonly #options: FollowerOptions;
  readonly #sources: readonly SourceState[];
  readonly #closed = new AbortController();
  readonly #done: Promise<void>;
  #interrupt = new AbortController();
  /** The newest head that was refused here: it is not asked for again. */
  #refused: HeadId | undefined;
  #current: HeadId | undefined;
  /** Since when peers have told of a head that is not here yet. */
  #behindSince: number | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#sources = options.sources.map((source) => ({ source, failures: 0, retryAt: 0, told: undefined }));
    this.#done = this.#run();
  }

  hint(id: HeadId): void {
    if (compareHeads(id, this.#newestSeen()) <= 0) {
      this.#behindSince = undefined;
      return;
    }
    const nowMs = performance.now();
    this.#behindSince ??= nowMs;
    if (nowMs - this.#behindSince < hintPatienceMs) return;
    this.#behindSince = undefined;
    for (const state of this.#sources) {
      state.retryAt = 0;
      state.source.reset();
    }
    this.#interrupt.abort();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#done;
    await Promise.all(this.#sources.map(({ source }) => source.close()));
  }

  async #run(): Promise<void> {
    this.#current = await this.#options.store.head();
    while (!this.#closed.signal.aborted) {
      if (this.#interrupt.signal.aborted) this.#interrupt = new AbortController();
      const signal = AbortSignal.any([this.#closed.signal, this.#interrupt.signal]);
      const nowMs = performance.now();
      const ready = this.#sources.find((state) => state.retryAt <= nowMs);
      if (ready === undefined) {
        await pause(Math.min(...this.#sources.map((state) => state.retryAt)) - nowMs, signal);
        continue;
      }
      await this.#pull(ready, signal);
    }
  }

  /** One poll at one source, and whatever it brings. */
  async #pull(state: SourceState, signal: AbortSignal): Promise<void> {
    const wholeWaitMs = this.#options.waitMs ?? defaultWaitMs;
    // A poll at a source that is not the preferred one is kept short, to return to the preferred one soon.
    const waitMs = state === this.#sources[0] ? wholeWaitMs : Math.min(wholeWaitMs, 2_000);
    try {
      const heads = await state.source.heads({ since: formatHeadId(this.#newestSeen()), waitMs, signal });
      const newest = heads.toSorted(compareHeads).at(-1);
      if (newest !== undefined) await this.#take(newest, state, signal);
      this.#succeeded(state);
    } catch (error) {
      if (!signal.aborted) this.#failed(state, error instanceof Error ? error.message : String(error));
    }
  }

  /** Fetches, verifies and stores one release; throws when the source is at fault. */
  async #take(head: Head, state: SourceState, signal: AbortSignal): Promise<void> {
    const { store, refuseRelease, onHead } = this.#options;
    const id = formatHeadId(head);
    if (compareHeads(head, this.#newestSeen()) <= 0) {
      throw new Error(`it gave head ${id}, which is not newer than ${formatHeadId(this.#newestSeen())}: refused`);
    }
    const stored = await store.getObject(head.release);
    const bytes = stored ?? (await state.source.object(head.release, signal));
    if (digestOf(bytes) !== head.release) {
      throw new Error(
        `its object for head ${id} has ${bytes.length} bytes and not the sha256 ${head.release}: refused`,
      );
    }
    const refusal = await refuseRelease?.(bytes, head);
    if (refusal !== undefined) {
      this.#refused = head;
      this.#options.onEvent({ kind: 'refused', text: `release ${id} cannot run here, what ran stays: ${refusal}` });
      return;
    }
    await store.putObject(bytes);
    const advanced = await store.advance(this.#current, head);
    if (!advanced.ok) throw new Error(`head ${id} was not stored: ${describeAdvanceFault(advanced.fault)}`);
    this.#current = head;
    this.#options.onEvent({ kind: 'stored', text: `release ${id} stored, by ${head.author}: ${head.reason}` });
    onHead(head, bytes);
  }

  #newestSeen(): HeadId | undefined {
    return compareHeads(this.#refused, this.#current) > 0 ? this.#refused : this.#current;
  }

  #succeeded(state: SourceState): void {
    state.failures = 0;
    if (state.told === 'reached') return;
    state.told = 'reached';
    this.#options.onEvent({ kind: 'reached', text: `releases follow ${state.source.name}` });
  }

  #failed(state: SourceState, reason: string): void {
    const { min, max } = this.#options.retryMs ?? defaultRetryMs;
    const pauseMs = Math.min(max, min * 2 ** Math.min(state.failures, 20)) * (0.5 + this.#options.prng.next() / 2);
    state.failures++;
    state.retryAt = performance.now() + pauseMs;
    // A connection that failed once may hang for long when it is used again.
    state.source.reset();
    if (state.told === reason) return;
    state.told = reason;
    this.#options.onEvent({ kind: 'lost', text: `releases cannot be had from ${state.source.name}: ${reason}` });
  }
}

const defaultWaitMs = 10_000;
const defaultRetryMs = { min: 200, max: 2_000 } as const;
/** A poll that works brings the head that a peer tells of sooner than this. */
const hintPatienceMs = 1_000;

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(1, durationMs));
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
