/**
 * Round trips between clients and sites, on real time: takes in what agents, resolvers' connections and other
 * coordinators tell, gives serving threads a table, and tells the other coordinators what this site has measured.
 *
 * While no policy of the release has a `latency` step, nothing is kept and nothing told.
 */
import { monotonicMs } from '#base/clock.ts';
import type { MonoMs } from '#base/time.ts';
import type { Logger } from '#config/log.ts';
import { LatencyAverages } from '#health/latency/averages.ts';
import type { RoundTrip } from '#health/latency/averages.ts';
import { LatencyBook } from '#health/latency/book.ts';
import type { LatencySource } from '#health/latency/book.ts';
import { connectionWeight, maxNetworks } from '#health/latency/report.ts';
import type { LatencyEntry } from '#health/latency/report.ts';
import { encodeLatencyTable } from '#health/latency/table.ts';
import type { SiteId } from '#health/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';

/** How often a table is made of what is known. */
const intervalMs = 15_000;

/** How long after the first list of a source it counts, so that several that come together make one table. */
const firstListMs = 300;

/** The most connections of resolvers that are kept between two tables. */
const maxConnections = 20_000;

export interface LatenciesOptions {
  readonly site: SiteId;
  readonly log: Logger;
  /** The table that serving threads have. */
  readonly table: SharedArrayBuffer;
  /** Takes one that differs from it, or from the one before. */
  readonly onTable: (table: SharedArrayBuffer) => void;
}

/** What one coordinator knows of round trips, and whom it tells. */
export class Latencies {
  readonly #options: LatenciesOptions;
  readonly #book: LatencyBook;
  readonly #resolvers = new LatencyAverages({
    maxNetworks: maxNetworks.coordinator,
    weight: connectionWeight.resolver,
  });
  #connections: RoundTrip[] = [];
  #isUsed = false;
  #own: readonly LatencyEntry[] = [];
  /** Grows with each list in `#own`. */
  #turns = 0;
  #lastTurnAt: MonoMs | undefined;
  #timer: { readonly handle: NodeJS.Timeout; readonly dueAt: number } | undefined;
  #table: SharedArrayBuffer;
  #rows = 0;

  constructor(options: LatenciesOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#book = new LatencyBook(options.site);
  }

  /** Takes the sites of the release in force, and whether any of its policies goes by round trips. */
  replace(sites: readonly SiteId[], isUsed: boolean): void {
    this.#isUsed = isUsed;
    this.#book.replaceSites(isUsed ? sites : []);
    this.#own = [];
    this.#connections = [];
    if (isUsed || this.#rows > 0) this.#schedule(firstListMs);
  }

  /** Takes what an agent or another coordinator told, if it told anything. */
  take(source: LatencySource, entries: readonly LatencyEntry[] | undefined): void {
    if (entries === undefined || !this.#isUsed) return;
    const isFirst = this.#book.take(source, entries, monotonicMs());
    this.#schedule(isFirst ? firstListMs : intervalMs);
  }

  /** Takes connections that resolvers made. */
  takeConnections(roundTrips: readonly RoundTrip[]): void {
    if (!this.#isUsed) return;
    const room = maxConnections - this.#connections.length;
    for (const roundTrip of roundTrips.slice(0, room)) this.#connections.push(roundTrip);
    this.#schedule(this.#lastTurnAt === undefined ? firstListMs : intervalMs);
  }

  /** What one other coordinator is told: a function that gives the newest list once, where there is anything to tell. */
  news(): () => readonly LatencyEntry[] | undefined {
    let told = 0;
    return () => {
      if (told === this.#turns || this.#own.length === 0) return undefined;
      told = this.#turns;
      return this.#own;
    };
  }

  close(): void {
    clearTimeout(this.#timer?.handle);
    this.#isUsed = false;
  }

  /** Sees to a turn after so long at the latest. */
  #schedule(delayMs: number): void {
    const dueAt = monotonicMs() + delayMs;
    if (this.#timer !== undefined && this.#timer.dueAt <= dueAt) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = { handle: setTimeout(() => this.#turn(), delayMs), dueAt };
  }

  #turn(): void {
    const nowMs = monotonicMs();
    this.#timer = undefined;
    this.#lastTurnAt = nowMs;
    this.#takeResolvers(nowMs);
    const rows = this.#book.rows(nowMs);
    this.#publish(encodeLatencyTable(rows), rows.length);
    this.#own = this.#book.ownEntries(nowMs);
    this.#turns++;
    // What is not measured again grows too old.
    if (rows.length > 0 || this.#own.length > 0) this.#schedule(intervalMs);
  }

  #takeResolvers(nowMs: MonoMs): void {
    if (!this.#isUsed) return;
    this.#resolvers.take(this.#connections, nowMs);
    this.#connections = [];
    this.#book.take({ kind: 'resolvers' }, this.#resolvers.entries(nowMs), nowMs);
  }

  #publish(table: SharedArrayBuffer, rows: number): void {
    if (Buffer.compare(new Uint8Array(table), new Uint8Array(this.#table)) === 0) return;
    this.#table = table;
    this.#options.onTable(table);
    const isNews = (rows === 0) !== (this.#rows === 0);
    this.#rows = rows;
    if (!isNews) return;
    const text =
      rows === 0 ? 'no round trip of clients is known' : `round trips of clients are known, networks: ${rows}`;
    this.#options.log.info({ event: 'latency' }, text);
  }
}

/** Whether any of the services is steered by round trips. */
export function goesByLatency(services: readonly ServicePolicy[]): boolean {
  return services.some(({ steps }) => steps.some(({ kind }) => kind === 'latency'));
}
