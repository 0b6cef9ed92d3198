/**
 * The anchor (R19, sans-IO): the promise of at least one site to keep announcing a prefix.
 *
 * A site that holds it never withdraws. To leave, it asks one that serves; that one takes the anchor on, keeps it on
 * disk, and says so; only then does the asker let go. A site that does not hold it leaves only on a fresh message,
 * received after its own failure, that a holder serves. A site without a record holds: two holders are harmless, none
 * is impossible. Everything travels as level in the coordinators' reports, so loss and repetition do no harm.
 *
 * A site that is asked and does not answer may not hear us: the next one that serves is asked then. Where every other
 * site of the prefix is heard and none of them holds it, as after a release that dropped the holder, this site does.
 */
import { after } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { SiteId } from '#health/model.ts';
import type { AnchorReport } from '#health/report.ts';
import type { Permission } from './permission.ts';

/** What another site last said of the prefix, under a lease that lasts. */
export interface PeerAnchor {
  readonly site: SiteId;
  readonly report: AnchorReport;
  readonly receivedAt: MonoMs;
}

/** The anchor of one prefix as it is kept on disk. */
export interface StoredAnchor {
  readonly prefix: IpPrefix;
  readonly holds: boolean;
}

/** What a permission is judged by. */
export interface LeaveInput {
  readonly peers: readonly PeerAnchor[];
  /** The other sites of the prefix, in the order in which they are asked. */
  readonly others: readonly SiteId[];
  /** Since when this site wants to leave. */
  readonly leavingSince: MonoMs;
  readonly nowMs: MonoMs;
}

/** How long a site that serves is given to take the anchor on before the next one is asked. */
export const askTimeoutMs = 3000;

/** How long no other site says that it holds the anchor before this one does: longer than a hand-over takes to be told. */
export const orphanedAfterMs = 5000;

type Request = NonNullable<AnchorReport['asks']>;

/** This site's side of one prefix's anchor. */
export class Anchor {
  readonly #ownSite: SiteId;
  readonly #boot: string;
  #holds: boolean;
  #asks: Request | undefined;
  #accepted: readonly Request[] = [];
  #requestCount = 0;
  #askedAt: MonoMs | undefined;
  #orphanedSince: MonoMs | undefined;

  /** `boot` is unique for each start of this process, so that answers to an earlier one's requests do not count. */
  constructor(own: { readonly site: SiteId; readonly boot: string }, stored: StoredAnchor | undefined) {
    this.#ownSite = own.site;
    this.#boot = own.boot;
    this.#holds = stored?.holds ?? true;
  }

  get holds(): boolean {
    return this.#holds;
  }

  get asks(): Request | undefined {
    return this.#asks;
  }

  get accepted(): readonly Request[] {
    return this.#accepted;
  }

  /** Takes on what others ask of this site, if it serves. Returns whether it holds now and did not before. */
  takeOn(peers: readonly PeerAnchor[], servesHere: boolean): boolean {
    if (!servesHere) return false;
    const requests = peers.flatMap(({ site, report }) =>
      report.asks?.site === this.#ownSite ? [{ site, id: report.asks.id }] : [],
    );
    if (requests.length === 0) return false;
    const asking = new Set(requests.map((request) => request.site));
    this.#accepted = [...this.#accepted.filter((request) => !asking.has(request.site)), ...requests];
    this.#asks = undefined;
    const taken = !this.#holds;
    this.#holds = true;
    return taken;
  }

  /** Holds the anchor where every other site is heard and none holds it. Returns whether it does so from now on. */
  adopt(peers: readonly PeerAnchor[], others: readonly SiteId[], nowMs: MonoMs): boolean {
    const isOrphaned = others.every((site) => peers.some((peer) => peer.site === site && !peer.report.holds));
    if (this.#holds || !isOrphaned) {
      this.#orphanedSince = undefined;
      return false;
    }
    this.#orphanedSince ??= nowMs;
    if (others.length > 0 && nowMs < after(this.#orphanedSince, orphanedAfterMs)) return false;
    this.#holds = true;
    return true;
  }

  /** Forgets a request to leave: this site stays. */
  stay(): void {
    this.#asks = undefined;
  }

  /** Whether this site may withdraw now; asks another site to hold the anchor where that is what is missing. */
  mayLeave(input: LeaveInput): Permission {
    return this.#holds ? this.#handOver(input) : this.#followHolder(input);
  }

  #handOver(input: LeaveInput): Permission {
    const asks = this.#asks;
    const taker = input.peers.find(
      ({ site, report }) =>
        site === asks?.site &&
        report.holds &&
        report.serving &&
        report.accepted.some((request) => request.site === this.#ownSite && request.id === asks.id),
    );
    if (taker !== undefined) {
      this.#asks = undefined;
      this.#holds = false;
      return { allow: true, rule: 'R19', reason: `${taker.site} holds the anchor now and serves` };
    }
    const candidate = this.#candidate(input);
    if (candidate === undefined) {
      this.#asks = undefined;
      return { allow: false, rule: 'R19', reason: 'holds the anchor, and no other site serves the prefix' };
    }
    if (asks?.site !== candidate) {
      this.#requestCount += 1;
      this.#asks = { site: candidate, id: `${this.#boot}-${this.#requestCount}` };
      this.#askedAt = input.nowMs;
    }
    return { allow: false, rule: 'R19', reason: `holds the anchor, has asked ${candidate} to take it on` };
  }

  /** Whom to ask: the one asked already while it serves and has time left, else the next one that serves. */
  #candidate({ peers, others, nowMs }: LeaveInput): SiteId | undefined {
    const serving = others.filter((site) => peers.some((peer) => peer.site === site && peer.report.serving));
    const asked = serving.indexOf(this.#asks?.site ?? '');
    if (asked < 0) return serving[0];
    const isOverdue = this.#askedAt !== undefined && nowMs >= after(this.#askedAt, askTimeoutMs);
    return serving[isOverdue ? (asked + 1) % serving.length : asked];
  }

  #followHolder({ peers, leavingSince }: LeaveInput): Permission {
    const holder = peers.find(({ report, receivedAt }) => report.holds && report.serving && receivedAt > leavingSince);
    if (holder !== undefined) {
      return { allow: true, rule: 'R19', reason: `${holder.site} holds the anchor and serves` };
    }
    return { allow: false, rule: 'R19', reason: 'no fresh word that the holder of the anchor serves' };
  }
}
