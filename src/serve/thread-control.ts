/**
 * The words in shared memory by which the main thread steers its serving threads, which look at them once a turn.
 *
 * A thread in a blocking receive gets no events: whether to stop, whether updates wait and whether the main thread is
 * alive all stand here.
 */
import { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { collectGarbage } from './collect-garbage.ts';
import type { ThreadAnswerer } from './thread-answerer.ts';

/** Index of each word of the block (Int32Array). */
export const controlWord = { stop: 0, heartbeat: 1, updates: 2 } as const;

/** Values of the stop word: go on; answer what has arrived, then end; end at once. */
export const stopWord = { run: 0, finish: 1, halt: 2 } as const;

/** A new block: running. */
export function createControl(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Object.keys(controlWord).length * Int32Array.BYTES_PER_ELEMENT));
}

/** How often the main thread writes its heartbeat. */
export const heartbeatMs = 250;

/**
 * Watches the main thread's heartbeat by the time that the watching thread itself has run, so that a machine that was
 * suspended, or a thread that got no processor, does not take the main thread for dead.
 */
export class HeartbeatWatch {
  readonly #control: Int32Array;
  readonly #limitMs: number;
  readonly #turnLimitMs: number;
  #beat = 0;
  #silentMs = 0;
  #lastMs: number;

  /** One look counts at most `turnLimitMs`, however long ago the last one was. */
  constructor(control: Int32Array, limitMs: number, turnLimitMs: number, nowMs: number) {
    this.#control = control;
    this.#limitMs = limitMs;
    this.#turnLimitMs = turnLimitMs;
    this.#lastMs = nowMs;
  }

  /** Whether the main thread has been silent for longer than the limit. */
  isSilent(nowMs: number): boolean {
    const beat = Atomics.load(this.#control, controlWord.heartbeat);
    const turnMs = Math.min(Math.max(nowMs - this.#lastMs, 0), this.#turnLimitMs);
    this.#lastMs = nowMs;
    if (beat === this.#beat) {
      this.#silentMs += turnMs;
      return this.#silentMs > this.#limitMs;
    }
    this.#beat = beat;
    this.#silentMs = 0;
    return false;
  }
}

/** The updates of one thread: they come by its port, and their number stands in the control block. */
export class UpdateInbox {
  readonly #control: Int32Array;
  readonly #port: MessagePort;
  readonly #answerer: ThreadAnswerer;
  #taken: number;

  /** `taken` counts the updates that the thread's setup already holds. */
  constructor(control: Int32Array, port: MessagePort, answerer: ThreadAnswerer, taken: number) {
    this.#control = control;
    this.#port = port;
    this.#answerer = answerer;
    this.#taken = taken;
  }

  /** Applies every update sent before this call; to be called after a query has come in and before it is answered. */
  take(): void {
    const sent = Atomics.load(this.#control, controlWord.updates);
    if (this.#taken === sent) return;
    while (this.#taken !== sent) {
      const received: { readonly message: unknown } | undefined = receiveMessageOnPort(this.#port);
      // An update is posted before it is counted.
      if (received === undefined) throw new Error('bug: an update that was counted has not arrived');
      this.#answerer.apply(received.message);
      this.#taken = (this.#taken + 1) | 0;
    }
    // What the updates replaced may be a large part of this machine's memory.
    collectGarbage();
  }
}
