/** What one run of a check found, and how a kind of check is run. */
import type { CheckDefinition } from '#health/check-definition.ts';

/** What one run found. */
export interface Outcome {
  readonly passed: boolean;
  /** A short sentence for people: `connected`, `status 503, expected 200`, `timed out after 1000ms`. */
  readonly reason: string;
  /** The run says nothing about its target: this machine could not do it. Not evidence (R3). */
  readonly unable?: true;
  /** The target's weight, 0 to 65,535, where the check reads one. */
  readonly weight?: number;
}

/** Ends a run early, and with it all that it holds; `done` is not called afterwards. */
export type Cancel = () => void;

/** Starts one run; `done` is called once, and never before this returns. */
export type StartRun = (check: CheckDefinition, done: (outcome: Outcome) => void) => Cancel;

/** The outcome of a run that this machine could not do. */
export function unable(reason: string): Outcome {
  return { passed: false, reason, unable: true };
}
