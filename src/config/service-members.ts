/** What a service chooses among: its endpoints at sites, and other services that it names. */
import type { ServiceId } from '#health/model.ts';
import { subjectKey } from '#health/model.ts';
import type { MemberName, PolicyMember } from '#steering/policy/model.ts';
import { didYouMean } from './nearest.ts';
import type { DocumentPath, Problem } from './problem.ts';
import type { ServiceConfig } from './service.ts';
import type { SiteDocument } from './site.ts';

/** What of a release cannot be read, so that nothing is concluded from its absence: its own faults are told already. */
export interface Gaps {
  readonly hasFaultySites: boolean;
  readonly faultyServices: ReadonlySet<ServiceId>;
}

export const noGaps: Gaps = { hasFaultySites: false, faultyServices: new Set() };

/** The members of a service, and what steps may call them. */
export class Roster {
  readonly members: readonly PolicyMember[];
  /** Whether it may have more members, which nothing is known of. */
  readonly isPartial: boolean;
  readonly #byTag: ReadonlyMap<string, readonly MemberName[]>;

  constructor(
    members: readonly { readonly member: PolicyMember; readonly tags: readonly string[] }[],
    isPartial = false,
  ) {
    this.isPartial = isPartial;
    this.members = members.map(({ member }) => member);
    const byTag = new Map<string, MemberName[]>();
    for (const { member, tags } of members) {
      for (const tag of tags) byTag.set(tag, [...(byTag.get(tag) ?? []), member.name]);
    }
    this.#byTag = byTag;
  }

  get names(): readonly MemberName[] {
    return this.members.map(({ name }) => name);
  }

  /** The members that a word means: the one of that name, or those with that tag; undefined where there can be none. */
  find(word: string): readonly MemberName[] | undefined {
    return this.names.includes(word) ? [word] : (this.#byTag.get(word) ?? (this.isPartial ? [] : undefined));
  }

  /** Why a word means no member. */
  fault(word: string): string {
    const known = [...this.names, ...this.#byTag.keys()];
    return `no member '${word}', expected one of ${known.join(', ')}${didYouMean(word, known)}`;
  }

  /** A member's weight: the highest of its endpoints. */
  weightOf(name: MemberName): number {
    const member = this.members.find((each) => each.name === name);
    if (member === undefined) return 0;
    return member.kind === 'service' ? member.weight : Math.max(...member.endpoints.map(({ weight }) => weight));
  }
}

/** The members of a service: first its sites in the order of their files, then the services that it names. */
export function rosterOf({ service, fields }: ServiceConfig, sites: readonly SiteDocument[], gaps = noGaps): Roster {
  const here = sites.flatMap(({ site }) => {
    const endpoints = site.endpoints.filter((endpoint) => endpoint.service === service);
    if (endpoints.length === 0) return [];
    const member: PolicyMember = {
      kind: 'site',
      name: site.id,
      location: site.location,
      hostName: endpoints.find(({ name }) => name !== undefined)?.name,
      endpoints: endpoints.map(({ family, answer, weight }) => ({
        subject: subjectKey(service, site.id, family),
        family,
        answer,
        weight,
      })),
    };
    return [{ member, tags: [...new Set(endpoints.flatMap(({ tags }) => tags))] }];
  });
  const nested = (fields.members ?? []).map(({ service: name, weight, tags }) => ({
    member: { kind: 'service', name, weight } as const,
    tags: [...new Set(tags)],
  }));
  return new Roster([...here, ...nested], gaps.hasFaultySites);
}

/** What is wrong with the services that services name: unknown ones, doubles, and circles. */
export function memberProblems(
  services: ReadonlyMap<ServiceId, ServiceConfig>,
  sites: readonly SiteDocument[],
  { faultyServices }: Gaps,
): readonly Problem[] {
  return [...services.values()].flatMap((config) => {
    const { service, place, fields } = config;
    const listed = (fields.members ?? []).map((member) => member.service);
    const isHere = (name: string): boolean =>
      sites.some(({ site }) => site.id === name && site.endpoints.some((endpoint) => endpoint.service === service));
    const faultOf = (name: string, index: number): string | undefined => {
      if (!services.has(name) && !faultyServices.has(name)) {
        return `no service '${name}', expected one of zones/*.yaml${didYouMean(name, services.keys())}`;
      }
      if (listed.indexOf(name) !== index) return `service '${name}' is given twice`;
      if (isHere(name)) return `'${name}' is also a site of '${service}', expected distinct names`;
      const way = wayBack(name, service, services);
      return way === undefined ? undefined : `'${service}' would be its own member: ${[service, ...way].join(' → ')}`;
    };
    return listed.flatMap((name, index) => {
      const fault = faultOf(name, index);
      const path: DocumentPath = ['members', index, 'service'];
      return fault === undefined ? [] : [place.problem(fault, 'value', path)];
    });
  });
}

/** The services from one to another along members, both included; undefined where none lead there. */
function wayBack(
  from: ServiceId,
  to: ServiceId,
  services: ReadonlyMap<ServiceId, ServiceConfig>,
  seen: ReadonlySet<ServiceId> = new Set(),
): readonly ServiceId[] | undefined {
  if (from === to) return [to];
  const next = new Set([...seen, from]);
  for (const { service } of services.get(from)?.fields.members ?? []) {
    const rest = next.has(service) ? undefined : wayBack(service, to, services, next);
    if (rest !== undefined) return [from, ...rest];
  }
  return undefined;
}
