/**
 * The order of members by their distance from a place, as a distinction between places: for `nearest` and `latency`.
 *
 * Places that have the same nearest members are not told apart beyond those (R15); the others follow by their distance
 * from the nearest.
 */
import { distanceKm } from '#geo/distance.ts';
import type { Coordinates } from '#geo/distance.ts';
import type { GeoDistinction, GeoHandle, Place } from '#geo/source.ts';
import type { MemberName } from './model.ts';
import type { StepContext } from './step.ts';

/** So many members are put in order by the client's place itself. */
const orderedByPlace = 4;

/** The class of places that are not known. */
const unknownPlace = '';

/** Orders of members by the class of a client's place. */
export class Ranking {
  readonly handle: GeoHandle;
  /** By class: the rank of each member, lowest first; undefined for places that are not known. */
  readonly #ranks: readonly (Float64Array | undefined)[];

  constructor({ members, locations, geo }: StepContext, bias: ReadonlyMap<MemberName, number>) {
    const places = members.map(({ name }) => ({ at: locations.get(name) ?? [], bias: bias.get(name) ?? 0 }));
    this.handle = geo.register(distinctionOf(places));
    this.#ranks = this.handle.classes.map((text) => (text === unknownPlace ? undefined : ranksOf(text, places)));
  }

  /** The rank of each member for a class of `handle`. */
  ranks(placeClass: number): Float64Array | undefined {
    return this.#ranks[placeClass];
  }
}

interface MemberPlace {
  readonly at: readonly Coordinates[];
  readonly bias: number;
}

/** A class is the numbers of the nearest members, nearest first, as `3,0,1,2`. */
function distinctionOf(places: readonly MemberPlace[]): GeoDistinction {
  return {
    key: `policy nearest ${JSON.stringify(places)}`,
    classify: ({ latitude, longitude }: Place) => {
      if (latitude === undefined || longitude === undefined) return unknownPlace;
      return nearestFirst(places, { latitude, longitude }).slice(0, orderedByPlace).join(',');
    },
  };
}

function ranksOf(placeClass: string, places: readonly MemberPlace[]): Float64Array {
  const nearest = placeClass.split(',').map(Number);
  const [center] = places[nearest[0] ?? 0]?.at ?? [];
  const rest = center === undefined ? places.keys() : nearestFirst(places, center);
  const ranks = new Float64Array(places.length);
  for (const [rank, number] of [...new Set([...nearest, ...rest])].entries()) ranks[number] = rank;
  return ranks;
}

/** Numbers of members by their biased distance from a place; equal ones in their order. */
function nearestFirst(places: readonly MemberPlace[], from: Coordinates): readonly number[] {
  const distances = places.map(({ at, bias }) => biased(Math.min(...at.map((each) => distanceKm(each, from))), bias));
  return [...places.keys()].toSorted((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
}

/**
 * A distance, or a round trip time, under a bias from -99 to 99: 50 halves it, -50 doubles it, as geoproximity routing
 * of Route 53 has it.
 */
export function biased(distance: number, bias: number): number {
  return bias >= 0 ? distance * (1 - bias / 100) : distance / (1 + bias / 100);
}
