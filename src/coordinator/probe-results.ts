/**
 * Hands results of checks to the decision: one by one while there are few, together while there are many.
 *
 * One step of the decision looks at everything, so with thousands of endpoints it costs milliseconds. After a step the
 * next waits for as long as several of it take, so that results never keep the main thread from its other work; for a
 * small site that is nothing.
 */
import { monotonicMs } from '#base/clock.ts';
import type { ProbeFinding } from '#health/engine.ts';

/** Steps of the decision take at most one part in so many of the time. */
const restFactor = 4;
/** However long a step took, a result waits no longer than this. */
const longestWaitMs = 100;

export class ProbeResults {
  readonly #feed: (results: readonly ProbeFinding[]) => void;
  readonly #now: () => number;
  #pending: ProbeFinding[] = [];
  #timer: NodeJS.Timeout | undefined;
  #restUntil = 0;
  #isStopped = false;

  /** `feed` takes results in: a step of the decision, whose duration counts. */
  constructor(feed: (results: readonly ProbeFinding[]) => void, now: () => number = monotonicMs) {
    this.#feed = feed;
    this.#now = now;
  }

  add(result: ProbeFinding): void {
    if (this.#isStopped) return;
    this.#pending.push(result);
    if (this.#timer !== undefined) return;
    const waitMs = this.#restUntil - this.#now();
    if (waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), Math.ceil(waitMs));
  }

  /** Nothing is handed on after this. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const results = this.#pending;
    this.#pending = [];
    const startedAt = this.#now();
    this.#feed(results);
    const endedAt = this.#now();
    this.#restUntil = endedAt + Math.min((endedAt - startedAt) * restFactor, longestWaitMs);
  }
}
