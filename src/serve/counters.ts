/**
 * What serving threads count, in shared memory: numbers of one thread each, written by that thread alone and read by
 * anyone. They survive the thread, so that a replaced one counts on.
 */

/** Index of each count in the thread's Float64Array, which holds integers up to 2^53 exactly. */
export const counter = {
  /** UDP: datagrams that came in. */
  received: 0,
  /** UDP: replies that the system took. */
  answered: 1,
  /** UDP: replies that the system did not take. */
  sendFailures: 2,
  /** UDP: receives that brought at least one datagram. */
  batches: 3,
  /** UDP: not looked at, since no reply can go to port 0, or since the query is longer than any that is served. */
  discarded: 4,
  /** UDP: receives that failed. */
  receiveFailures: 5,
  /** TCP: messages that came in. */
  tcpReceived: 6,
  /** TCP: messages sent, each one of a transfer included. */
  tcpAnswered: 7,
  /** TCP: connections open now. */
  open: 8,
  /** TCP: connections taken. */
  accepted: 9,
  /** TCP: closed at once, since the client had as many as one may have, or the system gave no more. */
  refused: 10,
  /** TCP: closed for being silent or slow. */
  timedOut: 11,
  /** TCP: the longest idle, closed in favour of a new one. */
  evicted: 12,
  /** TCP: transfers begun. */
  transfers: 13,
} as const;

/** The name of a count. */
export type CounterName = keyof typeof counter;

/** The counts of one thread. */
export type ThreadCounters = Float64Array<SharedArrayBuffer>;

const names = Object.keys(counter) as CounterName[]; // the keys of a const object are its key type

/** All zero, in memory of its own. */
export function createThreadCounters(): ThreadCounters {
  return new Float64Array(new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT));
}

/** Adds to a count of this thread. */
export function count(counters: Float64Array, index: number, amount = 1): void {
  counters[index] = (counters[index] ?? 0) + amount;
}

/** The sum over threads, by name. */
export function sumCounters(threads: readonly Float64Array[]): Readonly<Record<CounterName, number>> {
  const sum = (name: CounterName): number =>
    threads.reduce((total, counters) => total + (counters[counter[name]] ?? 0), 0);
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Record<CounterName, number>; // one entry a name
}
