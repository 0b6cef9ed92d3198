/**
 * What was answered, counted as it happens: numbers in shared memory that only grow. One thread writes each block;
 * metrics and status read them from another.
 */
import { rcodeName } from '../wire/constants.ts';
import { queryFaultNames } from '../wire/query.ts';

/** Places in a block. */
const place = {
  queries: 0,
  dropped: 1,
  truncated: 2,
  limited: 3,
  slipped: 4,
  edns: 5,
  validCookies: 6,
  /** One for each of `queryFault`. */
  faults: 8,
  /** One for each response code; above 23 they share the last. */
  rcodes: 32,
} as const;

const maxRcode = 23;
const blockCounts = 56;

/** Octets of shared memory that the counters of one thread take: a block for UDP and one for TCP. */
export const answerCounterBytes = blockCounts * 2 * 8;

/** Counts of one transport in one thread. */
export class TransportCounters {
  readonly #counts: Float64Array;

  constructor(buffer: SharedArrayBuffer | ArrayBuffer, offset: number) {
    this.#counts = new Float64Array(buffer, offset, blockCounts);
  }

  #add(index: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** A message came in. */
  countQuery(): void {
    this.#add(place.queries);
  }

  /** It is not answered: no whole header, or a response. */
  countDropped(): void {
    this.#add(place.dropped);
  }

  countReply(rcode: number, isTruncated: boolean, hasEdns: boolean): void {
    this.#add(place.rcodes + (rcode > maxRcode ? maxRcode : rcode));
    if (isTruncated) this.#add(place.truncated);
    if (hasEdns) this.#add(place.edns);
  }

  /** Something was wrong with it: one of `queryFault`. */
  countFault(fault: number): void {
    this.#add(place.faults + fault);
  }

  countValidCookie(): void {
    this.#add(place.validCookies);
  }

  /** Its reply was held back for the rate limit, or sent with TC in place of records. */
  countLimited(isSlipped: boolean): void {
    this.#add(isSlipped ? place.slipped : place.limited);
  }

  /** All counts that are not 0, by name. */
  read(): Readonly<Record<string, number>> {
    const { faults, rcodes, ...single } = place;
    const entries: (readonly [string, number])[] = Object.entries(single).map(([name, index]) => [
      name,
      this.#at(index),
    ]);
    for (const [index, name] of queryFaultNames.entries()) entries.push([`fault.${name}`, this.#at(faults + index)]);
    for (let code = 0; code <= maxRcode; code++) entries.push([rcodeName(code), this.#at(rcodes + code)]);
    return Object.fromEntries(entries.filter(([, count]) => count > 0));
  }

  #at(index: number): number {
    return this.#counts[index] ?? 0;
  }
}

/** The counters of one thread. */
export interface AnswerCounters {
  readonly udp: TransportCounters;
  readonly tcp: TransportCounters;
}

/** The counters that lie in `buffer` at `offset`, a multiple of 8. */
export function answerCounters(buffer: SharedArrayBuffer | ArrayBuffer, offset = 0): AnswerCounters {
  return {
    udp: new TransportCounters(buffer, offset),
    tcp: new TransportCounters(buffer, offset + blockCounts * 8),
  };
}

/** Adds counts by name. */
export function sumCounts(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const each of counts) for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
