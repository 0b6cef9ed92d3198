/**
 * Other coordinators as vantages: their reports while a lease lasts, and what each saw of a check (R4, R5, sans-IO).
 *
 * What this coordinator sees itself is vantage.ts; both are merged by outside.ts.
 */
import type { MonoMs } from '#base/time.ts';
import type { Result } from '#base/result.ts';
import { LeaseBook } from './leases.ts';
import type { SiteId } from './model.ts';
import type { Observation, PeerReport } from './report.ts';

/** A sane coordinator that may vote, and what it saw last. */
export interface PeerVantage {
  readonly sender: SiteId;
  readonly seen: ReadonlyMap<string, Observation>;
}

/** A report that is heard, and when it came. */
export interface HeardReport {
  readonly sender: SiteId;
  readonly report: PeerReport;
  readonly receivedAt: MonoMs;
}

/** The other coordinators of one; `ownSite` is this coordinator's own, whose reports do not count. */
export class PeerVantages {
  readonly #ownSite: SiteId;
  readonly #reports = new LeaseBook<PeerReport>();
  /** The sites that may vote: one that a release took away reports until a person stops its coordinator. */
  #voters: ReadonlySet<SiteId> = new Set();
  /** A report is read for each subject at every step, so that looking for a check must not mean going through it. */
  readonly #seen = new WeakMap<PeerReport, ReadonlyMap<string, Observation>>();

  constructor(ownSite: SiteId) {
    this.#ownSite = ownSite;
  }

  /** Takes the sites that may vote. */
  replaceVoters(sites: readonly SiteId[]): void {
    this.#voters = new Set(sites);
  }

  /** Takes a report in; the refusal says why it is not newer. */
  accept(report: PeerReport, nowMs: MonoMs): Result<unknown, string> {
    return this.#reports.accept(report.site, report, nowMs);
  }

  /** Every coordinator that is sane and may vote now. */
  voting(nowMs: MonoMs): readonly PeerVantage[] {
    return this.#reports.allFresh(nowMs).flatMap(({ sender, report }) => {
      const isVoter = report.sane && sender !== this.#ownSite && this.#voters.has(sender);
      return isVoter ? [{ sender, seen: this.#seenIn(report) }] : [];
    });
  }

  /** Reports whose lease lasts. */
  fresh(nowMs: MonoMs): readonly HeardReport[] {
    return this.#reports.allFresh(nowMs);
  }

  /** The last report of a site, fresh or not. */
  last(site: SiteId): Omit<HeardReport, 'sender'> | undefined {
    return this.#reports.last(site);
  }

  /** Lets every lease that lasted at `sinceMs` last one more interval of its sender from now (R10). */
  grantInterval(sinceMs: MonoMs, nowMs: MonoMs): void {
    this.#reports.grantInterval(sinceMs, nowMs);
  }

  /** When the next lease that still lasts will run out. */
  nextExpiry(nowMs: MonoMs): MonoMs | undefined {
    return this.#reports.nextExpiry(nowMs);
  }

  #seenIn(report: PeerReport): ReadonlyMap<string, Observation> {
    const known = this.#seen.get(report);
    if (known !== undefined) return known;
    // Of a check that is told twice the first counts.
    const seen = new Map(report.observations.toReversed().map((observation) => [observation.check, observation]));
    this.#seen.set(report, seen);
    return seen;
  }
}
