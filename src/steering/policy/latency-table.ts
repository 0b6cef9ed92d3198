/** What was measured between clients' networks and sites. Plain data: whoever measures smooths it (EWMA) beforehand. */
import type { IpPrefix } from '#base/ip.ts';
import type { SiteId } from '#health/model.ts';

/** The round trip times of one network of clients. */
export interface LatencyRow {
  readonly prefix: IpPrefix;
  /** Milliseconds by site; sites that were not measured are absent. */
  readonly sites: ReadonlyMap<SiteId, number>;
}

/** All measurements. The longest prefix that holds a client is its row. */
export type LatencyTable = readonly LatencyRow[];
