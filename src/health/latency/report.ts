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

const maxAgeSeconds = 86_400;

/** The round trips between one network of clients and the sender's site. */
export interface LatencyEntry {
  readonly network: IpPrefix;
  /** Smoothed. */
  readonly rttMs: number;
  /** How much it counts beside others of the same network: `connectionWeight` for each connection. */
  readonly weight: number;
  /** Since a connection was last looked at, when the report is sent. */
  readonly ageSeconds: number;
}

/** In an agent's report: undefined where there is none or it is malformed, so that health is heard all the same. */
export const agentLatenciesSchema = listOf(maxNetworks.agent);

/** In a coordinator's report, likewise: what it and its site's agents measured at its site. */
export const coordinatorLatenciesSchema = listOf(maxNetworks.coordinator);

/** Checked by hand: a list is long, and a general checker takes tens of milliseconds for it. */
function listOf(length: number): z.ZodOptional<z.ZodType<readonly LatencyEntry[] | undefined>> {
  return z
    .unknown()
    .transform((value) => readList(value, length))
    .optional();
}

function readList(value: unknown, length: number): readonly LatencyEntry[] | undefined {
  if (!Array.isArray(value) || value.length > length) return undefined;
  const entries: LatencyEntry[] = [];
  for (const each of value) {
    const entry = readEntry(each);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function readEntry(value: unknown): LatencyEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('network' in value && 'rttMs' in value && 'weight' in value && 'ageSeconds' in value)) return undefined;
  const { network, rttMs, weight, ageSeconds } = value;
  const prefix = typeof network === 'string' ? parsePrefix(network) : undefined;
  if (prefix === undefined || !isNetwork(prefix)) return undefined;
  if (typeof rttMs !== 'number' || !(rttMs >= 0 && rttMs <= maxRoundTripMs)) return undefined;
  if (!isCount(weight, maxWeight) || weight === 0 || !isCount(ageSeconds, maxAgeSeconds)) return undefined;
  return { network: prefix, rttMs, weight, ageSeconds };
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** The weight that a list can carry: at least 1, at most what the schema takes. */
export function weightOf(sum: number): number {
  return Math.min(maxWeight, Math.max(1, Math.round(sum)));
}
