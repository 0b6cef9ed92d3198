/**
 * DNS on a list of addresses, UDP and TCP on each, answered by threads: all sockets open, or none.
 *
 * The sockets belong to the main thread, which lends them to the threads. Where the system calls cannot be had, one
 * thread serves everything with Node's own sockets.
 */
import { availableParallelism } from 'node:os';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { RoundTrip } from '#health/latency/averages.ts';
import { sumCounters } from './counters.ts';
import type { CounterName } from './counters.ts';
import { DnsThreads } from './dns-threads.ts';
import type { NamedCounters } from './dns-threads.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import { closeSockets, noSockets, openServerSockets } from './server-sockets.ts';
import type { ServerSockets, SocketSettings } from './server-sockets.ts';
import type { ThreadFailure, ThreadName } from './serving-thread.ts';
import { loadLibc } from './system/libc.ts';
import { defaultTcpLimits } from './tcp/limits.ts';
import type { TcpLimits } from './tcp/limits.ts';
import type { CreateThreadAnswerer } from './thread-answerer.ts';

/** A module that exports `createThreadAnswerer`, with the types of what that takes. */
export interface AnswererModule<Setup, Update, Told> {
  readonly url: URL;
  /** For the compiler only: each thread loads the module itself. */
  readonly create?: CreateThreadAnswerer<Setup, Update, Told>;
}

/** What a person may want to know of. */
export type DnsServerEvent =
  | ({ readonly kind: 'threadFailed' } & ThreadFailure)
  /** UDP is served one datagram at a time, by one thread; replies of wildcard sockets may leave from any address. */
  | { readonly kind: 'withoutBatches'; readonly reason: string };

export interface DnsServerOptions<Setup, Update, Told = unknown> {
  /** Port 0 asks for a free one, the same for UDP and TCP. */
  readonly listen: readonly ListenAddress[];
  readonly module: AnswererModule<Setup, Update, Told>;
  /** What a thread answers by, structured-clonable; asked for at each start of a thread, so it holds every update. */
  readonly setup: (thread: ThreadName) => Setup;
  readonly sockets?: Partial<SocketSettings>;
  readonly limits?: Partial<TcpLimits>;
  /** How long the main thread may not run before the process ends, in milliseconds. */
  readonly silenceLimitMs?: number;
  /** Serve with Node's own sockets even where the system calls can be had. */
  readonly isPortable?: boolean;
  /** Sockets that the process before handed over. */
  readonly inherited?: ServerSockets;
  readonly onEvent?: (event: DnsServerEvent) => void;
  /** What the module tells from its threads. */
  readonly onTold?: (told: Told) => void;
  /** Round trips to clients that connected by TCP, in batches; none where the system calls cannot be had. */
  readonly onRoundTrips?: (roundTrips: readonly RoundTrip[]) => void;
}

/** An open DNS server. */
export interface DnsServer<Update> {
  /** The addresses that are bound, with their real ports, in the order asked for. */
  readonly bound: readonly ListenAddress[];
  /** The counts of each thread, in shared memory. */
  readonly threads: readonly NamedCounters[];
  /** The sums of these counts over all threads. */
  counters(): Readonly<Record<CounterName, number>>;
  /** Every query that arrives from now on is answered by this. The setup for later threads must hold it already. */
  update(update: Update): void;
  /** What another process needs to go on with these sockets; undefined where they cannot be handed over. */
  readonly sockets: ServerSockets | undefined;
  /** Answers what has arrived, closes all sockets and ends the threads; within two seconds. */
  close(): Promise<void>;
  /** Like `close`, but open TCP connections may go on for `deadlineMs`, with clients asked to end them (RFC 7828). */
  drain(deadlineMs: number): Promise<void>;
}

const defaultSilenceLimitMs = 10_000;

/** One processor is left for the main thread. */
export function defaultSocketSettings(): SocketSettings {
  return {
    threads: Math.max(1, availableParallelism() - 1),
    receiveBufferBytes: 4 << 20,
    sendBufferBytes: 1 << 20,
    maximumSegmentBytes: 1220,
    joinReplies: true,
  };
}

/**
 * Opens every socket and starts the threads. On refusal everything opened is closed again, and all faults are returned;
 * a thread that cannot start is one with the code `THREAD`.
 */
export async function listenDns<Setup, Update, Told = unknown>(
  options: DnsServerOptions<Setup, Update, Told>,
): Promise<Result<DnsServer<Update>, readonly ListenFault[]>> {
  const settings = { ...defaultSocketSettings(), ...options.sockets };
  const libc = options.isPortable === true ? refuse('the settings ask for portable sockets') : loadLibc();
  if (!libc.ok) {
    options.onEvent?.({ kind: 'withoutBatches', reason: libc.fault });
    return startThreads(options, settings, undefined);
  }
  const plan = await openServerSockets(libc.value, options.listen, settings, options.inherited ?? noSockets);
  if (!plan.ok) return plan;
  const close = (): void => closeSockets(libc.value, plan.value);
  const started = await startThreads(options, settings, { ...plan.value, close });
  if (!started.ok) close();
  return started;
}

interface OwnSockets extends ServerSockets {
  readonly bound: readonly ListenAddress[];
  readonly byThread: readonly (readonly number[])[];
  readonly close: () => void;
}

async function startThreads<Setup, Update, Told>(
  options: DnsServerOptions<Setup, Update, Told>,
  settings: SocketSettings,
  own: OwnSockets | undefined,
): Promise<Result<DnsServer<Update>, readonly ListenFault[]>> {
  const threads = new DnsThreads({
    module: options.module.url.href,
    setup: options.setup,
    udp: own?.byThread ?? [],
    joinReplies: settings.joinReplies,
    streams:
      own === undefined
        ? { kind: 'addresses', listen: options.listen }
        : { kind: 'descriptors', listeners: own.tcp.map(({ fd }) => fd) },
    limits: { ...defaultTcpLimits, ...options.limits },
    silenceLimitMs: options.silenceLimitMs ?? defaultSilenceLimitMs,
    onFailure: (failure) => options.onEvent?.({ kind: 'threadFailed', ...failure }),
    // The module in the thread is the one whose type is given.
    onTold: (told) => options.onTold?.(told as Told),
    onRoundTrips: (roundTrips) => options.onRoundTrips?.(roundTrips),
  });
  const faults = await faultsOfStart(threads);
  if (faults.kind === 'refused') {
    await threads.stop();
    return refuse(faults.faults);
  }
  const stop = async (deadlineMs?: number): Promise<void> => {
    await threads.stop(deadlineMs);
    own?.close();
  };
  return succeed({
    bound: own?.bound ?? faults.bound,
    threads: threads.counters,
    counters: () => sumCounters(threads.counters.map(({ counters }) => counters)),
    update: (update: Update) => threads.update(update),
    sockets: own === undefined ? undefined : { udp: own.udp, tcp: own.tcp },
    close: () => stop(),
    drain: (deadlineMs: number) => stop(deadlineMs),
  });
}

async function faultsOfStart(threads: DnsThreads): ReturnType<DnsThreads['start']> {
  try {
    return await threads.start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', faults: [{ code: 'THREAD', message: `cannot start a thread that answers DNS: ${why}` }] };
  }
}
