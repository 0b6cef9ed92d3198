/**
 * One check at one vantage: turns single results into a state by rise and fall, and counts failing rounds.
 *
 * The first result decides the first state, so that a start does not wait for `rise` rounds.
 */
import type { MonoMs } from '#base/time.ts';

/** What is known of a check after at least one result. */
export interface CheckState {
  readonly state: 'pass' | 'fail';
  readonly lastPassed: boolean;
  /** Results in a row equal to the last one. */
  readonly streak: number;
  readonly streakSince: MonoMs;
  readonly lastAt: MonoMs;
  readonly reason: string;
  /** The target's weight as it was last read; undefined where the check never read one. */
  readonly weight?: number | undefined;
}

/** One result of a check. */
export interface CheckResult {
  readonly passed: boolean;
  readonly reason: string;
  readonly at: MonoMs;
  readonly weight?: number | undefined;
}

/** Thresholds of a check, in results in a row. */
export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

/** The state after one more result. */
export function trackCheck(before: CheckState | undefined, result: CheckResult, thresholds: Thresholds): CheckState {
  const continues = before?.lastPassed === result.passed;
  const streak = continues ? before.streak + 1 : 1;
  const streakSince = continues ? before.streakSince : result.at;
  const weight = result.weight ?? before?.weight;
  const rest = { lastPassed: result.passed, streak, streakSince, lastAt: result.at, reason: result.reason, weight };
  const says = result.passed ? 'pass' : 'fail';
  if (before === undefined || before.state === says) return { state: says, ...rest };
  const threshold = result.passed ? thresholds.rise : thresholds.fall;
  return { state: streak >= threshold ? says : before.state, ...rest };
}

/** Whether the next results may change the state: the last one disagrees with it. */
export function isTurning(state: CheckState): boolean {
  return (state.state === 'pass') !== state.lastPassed;
}
