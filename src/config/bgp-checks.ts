/** What only shows when `bgp` of a site is seen beside the policies, and beside the machine that is to speak. */
import { mayBeTold } from '#border/plan.ts';
import type { PrefixConfig } from './policy.ts';
import type { Problem } from './problem.ts';
import type { BgpMachine } from './bgp-machine.ts';
import type { SiteConfig, SiteDocument } from './site.ts';

/** Prefixes of neighbors that this site does not announce, and prefixes that who speaks there cannot announce. */
export function bgpProblems(sites: readonly SiteDocument[], prefixes: readonly PrefixHere[]): readonly Problem[] {
  return sites.flatMap(({ site, problemAt }) => {
    const here = prefixes.filter(({ sites: listed }) => listed.includes(site.id));
    const known = new Set<string>(here.map(({ prefix }) => prefix));
    const ofNeighbors = (site.bgp?.neighbors ?? []).flatMap((neighbor, index) =>
      (neighbor.prefixes ?? []).flatMap((prefix, at) => {
        if (known.has(prefix)) return [];
        const message = `'${prefix}' is not announced at this site, expected a prefix of zones/*.yaml that lists '${site.id}'`;
        return [problemAt(['bgp', 'neighbors', index, 'prefixes', at], message)];
      }),
    );
    return [...ofNeighbors, ...untoldProblems(site, here), ...nameserverProblems(site, here)];
  });
}

/**
 * Warns of routers whose death nobody would notice: a hold time of 0 without BFD. Versions before took it without a word,
 * so that a release with it goes on running (R24).
 */
export function bgpWarnings(sites: readonly SiteDocument[]): readonly Problem[] {
  return sites.flatMap(({ site, problemAt }) =>
    (site.bgp?.neighbors ?? []).flatMap(({ holdTimeSeconds, bfd }, index) => {
      if (holdTimeSeconds !== 0 || bfd !== undefined) return [];
      const expected = 'expected whole seconds from 3s to 65535s (RFC 4271), or bfd: { enabled: true }';
      const message = `a hold time of 0 without BFD, so that nobody would notice a router that is gone, ${expected}`;
      return [problemAt(['bgp', 'neighbors', index, 'holdTime'], message)];
    }),
  );
}

type PrefixHere = Pick<PrefixConfig, 'prefix' | 'sites' | 'gate' | 'place'>;

/** A prefix that no router hears would count as announced here, while nobody reaches it. */
function untoldProblems({ id, bgp }: SiteConfig, here: readonly PrefixHere[]): readonly Problem[] {
  if (bgp === undefined) return [];
  return here
    .filter(({ prefix }) => !bgp.neighbors.some((plan) => mayBeTold(plan, prefix)))
    .map(({ prefix, sites, place }) => {
      const message = `no neighbor of '${id}' is told ${prefix}, expected one of its family whose 'prefixes', if any, have it`;
      return place.problem(message, 'value', ['sites', sites.indexOf(id)]);
    });
}

/** DNS runs beside the coordinator, so nodes would draw its traffic to where nobody answers (R18). */
function nameserverProblems({ id, bgp }: SiteConfig, here: readonly PrefixHere[]): readonly Problem[] {
  if (bgp?.speaker !== 'nodes') return [];
  return here
    .filter(({ gate }) => gate === 'nameserver')
    .map(({ prefix, sites, place }) => {
      const message = `the nodes of '${id}' speak BGP and do not answer DNS, expected ${prefix} at sites whose coordinator speaks`;
      return place.problem(message, 'value', ['sites', sites.indexOf(id)]);
    });
}

/** Keys and a listener that neighbors of this machine's own site need and its own file does not give. */
export function bgpMachineProblems(
  { bgp }: SiteConfig,
  machine: BgpMachine,
  at: SiteDocument['problemAt'],
): readonly Problem[] {
  if (bgp?.speaker !== 'coordinator') return [];
  return bgp.neighbors.flatMap((neighbor, index) => {
    const problems: Problem[] = [];
    const { md5Key, connection } = neighbor;
    if (md5Key !== undefined && !machine.md5Keys.has(md5Key)) {
      const message = `fairlead.yaml names no file of the key '${md5Key}', expected it under bgp.keys`;
      problems.push(at(['bgp', 'neighbors', index, 'md5'], message));
    }
    if (connection !== 'active' && machine.listen.length === 0) {
      const message = `the neighbor is ${connection} and this machine does not listen, expected bgp.listen in fairlead.yaml`;
      problems.push(at(['bgp', 'neighbors', index, 'connection'], message));
    }
    return problems;
  });
}
