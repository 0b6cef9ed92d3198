/**
 * The order of a drain at its own site (R25, sans-IO): DNS first, then the routes.
 *
 *   dns      answers leave the site out; wait for every coordinator that is heard to say so, or the deadline
 *   ttl      wait the longest TTL that a steered answer was given with
 *   routes   BGP's turn: GRACEFUL_SHUTDOWN, then withdrawal, by the announcer
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { Override } from '#health/report.ts';

/** Coordinators that have not said within this time that their answers follow the drain are not waited for. */
export const acknowledgeDeadlineMs = 10_000;

/** How far a drain has come. */
export type DrainStage =
  | { readonly kind: 'dns'; readonly deadline: MonoMs }
  | { readonly kind: 'ttl'; readonly until: MonoMs }
  | { readonly kind: 'routes' };

/** A drain in effect at this site, with its stage. */
export interface DrainProgress {
  readonly override: Override;
  readonly stage: DrainStage;
}

/** What moves a drain on. */
export interface DrainInput {
  /** The drain in effect at this site, if there is one. */
  readonly override: Override | undefined;
  /** Whether every coordinator that is heard follows the override already. */
  readonly isAcknowledged: boolean;
  readonly longestTtlMs: number;
  readonly nowMs: MonoMs;
}

/** The next progress; undefined where no drain is in effect. */
export function advanceDrain(before: DrainProgress | undefined, input: DrainInput): DrainProgress | undefined {
  const { override, nowMs } = input;
  if (override === undefined) return undefined;
  if (before?.override.id !== override.id) {
    return { override, stage: { kind: 'dns', deadline: after(nowMs, acknowledgeDeadlineMs) } };
  }
  const { stage } = before;
  if (stage.kind === 'dns' && (input.isAcknowledged || nowMs >= stage.deadline)) {
    return { override, stage: { kind: 'ttl', until: after(nowMs, input.longestTtlMs) } };
  }
  if (stage.kind === 'ttl' && nowMs >= stage.until) return { override, stage: { kind: 'routes' } };
  return before;
}

/** When a drain wants to be looked at next. */
export function drainDeadline(progress: DrainProgress | undefined): MonoMs | undefined {
  if (progress?.stage.kind === 'dns') return progress.stage.deadline;
  return progress?.stage.kind === 'ttl' ? progress.stage.until : undefined;
}
