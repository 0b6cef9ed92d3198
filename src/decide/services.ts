/**
 * Decides every service of a release at one moment: members that are services themselves first, then the active tier
 * (failovers.ts), then its endpoints (steering/answers.ts). Keeps nothing itself.
 */
import type { ServiceId } from '#health/model.ts';
import { isUsable } from '#steering/answers.ts';
import type { AnswerEngine, AnswerInput, ServiceDecision } from '#steering/answers.ts';
import type { Endpoint, SteeringModel } from '#steering/model.ts';
import { plainPolicy, tiersOf } from '#steering/policy/model.ts';
import type { MemberName, ServicePolicy } from '#steering/policy/model.ts';
import { tierKey } from '#steering/failover-record.ts';
import type { TierHealth } from './failovers.ts';

/** What deciding all services takes. */
export interface ServicesLook extends AnswerInput {
  readonly steering: SteeringModel;
  readonly answers: AnswerEngine;
  /** The index of a service's active tier, decided from the health of each of its tiers. */
  readonly activeTier: (policy: ServicePolicy, tiers: readonly TierHealth[]) => number;
}

/** What is known of a service that is a member of another. */
interface Settled {
  readonly decision: ServiceDecision;
  /** Of all its members; asked for only where it is a member itself. */
  readonly standing: () => Pick<MemberHealth, 'isSurelyOut' | 'isDrained'>;
}

/** How a member of a tier stands. */
interface MemberHealth {
  readonly isUp: boolean;
  readonly isSurelyOut: boolean;
  readonly isDrained: boolean;
  readonly reason: string;
}

/** One decision for each service that has endpoints or a policy, in the order of their endpoints. */
export function decideServices(look: ServicesLook): readonly ServiceDecision[] {
  const byService = Map.groupBy(look.steering.endpoints, (endpoint) => endpoint.service);
  const policies = look.steering.services ?? new Map<ServiceId, ServicePolicy>();
  const services = new Set([...byService.keys(), ...policies.keys()]);
  const settled = new Map<ServiceId, Settled>();
  const beingDecided = new Set<ServiceId>();
  const settle = (service: ServiceId): Settled | undefined => {
    const known = settled.get(service);
    // A cycle is refused with its release; what is under decision already is left out rather than waited for.
    if (known !== undefined || beingDecided.has(service) || !services.has(service)) return known;
    beingDecided.add(service);
    const policy = policies.get(service) ?? plainPolicy(service, []);
    const nested = new Map<ServiceId, Settled>();
    for (const member of policy.members) {
      const inner = member.kind === 'service' ? settle(member.name) : undefined;
      if (inner !== undefined) nested.set(member.name, inner);
    }
    const found = decideOne(policy, byService.get(service) ?? [], nested, look);
    settled.set(service, found);
    return found;
  };
  const decisions = [...services].flatMap((service) => settle(service)?.decision ?? []);
  look.answers.keep(services);
  return decisions;
}

function decideOne(
  policy: ServicePolicy,
  endpoints: readonly Endpoint[],
  nested: ReadonlyMap<ServiceId, Settled>,
  look: ServicesLook,
): Settled {
  const { service, minHealthy, onAllDown, drainedInPanic } = policy;
  const healthOf = (member: MemberName): MemberHealth => memberHealth(member, endpoints, nested, look);
  const tiers = tiersOf(policy);
  const index =
    tiers === undefined
      ? undefined
      : look.activeTier(
          policy,
          tiers.map((tier) => tierHealth(tier, healthOf)),
        );
  const tier = index === undefined ? undefined : { index, members: tiers?.[index] ?? [] };
  const healths = new Map([...nested].map(([name, { decision }]) => [name, decision.healthy]));
  const decision = look.answers.decide(
    { service, endpoints, minHealthy, onAllDown, drainedInPanic, nested: healths, tier },
    look,
  );
  const standing = (): ReturnType<Settled['standing']> => {
    const members = [...new Set([...endpoints.map(({ site }) => site), ...nested.keys()])].map(healthOf);
    return {
      isSurelyOut: members.filter((member) => !member.isSurelyOut).length < Math.max(1, minHealthy),
      isDrained: members.length > 0 && members.every((member) => member.isDrained),
    };
  };
  return { decision, standing };
}

function tierHealth(members: readonly MemberName[], healthOf: (member: MemberName) => MemberHealth): TierHealth {
  const healths = members.map(healthOf);
  const isUp = healths.some((health) => health.isUp);
  return {
    key: tierKey(members),
    isUp,
    isSurelyOut: healths.every((health) => health.isSurelyOut),
    isDrained: healths.length > 0 && healths.every((health) => health.isDrained),
    reason: isUp ? '' : healths.map((health) => health.reason).join('; '),
  };
}

function memberHealth(
  member: MemberName,
  endpoints: readonly Endpoint[],
  nested: ReadonlyMap<ServiceId, Settled>,
  look: ServicesLook,
): MemberHealth {
  const inner = nested.get(member);
  if (inner !== undefined) {
    const { decision, standing } = inner;
    const reason = `${member} is ${decision.mode === 'normal' ? 'below minHealthy' : 'down'}`;
    return { isUp: decision.healthy, ...standing(), reason };
  }
  const here = endpoints.filter(({ site }) => site === member);
  const [first] = here;
  if (first === undefined)
    return { isUp: false, isSurelyOut: true, isDrained: false, reason: `no endpoint at ${member}` };
  return {
    isUp: here.some((endpoint) => isUsable(endpoint, look)),
    isSurelyOut: here.every((endpoint) => isSurelyOut(endpoint, look)),
    isDrained: look.drainedSites.has(member),
    reason: reasonOf(first, look),
  };
}

/** Out by the word of its own site or of a person: what probes from elsewhere see may be their own trouble. */
function isSurelyOut(endpoint: Endpoint, look: ServicesLook): boolean {
  if (look.drainedSites.has(endpoint.site) || !look.isReachable(endpoint)) return true;
  const { state, basis } = look.verdictOf(endpoint.subject);
  return (state === 'down' || state === 'draining') && basis === 'inside';
}

function reasonOf(endpoint: Endpoint, look: ServicesLook): string {
  if (look.drainedSites.has(endpoint.site)) return `${endpoint.site} is drained`;
  if (!look.isReachable(endpoint)) return `${endpoint.site} does not announce its prefix`;
  return look.verdictOf(endpoint.subject).reason;
}
