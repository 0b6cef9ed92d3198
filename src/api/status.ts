/** The answer of `GET /v1/status`: everything that one coordinator believes and does, and why. */
import { z } from 'zod';

const nodeStatus = z.object({
  node: z.string(),
  /** `silent`: its lease ran out, or it never reported. */
  state: z.enum(['up', 'down', 'draining', 'unknown', 'silent']),
  ownsVip: z.boolean().optional(),
  ageMs: z.number().optional(),
  reason: z.string(),
});

const endpointStatus = z.object({
  site: z.string(),
  family: z.union([z.literal(4), z.literal(6)]),
  address: z.string(),
  port: z.number(),
  state: z.enum(['up', 'down', 'draining', 'unknown']),
  /** Whether DNS answers with it now. */
  answered: z.boolean(),
  drained: z.boolean(),
  changePending: z.boolean(),
  /** It could be answered, and another tier is active (R27). */
  standby: z.boolean().optional(),
  /** What it may get in proportion to others now, and where that is not what is configured, what is. */
  weight: z.number().optional(),
  configuredWeight: z.number().optional(),
  /** The share of its part that it hands on to others, 0 to 1; absent where it is 0 (R22). */
  shed: z.number().optional(),
  basis: z.enum(['inside', 'probes', 'held', 'none']),
  reason: z.string(),
  sinceMs: z.number(),
  nodes: z.array(nodeStatus),
});

/** The active tier of a service with a failover step (R27). */
const failoverStatus = z.object({
  tiers: z.array(z.string()),
  /** When a tier that is down is left, and when one that is up again is returned to, as text. */
  failover: z.string(),
  failback: z.string(),
  active: z.number(),
  /** The last change of the active tier; absent where there was none. */
  last: z
    .object({
      cause: z.enum(['health', 'drain', 'operator']),
      site: z.string(),
      who: z.string(),
      reason: z.string(),
      sinceUnixMs: z.number(),
    })
    .optional(),
  /** What is due and why it is not done. */
  held: z.string().optional(),
});

const prefixStatus = z.object({
  prefix: z.string(),
  state: z.enum(['announced', 'depreferred', 'draining', 'withdrawn']),
  reason: z.string(),
  sinceMs: z.number(),
  holdsAnchor: z.boolean(),
  /** Why it stays although its gate is closed. */
  blocked: z.string().optional(),
});

const routerStatus = z.object({
  name: z.string(),
  address: z.string(),
  state: z.string(),
  reason: z.string(),
  announced: z.array(z.string()),
});

const overrideStatus = z.object({
  id: z.string(),
  kind: z.string(),
  site: z.string(),
  /** What `depref` and `blackhole` are about. */
  prefix: z.string().optional(),
  reason: z.string(),
  who: z.string(),
  createdAtUnixMs: z.number(),
  expiresAtUnixMs: z.number(),
  state: z.string(),
});

const peerStatus = z.object({
  site: z.string(),
  state: z.enum(['fresh', 'silent']),
  sane: z.boolean().optional(),
  release: z.string().optional(),
  ageMs: z.number().optional(),
});

export const statusSchema = z.object({
  site: z.string(),
  version: z.string(),
  uptimeMs: z.number(),
  release: z.object({ epoch: z.number(), sequence: z.number(), digest: z.string() }),
  role: z.enum(['writer', 'follower']),
  sanity: z.enum(['sane', 'doubtful', 'frozen']),
  services: z.array(
    z.object({
      service: z.string(),
      mode: z.enum(['normal', 'held', 'frozen', 'failOpen', 'nodata', 'fallback']),
      failover: failoverStatus.optional(),
      endpoints: z.array(endpointStatus),
    }),
  ),
  prefixes: z.array(prefixStatus),
  routers: z.array(routerStatus),
  overrides: z.array(overrideStatus),
  peers: z.array(peerStatus),
  dns: z.object({ listen: z.array(z.string()), queries: z.number(), counters: z.record(z.string(), z.number()) }),
});

export type Status = z.infer<typeof statusSchema>;
export type EndpointStatus = z.infer<typeof endpointStatus>;
export type FailoverStatus = z.infer<typeof failoverStatus>;
export type NodeStatus = z.infer<typeof nodeStatus>;
