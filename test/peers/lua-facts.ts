/**
 * What the real PowerDNS 4.7.3 (Debian, LuaJIT 2.1) gives for LUA records: zones and answers in lua-zones/, held against
 * the daemon and against fairlead by lua-differential.test.ts.
 *
 * What is seen there beside single answers:
 * - `bestwho` is the network part of the client subnet, or the resolver. The hash is lookup2 with initial value 0 over
 *   its 4 or 16 octets in network order (src/lua/hash.ts); `pickhashed` and `selector='hashed'` take it modulo the count,
 *   in the order written.
 * - The weighted pickers do not go through their entries in the order written but in `weightedOrder`: hash modulo the
 *   sum of weights, then the first entry whose running sum is larger. Weights are read as integers ('2' is 2, 1.9 is 1).
 * - A record's TTL is never shortened. Several data of an answer are shuffled, and one that occurs twice is given once.
 * - An error, nil, a boolean, wrong data and an empty list for a picker are SERVFAIL; `{}` is NODATA.
 * - The scope of the client subnet in an answer is always its source length; in SERVFAIL it is 0.
 * - Codes of places are in lower case, of unknown ones `--`; coordinates have six decimals, unknown ones are 0.
 * - `lua-records-exec-limit` counts what LuaJIT interprets: a loop that it compiles is never stopped.
 * - Not in 4.7: pickchashed, picknamehashed, pickselfweighted, dblookup, GeoIPQueryAttribute.* (the numbers work), an
 *   empty fallback of filterForward, forward names in hexadecimal other than `ip` and eight digits, sets of sets in
 *   ifportup (ifurlup has them), `backupSelector='empty'` (unknown selectors are `random`).
 * - Where everything is down, the backup selector chooses among the addresses of all sets.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerZone } from './dns-differential-servers.ts';

/** A zone and what is known of its answers. */
export interface FactZone extends PeerZone {
  readonly facts: readonly LuaFact[];
}

/** What comes of one question. */
export interface LuaFact {
  /** A name below the zone's apex and a type. */
  readonly question: string;
  /** A network as the client subnet; undefined for no such option. */
  readonly client: string | undefined;
  /** The data in text form, sorted, between ` | `; or NODATA, or the response code. */
  readonly gives: string;
}

/** The MaxMind test databases by which PowerDNS knew places. */
export const factDatabases = ['GeoIP2-City-Test', 'GeoLite2-ASN-Test'].map((name) =>
  fileURLToPath(new URL(`../../../shared/vectors/mmdb/${name}.mmdb`, import.meta.url)),
);

export type FactZoneName = 'lua' | 'forward' | 'geo';

/** Reads the zone `NAME.example`. */
export function readLuaZone(name: FactZoneName | 'random'): PeerZone {
  const apex = `${name}.example`;
  return { apex, text: readText(`${apex}.zone`) };
}

/** Reads the zone `NAME.example` and its facts. */
export function readFactZone(name: FactZoneName): FactZone {
  const zone = readLuaZone(name);
  const lines = readText(`${zone.apex}.facts`).split('\n');
  const facts = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readFact);
  return { ...zone, facts };
}

function readText(file: string): string {
  return readFileSync(fileURLToPath(new URL(`lua-zones/${file}`, import.meta.url)), 'utf8');
}

function readFact(line: string): LuaFact {
  const [asked = '', gives = ''] = line.split(/ => /);
  const [name = '', type = '', client] = asked.split(' ');
  return { question: `${name} ${type}`, client, gives };
}

/**
 * The order in which the weighted pickers go through entries 1 to `count`: each new entry goes to the front, and when
 * the C++ hash map that holds them grows (beyond 13, 29, 59, 127, 257 … entries) what is there is turned round.
 * Seen by one client for each remainder, for every size from 1 to 70 and for 100, 127, 128 and 150.
 */
export function weightedOrder(count: number): readonly number[] {
  const sizes = [13, 29, 59, 127, 257, 541, 1109];
  let order: number[] = [];
  for (let entry = 1; entry <= count; entry++) {
    if (sizes.includes(entry - 1)) order = order.toReversed();
    order = [entry, ...order];
  }
  return order;
}
