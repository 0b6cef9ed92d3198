/**
 * What all peers of a speaker shall hear, by prefix. What is withdrawn leaves its place, for some time: a prefix that is
 * announced and withdrawn by turns would have the engine shrink and grow the table at each turn, and have its attributes
 * checked at each.
 */
import type { Route, RouteAttributes } from '../rib/route.ts';
import type { Prefix } from '../wire/address.ts';
import type { DesiredRoute } from './types.ts';

/** A route that is to be announced, as it was given and as it was understood. */
export interface Desired extends DesiredRoute {
  readonly prefix: Prefix;
  readonly route: Route;
}

interface Place {
  readonly prefix: Prefix;
  /** What was said last. */
  latest: Desired;
  /** Whether nobody could change its attributes any more then. */
  isFixed: boolean;
  /** Whether it was not withdrawn since. */
  isDesired: boolean;
}

/** Empty places that are kept beside as many as there are routes. */
const maxSpareEmpty = 256;

/** The common routes of a speaker. */
export class DesiredRoutes {
  readonly #places = new Map<string, Place>();
  #emptyCount = 0;

  set(desired: Desired): void {
    const { prefix } = desired;
    const isFixed = areFixed(desired.attributes);
    const place = this.#places.get(prefix);
    if (place === undefined) {
      this.#places.set(prefix, { prefix, latest: desired, isFixed, isDesired: true });
      return;
    }
    place.latest = desired;
    place.isFixed = isFixed;
    this.#fill(place);
  }

  /**
   * Sets what was said last of this prefix once more, where these are its attributes, which nobody can have changed since.
   * Returns it; undefined, and nothing changes, where they are others.
   */
  setAgain(prefix: string, attributes: RouteAttributes, reason: string): Desired | undefined {
    const place = this.#places.get(prefix);
    if (place?.isFixed !== true || place.latest.attributes !== attributes) return undefined;
    if (place.latest.reason !== reason) place.latest = { ...place.latest, reason };
    this.#fill(place);
    return place.latest;
  }

  /**
   * Takes out the route of the prefix that this text is. Returns the prefix where it has a place here, so that the text
   * needs no check; undefined where it has none.
   */
  delete(text: string): Prefix | undefined {
    const place = this.#places.get(text);
    if (place?.isDesired !== true) return place?.prefix;
    place.isDesired = false;
    this.#emptyCount++;
    if (this.#emptyCount > maxSpareEmpty && this.#emptyCount > this.#places.size / 2) this.#dropEmpty();
    return place.prefix;
  }

  *[Symbol.iterator](): Generator<Desired, void> {
    for (const { latest, isDesired } of this.#places.values()) if (isDesired) yield latest;
  }

  #fill(place: Place): void {
    if (!place.isDesired) this.#emptyCount--;
    place.isDesired = true;
  }

  #dropEmpty(): void {
    for (const { prefix, isDesired } of this.#places.values()) if (!isDesired) this.#places.delete(prefix);
    this.#emptyCount = 0;
  }
}

/** Whether nobody can change them any more; what a caller may change is read each time. */
function areFixed(attributes: RouteAttributes): boolean {
  if (!Object.isFrozen(attributes)) return false;
  const { communities, largeCommunities, extendedCommunities, asPath } = attributes;
  const areListsFixed = Object.isFrozen(communities) && Object.isFrozen(largeCommunities);
  return areListsFixed && Object.isFrozen(extendedCommunities) && Object.isFrozen(asPath);
}
