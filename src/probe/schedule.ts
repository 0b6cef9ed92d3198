/**
 * When each check is due: a pure engine over the caller's monotonic clock.
 *
 * A new check is due at once; after that it keeps a slot of its own within its interval, so that checks do not fire
 * together. A check that still runs at its next slot starts again when it ends, never twice at a time. Slots missed by
 * a stalled process are dropped, not caught up (R10). Running checks and arming the timer is prober.ts.
 */
import type { Prng } from '#base/prng.ts';
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { CheckDefinition, CheckId } from '#health/check.ts';

/** Decides which checks to start; every method is synchronous and total. */
export interface ProbeSchedule {
  /** Takes the wanted set; checks that are in both sets keep their slot and whether they run. */
  replace(checks: readonly CheckDefinition[], nowMs: MonoMs): void;
  /** The checks to start now; each counts as running until `finished`. */
  takeDue(nowMs: MonoMs): readonly CheckDefinition[];
  /** Notes the end of a run; false where the check has left the set meanwhile, so that its result counts no more. */
  finished(id: CheckId): boolean;
  /** When the next check becomes due; undefined when all run or there are none. */
  nextDeadlineMs(): MonoMs | undefined;
  /** Whether every check of the set has had a result. */
  isFirstRoundComplete(): boolean;
}

interface Entry {
  readonly check: CheckDefinition;
  /** The entry's slot, as a share of the interval from 0 to 1. */
  readonly phase: number;
  dueAt: MonoMs;
  isRunning: boolean;
  starts: number;
  hasResult: boolean;
}

// Steps by the golden ratio spread any number of points evenly over a circle, whenever they are added.
const goldenStep = 0.618_033_988_749_895;

/** Builds a schedule; the generator chooses where in its interval the first check has its slot. */
export function createProbeSchedule(prng: Prng): ProbeSchedule {
  let entries = new Map<CheckId, Entry>();
  let phase = prng.next();

  const enter = (check: CheckDefinition, nowMs: MonoMs): Entry => {
    phase = (phase + goldenStep) % 1;
    return { check, phase, dueAt: nowMs, isRunning: false, starts: 0, hasResult: false };
  };

  return {
    replace: (checks, nowMs) => {
      entries = new Map(checks.map((check) => [check.id, entries.get(check.id) ?? enter(check, nowMs)]));
    },
    takeDue: (nowMs) => {
      const due = [...entries.values()].filter((entry) => !entry.isRunning && entry.dueAt <= nowMs);
      for (const entry of due) {
        entry.isRunning = true;
        entry.dueAt = nextSlot(entry, nowMs);
        entry.starts++;
      }
      return due.map((entry) => entry.check);
    },
    finished: (id) => {
      const entry = entries.get(id);
      if (entry?.isRunning !== true) return false;
      entry.isRunning = false;
      entry.hasResult = true;
      return true;
    },
    nextDeadlineMs: () => {
      let deadline: MonoMs | undefined;
      for (const entry of entries.values()) if (!entry.isRunning) deadline = earliest(deadline, entry.dueAt);
      return deadline;
    },
    isFirstRoundComplete: () => [...entries.values()].every((entry) => entry.hasResult),
  };
}

function nextSlot(entry: Entry, nowMs: MonoMs): MonoMs {
  const { intervalMs } = entry.check;
  // The second run is half an interval to one and a half after the first; from then on the slot repeats.
  if (entry.starts === 0) return after(nowMs, intervalMs * (0.5 + entry.phase));
  const missed = Math.floor((nowMs - entry.dueAt) / intervalMs);
  return after(entry.dueAt, (missed + 1) * intervalMs);
}
