/**
 * What records read: the layout of the SteeringTable for one generation (R1).
 *
 * Each target that a record names is a slot: an endpoint of `sites/` takes that endpoint's decision, any other address
 * its own probe. Each service that is steered by policy has a slot, and one for each endpoint (steering/policy). The
 * table then follows the decision.
 */
import { present } from '#base/assert.ts';
import { formatHostPort } from '#base/ip.ts';
import type { Decision } from '#decide/decision.ts';
import { defineCheck } from '#health/check.ts';
import type { CheckDefinition, CheckId } from '#health/check.ts';
import type { ServiceId, SubjectKey } from '#health/model.ts';
import { targetKey } from '#lua/health.ts';
import type { HealthTarget } from '#lua/health.ts';
import type { ServiceDecision, ServiceMode } from '#steering/answers.ts';
import type { Endpoint } from '#steering/model.ts';
import { endpointSlotKey, serviceSlotKey } from '#steering/policy/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { SteeringTable } from '#steering/table.ts';
import type { SlotValue } from '#steering/table.ts';

type Slot =
  /** One address at several sites is anycast: it is answerable while one of them is. */
  | { readonly kind: 'endpoint'; readonly subjects: readonly SubjectKey[] }
  | { readonly kind: 'probe'; readonly check: CheckDefinition }
  /** An endpoint as its service's policy sees it: one of a tier that is not active is not answerable there (R27). */
  | { readonly kind: 'member'; readonly subject: SubjectKey }
  | { readonly kind: 'service'; readonly service: ServiceId };

/** The slots of one generation. */
export class SteeringSlots {
  /**
   * The slot of each target, by `targetKey`, and of what policies read, by `endpointSlotKey` and `serviceSlotKey`: how
   * records in any thread find theirs.
   */
  readonly byTarget: ReadonlyMap<string, number>;
  readonly table: SteeringTable;
  readonly #slots: readonly Slot[];

  /** Lays out the targets, each given once; those that are endpoints follow them. Then what the policies read. */
  constructor(
    targets: readonly HealthTarget[],
    endpoints: readonly Endpoint[],
    policies: Iterable<ServicePolicy> = [],
  ) {
    const byAddress = Map.groupBy(endpoints, (endpoint) => formatHostPort(endpoint.answer, endpoint.port));
    const layout: readonly (readonly [string, Slot])[] = [
      ...targets.map((target) => [targetKey(target), slotFor(target, byAddress)] as const),
      ...[...policies].flatMap(policySlots),
    ];
    this.byTarget = new Map(layout.map(([key], index) => [key, index]));
    this.#slots = layout.map(([, slot]) => slot);
    this.table = SteeringTable.create(this.#slots.length);
  }

  /** Checks of addresses that are no endpoint, which this coordinator runs for its records alone. */
  probes(): readonly CheckDefinition[] {
    const checks = this.#slots.flatMap((slot) => (slot.kind === 'probe' ? [slot.check] : []));
    return [...new Map(checks.map((check) => [check.id, check])).values()];
  }

  /** Publishes what is decided now; returns whether any answer may have changed. */
  publish(decision: Decision): boolean {
    const endpoints = decision.endpointDecisions();
    const withheld = withheldEndpoints(decision.services);
    const modes = new Map(
      decision.services.flatMap(({ mode, endpoints: each }) => each.map(({ endpoint }) => [endpoint.subject, mode])),
    );
    const services = new Map(decision.services.map((each) => [each.service, each]));
    const isFrozen = decision.health.sanity === 'frozen';
    const endpointValue = (subjects: readonly SubjectKey[]): SlotValue => {
      const decided = subjects.map((subject) => present(endpoints.get(subject), `the decision on ${subject}`));
      return {
        answerable: decided.some((each) => each.answerable),
        changePending: decided.some((each) => each.changePending),
        unproven: subjects.every((subject) => decision.health.verdict(subject)?.state === 'unknown'),
        withheld: subjects.every((subject) => withheld.has(subject)),
        // A tier that is kept though it is down is what was believed last, too.
        frozen: isFrozen || subjects.every((subject) => isKept(modes.get(subject))),
        failOpen: subjects.every((subject) => modes.get(subject) === 'failOpen'),
        weight: Math.max(...decided.map((each) => each.weight)),
        shed: Math.min(...decided.map((each) => each.shed)),
      };
    };
    const values = this.#slots.map((slot): SlotValue => {
      switch (slot.kind) {
        case 'probe':
          return probeValue(decision, slot.check.id, isFrozen);
        case 'service':
          return serviceValue(services.get(slot.service), isFrozen);
        case 'member':
          return endpointValue([slot.subject]);
        case 'endpoint': {
          const value = endpointValue(slot.subjects);
          const isStandby = slot.subjects.some((subject) => endpoints.get(subject)?.standby);
          return { ...value, answerable: value.answerable || isStandby };
        }
      }
    });
    return this.table.publish(values);
  }
}

function isKept(mode: ServiceMode | undefined): boolean {
  return mode === 'frozen' || mode === 'held';
}

function policySlots({ service, members }: ServicePolicy): readonly (readonly [string, Slot])[] {
  const subjects = members.flatMap((member) => (member.kind === 'site' ? member.endpoints : []));
  return [
    [serviceSlotKey(service), { kind: 'service', service }],
    ...subjects.map(({ subject }) => [endpointSlotKey(subject), { kind: 'member', subject }] as const),
  ];
}

/** A service that is not decided, for want of endpoints, is no reason to leave one of which it is a member. */
function serviceValue(decided: ServiceDecision | undefined, isFrozen: boolean): SlotValue {
  const tier = decided?.activeTier;
  return {
    answerable: decided?.healthy ?? true,
    changePending: false,
    unproven: false,
    withheld: false,
    frozen: isFrozen || isKept(decided?.mode),
    failOpen: decided?.mode === 'failOpen',
    weight: tier === undefined ? 0 : tier + 1,
    shed: 0,
  };
}

function slotFor(target: HealthTarget, endpoints: ReadonlyMap<string, readonly Endpoint[]>): Slot {
  const here = endpoints.get(formatHostPort(target.address, target.port));
  if (here !== undefined && !target.onlyProbe) {
    return { kind: 'endpoint', subjects: here.map((endpoint) => endpoint.subject) };
  }
  const check = defineCheck({
    what: target.what,
    address: target.address,
    port: target.port,
    ...(target.sourceAddress === undefined ? {} : { sourceAddress: target.sourceAddress }),
    intervalMs: target.intervalMs,
    timeoutMs: target.timeoutMs,
    rise: target.rise,
    fall: target.fall,
  });
  return { kind: 'probe', check };
}

function probeValue(decision: Decision, check: CheckId, frozen: boolean): SlotValue {
  const { state, changePending, weight = 0 } = decision.health.probe(check);
  const unproven = state === 'unknown';
  return {
    answerable: state !== 'down',
    changePending,
    unproven,
    withheld: false,
    frozen,
    failOpen: false,
    weight,
    shed: 0,
  };
}

/**
 * Endpoints that not even a backup selector may give: drained ones (R8), and those of a family in which nothing is up
 * while the service lives in the other (R2).
 */
function withheldEndpoints(services: readonly ServiceDecision[]): ReadonlySet<SubjectKey> {
  const withheld = services.flatMap(({ mode, endpoints }) => {
    const living = new Set(endpoints.filter((each) => each.answerable).map((each) => each.endpoint.family));
    return endpoints.filter(
      (each) => each.drained || (mode === 'normal' && living.size > 0 && !living.has(each.endpoint.family)),
    );
  });
  return new Set(withheld.map((each) => each.endpoint.subject));
}
