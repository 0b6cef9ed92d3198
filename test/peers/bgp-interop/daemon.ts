/** What the matrix wants of a daemon: neighbors in its configuration, what it has learned, what it was told. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Family } from '../../../src/bgp-ts/src/index.ts';
import type { Place } from './world.ts';

export const daemonNames = ['BIRD', 'FRR', 'GoBGP', 'ExaBGP', 'OpenBGPD'] as const;
export type DaemonName = (typeof daemonNames)[number];

/** How long something may take that takes far less: on machines that do much else, too. */
export const patienceMs = 30_000;

/** A pause between two questions to a daemon: each is a process, and many rows ask at once. */
const pauseMs = 150;

/** Asks until there is an answer; fails after `patienceMs`. */
export async function eventually<Value>(
  awaited: string,
  probe: () => Value | undefined | Promise<Value | undefined>,
): Promise<Value> {
  const endMs = performance.now() + patienceMs;
  while (performance.now() < endMs) {
    const value = await probe();
    if (value !== undefined) return value;
    await sleep(pauseMs);
  }
  throw new Error(`not seen within ${patienceMs} ms: ${awaited}`);
}

/** What daemons announce of their own. */
export const daemonPrefixes = ['198.51.100.0/24', '203.0.113.0/24'] as const;

/** What a row asks of the daemon's side of a session. */
export interface Needs {
  readonly md5Key?: string;
  readonly ttlSecurity?: boolean;
  /** No capability 65. */
  readonly twoOctetAs?: boolean;
  /** The daemon dials; else it waits. */
  readonly dials?: boolean;
  readonly maxPrefixes?: number;
  readonly bfd?: boolean;
  /** The daemon's role is provider, and it wants to hear ours (RFC 9234). */
  readonly isProvider?: boolean;
  /** The daemon tells us `daemonPrefixes`, and nothing else; other neighbors are told nothing. */
  readonly announces?: boolean;
  /** Keeps our routes while we restart. */
  readonly gracefulRestart?: boolean;
  readonly extendedNextHop?: boolean;
  readonly holdTimeSeconds?: number;
}

/** A session as the daemon is configured for it. */
export interface Neighbor {
  /** The namespace of the daemon. */
  readonly space: string;
  /** Of its row: it counts our addresses and prefixes. */
  readonly index: number;
  readonly ourAddress: string;
  /** On the same link, for next hops. */
  readonly ourIpv6Address: string;
  readonly theirAddress: string;
  readonly ourAsn: number;
  readonly theirAsn: number;
  readonly families: readonly Family[];
  readonly needs: Needs;
}

/** A route as a daemon has it. */
export interface SeenRoute {
  readonly nextHop: string;
  readonly asPath: readonly number[];
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  /** `asn:value`. */
  readonly communities: readonly string[];
  /** `asn:value:value`. */
  readonly largeCommunities: readonly string[];
  /** `rt:asn:value`, `ro:asn:value`. */
  readonly extendedCommunities: readonly string[];
}

/** A NOTIFICATION that a daemon has logged. */
export interface SeenNotification {
  readonly code: number;
  readonly subcode: number;
  /** The text of an administrative Cease. */
  readonly text: string;
}

/** A real daemon. */
export interface Daemon {
  readonly name: DaemonName;
  /** Starts it, also after `kill`, with the configuration that it was made with. */
  start(): Promise<void>;
  isEstablished(neighbor: Neighbor): Promise<boolean>;
  /** The route that this neighbor told it. */
  route(neighbor: Neighbor, prefix: string): Promise<SeenRoute | undefined>;
  /** How many prefixes it has of this neighbor, in all families. */
  count(neighbor: Neighbor): Promise<number>;
  /** NOTIFICATIONs that this neighbor sent it. */
  received(neighbor: Neighbor): Promise<readonly SeenNotification[]>;
  /** Sends ROUTE-REFRESH for the neighbor's first family. */
  askRefresh(neighbor: Neighbor): Promise<unknown>;
  /** Stops or continues what speaks BGP and BFD. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
  /** All that it logged, for failures. */
  log(): string;
}

/** Makes a daemon; it does not run yet. */
export type MakeDaemon = (place: Place, asn: number, neighbors: readonly Neighbor[]) => Daemon;

/** Why a daemon cannot take part in a row with these needs; undefined when it can. */
export type Lacks = (needs: Needs) => string | undefined;

/** `parse` of a JSON text, undefined where it is none (yet). */
export function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** A member of an object that came from outside, undefined where it is none. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key) as unknown;
  }
  return found;
}

export function numberAt(value: unknown, ...keys: readonly (string | number)[]): number | undefined {
  const found = at(value, ...keys);
  return typeof found === 'number' ? found : undefined;
}

export function textAt(value: unknown, ...keys: readonly (string | number)[]): string {
  const found = at(value, ...keys);
  return typeof found === 'string' ? found : '';
}

export function listAt(value: unknown, ...keys: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
}

/** The numbers of a text, such as an AS_PATH. */
export function numbersIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/\d+/g), ([number]) => Number(number));
}

/** Words between blanks. */
export function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
