/**
 * What a coordinator tells a node that speaks BGP itself, in its answer to the node's report, and what the node says of
 * it: the neighbors and routes of this node, full state each time. A node keeps the last one over its restart (R23).
 */
import { z } from 'zod';
import { addressSchema, neighborPlanSchema, prefixTextSchema } from './plan.ts';
import { kernelDropsSchema } from './kernel-drops.ts';
import { neighborSnapshotSchema } from './snapshot.ts';
import { exportSchema } from '#steering/export.ts';

const line = z.string().max(2000);

/** A route that this node is to tell. */
const instructedRouteSchema = z.object({
  prefix: prefixTextSchema,
  standing: z.enum(['normal', 'depreferred', 'draining', 'blackhole']),
  /** What the prefix says of its routes. */
  settings: exportSchema,
  /** Addresses in it that must be on the node before it is told (R16). */
  addresses: z.array(addressSchema).max(1000),
  /** Services that a node must have up to begin with the route where nobody answers; empty: none. */
  services: z.array(z.string()).max(1000),
  reason: line,
});

/** The full state of one node. */
export const instructionSchema = z.object({
  site: z.string().min(1).max(63),
  node: z.string().min(1).max(63),
  routerId: addressSchema,
  neighbors: z.array(neighborPlanSchema).max(100),
  routes: z.array(instructedRouteSchema).max(10_000),
  /** Every prefix that this site may announce, wanted now or not. */
  prefixes: z.array(prefixTextSchema).max(10_000).default([]),
  /** Whether the node itself puts anycast addresses on its loopback. */
  loopback: z.enum(['operator', 'managed']),
  /** How long traffic that still comes is served after a withdrawal. */
  settleMs: z.int().min(0).max(3_600_000),
});

export type Instruction = Readonly<z.infer<typeof instructionSchema>>;
export type InstructedRoute = Instruction['routes'][number];

/** What a coordinator says to a node that asks to leave: it may, it is to stay, or others are asked first. */
const leaveAnswerSchema = z.object({ verdict: z.enum(['granted', 'refused', 'waiting']), reason: line });

export type LeaveAnswer = Readonly<z.infer<typeof leaveAnswerSchema>>;

/** The body of the answer to a node's report. */
export const reportAnswerSchema = z.object({
  taken: z.boolean(),
  bgp: instructionSchema.optional(),
  leave: leaveAnswerSchema.optional(),
});

/** What a node that speaks says of itself, beside its report. */
export const nodeBgpSchema = z.object({
  neighbors: z.array(neighborSnapshotSchema).max(100),
  /** Every address that is on the node. */
  addresses: z.array(z.string()).max(10_000),
  /** What it tells its neighbors now. */
  prefixes: z.array(z.string()).max(10_000),
  /** What its kernel has dropped. */
  kernel: kernelDropsSchema.optional(),
  /** A person stops it: it asks to leave, past these rules (R26). */
  leaving: z.object({ forced: z.array(z.string().max(30)).max(20) }).optional(),
});

export type NodeBgp = Readonly<z.infer<typeof nodeBgpSchema>>;
