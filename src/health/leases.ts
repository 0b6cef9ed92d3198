/**
 * Reports held under a lease on the receiver's monotonic clock (R12), keyed by sender.
 *
 * Newer over older only: within one boot the sequence must grow, and a boot that was replaced never comes back while
 * the one that replaced it speaks. When that one has fallen silent, it was the older of the two that came late: the
 * other then goes on from where it was.
 * A receiver that itself was not run for a while grants every lease one interval before it judges (R10).
 */
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** What every leased report carries. */
export interface Leased {
  readonly boot: string;
  readonly sequence: number;
  readonly leaseMs: number;
}

interface Held<R extends Leased> {
  readonly report: R;
  readonly receivedAt: MonoMs;
  readonly expiresAt: MonoMs;
}

/** A boot that another one replaced, and how far it had come. */
interface FormerBoot {
  readonly boot: string;
  readonly sequence: number;
}

/** Boots remembered for each sender, so that a replayed report of an earlier boot is refused. */
const rememberedBoots = 16;

/** The latest report of each sender, fresh or lapsed. */
export class LeaseBook<R extends Leased> {
  readonly #held = new Map<string, Held<R>>();
  readonly #formerBoots = new Map<string, readonly FormerBoot[]>();

  /** Takes a report in; the refusal says why it is not newer. */
  accept(sender: string, report: R, nowMs: MonoMs): Result<{ readonly firstOfBoot: boolean }, string> {
    const held = this.#held.get(sender);
    const last = held?.report;
    const firstOfBoot = last?.boot !== report.boot;
    if (!firstOfBoot && report.sequence <= last.sequence) {
      return refuse(`sequence ${report.sequence} is not newer than ${last.sequence}`);
    }
    const formerBoots = this.#formerBoots.get(sender) ?? [];
    const former = formerBoots.find(({ boot }) => boot === report.boot);
    const isReplaced = held !== undefined && nowMs < held.expiresAt;
    if (firstOfBoot && former !== undefined && (isReplaced || report.sequence <= former.sequence)) {
      return refuse(`boot ${report.boot} ended before`);
    }
    if (firstOfBoot && last !== undefined) {
      const others = formerBoots.filter(({ boot }) => boot !== report.boot);
      const { boot, sequence } = last;
      this.#formerBoots.set(sender, [{ boot, sequence }, ...others].slice(0, rememberedBoots));
    }
    this.#held.set(sender, { report, receivedAt: nowMs, expiresAt: after(nowMs, report.leaseMs) });
    return succeed({ firstOfBoot });
  }

  /** The sender's report while its lease lasts. */
  fresh(sender: string, nowMs: MonoMs): R | undefined {
    const held = this.#held.get(sender);
    return held !== undefined && nowMs < held.expiresAt ? held.report : undefined;
  }

  /** The sender's last report, fresh or not, and when it came. */
  last(sender: string): { readonly report: R; readonly receivedAt: MonoMs } | undefined {
    return this.#held.get(sender);
  }

  /** Every sender whose lease lasts, with its report. */
  allFresh(nowMs: MonoMs): readonly { readonly sender: string; readonly report: R; readonly receivedAt: MonoMs }[] {
    return [...this.#held].flatMap(([sender, held]) =>
      nowMs < held.expiresAt ? [{ sender, report: held.report, receivedAt: held.receivedAt }] : [],
    );
  }

  /** Lets every lease that lasted at `sinceMs` last one more interval of its sender from now (R10). */
  grantInterval(sinceMs: MonoMs, nowMs: MonoMs): void {
    for (const [sender, held] of this.#held) {
      if (held.expiresAt <= sinceMs) continue;
      const granted = after(nowMs, held.report.leaseMs / 3);
      if (granted > held.expiresAt) this.#held.set(sender, { ...held, expiresAt: granted });
    }
  }

  /** When the next lease that still lasts will run out. */
  nextExpiry(nowMs: MonoMs): MonoMs | undefined {
    let next: MonoMs | undefined;
    for (const held of this.#held.values()) if (held.expiresAt > nowMs) next = earliest(next, held.expiresAt);
    return next;
  }
}
