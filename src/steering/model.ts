/**
 * What steering decides about, compiled from a release: endpoints that may be answered, prefixes that may be
 * announced, and what gates them (R16, R17). Plain data; built by the room `config`.
 */
import { z } from 'zod';
import { prefixContains, prefixParts } from '#base/ip.ts';
import type { Family, IpAddress, IpPrefix } from '#base/ip.ts';
import { durationMs } from '#health/check.ts';
import type { ServiceId, SiteId, SubjectKey } from '#health/model.ts';
import { exportSchema } from './export.ts';
import type { PrefixExport } from './export.ts';
import { defaultWeight } from './policy/model.ts';
import type { ServicePolicy } from './policy/model.ts';

const serviceNames = z.array(z.string().min(1)).min(1);

/** What a prefix follows (R17), as written in `zones/*.yaml`; `covered`: the prefixes of ours that lie within it. */
export const gateSchema = z.union([
  z.enum(['always', 'nameserver', 'covered']),
  z.strictObject({ any: serviceNames }),
  z.strictObject({ all: serviceNames }),
  z.strictObject({ atLeast: z.int().min(1), of: serviceNames }),
]);

/** What wishes must leave of a prefix (R20), as written in `zones/*.yaml`. */
export const limitsSchema = z.strictObject({
  /** So many other sites must serve the prefix before one may leave it. */
  minSites: z.int().min(0).default(1),
  /** Share of its sites that may be out at once, above 0 to 1. */
  maxWithdrawn: z.number().gt(0).max(1).default(0.5),
  /** How long a site that left or came back counts as on the move. */
  settle: durationMs.default(30_000),
});

/** A prefix as written in `zones/*.yaml`. */
export const prefixSchema = z.strictObject({
  prefix: z.string(),
  sites: z.array(z.string().min(1)).min(1),
  gatedBy: gateSchema,
  /** How long a draining prefix stays announced with GRACEFUL_SHUTDOWN before it is withdrawn (RFC 8326, R20). */
  drain: durationMs.default(10_000),
  limits: limitsSchema.optional(),
  /** What its routes carry towards every neighbor. */
  export: exportSchema.optional(),
});

export type Gate = z.infer<typeof gateSchema>;
export type { NeighborExport, PrefixExport, Standing } from './export.ts';

/** What users reach: one service at one site in one family. */
export interface Endpoint {
  readonly subject: SubjectKey;
  readonly service: ServiceId;
  readonly site: SiteId;
  readonly family: Family;
  /** The address that DNS gives (role `answer`). */
  readonly answer: IpAddress;
  readonly port: number;
  /** Whether agents at the site report on it; else probes alone speak. */
  readonly hasAgents: boolean;
  /** Its part in proportion to others, 0 to 65,535; `defaultWeight` where absent. */
  readonly weight?: number;
  /** The load that it can take, in the unit in which load is reported; not known where absent. */
  readonly capacity?: number;
}

/** Where routers send a prefix's traffic. */
export type NextHop = IpAddress | 'self';

/** What wishes must leave of a prefix (R20). */
export interface PrefixLimits {
  readonly minSites: number;
  readonly maxWithdrawn: number;
  readonly settleMs: number;
}

/** An anycast prefix as this site announces it. */
export interface PrefixPolicy {
  readonly prefix: IpPrefix;
  readonly gate: Gate;
  /** Every site that may announce it, in the order in which they are asked to hold the anchor. */
  readonly sites: readonly SiteId[];
  /** Next hop by site; `self` is the coordinator's end of the session, which answers DNS itself. */
  readonly nextHops: ReadonlyMap<SiteId, NextHop>;
  readonly drainMs: number;
  /** `defaultLimits` where absent. */
  readonly limits?: PrefixLimits | undefined;
  /** What its routes carry towards every neighbor; nothing special where absent. */
  readonly export?: PrefixExport | undefined;
}

/** Everything steering needs from a release. */
export interface SteeringModel {
  readonly endpoints: readonly Endpoint[];
  /** How services are steered; one that is not there has `plainPolicy`. */
  readonly services?: ReadonlyMap<ServiceId, ServicePolicy>;
  readonly prefixes: readonly PrefixPolicy[];
  /** The longest TTL that a steered record is served with: a drain waits it out (R25). */
  readonly longestTtlSeconds: number;
}

/** The longest prefix that each endpoint stands behind at its site; those behind none are left out (R25). */
export function managedPrefixes({ endpoints, prefixes }: SteeringModel): ReadonlyMap<Endpoint, PrefixPolicy> {
  return new Map(
    endpoints.flatMap((endpoint) => {
      const around = prefixes.filter(
        ({ prefix, sites }) => sites.includes(endpoint.site) && prefixContains(prefix, endpoint.answer),
      );
      const [policy] = around.toSorted((a, b) => prefixParts(b.prefix).length - prefixParts(a.prefix).length);
      return policy === undefined ? [] : [[endpoint, policy] as const];
    }),
  );
}

/** The configured weight of an endpoint. */
export function configuredWeight(endpoint: Endpoint): number {
  return endpoint.weight ?? defaultWeight;
}
