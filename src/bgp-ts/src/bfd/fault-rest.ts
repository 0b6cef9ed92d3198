/**
 * What a bug of this program costs the session that meets it. Some are only left out: routers take even AdminDown for a
 * failure, so that a session ends for a bug that comes back, not for one odd packet. After that it rests, longer each
 * time. Pure; time is an argument.
 */

/** So many bugs a session goes on after, within so long. */
const toleratedBugs = 3;
const toleranceMs = 60_000;

/** The first rest; a session that comes up and meets the bug at once moves its peer so often. */
export const defaultFaultRestMs = 10_000;

const mostRestMs = 600_000;
/** A bug that was not met for so long is as good as new. */
const forgottenAfterMs = 3_600_000;

/** The bugs that one session has gone on after. */
export class FaultTolerance {
  #recentMs: readonly number[] = [];

  /** A bug was met; whether the session goes on: after three in a minute it does not. */
  allows(nowMs: number): boolean {
    const recentMs = this.#recentMs.filter((timeMs) => nowMs - timeMs < toleranceMs);
    const isAllowed = recentMs.length < toleratedBugs;
    this.#recentMs = isAllowed ? [...recentMs, nowMs] : [];
    return isAllowed;
  }
}

/** The rests of one session. */
export class FaultRest {
  readonly #firstMs: number;
  #restMs = 0;
  #lastMs = -Infinity;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** A bug was met; returns the rest from now on in milliseconds: twice the one before, up to ten minutes. */
  begin(nowMs: number): number {
    const isFirst = nowMs - this.#lastMs >= forgottenAfterMs;
    this.#restMs = isFirst ? this.#firstMs : Math.min(mostRestMs, this.#restMs * 2);
    this.#lastMs = nowMs;
    return this.#restMs;
  }
}
