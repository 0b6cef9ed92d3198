/**
 * Slow start (sans-IO): an endpoint that comes back gets its weight in steps, so that caches warm and pools fill.
 *
 * What comes back is what could not be answered and was not: an endpoint that fail-open went on answering keeps its
 * weight, and so does one that was never seen out. The steps are few, so that answers do not churn. A restart goes on
 * where it was. Time is an argument.
 */
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { SubjectKey } from '#health/model.ts';

/** In how many steps a weight grows to what is configured. */
export const rampSteps = 10;

/** One endpoint as slow start sees it. */
export interface RampLook {
  readonly subject: SubjectKey;
  /** Up, not drained, and its prefix announced. */
  readonly isUsable: boolean;
  /** Whether answers give it, be it only because nothing is up. */
  readonly isAnswered: boolean;
  /** How long the whole ramp takes; 0 for none. */
  readonly slowStartMs: number;
}

/** A ramp as it is kept on disk over a restart: by steps, so that it is written as often as a weight changes. */
export interface StoredRamp {
  readonly subject: SubjectKey;
  /** Steps that are done, from 1. */
  readonly step: number;
}

/** Between the first and the last step. */
const rampIntervals = rampSteps - 1;

interface Ramp {
  readonly startedAt: MonoMs;
  readonly slowStartMs: number;
}

/** The ramps of all endpoints. */
export class SlowStarts {
  /** Endpoints that were out and not answered when last looked at. */
  #out: ReadonlySet<SubjectKey> = new Set();
  #ramps = new Map<SubjectKey, Ramp>();
  #restored: ReadonlyMap<SubjectKey, number>;
  #nowMs: MonoMs | undefined;

  /** `stored` tells which ramps were going on before a restart. */
  constructor(stored: readonly StoredRamp[]) {
    this.#restored = new Map(stored.map(({ subject, step }) => [subject, step]));
  }

  /** Looks at every endpoint; those that are left out are forgotten. */
  look(endpoints: readonly RampLook[], nowMs: MonoMs): void {
    const ramps = new Map<SubjectKey, Ramp>();
    for (const endpoint of endpoints) {
      const ramp = this.#rampOf(endpoint, nowMs);
      if (ramp !== undefined && nowMs < after(ramp.startedAt, ramp.slowStartMs)) ramps.set(endpoint.subject, ramp);
    }
    this.#ramps = ramps;
    const out = endpoints.filter(({ isUsable, isAnswered }) => !isUsable && !isAnswered);
    this.#out = new Set(out.map(({ subject }) => subject));
    this.#restored = new Map();
    this.#nowMs = nowMs;
  }

  /** The step that an endpoint is on, from 1 to `rampSteps`, which is the whole weight. */
  stepOf(subject: SubjectKey): number {
    const ramp = this.#ramps.get(subject);
    return ramp === undefined || this.#nowMs === undefined ? rampSteps : stepAt(ramp, this.#nowMs);
  }

  /** What to keep on disk. */
  stored(): readonly StoredRamp[] {
    if (this.#nowMs === undefined) return [...this.#restored].map(([subject, step]) => ({ subject, step }));
    return [...this.#ramps.keys()].map((subject) => ({ subject, step: this.stepOf(subject) }));
  }

  /** When the next weight grows. */
  nextDeadlineMs(): MonoMs | undefined {
    let next: MonoMs | undefined;
    for (const [subject, { startedAt, slowStartMs }] of this.#ramps) {
      next = earliest(next, after(startedAt, Math.ceil((this.stepOf(subject) * slowStartMs) / rampIntervals)));
    }
    return next;
  }

  #rampOf({ subject, isUsable, slowStartMs }: RampLook, nowMs: MonoMs): Ramp | undefined {
    if (!isUsable || slowStartMs <= 0) return undefined;
    const restored = this.#restored.get(subject);
    if (restored !== undefined) return startedBefore(restored, slowStartMs, nowMs);
    if (this.#out.has(subject)) return { startedAt: nowMs, slowStartMs };
    const ramp = this.#ramps.get(subject);
    if (ramp === undefined || ramp.slowStartMs === slowStartMs) return ramp;
    return startedBefore(stepAt(ramp, nowMs), slowStartMs, nowMs);
  }
}

/** The part of a configured weight that a step gives, rounded; a weight that is not 0 never becomes 0. */
export function rampedWeight(weight: number, step: number): number {
  return weight === 0 ? 0 : Math.max(1, Math.floor((weight * step) / rampSteps));
}

function stepAt({ startedAt, slowStartMs }: Ramp, nowMs: MonoMs): number {
  const done = Math.floor(((nowMs - startedAt) * rampIntervals) / slowStartMs);
  return Math.min(rampSteps, Math.max(1, done + 1));
}

function startedBefore(step: number, slowStartMs: number, nowMs: MonoMs): Ramp {
  return { startedAt: after(nowMs, -Math.ceil(((step - 1) * slowStartMs) / rampIntervals)), slowStartMs };
}
