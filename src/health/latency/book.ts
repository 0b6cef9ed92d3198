/**
 * What is known of round trips between networks of clients and sites (sans-IO): lists of measurements in, the rows of
 * one table out.
 *
 * Sources are a site's nodes, this coordinator's DNS for its own site, and other coordinators, which tell what their own
 * site has measured. Each list replaces the last of its source and ages from its receipt; a source that falls silent is
 * believed until its measurements are too old (R23). Of another site, its coordinator's word goes before its nodes',
 * which it has merged.
 */
import type { IpPrefix } from '#base/ip.ts';
import type { MonoMs } from '#base/time.ts';
import type { NodeId, SiteId } from '../model.ts';
import { aggregateMeasurements, heaviest, mergeEntries } from './merge.ts';
import type { MeasuredSites, SiteMeasurements } from './merge.ts';
import { aggregateOf } from './network.ts';
import { orderKeysMs, orderSites } from './order.ts';
import { maxNetworks, measurementLifeMs } from './report.ts';
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

/** The most rows of a table: of networks, and of aggregates. */
const maxRows = { network: 16_384, aggregate: 4096 } as const;

/** The most sources that are kept. */
const maxSources = 256;

interface Held {
  readonly source: LatencySource;
  readonly entries: readonly LatencyEntry[];
  readonly receivedAt: MonoMs;
}

/** Everything that one coordinator knows of round trips. */
export class LatencyBook {
  readonly #ownSite: SiteId;
  #sites: ReadonlySet<SiteId> = new Set();
  readonly #held = new Map<string, Held>();
  #orders = new Map<IpPrefix, readonly SiteId[]>();
  #aggregates = new Map<IpPrefix, IpPrefix>();

  constructor(ownSite: SiteId) {
    this.#ownSite = ownSite;
  }

  /** Takes the sites of a release; what others measured is forgotten. */
  replaceSites(sites: readonly SiteId[]): void {
    this.#sites = new Set(sites);
    for (const [key, { source }] of this.#held) if (!this.#sites.has(this.#siteOf(source))) this.#held.delete(key);
  }

  /** Takes the newest list of a source; one of a site that the release does not have is left out. */
  take(source: LatencySource, entries: readonly LatencyEntry[], nowMs: MonoMs): void {
    if (!this.#sites.has(this.#siteOf(source))) return;
    const key = keyOf(source);
    this.#held.delete(key);
    this.#held.set(key, { source, entries, receivedAt: nowMs });
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= maxSources) break;
      this.#held.delete(oldest);
    }
  }

  /** What this site has measured, for the other coordinators; the heaviest networks first. */
  ownEntries(nowMs: MonoMs): readonly LatencyEntry[] {
    return heaviest(this.#measuredAt(this.#ownSite, nowMs), maxNetworks.coordinator);
  }

  /** The rows that count now, of networks that at least two sites were measured from; orders are held from call to call. */
  rows(nowMs: MonoMs): readonly LatencyRow[] {
    const sites = [...this.#sites].sort();
    const measured = new Map(sites.map((site) => [site, this.#measuredAt(site, nowMs)]));
    const networks = heaviestNetworks([...measured.values()]);
    this.#aggregates = new Map(networks.map((network) => [network, this.#aggregateOf(network)]));
    const aggregated = new Map(
      sites.map((site) => {
        const own: SiteMeasurements = measured.get(site) ?? new Map();
        return [site, aggregateMeasurements(own, (network) => this.#aggregateOf(network))];
      }),
    );
    const aggregates = heaviestNetworks([...aggregated.values()]).slice(0, maxRows.aggregate);
    const orders = new Map<IpPrefix, readonly SiteId[]>();
    const rowOf = (prefix: IpPrefix, rtts: MeasuredSites): readonly LatencyRow[] => {
      if (rtts.size < 2) return [];
      const order = orderSites(rtts, this.#orders.get(prefix) ?? []);
      orders.set(prefix, order);
      const keys = orderKeysMs(rtts, order);
      return [
        {
          prefix,
          sites: order.map((site, index) => ({ site, rttMs: rtts.get(site) ?? 0, keyMs: keys[index] ?? 0 })),
        },
      ];
    };
    const rows = [
      ...networks.slice(0, maxRows.network).flatMap((network) => {
        const around = roundTripsOf(this.#aggregateOf(network), aggregated);
        return rowOf(network, new Map([...around, ...roundTripsOf(network, measured)]));
      }),
      ...aggregates.flatMap((aggregate) => rowOf(aggregate, roundTripsOf(aggregate, aggregated))),
    ];
    this.#orders = orders;
    return rows;
  }

  #measuredAt(site: SiteId, nowMs: MonoMs): SiteMeasurements {
    const held = [...this.#held.values()].filter(({ source }) => this.#siteOf(source) === site);
    const merged = (...kinds: readonly LatencySource['kind'][]): SiteMeasurements =>
      mergeEntries(held.filter(({ source }) => kinds.includes(source.kind)).map((each) => living(each, nowMs)));
    if (site === this.#ownSite) return merged('node', 'resolvers');
    return new Map([...merged('node'), ...merged('coordinator')]);
  }

  #siteOf(source: LatencySource): SiteId {
    return source.kind === 'resolvers' ? this.#ownSite : source.site;
  }

  /** Kept from one call to the next: finding it means to read and write an address. */
  #aggregateOf(network: IpPrefix): IpPrefix {
    return this.#aggregates.get(network) ?? aggregateOf(network);
  }
}

function keyOf(source: LatencySource): string {
  switch (source.kind) {
    case 'node':
      return `node ${source.site}/${source.node}`;
    case 'resolvers':
      return 'resolvers';
    case 'coordinator':
      return `coordinator ${source.site}`;
  }
}

/** The entries that are not too old, with their age now. */
function living({ entries, receivedAt }: Held, nowMs: MonoMs): readonly LatencyEntry[] {
  const sinceSeconds = (nowMs - receivedAt) / 1000;
  return entries.flatMap((entry) => {
    const ageSeconds = entry.ageSeconds + sinceSeconds;
    return ageSeconds * 1000 < measurementLifeMs ? [{ ...entry, ageSeconds: Math.floor(ageSeconds) }] : [];
  });
}

/** Every network of several maps, those with the greatest weight in all first. */
function heaviestNetworks(maps: readonly SiteMeasurements[]): readonly IpPrefix[] {
  const weights = new Map<IpPrefix, number>();
  for (const map of maps) {
    for (const [network, { weight }] of map) weights.set(network, (weights.get(network) ?? 0) + weight);
  }
  return [...weights].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1)).map(([network]) => network);
}

function roundTripsOf(prefix: IpPrefix, bySite: ReadonlyMap<SiteId, SiteMeasurements>): MeasuredSites {
  const found = new Map<SiteId, number>();
  for (const [site, measurements] of bySite) {
    const measurement = measurements.get(prefix);
    if (measurement !== undefined) found.set(site, measurement.rttMs);
  }
  return found;
}
