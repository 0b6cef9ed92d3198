/**
 * Runs the checks of a set for as long as they are wanted: one timer over the pure schedule (schedule.ts).
 *
 * It tells each result as it comes, and counts for each check what `fairlead get checks` shows; rise, fall and verdicts
 * are the room `health`. What this machine could not run is no result (R3).
 */
import { monotonicMs } from '#base/clock.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import type { MonoMs } from '#base/time.ts';
import { isProbed, partsOf } from '#health/check-definition.ts';
import type { CheckDefinition, CheckId } from '#health/check-definition.ts';
import { FileWatch } from './file.ts';
import type { Cancel, Outcome } from './outcome.ts';
import { CheckRunner } from './run-check.ts';
import { createProbeSchedule, defaultLimits } from './schedule.ts';
import type { ProbeSchedule, ScheduleLimits } from './schedule.ts';

/** One result of one check. */
export interface ProbeResult {
  readonly check: CheckId;
  readonly passed: boolean;
  /** Why, for people. */
  readonly reason: string;
  /** What the check read as its target's weight, 0 to 65,535. */
  readonly weight?: number;
  readonly durationMs: number;
  /** How much later than due it began. */
  readonly latenessMs: number;
  /** When the result was known. */
  readonly at: MonoMs;
}

/** What was counted of one check since it is wanted. */
export interface ProbeCounts {
  readonly check: CheckDefinition;
  /** Runs that ended, and those of them that failed, or that this machine could not do. */
  readonly runs: number;
  readonly failures: number;
  readonly unable: number;
  /** The last run; undefined before the first has ended. */
  readonly last:
    | {
        readonly result: 'pass' | 'fail' | 'unable';
        readonly reason: string;
        readonly durationMs: number;
        readonly latenessMs: number;
        readonly at: MonoMs;
      }
    | undefined;
}

export interface ProberOptions {
  readonly onResult: (result: ProbeResult) => void;
  /** Told when a check cannot be run here, once for each reason. */
  readonly onUnable?: (check: CheckDefinition, reason: string) => void;
  /** Directories whose programs `exec` may run; none where absent. */
  readonly execDirectories?: readonly string[];
  /** How many checks run at a time. */
  readonly limits?: ScheduleLimits;
  /** Chooses the slots; seeded by chance where absent. */
  readonly prng?: Prng;
}

export interface Prober {
  /** Takes the wanted set; checks in both sets go on undisturbed, runs of those that left are cut short. */
  replace(checks: readonly CheckDefinition[]): void;
  /** Resolves when every check of the set has had a result, and at `close`. */
  roundComplete(): Promise<void>;
  /** What was counted of each check, in the order of the set. */
  status(): readonly ProbeCounts[];
  /** Cuts running checks short; no result is told afterwards. */
  close(): Promise<void>;
}

// Node fires a longer timeout at once.
const longestTimeoutMs = 2 ** 31 - 1;

/** Between two turns: what falls due within it starts together, which costs thousands of checks less. */
const turnMs = 4;

/** Starts a prober without checks. */
export function createProber(options: ProberOptions): Prober {
  return new TimedProber(options);
}

/** A check while it is wanted: what was counted, and how its present run ends early. */
interface Entry {
  readonly check: CheckDefinition;
  runs: number;
  failures: number;
  unable: number;
  lastOutcome: Outcome | undefined;
  durationMs: number;
  latenessMs: number;
  endedAt: MonoMs;
  startedAt: MonoMs;
  cancel: Cancel | undefined;
}

