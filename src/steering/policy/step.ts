/** One step of a policy: each kind has a file of its own beside this one. */
import type { Prng } from '#base/prng.ts';
import type { Client } from '#dns/zone/dynamic.ts';
import type { Coordinates } from '#geo/distance.ts';
import type { GeoSource } from '#geo/source.ts';
import type { LatencyTable } from '#health/latency/table.ts';
import type { SiteId } from '#health/model.ts';
import type { MemberName } from './model.ts';
import type { Candidate, Selection } from './selection.ts';

/** A compiled step. It never empties a selection unless the policy asks for that. */
export interface Step {
  /** What the policy calls it. */
  readonly name: string;
  /**
   * Looks at the client before anything else; returns the bits of its address on which this step may ever depend,
   * whatever health is (R15). Steps without it depend on none.
   */
  readonly prepare?: (client: Client) => number;
  /** Keeps some of the members that are left, or puts them in an order. */
  apply(selection: Selection): void;
  /** Why the last `apply` did what it did, in words. */
  why(): string;
}

/** What a step is compiled with. */
export interface StepContext {
  readonly members: readonly Candidate[];
  /** Whether a member may be answered that is up only because nothing is (R8). */
  readonly allowsFailOpen: boolean;
  /** The number of the active tier, from 1; 0 while it is not decided. */
  readonly activeTier: () => number;
  /** Where each member is; a service is wherever one of its members is. */
  readonly locations: ReadonlyMap<MemberName, readonly Coordinates[]>;
  /** The sites of each member. */
  readonly sitesOf: ReadonlyMap<MemberName, readonly SiteId[]>;
  readonly geo: GeoSource;
  readonly prng: Prng;
  readonly latency: LatencyTable;
  /** How many members at the head of an order the next step looks at. */
  readonly depth: number;
}

/** Marks members by their numbers. */
export function maskOf(names: readonly MemberName[], members: readonly Candidate[]): Uint8Array {
  const wanted = new Set(names);
  return Uint8Array.from(members, ({ name }) => (wanted.has(name) ? 1 : 0));
}
