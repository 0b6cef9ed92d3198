/** What passes between the main thread and its serving threads; all of it survives structured cloning. */
import type { MessagePort } from 'node:worker_threads';
import type { RoundTrip } from '#health/latency/averages.ts';
import type { ThreadCounters } from './counters.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import type { TcpLimits } from './tcp/limits.ts';

/** Given to every thread as it starts. */
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
}

/** Given to a UDP thread. */
export interface UdpThreadData extends ThreadData {
  /** Descriptors of the sockets to read; the main thread owns them. */
  readonly sockets: readonly number[];
  /** Replies that follow each other to one client's port go to the kernel as one message (UDP_SEGMENT). */
  readonly joinReplies: boolean;
}

/** Given to the streams thread. */
export interface StreamsThreadData extends ThreadData {
  readonly limits: TcpLimits;
  /** Commands come here. */
  readonly commands: MessagePort;
  readonly sockets: StreamSockets;
}

/** Descriptors of listening sockets that the main thread owns, or addresses to open for TCP and, by dgram, UDP. */
export type StreamSockets =
  | { readonly kind: 'descriptors'; readonly listeners: readonly number[] }
  | { readonly kind: 'addresses'; readonly listen: readonly ListenAddress[] };

/** A thread's first message. `bound` are the addresses that the thread itself opened. */
export type ThreadStart =
  | { readonly kind: 'ready'; readonly bound: readonly ListenAddress[] }
  | { readonly kind: 'refused'; readonly faults: readonly ListenFault[] };

/** What a thread's answerer tells the owner of the server, before or after its first message. */
export interface ThreadTold {
  readonly kind: 'told';
  readonly told: unknown;
}

/** What the streams thread measured of connections that it took. */
export interface ThreadMeasured {
  readonly kind: 'measured';
  readonly roundTrips: readonly RoundTrip[];
}

/** What the streams thread is told. It ends when it has obeyed. */
export type StreamsCommand = { readonly kind: 'close' } | { readonly kind: 'drain'; readonly deadlineMs: number };
