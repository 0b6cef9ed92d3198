/**
 * Prefixes as steering announces them: which sites, gated by what (R17), with which next hop (R16), within which limits (R20).
 *
 * A site may be listed only where it can announce: it has border routers, the services that the gate needs, and an
 * address of the prefix's family to send the traffic to.
 */
import { familyOf, isWithin, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import { gateDemands } from '#steering/gate.ts';
import type { NextHop, PrefixPolicy } from '#steering/model.ts';
import { didYouMean } from './nearest.ts';
import type { Policy, PrefixConfig } from './policy.ts';
import type { Problem } from './problem.ts';
import type { SiteConfig, SiteDocument } from './site.ts';

/** The policies, and why some prefix cannot be one. */
export interface CompiledPrefixes {
  readonly policies: readonly PrefixPolicy[];
  readonly problems: readonly Problem[];
}

/** Resolves each prefix against the sites and services that it names. */
export function compilePrefixes(sites: readonly SiteDocument[], policy: Policy): CompiledPrefixes {
  const problems: Problem[] = [];
  const byId = new Map(sites.map(({ site }) => [site.id, site]));
  const done = new Map<IpPrefix, PrefixPolicy>();
  // What lies within another comes first: a covering prefix has the next hops of what it covers.
  const order = ({ prefix }: PrefixConfig): number => prefixParts(prefix).length;
  for (const prefix of policy.prefixes.toSorted((a, b) => order(b) - order(a))) {
    const gateFaults = gateProblems(prefix, policy);
    problems.push(...gateFaults, ...limitProblems(prefix));
    const nextHops = new Map<SiteId, NextHop>();
    for (const [index, id] of prefix.sites.entries()) {
      const site = siteAt(prefix, id, byId);
      // A gate that is wrong in itself cannot tell which of the site's addresses it needs.
      if (typeof site === 'object' && gateFaults.length > 0) continue;
      const nextHop = typeof site === 'object' ? nextHopAt(prefix, site, [...done.values()]) : site;
      if (typeof nextHop === 'object') nextHops.set(id, nextHop.address);
      else problems.push(prefix.place.problem(nextHop, 'value', ['sites', index]));
    }
    const { gate, sites: listed, drainMs, limits, export: settings } = prefix;
    done.set(prefix.prefix, {
      prefix: prefix.prefix,
      gate,
      sites: listed,
      nextHops,
      drainMs,
      ...(limits === undefined ? {} : { limits }),
      ...(settings === undefined ? {} : { export: settings }),
    });
  }
  return { policies: policy.prefixes.flatMap(({ prefix }) => done.get(prefix) ?? []), problems };
}

/** Limits that no wish could ever keep. */
function limitProblems({ limits, sites, place }: PrefixConfig): readonly Problem[] {
  if (limits === undefined) return [];
  const { minSites, maxWithdrawn } = limits;
  const count = sites.length;
  if (minSites >= count) {
    const message = `got '${minSites}' of ${count} sites, expected at most ${count - 1}: no site could ever be drained`;
    return [place.problem(message, 'value', ['limits', 'minSites'])];
  }
  if (maxWithdrawn * count >= 1) return [];
  const least = Math.ceil(100 / count) / 100;
  const message = `got '${maxWithdrawn}' of ${count} sites, expected at least ${least}: no site could ever be drained`;
  return [place.problem(message, 'value', ['limits', 'maxWithdrawn'])];
}

function gateProblems({ gate, place }: PrefixConfig, policy: Policy): readonly Problem[] {
  if (typeof gate === 'string') return [];
  const { services, needed } = gateDemands(gate);
  const problems: Problem[] = [];
  const key = 'any' in gate ? 'any' : 'all' in gate ? 'all' : 'of';
  for (const [index, service] of services.entries()) {
    const path = ['gatedBy', key, index];
    if (!policy.services.has(service)) {
      const message = `no service '${service}', expected one of zones/*.yaml${didYouMean(service, policy.services.keys())}`;
      problems.push(place.problem(message, 'value', path));
    } else if (services.indexOf(service) !== index) {
      problems.push(place.problem(`service '${service}' is given twice`, 'value', path));
    }
  }
  if (needed > services.length) {
    const message = `got '${needed}' of ${services.length} services, expected at most ${services.length}`;
    problems.push(place.problem(message, 'value', ['gatedBy', 'atLeast']));
  }
  return problems;
}

/** One listed site, or why it cannot announce any prefix. */
function siteAt(prefix: PrefixConfig, id: SiteId, sites: ReadonlyMap<SiteId, SiteConfig>): SiteConfig | string {
  const site = sites.get(id);
  if (site === undefined) return `no site '${id}', expected one of sites/*.yaml${didYouMean(id, sites.keys())}`;
  if (prefix.sites.indexOf(id) !== prefix.sites.lastIndexOf(id)) return `site '${id}' is given twice`;
  if (site.bgp === undefined) return `site '${id}' has no border routers, expected bgp in sites/${id}.yaml`;
  return site;
}

/** The next hop at one site, or why it cannot announce this prefix. */
function nextHopAt(
  prefix: PrefixConfig,
  site: SiteConfig,
  longer: readonly PrefixPolicy[],
): { readonly address: NextHop } | string {
  if (prefix.gate === 'nameserver') return { address: 'self' };
  if (prefix.gate === 'covered') {
    const covered = longer.flatMap((inner) =>
      isWithin(inner.prefix, prefix.prefix) ? (inner.nextHops.get(site.id) ?? []) : [],
    );
    const [address] = covered;
    return address === undefined ? `site '${site.id}' has no prefix within '${prefix.prefix}' to follow` : { address };
  }
  const { services, needed } = gateDemands(prefix.gate);
  const here = services.filter((service) => site.endpoints.some((endpoint) => endpoint.service === service));
  if (here.length < needed) {
    return `site '${site.id}' has endpoints of ${here.length} of the services that gate the prefix, expected at least ${needed}`;
  }
  const family = familyOf(prefix.prefix);
  const candidates = site.endpoints.filter(
    (endpoint) => endpoint.family === family && (services.length === 0 || services.includes(endpoint.service)),
  );
  const order = (service: ServiceId): number => services.indexOf(service);
  const [first] = candidates.toSorted((a, b) => order(a.service) - order(b.service));
  if (first === undefined) {
    return `site '${site.id}' has no next hop for '${prefix.prefix}', expected an IPv${family} endpoint there`;
  }
  return { address: first.nextHop };
}
