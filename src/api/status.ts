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
  basis: z.enum(['inside', 'probes', 'held', 'none']),
  reason: z.string(),
  sinceMs: z.number(),
  nodes: z.array(nodeStatus),
});

const prefixStatus = z.object({
  prefix: z.string(),
  state: z.enum(['announced', 'draining', 'withdrawn']),
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
      mode: z.enum(['normal', 'frozen', 'failOpen']),
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
export type NodeStatus = z.infer<typeof nodeStatus>;
