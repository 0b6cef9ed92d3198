/**
 * What is known of round trips between networks of clients and sites (sans-IO): lists of measurements in, the rows of
 * one table out.
 *
 * Sources are a site's nodes, this coordinator's DNS for its own site, and other coordinators, which tell what their own
 * site has measured. Each list replaces the last of its source and ages from its receipt; a source that falls silent is
 * believed until its measurements are too old (R23).
 */
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { NodeId, SiteId } from '../model.ts';
import { addToAggregate, aggregateRoundTrips, KnownNetwork } from './known-network.ts';
import type { Aggregate, KeptSource, Measurement, Ordered } from './known-network.ts';
import type { NetworkKey } from './network.ts';
import { orderKeysMs, orderSites } from './order.ts';
import { maxNetworks, weightOf } from './report.ts';
import type { LatencyEntry } from './report.ts';

/** Who measured. */
export type LatencySource =
  | { readonly kind: 'node'; readonly site: SiteId; readonly node: NodeId }
  /** This coordinator's own DNS over TCP. */
  | { readonly kind: 'resolvers' }
  | { readonly kind: 'coordinator'; readonly site: SiteId };

/** One network, or an aggregate of networks. */
export interface LatencyRow {
  readonly prefix: IpPrefix;
  readonly key: NetworkKey;
  /** Best first, at least two. */
  readonly sites: readonly SiteLatency[];
}

/** One site as one network has it. */
export interface SiteLatency {
  readonly site: SiteId;
  readonly rttMs: number;
  /** Grows along the order in which sites are preferred: the round trip, or less where the order is held. */
  readonly keyMs: number;
}

/** The most of each that are kept; of a table's rows, those of the heaviest networks. */
const most = { sources: 256, networks: 65_536, networkRows: 16_384, aggregateRows: 4096 } as const;

/** Everything that one coordinator knows of round trips. */
export class LatencyBook {
  readonly #ownSite: SiteId;
  #sites: ReadonlySet<SiteId> = new Set();
  readonly #sources = new Map<string, KeptSource>();
  #networks = new Map<IpPrefix, KnownNetwork>();
  #aggregates = new Map<IpPrefix, Aggregate>();

  constructor(ownSite: SiteId) {
    this.#ownSite = ownSite;
  }

