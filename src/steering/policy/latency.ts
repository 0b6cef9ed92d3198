/**
 * `latency`: the order of measured round trips from the client's network. Members that were not measured from there come
 * after, by distance; where fewer than two were measured there is nothing to compare, and distance alone orders as in
 * `nearest`: or else the first site that a network was ever sent to would keep it.
 *
 * The table of measurements is replaced while policies stay compiled. Answers are scoped to the length of its networks,
 * whatever is measured (R15).
 */
import type { Client } from '#dns/zone/dynamic.ts';
import { networkBits } from '#health/latency/network.ts';
import type { LatencyTable } from '#health/latency/table.ts';
import type { MemberName } from './model.ts';
import { biased, Ranking } from './ranking.ts';
import type { Step, StepContext } from './step.ts';
import { orderByWeight } from './weighted.ts';

/** Keys of members that were not measured begin here: no round trip takes so many milliseconds. */
const unmeasured = 1e9;

/** Builds the step. */
export function latencyStep(bias: ReadonlyMap<MemberName, number>, context: StepContext): Step {
  const measured = new MeasuredMembers(context, bias);
  const ranking = new Ranking(context, bias);
  let ranks: Float64Array | undefined;
  return {
    name: 'latency',
    prepare: ({ address, addressBits }: Client) => {
      measured.look(address, addressBits);
      ranks = ranking.ranks(ranking.handle.find(address));
      const bits = address.length === 4 ? networkBits.ipv4 : networkBits.ipv6;
      return Math.max(bits, ranking.handle.scopeBits);
    },
    apply: (selection) => {
      if (measured.count >= 2) selection.sortBy(measured.keysBefore(ranks));
      else if (ranks !== undefined) selection.sortBy(ranks);
      else orderByWeight(selection, context.prng, context.depth);
    },
    why: () => {
      const after = ranks === undefined ? 'of no known place: drawn by weight' : 'by distance';
      if (measured.count >= 2) return `by measured round trips, then by distance: ${measured.text()}`;
      return measured.count === 0 ? `not measured, ${after}` : `measured from one alone (${measured.text()}), ${after}`;
    },
  };
}

/** The members of a policy as the client's network was measured from them. */
class MeasuredMembers {
  readonly #context: StepContext;
  readonly #table: LatencyTable;
  readonly #bias: Float64Array;
  /** The numbers of each member's sites, as of `#revision` of the table. */
  readonly #sites: readonly Int32Array[];
  readonly #keys: Float64Array;
  #revision = 0;
  #row = -1;
  /** How many members were measured from the client's network. */
  count = 0;

  constructor(context: StepContext, bias: ReadonlyMap<MemberName, number>) {
    const { members, sitesOf } = context;
    this.#context = context;
    this.#table = context.latency;
    this.#bias = Float64Array.from(members, ({ name }) => bias.get(name) ?? 0);
    this.#sites = members.map(({ name }) => new Int32Array(sitesOf.get(name)?.length ?? 0));
    this.#keys = new Float64Array(members.length);
  }

  /** Finds what was measured from a client's network. */
  look(address: Uint8Array, addressBits: number): void {
    if (this.#table.revision !== this.#revision) this.#renumber();
    this.#row = this.#table.find(address, addressBits);
    this.count = 0;
    if (this.#row < 0) return;
    for (let member = 0; member < this.#keys.length; member++) {
      const key = this.#nearest(member);
      this.#keys[member] = key;
      if (key < unmeasured) this.count++;
    }
  }

  /** Keys by member, least first: of those that were measured, and after them by the ranks of the others. */
  keysBefore(ranks: Float64Array | undefined): Float64Array {
    const keys = this.#keys;
    for (let member = 0; member < keys.length; member++) {
      if ((keys[member] ?? 0) >= unmeasured) keys[member] = unmeasured + (ranks?.[member] ?? 0);
    }
    return keys;
  }

  /** What was measured, for people. */
  text(): string {
    const { members, sitesOf } = this.#context;
    const told = members.map(({ name }) => {
      const sites = (sitesOf.get(name) ?? []).map((site) => this.#table.siteNumber(site));
      return { name, rttMs: Math.min(...sites.map((site) => this.#table.rttMs(this.#row, site))) };
    });
    const measured = told.filter(({ rttMs }) => rttMs !== Infinity).toSorted((a, b) => a.rttMs - b.rttMs);
    return measured.map(({ name, rttMs }) => `${name} ${rttMs.toFixed(1)} ms`).join(', ');
  }

  #nearest(member: number): number {
    const sites = this.#sites[member];
    let nearestMs = Infinity;
    for (let index = 0; sites !== undefined && index < sites.length; index++) {
      const keyMs = this.#table.keyMs(this.#row, sites[index] ?? -1);
      if (keyMs < nearestMs) nearestMs = keyMs;
    }
    return biased(nearestMs, this.#bias[member] ?? 0);
  }

  #renumber(): void {
    const { members, sitesOf } = this.#context;
    this.#revision = this.#table.revision;
    for (const [member, { name }] of members.entries()) {
      this.#sites[member]?.set((sitesOf.get(name) ?? []).map((site) => this.#table.siteNumber(site)));
    }
  }
}
