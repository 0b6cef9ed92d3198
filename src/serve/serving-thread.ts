/**
 * One serving thread as the main thread sees it: started, told of updates, and replaced when it fails. Its sockets are
 * the main thread's, so queries wait in them while it is replaced.
 */
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { RoundTrip } from '#health/latency/averages.ts';
import type { ThreadData, ThreadMeasured, ThreadStart, ThreadTold } from './thread-data.ts';

/** Which thread: the UDP threads count from 0; one thread serves all streams. */
export type ThreadName = `udp ${number}` | 'streams';

/** A thread that failed, which is a bug of the answerer or ours. */
export interface ThreadFailure {
  readonly thread: ThreadName;
  readonly error: string;
  /** When a new one starts in its place. */
  readonly restartMs: number;
}

export interface ServingThreadOptions {
  readonly name: ThreadName;
  /** The module that the thread runs. */
  readonly entry: URL;
  /** What it gets, asked for at every start; ports in `transfer` move to the thread. */
  readonly data: () => { readonly value: ThreadData; readonly transfer?: readonly MessagePort[] };
  readonly onFailure: (failure: ThreadFailure) => void;
  /** What the thread's answerer tells. */
  readonly onTold: (told: unknown) => void;
  /** What the thread measured of its connections. */
  readonly onRoundTrips: (roundTrips: readonly RoundTrip[]) => void;
}

const firstRestartMs = 100;
const maxRestartMs = 5000;
/** A thread that ran this long had no lasting fault. */
const soundAfterMs = 10_000;

type Life =
  | { readonly kind: 'running'; readonly worker: Worker }
  | { readonly kind: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'ended' };

export class ServingThread {
  readonly #options: ServingThreadOptions;
  readonly #ended = Promise.withResolvers<undefined>();
  #life: Life = { kind: 'ended' };
  #isStopping = false;
  #restartMs = firstRestartMs;
  #startedMs = 0;

  constructor(options: ServingThreadOptions) {
    this.#options = options;
  }

  /** Starts the thread; resolves with its first message, and rejects with the reason when it fails before. */
  start(): Promise<ThreadStart> {
    return new Promise((resolve, reject) => {
      this.#launch(resolve, reject);
    });
  }

  /** Sends an update; a thread that is being replaced gets it within its setup. */
  post(update: unknown): void {
    if (this.#life.kind === 'running') this.#life.worker.postMessage(update);
  }

  /** Lets the thread end, which the control block has told it to, without another in its place. */
  async ended(): Promise<void> {
    this.#isStopping = true;
    if (this.#life.kind === 'waiting') clearTimeout(this.#life.timer);
    if (this.#life.kind !== 'running') return;
    await this.#ended.promise;
  }

  #launch(onStart: (start: ThreadStart) => void, onFailedStart: ((error: Error) => void) | undefined): void {
    const { value, transfer = [] } = this.#options.data();
    const worker = new Worker(this.#options.entry, {
      name: this.#options.name,
      workerData: value,
      transferList: [...transfer],
    });
    let error: unknown;
    let isReady = false;
    worker.on('message', (message: ThreadStart | ThreadTold | ThreadMeasured) => {
      if (message.kind === 'told') {
        this.#options.onTold(message.told);
        return;
      }
      if (message.kind === 'measured') {
        this.#options.onRoundTrips(message.roundTrips);
        return;
      }
      isReady = true;
      if (message.kind === 'refused') {
        // Only the first start is given up; an address that is gone or taken at a later one may come back.
        if (onFailedStart !== undefined) this.#isStopping = true;
        else error = message.faults.map((fault) => fault.message).join('; ');
      }
      onStart(message);
    });
    worker.once('error', (thrown) => {
      error = thrown;
    });
    worker.once('exit', () => {
      this.#life = { kind: 'ended' };
      if (!isReady && onFailedStart !== undefined) onFailedStart(asError(error));
      else if (!this.#isStopping) this.#restart(error);
      if (this.#isStopping) this.#ended.resolve(undefined);
    });
    this.#life = { kind: 'running', worker };
    this.#startedMs = performance.now();
  }

  #restart(error: unknown): void {
    if (performance.now() - this.#startedMs > soundAfterMs) this.#restartMs = firstRestartMs;
    const restartMs = this.#restartMs;
    this.#restartMs = Math.min(restartMs * 2, maxRestartMs);
    const timer = setTimeout(() => {
      this.#launch(() => undefined, undefined);
    }, restartMs);
    this.#life = { kind: 'waiting', timer };
    this.#options.onFailure({ thread: this.#options.name, error: describe(error), restartMs });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(describe(error));
}

function describe(error: unknown): string {
  if (error === undefined) return 'the thread ended by itself';
  if (typeof error === 'string') return error;
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}
