/**
 * The anchor (R19, sans-IO): the promise of at least one site to keep announcing a prefix.
 *
 * A site that holds it never withdraws. To leave, it asks one that serves; that one takes the anchor on, keeps it on
 * disk, and says so; only then does the asker let go. A site that does not hold it leaves only on a fresh message,
 * received after its own failure, that a holder serves. A site without a record holds: two holders are harmless, none
 * is impossible. Everything travels as level in the coordinators' reports, so loss and repetition do no harm.
 */
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { SiteId } from '#health/model.ts';
import type { AnchorReport } from '#health/report.ts';

/** A permission, with the rule that decided and words for people. */
export interface Permission {
  readonly allow: boolean;
  readonly rule: string;
  readonly reason: string;
}

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

type Request = NonNullable<AnchorReport['asks']>;

/** This site's side of one prefix's anchor. */
export class Anchor {
  readonly #ownSite: SiteId;
  readonly #boot: string;
  #holds: boolean;
  #asks: Request | undefined;
  #accepted: readonly Request[] = [];
  #requestCount = 0;

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

  /** Forgets a request to leave: this site stays. */
  stay(): void {
    this.#asks = undefined;
  }

  /** Whether this site may withdraw now; asks another site to hold the anchor where that is what is missing. */
  mayLeave(peers: readonly PeerAnchor[], order: readonly SiteId[], leavingSince: MonoMs): Permission {
    return this.#holds ? this.#handOver(peers, order) : this.#followHolder(peers, leavingSince);
  }

  #handOver(peers: readonly PeerAnchor[], order: readonly SiteId[]): Permission {
    const asks = this.#asks;
    const taker = peers.find(
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
    const candidate = order.find((site) => peers.some((peer) => peer.site === site && peer.report.serving));
    if (candidate === undefined) {
      this.#asks = undefined;
      return { allow: false, rule: 'R19', reason: 'holds the anchor, and no other site serves the prefix' };
    }
    if (asks?.site !== candidate) {
      this.#requestCount += 1;
      this.#asks = { site: candidate, id: `${this.#boot}-${this.#requestCount}` };
    }
    return { allow: false, rule: 'R19', reason: `holds the anchor, has asked ${candidate} to take it on` };
  }

  #followHolder(peers: readonly PeerAnchor[], leavingSince: MonoMs): Permission {
    const holder = peers.find(({ report, receivedAt }) => report.holds && report.serving && receivedAt > leavingSince);
    if (holder !== undefined) {
      return { allow: true, rule: 'R19', reason: `${holder.site} holds the anchor and serves` };
    }
    return { allow: false, rule: 'R19', reason: 'no fresh word that the holder of the anchor serves' };
  }
}
