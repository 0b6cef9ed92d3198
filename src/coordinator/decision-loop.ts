/**
 * Runs the decision on real time: feeds inputs, carries out effects in order, and arms one timer for the next step.
 */
import { monotonicMs, unixMs } from '#base/clock.ts';
import type { Result } from '#base/result.ts';
import type { Decision, DecisionInput } from '#decide/decision.ts';
import type { DecisionEffect } from '#decide/effects.ts';
import type { FailoverCommand } from '#decide/failovers.ts';
import type { Moment, OverriddenThing } from '#health/overrides.ts';
import type { Override } from '#health/report.ts';

/** The engine is never left longer than this, so that lateness stays the exception (R10). */
const longestSleepMs = 500;

/** Both clocks, now. */
export function presentMoment(): Moment {
  return { nowMs: monotonicMs(), unixMs: unixMs() };
}

/** The decision with its timer. */
export class DecisionLoop {
  readonly decision: Decision;
  readonly #carryOut: (effect: DecisionEffect) => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #waiting: (() => void)[] = [];

  constructor(decision: Decision, carryOut: (effect: DecisionEffect) => void) {
    this.decision = decision;
    this.#carryOut = carryOut;
  }

  feed(input: DecisionInput): void {
    if (!this.#isStopped) this.#finish(this.decision.step(input, presentMoment()));
  }

  /** Puts an override in force, or says why not. */
  addOverride(override: Override): Result<void, string> {
    const added = this.decision.addOverride(override, presentMoment());
    if (!added.ok) return added;
    this.#finish(added.value);
    return { ok: true, value: undefined };
  }

  /** Takes back the overrides of one thing, of a site's drain where only a site is given, and returns them. */
  removeOverrides(thing: string | OverriddenThing): readonly Override[] {
    const { removed, effects } = this.decision.removeOverrides(thing, presentMoment());
    this.#finish(effects);
    return removed;
  }

  /** Makes another tier of a service active, or says why not. */
  failover(command: FailoverCommand): Result<void, string> {
    const done = this.decision.failover(command, presentMoment());
    if (!done.ok) return done;
    this.#finish(done.value);
    return { ok: true, value: undefined };
  }

  /** Resolves after the next step. */
  nextStep(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** No step and no effect comes after this. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #finish(effects: readonly DecisionEffect[]): void {
    if (this.#isStopped) return;
    for (const effect of effects) this.#carryOut(effect);
    for (const wake of this.#waiting.splice(0)) wake();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const moment = presentMoment();
    const deadline = this.decision.nextDeadlineMs(moment);
    const wait = deadline === undefined ? longestSleepMs : Math.ceil(deadline - moment.nowMs);
    this.#timer = setTimeout(() => this.feed({ kind: 'tick' }), Math.min(Math.max(1, wait), longestSleepMs));
  }
}
