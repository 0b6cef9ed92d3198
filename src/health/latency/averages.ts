/**
 * Round trips of connections, smoothed by network: what one place measures (sans-IO).
 *
 * Each round gives the median of a network's connections, which moves its average (EWMA). What was not seen for
 * `measurementLifeMs` is forgotten; beyond the bound, the networks with the most connections are kept.
 */
import type { IpPrefix } from '#base/ip.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { networkOf } from './network.ts';
import { maxRoundTripMs, measurementLifeMs, weightOf } from './report.ts';
import type { LatencyEntry } from './report.ts';

/** One connection as it is now. */
export interface RoundTrip {
  /** The client's 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly rttMs: number;
}

export interface AverageOptions {
  /** The most networks that are kept. */
  readonly maxNetworks: number;
  /** What one connection weighs. */
  readonly weight: number;
}

/** The part of a round's median in the new average. */
const newPart = 0.3;

/** The part of its connections that a network still counts for after each round in which it has none. */
const rememberedPart = 0.9;

interface Average {
  rttMs: number;
  connections: number;
  measuredAt: MonoMs;
}

/** What one place measures. */
export class LatencyAverages {
  readonly #options: AverageOptions;
  #averages = new Map<IpPrefix, Average>();

  constructor(options: AverageOptions) {
    this.#options = options;
  }

  /** Takes one round in: every connection that was seen. Round trips that cannot be are left out. */
  take(round: readonly RoundTrip[], nowMs: MonoMs): void {
    for (const average of this.#averages.values()) average.connections *= rememberedPart;
    for (const [network, roundTrips] of byNetwork(round)) this.#update(network, roundTrips, nowMs);
    this.#averages = this.#kept(nowMs);
  }

  /** Everything that counts now, for a report; the networks with the most connections first. */
  entries(nowMs: MonoMs): readonly LatencyEntry[] {
    return [...this.#averages].flatMap(([network, { rttMs, connections, measuredAt }]) => {
      const ageMs = nowMs - measuredAt;
      if (ageMs >= measurementLifeMs) return [];
      const weight = weightOf(connections * this.#options.weight);
      return [{ network, rttMs: roundedMs(rttMs), weight, ageSeconds: Math.max(0, Math.floor(ageMs / 1000)) }];
    });
  }

  #update(network: IpPrefix, roundTrips: readonly number[], nowMs: MonoMs): void {
    const now = median(roundTrips);
    const before = this.#averages.get(network);
    this.#averages.set(network, {
      rttMs: before === undefined ? now : before.rttMs + newPart * (now - before.rttMs),
      connections: Math.max(roundTrips.length, before?.connections ?? 0),
      measuredAt: nowMs,
    });
  }

  #kept(nowMs: MonoMs): Map<IpPrefix, Average> {
    const living = [...this.#averages].filter(([, { measuredAt }]) => nowMs < after(measuredAt, measurementLifeMs));
    living.sort(([a, left], [b, right]) => right.connections - left.connections || (a < b ? -1 : 1));
    return new Map(living.slice(0, this.#options.maxNetworks));
  }
}

/** To a hundredth, so that reports stay short. */
export function roundedMs(rttMs: number): number {
  return Math.round(rttMs * 100) / 100;
}

function byNetwork(round: readonly RoundTrip[]): ReadonlyMap<IpPrefix, readonly number[]> {
  const networks = new Map<IpPrefix, number[]>();
  for (const { address, rttMs } of round) {
    if (!(rttMs >= 0 && rttMs <= maxRoundTripMs)) continue;
    const network = networkOf(address);
    const others = networks.get(network);
    if (others === undefined) networks.set(network, [rttMs]);
    else others.push(rttMs);
  }
  return networks;
}

/** The lower one of an even number's two. */
function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
