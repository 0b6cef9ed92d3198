/**
 * Addresses whose traffic the border routers are to discard (RFC 7999), because an operator says so for a time (R26).
 * Sans-IO: keeps what was announced, and says what changes.
 *
 * Only a single address within a prefix that this site may announce; the route goes to that prefix's next hop, which no
 * packet reaches. Such a route is apart from ladder and anchor: it takes nothing from the prefix but one address. An
 * address that is a prefix of its own here, by a release since, is left to the ladder.
 */
import { familyOf, prefixContains, prefixParts } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { SiteId } from '#health/model.ts';
import type { PrefixPolicy } from '../model.ts';
import { attributesFor } from './attributes.ts';
import type { WantedRoute } from './attributes.ts';
import type { AnnouncerEffect } from './effects.ts';
import { nextHopAt } from './prefix.ts';

/** An operator's wish, as its override says it. */
export interface BlackholeWish {
  readonly prefix: string;
  readonly reason: string;
}

/** The prefix of ours that a blackhole lies in, or why there may be none; also what `check` and the API say. */
export function coverOf(prefix: IpPrefix, policies: readonly PrefixPolicy[]): Result<PrefixPolicy, string> {
  const hostLength = familyOf(prefix) === 4 ? 32 : 128;
  const { length } = prefixParts(prefix);
  if (length !== hostLength) return refuse(`'${prefix}' is not a single address, expected /${hostLength}`);
  const address = prefix.slice(0, prefix.indexOf('/')) as IpAddress;
  const around = policies.filter((policy) => prefixContains(policy.prefix, address));
  const own = around.find((policy) => policy.prefix === prefix);
  if (own !== undefined) return refuse(`'${prefix}' is a prefix of its own, expected an address within a larger one`);
  const [cover] = around.toSorted((a, b) => prefixParts(b.prefix).length - prefixParts(a.prefix).length);
  if (cover !== undefined) return succeed(cover);
  const known = policies.map((policy) => policy.prefix).join(', ');
  return refuse(`'${prefix}' lies in no prefix of ours, expected one of ${known === '' ? 'none' : known}`);
}

interface Told {
  readonly prefix: IpPrefix;
  /** What was announced, to tell changes. */
  readonly shape: string;
}

/** The blackholes of one site. */
export class Blackholes {
  readonly #site: SiteId;
  #told: ReadonlyMap<IpPrefix, Told> = new Map();

  constructor(site: SiteId) {
    this.#site = site;
  }

  /** The addresses that are announced to be discarded. */
  get prefixes(): readonly IpPrefix[] {
    return [...this.#told.keys()];
  }

  /** Takes what is wished for, and says what to do; `routed` says of each prefix of the ladder whether it is on air. */
  step(
    wishes: readonly BlackholeWish[],
    policies: readonly PrefixPolicy[],
    routed: ReadonlyMap<IpPrefix, boolean>,
    effects: AnnouncerEffect[],
  ): void {
    const here = policies.filter(({ sites }) => sites.includes(this.#site));
    const told = new Map<IpPrefix, Told>();
    for (const { prefix: text, reason } of wishes) {
      const prefix = text as IpPrefix; // Canonical since it was made; another text lies in no prefix of ours.
      const cover = coverOf(prefix, here);
      if (!cover.ok || told.has(prefix) || routed.has(prefix)) continue;
      const route: WantedRoute = {
        nextHop: nextHopAt(cover.value, this.#site),
        standing: 'blackhole',
        settings: cover.value.export ?? {},
      };
      const shape = JSON.stringify(route);
      told.set(prefix, { prefix, shape });
      if (this.#told.get(prefix)?.shape === shape) continue;
      effects.push({
        kind: 'announce',
        prefix,
        route,
        attributes: attributesFor(route, undefined),
        reason: `blackhole: ${reason}`,
      });
    }
    for (const prefix of this.#told.keys()) {
      // The ladder's own route stands in place of the blackhole already.
      if (told.has(prefix) || routed.get(prefix) === true) continue;
      effects.push({ kind: 'withdraw', prefix, reason: 'the blackhole is over' });
    }
    this.#told = told;
  }
}
