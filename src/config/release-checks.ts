/** What only shows when all files of a release are seen together: references that lead nowhere, doubles, unwise shapes. */
import { formatHostPort, formatIp, ipBytes, parseIp, prefixContains, prefixParts } from '#base/ip.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { bgpProblems, bgpWarnings } from './bgp-checks.ts';
import { checkWarnings } from './check-warnings.ts';
import type { Inability } from './check-warnings.ts';
import { didYouMean } from './nearest.ts';
import type { Policy } from './policy.ts';
import { fileProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import type { ReleaseZone } from './zone-facts.ts';
import type { EndpointConfig, SiteDocument } from './site.ts';
import { serviceCheckProblems, steeringProblems, steeringWarnings, usesOf } from './steering-checks.ts';

/** A release's parts, each sound in itself. */
export interface ReleaseParts {
  readonly sites: readonly SiteDocument[];
  readonly policy: Policy;
  readonly zones: readonly ReleaseZone[];
  /** The policies of all services that have a member. */
  readonly services: ReadonlyMap<ServiceId, ServicePolicy>;
}

/** Everything that keeps the parts from being one release: what leads nowhere, in a circle, or is there twice. */
export function crossProblems(parts: ReleaseParts): readonly Problem[] {
  return [
    ...parts.sites.flatMap((site) => serviceProblems(site, parts.policy)),
    ...doubleEndpoints(parts),
    ...doubleZones(parts),
    ...steeringProblems(usesOf(parts.zones), parts.policy, parts.services),
    ...serviceCheckProblems(parts.policy),
  ];
}

/** Everything that could run, and would harm: a release with it is not taken, and runs on where it was (ADR 33). */
export function harmProblems(parts: ReleaseParts): readonly Problem[] {
  return [
    ...parts.sites.flatMap((site) => probeProblems(site, parts.policy)),
    ...referenceProblems(parts),
    ...nameServerProblems(parts),
    ...bgpProblems(parts.sites, parts.policy.prefixes),
  ];
}

/** Everything that may run but is probably not meant. */
export function crossWarnings(
  { sites, policy, zones, services }: ReleaseParts,
  localSite: SiteId | undefined,
  inability: Inability,
): readonly Problem[] {
  const voters = sites.filter(({ site }) => site.coordinatorApi !== undefined || site.id === localSite).length;
  const warnings: Problem[] = [...checkWarnings(policy, voters, inability), ...bgpWarnings(sites)];
  if (voters > 1 && voters % 2 === 0) {
    const message = `${voters} coordinators vote on what is up, expected an odd number: a tie decides nothing (R5)`;
    warnings.push(fileProblem('sites/', message));
  }
  if (voters > 1 && policy.references.length === 0) {
    const message = 'no references: a coordinator that loses its own network takes every other site for down (R5)';
    warnings.push(fileProblem('zones/', message));
  }
  for (const { service, place } of policy.services.values()) {
    if (services.has(service)) continue;
    warnings.push(place.problem(`service '${service}' has no endpoint at any site`, 'key'));
  }
  warnings.push(...steeringWarnings(zones, services));
  for (const { file, facts } of zones) {
    const count = facts.nameServers.length;
    if (count < 2) {
      warnings.push(fileProblem(file, `zone '${facts.origin}' has ${count} name server, expected at least two (R18)`));
    }
    // Loopback is a trial on one machine, which has no second network.
    const addresses = facts.nameServerAddresses.filter((address) => !isLoopback(address));
    const [first] = addresses;
    if (first !== undefined && addresses.length > 1 && new Set(addresses.map(networkOf)).size === 1) {
      const message = `all name servers of zone '${facts.origin}' lie in ${networkOf(first)}, expected them in two prefixes (R18)`;
      warnings.push(fileProblem(file, message));
    }
    if (addresses.length > 0 && addresses.every((address) => prefixOf(address, policy) !== undefined)) {
      const message = `every name server of zone '${facts.origin}' lies in a prefix that fairlead may withdraw, expected one outside (R18)`;
      warnings.push(fileProblem(file, message));
    }
  }
  return warnings;
}

function isLoopback(address: IpAddress): boolean {
  return address.startsWith('127.') || address === '::1';
}

function serviceProblems({ site, problemAt }: SiteDocument, policy: Policy): readonly Problem[] {
  const unknown = new Set(site.endpoints.map(({ service }) => service).filter((name) => !policy.services.has(name)));
  return [...unknown].map((service) => {
    const hint = didYouMean(service, policy.services.keys());
    return problemAt(['endpoints', service], `no service '${service}', expected one of zones/*.yaml${hint}`, 'key');
  });
}

/** A probe into an anycast prefix tests whichever site is nearest, and nothing once the prefix is withdrawn (R9, R16). */
function probeProblems({ site, problemAt }: SiteDocument, policy: Policy): readonly Problem[] {
  return site.endpoints.flatMap((endpoint) => {
    const prefix = prefixOf(endpoint.probe, policy);
    if (prefix === undefined) return [];
    const role = endpoint.probe === endpoint.answer ? 'address' : 'probe';
    const message = `'${endpoint.probe}' would be probed but lies in ${prefix}, which fairlead may withdraw, expected a probe address of this site alone (R9)`;
    return [problemAt([...endpoint.path, role], message)];
  });
}

/** An address and port belong to one endpoint; only an anycast service has the same ones at several sites. */
function doubleEndpoints({ sites, policy }: ReleaseParts): readonly Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, { readonly endpoint: EndpointConfig; readonly document: SiteDocument }>();
  for (const document of sites) {
    for (const endpoint of document.site.endpoints) {
      const key = formatHostPort(endpoint.answer, endpoint.port);
      const other = first.get(key);
      if (other === undefined) first.set(key, { endpoint, document });
      const isAnycast = prefixOf(endpoint.answer, policy) !== undefined && other?.endpoint.service === endpoint.service;
      if (other === undefined || isAnycast) continue;
      const { file, line } = other.document.problemAt([...other.endpoint.path, 'address'], '');
      const message = `'${key}' is already the endpoint of ${other.endpoint.service} in ${file}:${line}`;
      problems.push(document.problemAt([...endpoint.path, 'address'], message));
    }
  }
  return problems;
}

