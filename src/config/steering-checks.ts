/** Whether what is steered by can be steered by: services that zones use, and those that checks follow. */
import type { Family } from '#base/ip.ts';
import { familyOf } from '#base/ip.ts';
import { findCycle } from '#health/dependencies.ts';
import type { ServiceId } from '#health/model.ts';
import { steeredTypes } from '#steering/policy/answer.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { didYouMean } from './nearest.ts';
import type { Policy } from './policy.ts';
import type { Problem } from './problem.ts';
import { joinOr } from './schema-shape.ts';
import { checksOf } from './service.ts';
import type { ReleaseZone, SteerUse } from './zone-facts.ts';

/** Records that steer by a service that is not there, or that could never give anything. */
export function steeringProblems(
  uses: readonly SteerUse[],
  { services }: Policy,
  policies: ReadonlyMap<ServiceId, ServicePolicy>,
): readonly Problem[] {
  return uses.flatMap((use) => {
    const { service, type } = use;
    if (!services.has(service)) {
      return [
        problemAt(use, `no service '${service}', expected one of zones/*.yaml${didYouMean(service, services.keys())}`),
      ];
    }
    if (!policies.has(service)) {
      return [problemAt(use, `service '${service}' has nothing to answer, expected an endpoint at a site, or members`)];
    }
    if (!steeredTypes.includes(type)) {
      return [problemAt(use, `services give no records of type ${type}, expected ${joinOr(steeredTypes)}`)];
    }
    if (type !== 'CNAME') return [];
    const nameless = sitesWithoutName(service, policies);
    if (nameless.length === 0) return [];
    const sites = nameless.map((site) => `'${site}'`).join(', ');
    const message = `${use.service} has no name to lead to at ${sites}, expected 'name' at its endpoints there`;
    return [problemAt(use, message)];
  });
}

/** Records of a family of which their service has no endpoint: empty for ever, and probably not meant. */
export function steeringWarnings(
  zones: readonly ReleaseZone[],
  policies: ReadonlyMap<ServiceId, ServicePolicy>,
): readonly Problem[] {
  return usesOf(zones).flatMap((use) => {
    const family = use.type === 'A' ? 4 : use.type === 'AAAA' ? 6 : undefined;
    if (family === undefined || familiesOf(use.service, policies).has(family)) return [];
    return [problemAt(use, `service '${use.service}' has no IPv${family} endpoint: the answer is always empty`)];
  });
}

/** Checks that follow a service which is not there, or in the end the service that they are of. */
export function serviceCheckProblems({ services }: Policy): readonly Problem[] {
  const unknown = [...services.values()].flatMap(({ place, fields }) =>
    checksOf(fields).flatMap(([path, check]) => {
      if (check.type !== 'service' || services.has(check.service)) return [];
      const hint = didYouMean(check.service, services.keys());
      const message = `no service '${check.service}', expected one of zones/*.yaml${hint}`;
      return [place.problem(message, 'value', [...path, 'service'])];
    }),
  );
  const follows = [...services].map(([service, { checks }]) => {
    const followed = checks.flatMap((check) => (check.type === 'service' ? [check.service] : []));
    return [service, followed] as const;
  });
  const cycle = findCycle(new Map(follows));
  const place = services.get(cycle?.[0] ?? '')?.place;
  if (cycle === undefined || place === undefined) return unknown;
  const way = cycle.join(' → ');
  return [...unknown, place.problem(`its checks follow itself, ${way}: once down, it would stay down`, 'key')];
}

/** Every use of a service by a record of these zones. */
export function usesOf(zones: readonly ReleaseZone[]): readonly SteerUse[] {
  return zones.flatMap(({ facts }) => facts.steers);
}

function problemAt({ file, line, column }: SteerUse, message: string): Problem {
  return { file, line, column, path: '', message };
}

/** The families in which a service has endpoints, itself or by its members. References between them are checked before. */
function familiesOf(
  service: ServiceId,
  policies: ReadonlyMap<ServiceId, ServicePolicy>,
  seen: ReadonlySet<ServiceId> = new Set(),
): ReadonlySet<Family> {
  const policy = policies.get(service);
  if (policy === undefined || seen.has(service)) return new Set();
  const around = new Set([...seen, service]);
  return new Set([
    ...policy.fallback.map(familyOf),
    ...policy.members.flatMap((member) =>
      member.kind === 'site'
        ? member.endpoints.map(({ family }) => family)
        : [...familiesOf(member.name, policies, around)],
    ),
  ]);
}

function sitesWithoutName(
  service: ServiceId,
  policies: ReadonlyMap<ServiceId, ServicePolicy>,
  seen: ReadonlySet<ServiceId> = new Set(),
): readonly string[] {
  const policy = policies.get(service);
  if (policy === undefined || seen.has(service)) return [];
  const around = new Set([...seen, service]);
  const found = policy.members.flatMap((member) => {
    if (member.kind === 'service') return sitesWithoutName(member.name, policies, around);
    return member.hostName === undefined ? [member.name] : [];
  });
  return [...new Set(found)];
}