  /** Takes the sites of a release; what others measured is forgotten. */
  replaceSites(sites: readonly SiteId[]): void {
    this.#sites = new Set(sites);
    for (const [key, source] of this.#sources) if (!this.#sites.has(source.site)) this.#forget(key, source);
  }

  /**
   * Takes the newest list of a source, and returns whether it is its first; one of a site that the release does not have
   * is left out.
   */
  take(source: LatencySource, entries: readonly LatencyEntry[], nowMs: MonoMs): boolean {
    const kept = this.#keptSource(source);
    if (kept === undefined) return false;
    kept.lists++;
    for (const entry of entries) {
      let network = this.#networks.get(entry.network);
      if (network === undefined) {
        if (this.#networks.size >= most.networks) continue;
        network = new KnownNetwork(entry.network, this.#aggregates);
        this.#networks.set(entry.network, network);
      }
      network.take(kept, entry, nowMs);
    }
    return kept.lists === 1;
  }

  /** What this site has measured, for the other coordinators; the heaviest networks first. */
  ownEntries(nowMs: MonoMs): readonly LatencyEntry[] {
    const entries: LatencyEntry[] = [];
    for (const network of this.#networks.values()) {
      const own = network.measured(this.#ownSite, nowMs).get(this.#ownSite);
      if (own === undefined) continue;
      const { rttMs, weight, measuredAt } = own;
      const ageSeconds = Math.floor((nowMs - measuredAt) / 1000);
      entries.push({ network: network.prefix, rttMs, weight: weightOf(weight), ageSeconds });
    }
    entries.sort((a, b) => b.weight - a.weight || (a.network < b.network ? -1 : 1));
    return entries.slice(0, maxNetworks.coordinator);
  }

  /**
   * The rows that count now: of networks that two sites at least were measured from, or their aggregates. Orders are held
   * from call to call.
   */
  rows(nowMs: MonoMs): readonly LatencyRow[] {
    const living = this.#living(nowMs);
    const rows: LatencyRow[] = [];
    for (const { network, measured } of heaviest(living)) {
      // Sites that did not measure the network itself are judged by those around it.
      const roundTrips = aggregateRoundTrips(network.aggregate);
      for (const [site, { rttMs }] of measured) roundTrips.set(site, rttMs);
      pushRow(rows, network, roundTrips);
    }
    let left: number = most.aggregateRows;
    for (const aggregate of this.#aggregates.values()) {
      if (pushRow(rows, aggregate, aggregateRoundTrips(aggregate)) && --left === 0) break;
    }
    return rows;
  }

  /** Every network of which something is known now, its aggregates filled; the others are forgotten. */
  #living(nowMs: MonoMs): readonly LivingNetwork[] {
    for (const { sums } of this.#aggregates.values()) sums.clear();
    const living: LivingNetwork[] = [];
    for (const network of this.#networks.values()) {
      const measured = network.measured(this.#ownSite, nowMs);
      if (measured.size === 0) this.#networks.delete(network.prefix);
      else living.push({ network, measured });
      addToAggregate(network.aggregate, measured);
    }
    for (const [prefix, { sums }] of this.#aggregates) if (sums.size === 0) this.#aggregates.delete(prefix);
    return living;
  }

  #keptSource(source: LatencySource): KeptSource | undefined {
    const site = source.kind === 'resolvers' ? this.#ownSite : source.site;
    if (!this.#sites.has(site)) return undefined;
    const key = `${source.kind} ${site} ${source.kind === 'node' ? source.node : ''}`;
    const kept = this.#sources.get(key) ?? { kind: source.kind, site, lists: 0 };
    // Put at the end: those that have been silent for longest come first.
    this.#sources.delete(key);
    this.#sources.set(key, kept);
    for (const [oldest, silent] of this.#sources) {
      if (this.#sources.size <= most.sources) break;
      this.#forget(oldest, silent);
    }
    return kept;
  }

  #forget(key: string, source: KeptSource): void {
    this.#sources.delete(key);
    // Empties its cells.
    source.lists++;
  }
}

interface LivingNetwork {
  readonly network: KnownNetwork;
  readonly measured: ReadonlyMap<SiteId, Measurement>;
}

/** As many as a table has rows for, in the order in which they came where that is all of them. */
function heaviest(living: readonly LivingNetwork[]): readonly LivingNetwork[] {
  if (living.length <= most.networkRows) return living;
  const weigh = ({ network, measured }: LivingNetwork): readonly [LivingNetwork, number, IpPrefix] => {
    const weight = [...measured.values()].reduce((sum, each) => sum + each.weight, 0);
    return [{ network, measured }, weight, network.prefix];
  };
  return living
    .map(weigh)
    .sort(([, left, a], [, right, b]) => right - left || (a < b ? -1 : 1))
    .slice(0, most.networkRows)
    .map(([each]) => each);
}

/** Adds the row of a network or an aggregate, where it has one; returns whether it has. */
function pushRow(rows: LatencyRow[], ordered: Ordered, roundTrips: ReadonlyMap<SiteId, number>): boolean {
  if (roundTrips.size < 2) return false;
  ordered.order = orderSites(roundTrips, ordered.order);
  const keys = orderKeysMs(roundTrips, ordered.order);
  const sites = ordered.order.map((site, index) => ({
    site,
    rttMs: roundTrips.get(site) ?? 0,
    keyMs: keys[index] ?? 0,
  }));
  rows.push({ prefix: ordered.prefix, key: ordered.key, sites });
  return true;
}
