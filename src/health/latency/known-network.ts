/**
 * What is known of one network of clients: a cell for each source that measured it, and their merge by site. Exact in
 * integers, so that no order of arrival makes a difference.
 */
import type { IpPrefix } from '#base/ip.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { SiteId } from '../model.ts';
import { aggregateOf, networkKey } from './network.ts';
import type { NetworkKey } from './network.ts';
import { measurementLifeMs } from './report.ts';
import type { LatencyEntry } from './report.ts';

/** One that measures, as the book keeps it. */
export interface KeptSource {
  readonly kind: 'node' | 'resolvers' | 'coordinator';
  readonly site: SiteId;
  /** Its lists so far: a cell that is not of the last one is empty. */
  lists: number;
}

interface Cell {
  readonly source: KeptSource;
  list: number;
  microseconds: number;
  weight: number;
  measuredAt: MonoMs;
}

/** The round trips between one network and one site. */
export interface Measurement {
  readonly rttMs: number;
  readonly weight: number;
  /** Of the youngest measurement in it. */
  readonly measuredAt: MonoMs;
}

/** What holds between a network, or an aggregate, and the sites over time: their order. */
export interface Ordered {
  readonly prefix: IpPrefix;
  readonly key: NetworkKey;
  order: readonly SiteId[];
}

/** Networks around others, and how many of theirs were measured from each site. */
export interface Aggregate extends Ordered {
  readonly sums: Map<SiteId, { microseconds: number; networks: number }>;
}

/** An aggregate speaks for networks of which nothing is known when so many of its own were measured. */
const leastNetworks = 3;

/** One network. */
export class KnownNetwork implements Ordered {
  readonly prefix: IpPrefix;
  readonly key: NetworkKey;
  readonly aggregate: Aggregate;
  order: readonly SiteId[] = [];
  #cells: Cell[] = [];

  /** `aggregates` holds those that are known, and is given the network's own where it is not among them. */
  constructor(prefix: IpPrefix, aggregates: Map<IpPrefix, Aggregate>) {
    this.prefix = prefix;
    this.key = networkKey(prefix);
    const around = aggregateOf(prefix);
    this.aggregate = aggregates.get(around) ?? {
      prefix: around,
      key: networkKey(around),
      order: [],
      sums: new Map<SiteId, { microseconds: number; networks: number }>(),
    };
    aggregates.set(around, this.aggregate);
  }

  /** Takes what the newest list of a source says of it. */
  take(source: KeptSource, { rttMs, weight, ageSeconds }: LatencyEntry, nowMs: MonoMs): void {
    const cell = {
      source,
      list: source.lists,
      microseconds: Math.round(rttMs * 1000),
      weight,
      measuredAt: after(nowMs, -ageSeconds * 1000),
    };
    const index = this.#cells.findIndex((each) => each.source === source);
    if (index < 0) this.#cells.push(cell);
    else this.#cells[index] = cell;
  }

  /**
   * What is known of it now by site. Of `ownSite`, nodes and resolvers together; of any other, what its coordinator says,
   * which has merged its nodes, or else what these say.
   */
  measured(ownSite: SiteId, nowMs: MonoMs): ReadonlyMap<SiteId, Measurement> {
    const diesBefore = after(nowMs, -measurementLifeMs);
    this.#cells = this.#cells.filter(
      ({ list, source, measuredAt }) => list === source.lists && measuredAt > diesBefore,
    );
    const bySite = new Map<SiteId, Sum>();
    for (const { source, microseconds, weight, measuredAt } of this.#cells) {
      const isMerged = source.kind === 'coordinator' && source.site !== ownSite;
      let sum = bySite.get(source.site);
      if (sum?.isMerged === true && !isMerged) continue;
      if (sum?.isMerged !== isMerged) {
        sum = { isMerged, weightedMicroseconds: 0, weight: 0, measuredAt };
        bySite.set(source.site, sum);
      }
      sum.weightedMicroseconds += weight * microseconds;
      sum.weight += weight;
      if (measuredAt > sum.measuredAt) sum.measuredAt = measuredAt;
    }
    const measured = new Map<SiteId, Measurement>();
    for (const [site, { weightedMicroseconds, weight, measuredAt }] of bySite) {
      measured.set(site, { rttMs: Math.round(weightedMicroseconds / weight) / 1000, weight, measuredAt });
    }
    return measured;
  }
}

interface Sum {
  /** Of a coordinator, which has merged what its nodes told. */
  readonly isMerged: boolean;
  weightedMicroseconds: number;
  weight: number;
  measuredAt: MonoMs;
}

/** Adds a network to its aggregate, where each counts as much as any other. */
export function addToAggregate({ sums }: Aggregate, measured: ReadonlyMap<SiteId, Measurement>): void {
  for (const [site, { rttMs }] of measured) {
    const sum = sums.get(site) ?? { microseconds: 0, networks: 0 };
    sum.microseconds += Math.round(rttMs * 1000);
    sum.networks += 1;
    sums.set(site, sum);
  }
}

/** The mean round trips in milliseconds of an aggregate, from the sites that measured enough of its networks. */
export function aggregateRoundTrips({ sums }: Aggregate): Map<SiteId, number> {
  const roundTrips = new Map<SiteId, number>();
  for (const [site, { microseconds, networks }] of sums) {
    if (networks >= leastNetworks) roundTrips.set(site, Math.round(microseconds / networks) / 1000);
  }
  return roundTrips;
}