/** A reference tells whether this vantage is sane, so it must lie outside every site (R5). */
function referenceProblems({ sites, policy }: ReleaseParts): readonly Problem[] {
  const ours = new Map<string, SiteId>();
  for (const { site } of sites) {
    for (const { answer, vip, probe } of site.endpoints)
      for (const each of [answer, vip, probe]) ours.set(each, site.id);
    const coordinator = parseIp(URL.parse(site.coordinatorApi ?? '')?.hostname.replace(/^\[|\]$/g, '') ?? '');
    if (coordinator !== undefined) ours.set(coordinator, site.id);
    for (const neighbor of site.bgp?.neighbors ?? []) ours.set(neighbor.address, site.id);
  }
  return policy.references.flatMap(({ check, place }) => {
    const site = ours.get(check.address);
    const prefix = prefixOf(check.address, policy);
    if (site === undefined && prefix === undefined) return [];
    const where = site === undefined ? `lies in ${prefix ?? ''}` : `belongs to site '${site}'`;
    return [
      place.problem(`'${check.address}' ${where}, expected a reference outside every site (R5)`, 'value', ['address']),
    ];
  });
}

function doubleZones({ zones }: ReleaseParts): readonly Problem[] {
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  for (const { file, facts } of zones) {
    const first = files.get(facts.origin);
    if (first === undefined) files.set(facts.origin, file);
    else problems.push(fileProblem(file, `zone '${facts.origin}' is already in ${first}, expected it in one file`));
  }
  return problems;
}

/** Name servers that a zone loses with what it is to help: their addresses never follow health, nor a service's prefix. */
function nameServerProblems({ zones, policy }: ReleaseParts): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { file, facts } of zones) {
    for (const address of facts.nameServerAddresses) {
      const prefix = prefixOf(address, policy);
      if (prefix === undefined || isForNameservers(prefix, policy)) continue;
      const message = `name server address '${address}' of zone '${facts.origin}' lies in ${prefix}, which does not follow its DNS, expected it outside or gatedBy: nameserver (R18)`;
      problems.push(fileProblem(file, message));
    }
    for (const name of facts.dynamicNameServers ?? []) {
      const message = `the addresses of name server '${name}' of zone '${facts.origin}' follow health, expected A and AAAA that never change (R18)`;
      problems.push(fileProblem(file, message));
    }
  }
  return problems;
}

/** The smallest network that the Internet routes by itself: what holds all name servers goes away as one. */
function networkOf(address: IpAddress): IpPrefix {
  const bytes = ipBytes(address).slice();
  const octets = bytes.length === 4 ? 3 : 6;
  return `${formatIp(bytes.fill(0, octets))}/${octets * 8}` as IpPrefix; // Its host bits were just cleared.
}

function isForNameservers(prefix: IpPrefix, policy: Policy): boolean {
  return policy.prefixes.some((candidate) => candidate.prefix === prefix && candidate.gate === 'nameserver');
}

/** The longest prefix that an address lies in: its routes are what reaches it. */
function prefixOf(address: IpAddress, policy: Policy): IpPrefix | undefined {
  const around = policy.prefixes.filter(({ prefix }) => prefixContains(prefix, address));
  return around.toSorted((a, b) => prefixParts(b.prefix).length - prefixParts(a.prefix).length)[0]?.prefix;
}
