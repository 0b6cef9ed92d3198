/**
 * Watches how late our own timer comes, and says by what factor Desired Min TX shall be longer: a thread that cannot
 * keep its intervals tells the peer so (RFC 5880 §6.8.3) instead of letting it see a failure. Pure; time is an argument.
 */

/** This many late turns within about `memoryMs` are chronic. */
const chronicCount = 3;
const memoryMs = 30_000;
/** A turn that is two intervals late or more counts for two. */
const maxWeight = 2;
/** After this long without a turn that is half a configured interval late the factor is halved. */
const recoveryMs = 120_000;
const maxFactor = 8;

/** The late turns of one session. */
export class LatenessGuard {
  #lateTicks = 0;
  #recent = 0;
  #lastLateMs = -Infinity;
  #lastTroubleMs = -Infinity;
  #lastChangeMs = -Infinity;
  #factor = 1;

  /** How many turns came late since the beginning. */
  get lateTicks(): number {
    return this.#lateTicks;
  }

  /** 1, 2, 4 or 8: how many times longer than configured Desired Min TX shall be. */
  get factor(): number {
    return this.#factor;
  }

  /**
   * Takes the lateness of a turn, and the interval as it is now, `factor` included. A turn is late when it comes more
   * than that interval after its time.
   */
  tick(latenessMs: number, intervalMs: number, nowMs: number): void {
    if (latenessMs * this.#factor * 2 > intervalMs) this.#lastTroubleMs = nowMs;
    if (latenessMs > intervalMs) this.#addLate(Math.min(maxWeight, Math.floor(latenessMs / intervalMs)), nowMs);
    else if (this.#factor > 1 && nowMs - Math.max(this.#lastTroubleMs, this.#lastChangeMs) >= recoveryMs) {
      this.#change(this.#factor / 2, nowMs);
    }
  }

  #addLate(weight: number, nowMs: number): void {
    this.#lateTicks++;
    const age = (nowMs - this.#lastLateMs) / memoryMs;
    this.#recent = weight + this.#recent * Math.max(0, 1 - age);
    this.#lastLateMs = nowMs;
    // Whole count less a half: what has faded a little since still counts.
    if (this.#recent > chronicCount - 0.5 && this.#factor < maxFactor) this.#change(this.#factor * 2, nowMs);
  }

  #change(factor: number, nowMs: number): void {
    this.#factor = factor;
    this.#lastChangeMs = nowMs;
    this.#recent = 0;
  }
}