class TimedProber implements Prober {
  readonly #options: ProberOptions;
  readonly #schedule: ProbeSchedule;
  readonly #runner: CheckRunner;
  readonly #files: FileWatch;
  #entries = new Map<CheckId, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    const prng = options.prng ?? createPrng(Math.floor(Math.random() * 2 ** 32));
    this.#schedule = createProbeSchedule(prng, options.limits ?? defaultLimits);
    this.#runner = new CheckRunner({ execDirectories: options.execDirectories ?? [] });
    this.#files = new FileWatch((path) => {
      this.#fileChanged(path);
    });
  }

  replace(checks: readonly CheckDefinition[]): void {
    const before = this.#entries;
    const wanted = checks.flatMap(partsOf).filter(isProbed);
    this.#entries = new Map(wanted.map((check) => [check.id, before.get(check.id) ?? newEntry(check)]));
    for (const [id, entry] of before) {
      if (this.#entries.has(id)) continue;
      entry.cancel?.();
      entry.cancel = undefined;
      this.#runner.forget(id);
    }
    this.#files.replace(new Set(wanted.flatMap(({ what }) => (what.kind === 'file' ? [what.path] : []))));
    this.#schedule.replace(wanted, monotonicMs());
    this.#turn();
  }

  roundComplete(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed || this.#schedule.isFirstRoundComplete()) resolve();
      else this.#waiting.push(resolve);
    });
  }

  status(): readonly ProbeCounts[] {
    return [...this.#entries.values()].map(({ check, runs, failures, unable, lastOutcome, ...entry }) => ({
      check,
      runs,
      failures,
      unable,
      last:
        lastOutcome === undefined
          ? undefined
          : {
              result: lastOutcome.unable === true ? 'unable' : lastOutcome.passed ? 'pass' : 'fail',
              reason: lastOutcome.reason,
              durationMs: entry.durationMs,
              latenessMs: entry.latenessMs,
              at: entry.endedAt,
            },
    }));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { cancel } of this.#entries.values()) cancel?.();
    this.#runner.close();
    this.#files.close();
    this.#release();
    return Promise.resolve();
  }

  #turn(): void {
    if (this.#isClosed) return;
    const nowMs = monotonicMs();
    for (const { check, latenessMs } of this.#schedule.takeDue(nowMs)) {
      const entry = this.#entries.get(check.id);
      if (entry === undefined) continue;
      entry.startedAt = nowMs;
      entry.latenessMs = latenessMs;
      entry.cancel = this.#runner.start(entry.check, (outcome) => {
        this.#ended(entry, outcome);
      });
    }
    if (this.#schedule.isFirstRoundComplete()) this.#release();
    this.#arm(nowMs);
  }

  #ended(entry: Entry, outcome: Outcome): void {
    entry.cancel = undefined;
    if (this.#isClosed) return;
    const at = monotonicMs();
    if (!this.#schedule.finished(entry.check.id, at)) return;
    this.#count(entry, outcome, at);
    if (outcome.unable !== true) {
      const { durationMs, latenessMs } = entry;
      this.#options.onResult({ check: entry.check.id, ...outcome, durationMs, latenessMs, at });
    }
    if (this.#schedule.hasWaiting()) this.#turn();
    else {
      if (this.#waiting.length > 0 && this.#schedule.isFirstRoundComplete()) this.#release();
      this.#arm(at);
    }
  }

  #count(entry: Entry, outcome: Outcome, at: MonoMs): void {
    const before = entry.lastOutcome;
    entry.lastOutcome = outcome;
    entry.durationMs = at - entry.startedAt;
    entry.endedAt = at;
    entry.runs++;
    if (outcome.unable === true) {
      entry.unable++;
      if (before?.reason !== outcome.reason) this.#options.onUnable?.(entry.check, outcome.reason);
    } else if (!outcome.passed) entry.failures++;
  }

  /** Arms the timer for the next deadline, if it is not set for one as early. */
  #arm(nowMs: MonoMs): void {
    const deadline = this.#isClosed ? undefined : this.#schedule.nextDeadlineMs();
    if (deadline === undefined) return;
    const at = Math.max(deadline, nowMs + turnMs);
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#turn();
      },
      Math.min(Math.ceil(at - nowMs), longestTimeoutMs),
    );
  }

  #fileChanged(path: string): void {
    for (const { check } of this.#entries.values()) {
      if (check.what.kind === 'file' && check.what.path === path) this.#schedule.hurry(check.id, monotonicMs());
    }
    this.#turn();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function newEntry(check: CheckDefinition): Entry {
  return {
    check,
    runs: 0,
    failures: 0,
    unable: 0,
    lastOutcome: undefined,
    durationMs: 0,
    latenessMs: 0,
    endedAt: 0 as MonoMs,
    startedAt: 0 as MonoMs,
    cancel: undefined,
  };
}
