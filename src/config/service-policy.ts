/**
 * Services as steering runs them: what is written in `zones/*.yaml` over the endpoints of `sites/*.yaml`. Everything
 * that keeps a service from being steered is told at its place: unknown names, circles, policies that can give nothing.
 */
import type { ServiceId } from '#health/model.ts';
import { completeSteps } from '#steering/policy/compile-steps.ts';
import { plainPolicy } from '#steering/policy/model.ts';
import type { FailoverModes, PolicyStep, ServicePolicy } from '#steering/policy/model.ts';
import type { Policy } from './policy.ts';
import { readSteps } from './policy-steps.ts';
import type { Problem } from './problem.ts';
import { memberProblems, noGaps, rosterOf } from './service-members.ts';
import type { Gaps, Roster } from './service-members.ts';
import type { ServiceConfig } from './service.ts';
import type { SiteDocument } from './site.ts';

/** The policies of all services that have a member, and why some cannot be steered. */
export interface CompiledServices {
  readonly policies: ReadonlyMap<ServiceId, ServicePolicy>;
  readonly problems: readonly Problem[];
}

/** Compiles every service of a release; with gaps, for its problems only. */
export function compileServices(
  sites: readonly SiteDocument[],
  { services }: Pick<Policy, 'services'>,
  gaps: Gaps = noGaps,
): CompiledServices {
  const problems: Problem[] = [...memberProblems(services, sites, gaps)];
  const policies = new Map<ServiceId, ServicePolicy>();
  for (const config of services.values()) {
    const roster = rosterOf(config, sites, gaps);
    const isFaulty = gaps.faultyServices.has(config.service);
    if (!isFaulty) problems.push(...checkProblems(config, roster));
    // Without a member every name in it would be a fault of its own; that there is none is told elsewhere.
    if (roster.members.length === 0 && !roster.isPartial) continue;
    const { steps, problems: stepProblems } = readSteps(config, roster);
    problems.push(...stepProblems, ...(isFaulty ? [] : healthyProblems(config, roster)));
    policies.set(config.service, policyFrom(config, roster, steps));
  }
  for (const config of services.values()) problems.push(...emptyMemberProblems(config, policies, services, gaps));
  return { policies, problems };
}

/** Members that are services without anything to answer; unknown ones are told elsewhere. */
function emptyMemberProblems(
  { place, fields }: ServiceConfig,
  policies: ReadonlyMap<ServiceId, ServicePolicy>,
  services: Policy['services'],
  { faultyServices }: Gaps,
): readonly Problem[] {
  return (fields.members ?? []).flatMap(({ service }, index) => {
    if (!services.has(service) || policies.has(service) || faultyServices.has(service)) return [];
    const message = `service '${service}' has nothing to answer, expected an endpoint of it at a site, or members`;
    return [place.problem(message, 'value', ['members', index, 'service'])];
  });
}

function policyFrom({ service, fields }: ServiceConfig, roster: Roster, steps: readonly PolicyStep[]): ServicePolicy {
  const { minHealthy, onAllDown, fallback, drainedInPanic, slowStart, targetLoad, maxLoad, https } = fields;
  return {
    ...plainPolicy(service, roster.members),
    steps: completeSteps(steps),
    minHealthy,
    onAllDown,
    fallback: fallback?.addresses ?? [],
    drainedInPanic,
    modes: modesOf(fields, steps),
    slowStartMs: slowStart,
    load: targetLoad === undefined ? undefined : { targetPercent: targetLoad, maxPercent: maxLoad ?? 100 },
    binding: { alpn: https?.alpn ?? [], port: https?.port },
  };
}

/** Who stands by for another stays in charge until a person says otherwise (R27). */
function modesOf({ failover, failback }: ServiceConfig['fields'], steps: readonly PolicyStep[]): FailoverModes {
  const hasTiers = steps.some(({ kind }) => kind === 'failover');
  return { failover: failover ?? { kind: 'auto' }, failback: failback ?? { kind: hasTiers ? 'manual' : 'auto' } };
}

/** Endpoints are looked at from outside by the checks of their service. */
function checkProblems({ service, place, checks }: ServiceConfig, roster: Roster): readonly Problem[] {
  const [site] = roster.members.filter(({ kind }) => kind === 'site');
  if (site === undefined || checks.length > 0) return [];
  return [place.problem(`'${service}' has endpoints at site '${site.name}', expected 'check' or 'checks'`, 'key')];
}

function healthyProblems({ place, fields }: ServiceConfig, { members, isPartial }: Roster): readonly Problem[] {
  const problems: Problem[] = [];
  const { minHealthy, failover, failback, policy } = fields;
  if (minHealthy > members.length && !isPartial) {
    const message = `got '${minHealthy}' of ${members.length} members, expected at most ${members.length}`;
    problems.push(place.problem(message, 'value', ['minHealthy']));
  }
  const hasTiers = policy?.some((step) => typeof step === 'object' && step.failover !== undefined) ?? false;
  for (const key of ['failover', 'failback'] as const) {
    if (hasTiers || (key === 'failover' ? failover : failback) === undefined) continue;
    const message = `'${key}' says when to change between tiers, expected the step 'failover' in the policy`;
    problems.push(place.problem(message, 'key', [key]));
  }
  return problems;
}
