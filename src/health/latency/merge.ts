/**
 * What several places measured, as one: nodes of a site, and the networks of an aggregate. Exact in integers, so that no
 * order of arrival makes a difference.
 */
import type { IpPrefix } from '#base/ip.ts';
import type { SiteId } from '../model.ts';
import { aggregateOf } from './network.ts';
import { weightOf } from './report.ts';
import type { LatencyEntry } from './report.ts';

/** The round trips between one network and one site. */
export interface Measurement {
  readonly rttMs: number;
  readonly weight: number;
  /** Of the youngest measurement in it. */
  readonly ageSeconds: number;
}

/** Measurements by network. */
export type SiteMeasurements = ReadonlyMap<IpPrefix, Measurement>;

/** An aggregate speaks for networks of which nothing is known when so many of its own were measured. */
const leastNetworks = 3;

interface Sum {
  weightedMicroseconds: number;
  weight: number;
  ageSeconds: number;
}

/** Merges lists of one site: round trips are averaged by weight. */
export function mergeEntries(lists: readonly (readonly LatencyEntry[])[]): SiteMeasurements {
  const sums = new Map<IpPrefix, Sum>();
  for (const { network, rttMs, weight, ageSeconds } of lists.flat()) {
    const sum = sums.get(network) ?? { weightedMicroseconds: 0, weight: 0, ageSeconds };
    sum.weightedMicroseconds += weight * microseconds(rttMs);
    sum.weight += weight;
    sum.ageSeconds = Math.min(sum.ageSeconds, ageSeconds);
    sums.set(network, sum);
  }
  return new Map([...sums].map(([network, sum]) => [network, measurementOf(sum)]));
}

/** What the aggregates of one site's networks say: the mean over those networks, each as much as any other. */
export function aggregateMeasurements(
  site: SiteMeasurements,
  aggregate: (network: IpPrefix) => IpPrefix = aggregateOf,
): SiteMeasurements {
  const sums = new Map<IpPrefix, Sum & { networks: number }>();
  for (const [network, { rttMs, ageSeconds }] of site) {
    const key = aggregate(network);
    const sum = sums.get(key) ?? { weightedMicroseconds: 0, weight: 0, ageSeconds, networks: 0 };
    sum.weightedMicroseconds += microseconds(rttMs);
    sum.weight += 1;
    sum.networks += 1;
    sum.ageSeconds = Math.min(sum.ageSeconds, ageSeconds);
    sums.set(key, sum);
  }
  return new Map(
    [...sums].flatMap(([key, sum]) => (sum.networks < leastNetworks ? [] : [[key, measurementOf(sum)] as const])),
  );
}

/** The heaviest first, and of equal ones the first by their text; at most `count`. */
export function heaviest(site: SiteMeasurements, count: number): readonly LatencyEntry[] {
  return [...site]
    .map(([network, { rttMs, weight, ageSeconds }]) => ({ network, rttMs, weight: weightOf(weight), ageSeconds }))
    .sort((a, b) => b.weight - a.weight || (a.network < b.network ? -1 : 1))
    .slice(0, count);
}

/** Round trips of one network by site. */
export type MeasuredSites = ReadonlyMap<SiteId, number>;

function microseconds(rttMs: number): number {
  return Math.round(rttMs * 1000);
}

function measurementOf({ weightedMicroseconds, weight, ageSeconds }: Sum): Measurement {
  return { rttMs: Math.round(weightedMicroseconds / weight) / 1000, weight, ageSeconds };
}
