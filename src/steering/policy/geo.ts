/**
 * `geo`: members by where the client is. The most specific rule wins whose members are left: the longest prefix, then
 * AS number, region, country, continent; where all of them lead nowhere the fallback, and last whatever is left.
 *
 * Place classes are lists of members, not rules, so that places led alike are not told apart (R15).
 */
import { ipPrefixMatcher, prefixParts } from '#base/ip.ts';
import type { Client } from '#dns/zone/dynamic.ts';
import type { GeoDistinction, Place } from '#geo/source.ts';
import type { GeoMatch, GeoRule, MemberName } from './model.ts';
import { PrefixTree } from './prefix-tree.ts';
import type { Candidate, Selection } from './selection.ts';
import type { Step, StepContext } from './step.ts';
import { maskOf } from './step.ts';

/** Builds the step; without a fallback, clients that no rule leads anywhere get nothing. */
export function geoStep(rules: readonly GeoRule[], fallback: readonly MemberName[], context: StepContext): Step {
  const { members, geo } = context;
  const lists = new MemberLists(members);
  const byPrefix = new PrefixRules(rules, lists);
  const handle = geo.register(distinctionOf(rules, lists));
  const byClass = handle.classes.map((text) => (text === '' ? [] : text.split(',').map(Number)));
  const fallbackMask = maskOf(fallback, members);
  let rule = -1;
  let placeClass = 0;
  let reason = '';
  const choose = (selection: Selection): void => {
    for (let next = rule; next >= 0; next = byPrefix.shorter[next] ?? -1) {
      if (!selection.keep(lists.mask(byPrefix.lists[next] ?? 0))) continue;
      reason = 'by a rule for its prefix';
      return;
    }
    const sequence = byClass[placeClass] ?? [];
    for (let index = 0; index < sequence.length; index++) {
      if (!selection.keep(lists.mask(sequence[index] ?? 0))) continue;
      reason =
        index === 0 ? 'by the rule for its place' : 'by a wider rule for its place, as the closer ones have none up';
      return;
    }
    if (fallback.length === 0) {
      reason = 'no rule leads anywhere that is up, and the fallback is none';
      selection.count = 0;
    } else if (selection.keep(fallbackMask)) {
      reason = 'by the fallback';
    } else {
      reason = 'neither a rule nor the fallback leads anywhere that is up';
    }
  };
  return {
    name: 'geo',
    prepare: ({ address }: Client) => {
      rule = byPrefix.tree.find(address);
      placeClass = handle.find(address);
      return Math.max(byPrefix.tree.scopeBits, handle.scopeBits);
    },
    apply: choose,
    why: () => reason,
  };
}

/** Lists of members that rules lead to, each once, by number. */
class MemberLists {
  readonly #members: readonly Candidate[];
  readonly #numbers = new Map<string, number>();
  readonly #masks: Uint8Array[] = [];

  constructor(members: readonly Candidate[]) {
    this.#members = members;
  }

  /** The number of the list of these members, in whatever order they are given. */
  numberOf(names: readonly MemberName[]): number {
    const mask = maskOf(names, this.#members);
    const key = mask.join('');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#masks.length);
    return this.#masks.push(mask) - 1;
  }

  mask(list: number): Uint8Array {
    const mask = this.#masks[list];
    if (mask === undefined) throw new Error(`bug: there is no list ${list}`);
    return mask;
  }
}

/** The rules for prefixes: which is the longest that holds an address, and which are the shorter ones around it. */
class PrefixRules {
  readonly tree = new PrefixTree();
  /** By rule: the number of its list. */
  readonly lists: readonly number[];
  /** By rule: the longest of the shorter prefixes that hold it, or -1. */
  readonly shorter: readonly number[];

  constructor(rules: readonly GeoRule[], lists: MemberLists) {
    const prefixes = rules.flatMap(({ match, members }) =>
      match.kind === 'prefix' ? [{ prefix: match.prefix, members, ...prefixParts(match.prefix) }] : [],
    );
    this.lists = prefixes.map(({ members }) => lists.numberOf(members));
    this.shorter = prefixes.map(({ bytes, length }) => {
      const around = prefixes
        .map((other, number) => ({ ...other, number, holds: ipPrefixMatcher(other.prefix) }))
        .filter((other) => other.length < length && other.holds(bytes))
        .toSorted((a, b) => b.length - a.length);
      return around[0]?.number ?? -1;
    });
    for (const [number, { prefix }] of prefixes.entries()) this.tree.add(prefix, number);
  }
}

/** How specific a rule is: lower comes first. */
const specificity = { prefix: 0, asn: 1, region: 2, country: 3, continent: 4 } as const;

/** A class is the numbers of the lists that a place is led to, most specific first, as `2,0`. */
function distinctionOf(rules: readonly GeoRule[], lists: MemberLists): GeoDistinction {
  const byPlace = rules
    .filter(({ match }) => match.kind !== 'prefix')
    .toSorted((a, b) => specificity[a.match.kind] - specificity[b.match.kind])
    .map(({ match, members }) => ({ match, list: lists.numberOf(members) }));
  const numbers = byPlace.map(({ match, list }) => [match, list]);
  return {
    key: `policy geo ${JSON.stringify(numbers)}`,
    classify: (place) => {
      const led = byPlace.filter(({ match }) => matches(match, place)).map(({ list }) => list);
      return [...new Set(led)].join(',');
    },
  };
}

function matches(match: GeoMatch, place: Place): boolean {
  switch (match.kind) {
    case 'prefix':
      return false;
    case 'asn':
      return place.asn === match.asn;
    case 'region':
      return place.country === match.country && place.region === match.region;
    case 'country':
      return place.country === match.country;
    case 'continent':
      return place.continent === match.continent;
  }
}
