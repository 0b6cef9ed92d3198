/**
 * The bulk breaker (R20, R28, sans-IO): at most ten prefixes of a site, or three in ten where that is more, may be
 * withdrawn by wishes and by releases within ten minutes, whoever asks. The rest stays announced until their turn: time
 * for a person to see that an empty list was not meant. Whoever runs it keeps what it counted over a restart.
 */
import { after } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';

export const bulkWindowMs = 10 * 60_000;
export const bulkLimit = { prefixes: 10, share: 0.3 } as const;

/** A prefix that went, as it is kept on disk: for how long it still counts. */
export interface StoredLeave {
  readonly prefix: IpPrefix;
  readonly restMs: number;
}

/** Counts the prefixes that one site leaves. */
export class BulkBreaker {
  readonly #left = new Map<IpPrefix, MonoMs>();

  /** Counts on from what was kept, on the clock of this process; the time between does not count (R12). */
  restore(stored: readonly StoredLeave[], nowMs: MonoMs): void {
    for (const { prefix, restMs } of stored) {
      this.#left.set(prefix, after(nowMs, Math.min(restMs, bulkWindowMs) - bulkWindowMs));
    }
  }

  /** What to keep on disk, the oldest first. */
  stored(nowMs: MonoMs): readonly StoredLeave[] {
    this.#forget(nowMs);
    return Array.from(this.#left, ([prefix, at]) => ({ prefix, restMs: after(at, bulkWindowMs) - nowMs }));
  }

  /** Whether one more prefix may go, of `total` that the site announces. */
  allows(prefix: IpPrefix, total: number, nowMs: MonoMs): boolean {
    this.#forget(nowMs);
    if (this.#left.has(prefix)) return true;
    return this.#left.size < Math.max(bulkLimit.prefixes, Math.floor(total * bulkLimit.share));
  }

  /** Notes that a prefix goes. */
  count(prefix: IpPrefix, nowMs: MonoMs): void {
    this.#left.set(prefix, nowMs);
  }

  /** When a prefix that had to wait may go; undefined while none is counted. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    this.#forget(nowMs);
    const [oldest] = this.#left.values();
    return oldest === undefined ? undefined : after(oldest, bulkWindowMs);
  }

  #forget(nowMs: MonoMs): void {
    for (const [prefix, at] of this.#left) if (nowMs >= after(at, bulkWindowMs)) this.#left.delete(prefix);
  }
}
