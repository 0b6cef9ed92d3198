/**
 * What operators want of this site's routes for a time (R26, sans-IO): prefixes that are to be de-preferred, and
 * addresses whose traffic is to be discarded. Judges a new one, and turns those in force into what the announcer takes.
 */
import type { IpPrefix } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { SiteId } from '#health/model.ts';
import type { Override } from '#health/report.ts';
import { coverOf } from '#steering/announcer/blackholes.ts';
import type { BlackholeWish } from '#steering/announcer/blackholes.ts';
import type { PrefixPolicy } from '#steering/model.ts';
import type { DecisionEvent } from './effects.ts';

/** Whether an override may be made by this release; the refusal says what was expected. */
export function judgeRouteOverride(
  { kind, site, prefix = '' }: Override,
  policies: readonly PrefixPolicy[],
): Result<undefined, string> {
  if (kind === 'drain') return succeed(undefined);
  const here = policies.filter(({ sites }) => sites.includes(site));
  if (kind === 'blackhole') {
    const cover = coverOf(prefix as IpPrefix, here); // Canonical: the API parses it.
    return cover.ok ? succeed(undefined) : refuse(`at ${site}: ${cover.fault}`);
  }
  if (here.some((policy) => policy.prefix === prefix)) return succeed(undefined);
  const known = here.map((policy) => policy.prefix).join(', ');
  return refuse(`${site} does not announce '${prefix}', expected one of ${known === '' ? 'none' : known}`);
}

/** The overrides of routes that are in force, of all sites. */
export class RouteOverrides {
  readonly #site: SiteId;
  #inForce: readonly Override[] = [];
  #blackholes: readonly BlackholeWish[] = [];
  #lowered: ReadonlyMap<string, string> = new Map();

  constructor(site: SiteId) {
    this.#site = site;
  }

  /** Those in force, the oldest first. */
  get inForce(): readonly Override[] {
    return this.#inForce;
  }

  /** Addresses to discard at this site. */
  get blackholes(): readonly BlackholeWish[] {
    return this.#blackholes;
  }

  /** Why a prefix is to be de-preferred at this site; undefined where nobody wants that. */
  lowered(prefix: IpPrefix): string | undefined {
    return this.#lowered.get(prefix);
  }

  /** Takes what is in force now, and says what changed. */
  decide(inForce: readonly Override[]): readonly DecisionEvent[] {
    const before = this.#inForce;
    this.#inForce = inForce.filter(({ kind }) => kind !== 'drain');
    const here = this.#inForce.filter(({ site }) => site === this.#site);
    const wishes = (kind: Override['kind']): readonly BlackholeWish[] =>
      here.flatMap((override) =>
        override.kind === kind && override.prefix !== undefined
          ? [{ prefix: override.prefix, reason: override.reason }]
          : [],
      );
    this.#blackholes = wishes('blackhole');
    this.#lowered = new Map(wishes('depref').map(({ prefix, reason }) => [prefix, `de-preferred: ${reason}`]));
    const ids = (overrides: readonly Override[]): ReadonlySet<string> => new Set(overrides.map(({ id }) => id));
    const [were, are] = [ids(before), ids(this.#inForce)];
    const news = this.#inForce.filter(({ id }) => !were.has(id)).map((override) => ({ override, isOver: false }));
    const over = before.filter(({ id }) => !are.has(id)).map((override) => ({ override, isOver: true }));
    return [...news, ...over].map((entry): DecisionEvent => ({ kind: 'routeOverride', ...entry }));
  }
}
