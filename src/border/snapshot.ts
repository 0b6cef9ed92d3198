/**
 * Border routers at one moment, as status, metrics and `fairlead bgp` show them, and as a node that speaks reports them.
 * Keys that are not known are left out: the sender may be of a newer version.
 */
import { z } from 'zod';
import type { BfdSnapshot, PeerSnapshot } from 'bgp-ts';

const line = z
  .string()
  .max(1000)
  .transform((value) => value.replaceAll(/\p{Cc}/gu, '\ufffd'));
const count = z.int().min(0);

/** The attributes of a route as a neighbor was told them, or would be. */
export const toldAttributesSchema = z.object({
  nextHop: z.string(),
  med: z.number().optional(),
  localPreference: z.number().optional(),
  prepend: z.number().optional(),
  communities: z.array(z.string()).optional(),
  largeCommunities: z.array(z.string()).optional(),
});

/** A route that a neighbor was told, when, and why. */
const toldRouteSchema = z.object({
  prefix: z.string(),
  attributes: toldAttributesSchema,
  sentAtUnixMs: z.number(),
  reason: line,
});

/** What both sides agreed on; what a speaker does not say is absent. */
const negotiatedSchema = z.object({
  holdTimeSeconds: z.number(),
  families: z.array(z.string()),
  fourOctetAs: z.boolean(),
  routeRefresh: z.boolean().optional(),
  extendedNextHop: z.boolean().optional(),
  peerRole: z.union([z.string(), z.number()]).optional(),
  gracefulRestart: z
    .object({ peerRestartTimeSeconds: z.number(), isPeerRestarting: z.boolean(), hasNotification: z.boolean() })
    .optional(),
});

const bfdSchema = z.object({
  state: z.enum(['adminDown', 'down', 'init', 'up']),
  peerState: z.enum(['adminDown', 'down', 'init', 'up']),
  reason: line,
  sinceUnixMs: z.number(),
  transmitIntervalMs: z.number(),
  detectionTimeMs: z.number(),
  packetsSent: count,
  packetsReceived: count,
  packetsDropped: count,
  lateTicks: count,
});

/** One border router as one speaker sees it. */
export const neighborSnapshotSchema = z.object({
  name: z.string().min(1).max(63),
  address: z.string(),
  port: z.number(),
  /** As the session has it; `refused` where this machine cannot open it, `waiting` for BFD in strict mode. */
  state: z.string(),
  reason: line,
  sinceUnixMs: z.number(),
  negotiated: negotiatedSchema.optional(),
  announced: z.array(toldRouteSchema).max(10_000),
  updatesSent: count,
  updatesReceived: count,
  faultyUpdatesReceived: count,
  /** How often an established session was lost. */
  flaps: count,
  notifications: z
    .array(z.object({ direction: z.enum(['sent', 'received']), code: count, subcode: count, count }))
    .max(1000),
  bfd: bfdSchema.optional(),
});

export type NeighborSnapshot = Readonly<z.infer<typeof neighborSnapshotSchema>>;
export type ToldAttributes = Readonly<z.infer<typeof toldAttributesSchema>>;
export type Negotiated = NonNullable<NeighborSnapshot['negotiated']>;

/** What a speaker does not count by itself. */
export type NeighborCounts = Pick<NeighborSnapshot, 'flaps' | 'notifications'>;

/** Puts together what the speaker, BFD and the counters say of a neighbor; `reasonOf` says why a prefix is told. */
export function describeNeighbor(
  peer: PeerSnapshot,
  counts: NeighborCounts,
  bfd: BfdSnapshot | undefined,
  reasonOf: (prefix: string) => string,
): NeighborSnapshot {
  const { negotiated } = peer;
  return {
    name: peer.name,
    address: peer.address,
    port: peer.port,
    state: peer.state,
    reason: peer.reason,
    sinceUnixMs: peer.sinceUnixMs,
    ...(negotiated === undefined ? {} : { negotiated: negotiatedSchema.parse(negotiated) }),
    announced: peer.announced.map(({ prefix, attributes, sentAtUnixMs }) => ({
      prefix,
      attributes: toldAttributesSchema.parse(attributes),
      sentAtUnixMs,
      reason: reasonOf(prefix),
    })),
    updatesSent: peer.updatesSent,
    updatesReceived: peer.updatesReceived,
    faultyUpdatesReceived: peer.faultyUpdatesReceived,
    ...counts,
    ...(bfd === undefined ? {} : { bfd: bfdSchema.parse(bfd) }),
  };
}
