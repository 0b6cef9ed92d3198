/** What was answered, counted as it happens: plain numbers that only grow, read by metrics and status. */
import { rcodeName } from '../wire/constants.ts';

/** Counts of one transport. */
export interface AnswerCounters {
  /** Messages that came in. */
  queries: number;
  /** Of those, not answered: no whole header, or a response. */
  dropped: number;
  /** Answered with TC. */
  truncated: number;
  /** Answered, by response code; index 16 is BADVERS. */
  readonly byRcode: number[];
}

const rcodeCount = 24;

export function createAnswerCounters(): AnswerCounters {
  return { queries: 0, dropped: 0, truncated: 0, byRcode: Array<number>(rcodeCount).fill(0) };
}

/** The counts by the mnemonic of the response code, those that occurred. */
export function rcodeCounts(counters: AnswerCounters): Readonly<Record<string, number>> {
  const entries = counters.byRcode.map((count, code) => [rcodeName(code), count] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
