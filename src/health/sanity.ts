/**
 * Whether this vantage may trust its own probes (R5), judged only by its references.
 *
 * - sane: a reference answered last time it was asked, or there are none to ask.
 * - doubtful: none answered last time, but not often enough in a row to be sure; its failing probes do not count.
 * - frozen: none answers; the vantage keeps its last decisions until one does.
 */
import type { MonoMs } from '#base/time.ts';
import type { CheckState } from './check-tracker.ts';

export type Sanity = 'sane' | 'doubtful' | 'frozen';

/** Judges sanity from the references' states; references without any result yet are left out. */
export function judgeSanity(references: readonly (CheckState | undefined)[]): Sanity {
  const known = references.filter((state) => state !== undefined);
  if (known.length === 0 || known.some((state) => state.lastPassed)) return 'sane';
  return known.every((state) => state.state === 'fail') ? 'frozen' : 'doubtful';
}

/** When a reference that still answers last did; undefined when none does. */
export function lastReferencePass(references: readonly (CheckState | undefined)[]): MonoMs | undefined {
  let latest: MonoMs | undefined;
  for (const state of references) {
    if (state?.lastPassed === true && (latest === undefined || state.lastAt > latest)) latest = state.lastAt;
  }
  return latest;
}

/**
 * Failing rounds that may count as evidence against a target: only when a reference answered after they began,
 * so that a vantage that is itself cut off never counts its own blindness as somebody's death.
 */
export function trustedFailingRounds(state: CheckState, references: readonly (CheckState | undefined)[]): number {
  if (state.lastPassed) return 0;
  if (references.length === 0) return state.streak;
  const answeredAt = lastReferencePass(references);
  return answeredAt !== undefined && answeredAt >= state.streakSince ? state.streak : 0;
}
