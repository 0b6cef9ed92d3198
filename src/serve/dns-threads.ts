/** The serving threads of one DNS server: UDP threads on their sockets, and one thread for streams. */
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { RoundTrip } from '#health/latency/averages.ts';
import { createThreadCounters } from './counters.ts';
import type { ThreadCounters } from './counters.ts';
import { ServingThread } from './serving-thread.ts';
import type { ThreadFailure, ThreadName } from './serving-thread.ts';
import type { TcpLimits } from './tcp/limits.ts';
import { controlWord, createControl, heartbeatMs, stopWord } from './thread-control.ts';
import type {
  StreamsCommand,
  StreamSockets,
  StreamsThreadData,
  ThreadData,
  ThreadStart,
  UdpThreadData,
} from './thread-data.ts';

export interface DnsThreadsOptions {
  /** URL of the module that exports `createThreadAnswerer`. */
  readonly module: string;
  /** What a thread's answerer is built from, asked for at every start of a thread. */
  readonly setup: (thread: ThreadName) => unknown;
  /** Descriptors by UDP thread. */
  readonly udp: readonly (readonly number[])[];
  /** As in the settings of sockets. */
  readonly joinReplies: boolean;
  readonly streams: StreamSockets;
  readonly limits: TcpLimits;
  readonly silenceLimitMs: number;
  readonly onFailure: (failure: ThreadFailure) => void;
  readonly onTold: (told: unknown) => void;
  readonly onRoundTrips: (roundTrips: readonly RoundTrip[]) => void;
}

/** One thread's counts. */
export interface NamedCounters {
  readonly name: ThreadName;
  readonly counters: ThreadCounters;
}

export class DnsThreads {
  readonly counters: readonly NamedCounters[];
  readonly #options: DnsThreadsOptions;
  readonly #control = createControl();
  readonly #udp: readonly ServingThread[];
  readonly #streams: ServingThread;
  readonly #heartbeat: NodeJS.Timeout;
  #commands: MessagePort | undefined;
  #streamSockets: StreamSockets;

  constructor(options: DnsThreadsOptions) {
    this.#options = options;
    this.#streamSockets = options.streams;
    const counters: NamedCounters[] = [];
    const countersOf = (name: ThreadName): ThreadCounters => {
      const own = createThreadCounters();
      counters.push({ name, counters: own });
      return own;
    };
    this.#udp = options.udp.map((sockets, index) => this.#udpThread(`udp ${index}`, sockets, countersOf));
    this.#streams = this.#streamsThread(countersOf('streams'));
    this.counters = counters;
    this.#heartbeat = setInterval(() => Atomics.add(this.#control, controlWord.heartbeat, 1), heartbeatMs).unref();
    // Threads in a blocking call would hold up the end of the process.
    process.once('exit', this.#halt);
  }

  /** Starts all threads. The streams thread says what it opened, or why it could not. */
  async start(): Promise<ThreadStart> {
    const [start] = await Promise.all([this.#streams.start(), ...this.#udp.map((thread) => thread.start())]);
    if (start.kind === 'ready' && this.#streamSockets.kind === 'addresses') {
      // A thread that takes its place opens the same ports.
      this.#streamSockets = { kind: 'addresses', listen: start.bound };
    }
    return start;
  }

  /** Every query that arrives from now on is answered by this. */
  update(update: unknown): void {
    for (const thread of [...this.#udp, this.#streams]) thread.post(update);
    Atomics.add(this.#control, controlWord.updates, 1);
  }

  /** Answers what has arrived and ends all threads; streams get `deadlineMs` to end by themselves, if given. */
  async stop(deadlineMs?: number): Promise<void> {
    Atomics.store(this.#control, controlWord.stop, stopWord.finish);
    const command: StreamsCommand = deadlineMs === undefined ? { kind: 'close' } : { kind: 'drain', deadlineMs };
    this.#commands?.postMessage(command);
    await Promise.all([this.#udpEnded(), this.#streams.ended()]);
    clearInterval(this.#heartbeat);
    process.off('exit', this.#halt);
  }

  readonly #halt = (): void => {
    Atomics.store(this.#control, controlWord.stop, stopWord.halt);
  };

  async #udpEnded(): Promise<void> {
    await Promise.all(this.#udp.map((thread) => thread.ended()));
  }

  #udpThread(
    name: ThreadName,
    sockets: readonly number[],
    countersOf: (name: ThreadName) => ThreadCounters,
  ): ServingThread {
    const counters = countersOf(name);
    const { joinReplies } = this.#options;
    return new ServingThread({
      name,
      entry: new URL('./udp/worker.ts', import.meta.url),
      data: () => {
        const value: UdpThreadData = { ...this.#common(name, counters), sockets, joinReplies };
        return { value };
      },
      onFailure: this.#options.onFailure,
      onTold: this.#options.onTold,
      onRoundTrips: this.#options.onRoundTrips,
    });
  }

  #streamsThread(counters: ThreadCounters): ServingThread {
    return new ServingThread({
      name: 'streams',
      entry: new URL('./tcp/worker.ts', import.meta.url),
      data: () => {
        const channel = new MessageChannel();
        channel.port1.unref();
        this.#commands = channel.port1;
        const value: StreamsThreadData = {
          ...this.#common('streams', counters),
          limits: this.#options.limits,
          commands: channel.port2,
          sockets: this.#streamSockets,
        };
        return { value, transfer: [channel.port2] };
      },
      onFailure: this.#options.onFailure,
      onTold: this.#options.onTold,
      onRoundTrips: this.#options.onRoundTrips,
    });
  }

  #common(name: ThreadName, counters: ThreadCounters): ThreadData {
    return {
      module: this.#options.module,
      setup: this.#options.setup(name),
      control: this.#control,
      counters,
      updatesTaken: Atomics.load(this.#control, controlWord.updates),
      silenceLimitMs: this.#options.silenceLimitMs,
    };
  }
}
