/**
 * Measured round trips as agents and coordinators tell them, and their schema.
 *
 * They go with a report now and then, as a full state each time; a report without them says nothing of them.
 */
import { z } from 'zod';
import { parsePrefix } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { isNetwork } from './network.ts';

/** How old a measurement may be and still count. */
export const measurementLifeMs = 15 * 60_000;

/** What one connection of a client weighs at its proxy, and one of a resolver at a coordinator's DNS. */
export const connectionWeight = { client: 10, resolver: 1 } as const;

/** The most networks in one list: of an agent, and of a coordinator. */
export const maxNetworks = { agent: 2000, coordinator: 5000 } as const;

/** Above this a round trip is not believed, in milliseconds. */
export const maxRoundTripMs = 60_000;

/** With it, sums of weighted microseconds stay exact integers. */
const maxWeight = 100_000;

const network = z.string().transform((text, context): IpPrefix => {
  const prefix = parsePrefix(text);
  if (prefix !== undefined && isNetwork(prefix)) return prefix;
  context.addIssue({ code: 'custom', message: 'expected a /24 of IPv4 or a /48 of IPv6' });
  return z.NEVER;
});

/** The round trips between one network of clients and the sender's site. */
const entrySchema = z.object({
  network,
  /** Smoothed. */
  rttMs: z.number().min(0).max(maxRoundTripMs),
  /** How much it counts beside others of the same network: `connectionWeight` for each connection. */
  weight: z.int().min(1).max(maxWeight),
  /** Since the last connection was looked at, when the report is sent. */
  ageSeconds: z.int().min(0).max(86_400),
});

/** Why a list of round trips is not taken; health is heard all the same. */
function listOf(length: number): z.ZodType<readonly LatencyEntry[] | undefined> {
  return z.array(entrySchema).max(length).optional().catch(undefined);
}

export type LatencyEntry = Readonly<z.infer<typeof entrySchema>>;

/** In an agent's report. A list that is malformed is left out, so that what the report says of health is heard. */
export const agentLatenciesSchema = listOf(maxNetworks.agent);

/** In a coordinator's report, likewise: what it and its site's agents measured at its site. */
export const coordinatorLatenciesSchema = listOf(maxNetworks.coordinator);

/** The weight that a list can carry: at least 1, at most what the schema takes. */
export function weightOf(sum: number): number {
  return Math.min(maxWeight, Math.max(1, Math.round(sum)));
}
