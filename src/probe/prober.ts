/**
 * Runs the checks of a set for as long as they are wanted: one timer over the pure schedule (schedule.ts).
 *
 * It tells each result as it comes; rise, fall and verdicts are the room `health`.
 */
import { monotonicMs } from '#base/clock.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import type { MonoMs } from '#base/time.ts';
import type { CheckDefinition, CheckId } from '#health/check.ts';
import { runCheck } from './run-check.ts';
import { createProbeSchedule } from './schedule.ts';

/** One result of one check. */
export interface ProbeResult {
  readonly check: CheckId;
  readonly passed: boolean;
  /** Why, for people. */
  readonly reason: string;
  readonly durationMs: number;
  /** When the result was known. */
  readonly at: MonoMs;
}

export interface ProberOptions {
  readonly onResult: (result: ProbeResult) => void;
  /** Chooses the slots; seeded by chance where absent. */
  readonly prng?: Prng;
}

export interface Prober {
  /** Takes the wanted set; checks in both sets go on undisturbed, runs of those that left are cut short. */
  replace(checks: readonly CheckDefinition[]): void;
  /** Resolves when every check of the set has had a result, and at `close`. */
  roundComplete(): Promise<void>;
  /** Cuts running checks short; no result is told afterwards. */
  close(): Promise<void>;
}

// Node fires a longer timeout at once.
const longestTimeoutMs = 2 ** 31 - 1;

/** Starts a prober without checks. */
export function createProber({
  onResult,
  prng = createPrng(Math.floor(Math.random() * 2 ** 32)),
}: ProberOptions): Prober {
  const schedule = createProbeSchedule(prng);
  const running = new Map<CheckId, { readonly cancel: AbortController; readonly done: Promise<void> }>();
  let timer: NodeJS.Timeout | undefined;
  let waiting: (() => void)[] = [];
  let isClosed = false;

  const run = async (check: CheckDefinition, cancel: AbortController): Promise<void> => {
    const startedAt = monotonicMs();
    const outcome = await runCheck(check, cancel.signal);
    if (cancel.signal.aborted) return;
    running.delete(check.id);
    const at = monotonicMs();
    if (!schedule.finished(check.id)) return;
    onResult({ check: check.id, ...outcome, durationMs: at - startedAt, at });
    turn();
  };

  const turn = (): void => {
    if (isClosed) return;
    for (const check of schedule.takeDue(monotonicMs())) {
      const cancel = new AbortController();
      running.set(check.id, { cancel, done: run(check, cancel) });
    }
    if (schedule.isFirstRoundComplete()) release();
    clearTimeout(timer);
    const deadline = schedule.nextDeadlineMs();
    if (deadline === undefined) return;
    timer = setTimeout(turn, Math.min(Math.max(0, Math.ceil(deadline - monotonicMs())), longestTimeoutMs));
  };

  const release = (): void => {
    const resolvers = waiting;
    waiting = [];
    for (const resolve of resolvers) resolve();
  };

  return {
    replace: (checks) => {
      const wanted = new Set(checks.map((check) => check.id));
      for (const [id, { cancel }] of running) {
        if (wanted.has(id)) continue;
        cancel.abort();
        running.delete(id);
      }
      schedule.replace(checks, monotonicMs());
      turn();
    },
    roundComplete: () =>
      new Promise((resolve) => {
        if (isClosed || schedule.isFirstRoundComplete()) resolve();
        else waiting.push(resolve);
      }),
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      for (const { cancel } of running.values()) cancel.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
      release();
    },
  };
}
