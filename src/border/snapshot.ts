/**
 * Border routers at one moment, as status, metrics and `fairlead bgp` show them, and as a node that speaks reports them.
 * Keys that are not known are left out: the sender may be of a newer version.
 */
import { z } from 'zod';
import type { BfdSnapshot, PeerSnapshot } from 'bgp-ts';

/** The longest reason that a report may give: one that is longer would have the whole report refused. */
const longestReason = 1000;

/** A reason as routes carry it: gates that follow many services have much to say. */
export function shortReason(reason: string): string {
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason - 1)}…`;
}

const line = z
  .string()
  .max(longestReason)
  .transform((value) => value.replaceAll(/\p{Cc}/gu, '\ufffd'));
const count = z.int().min(0);

/** The attributes of a route as a neighbor was told them, or would be. */
export const toldAttributesSchema = z.object({
  nextHop: z.string(),
  med: z.number().optional(),
  localPreference: z.number().optional(),
  /** AS numbers, nearest first. */
  asPath: z.string(),
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

/** What a neighbor would be told now of a prefix, beside what it was told. */
const plannedRouteSchema = z.object({
  change: z.enum(['keep', 'announce', 'replace', 'withdraw', 'refuse']),
  prefix: z.string(),
  attributes: toldAttributesSchema.optional(),
  refusal: line.optional(),
  reason: line,
});

/** What both sides agreed on. */
const negotiatedSchema = z.object({
  isExternal: z.boolean(),
  peerIdentifier: z.string(),
  localAddress: z.string(),
  holdTimeSeconds: z.number(),
  families: z.array(z.string()),
  fourOctetAs: z.boolean(),
  extendedMessages: z.boolean(),
  routeRefresh: z.boolean(),
  extendedNextHop: z.boolean(),
  gracefulRestart: z
    .object({ peerRestartTimeSeconds: z.number(), isPeerRestarting: z.boolean(), hasNotification: z.boolean() })
    .optional(),
  peerRole: z.string().optional(),
});

const notificationSchema = z.object({ code: count, subcode: count, text: line, atUnixMs: z.number() });

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
  /** The last NOTIFICATIONs. */
  lastNotification: z.object({ sent: notificationSchema.optional(), received: notificationSchema.optional() }),
  announced: z.array(toldRouteSchema).max(10_000),
  /** What it was told and untold in this session, the latest last. */
  withdrawn: z.array(z.object({ prefix: z.string(), reason: line, sentAtUnixMs: z.number() })).max(1000),
  plan: z.array(plannedRouteSchema).max(10_000),
  updatesSent: count,
  updatesReceived: count,
  updateFaults: z.object({ attributeDiscard: count, treatAsWithdraw: count, sessionReset: count }),
  sendStalledMs: z.number(),
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

/** Puts together what the speaker, BFD and the counters say of a neighbor. */
export function describeNeighbor(
  peer: PeerSnapshot,
  counts: NeighborCounts,
  bfd: BfdSnapshot | undefined,
): NeighborSnapshot {
  return neighborSnapshotSchema.parse({ ...peer, ...counts, bfd });
}

/** A neighbor that the speaker does not have. */
export function describeHeld(
  held: Pick<NeighborSnapshot, 'name' | 'address' | 'port' | 'state' | 'reason' | 'sinceUnixMs'> &
    Partial<Pick<NeighborSnapshot, 'plan'>>,
  counts: NeighborCounts,
  bfd: BfdSnapshot | undefined,
): NeighborSnapshot {
  const nothing = { updatesSent: 0, updatesReceived: 0, sendStalledMs: 0 };
  return {
    plan: [],
    ...held,
    ...nothing,
    lastNotification: {},
    announced: [],
    withdrawn: [],
    updateFaults: { attributeDiscard: 0, treatAsWithdraw: 0, sessionReset: 0 },
    ...counts,
    ...(bfd === undefined ? {} : { bfd: bfdSchema.parse(bfd) }),
  };
}
