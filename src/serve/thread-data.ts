/** What the main thread hands to a serving thread as it starts; all of it survives structured cloning. */
import type { ThreadCounters } from './counters.ts';

/** Given to every thread. */
export interface ThreadData {
  /** URL of the module that exports `createThreadAnswerer`, and its argument. */
  readonly module: string;
  readonly setup: unknown;
  readonly control: Int32Array;
  readonly counters: ThreadCounters;
  /** The updates that `setup` already holds. */
  readonly updatesTaken: number;
  /** How long the main thread may be silent before the thread ends the process. */
  readonly silenceLimitMs: number;
  /** Descriptors of the UDP sockets to read; the main thread owns them. */
  readonly udpSockets: readonly number[];
}
