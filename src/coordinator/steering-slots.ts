/**
 * What records read: the layout of the SteeringTable for one generation (R1).
 *
 * While zones compile, each target that a record names becomes a slot: an endpoint of `sites/` takes that endpoint's
 * decision, any other address its own probe. Then the layout is sealed, and the table follows the decision.
 */
import { present } from '#base/assert.ts';
import { formatHostPort } from '#base/ip.ts';
import type { Decision } from '#decide/decision.ts';
import { defineCheck } from '#health/check.ts';
import type { CheckDefinition, CheckId } from '#health/check.ts';
import type { SubjectKey } from '#health/model.ts';
import type { HealthHandle, HealthReading, HealthSource, HealthTarget } from '#lua/health.ts';
import type { ServiceDecision } from '#steering/answers.ts';
import type { Endpoint } from '#steering/model.ts';
import { SteeringTable } from '#steering/table.ts';
import type { SlotValue } from '#steering/table.ts';

type Slot =
  /** One address at several sites is anycast: it is answerable while one of them is. */
  | { readonly kind: 'endpoint'; readonly subjects: readonly SubjectKey[] }
  | { readonly kind: 'probe'; readonly check: CheckDefinition };

/** The slots of one generation; a health source for the compilers of its zones. */
export class SteeringSlots implements HealthSource {
  readonly #targets = new Map<string, HealthTarget>();
  readonly #indices = new Map<string, number>();
  #slots: readonly Slot[] = [];
  #table: SteeringTable | undefined;

  /** Adds a target, or finds the slot that it has already: equal targets are one check. */
  register(target: HealthTarget): HealthHandle {
    const key = JSON.stringify(target);
    const index = this.#indices.get(key) ?? this.#indices.size;
    this.#indices.set(key, index);
    this.#targets.set(key, target);
    return { read: () => this.#read(index) };
  }

  /** Ends registration: targets that are endpoints follow them, and the table is made. */
  seal(endpoints: readonly Endpoint[]): SteeringTable {
    const byAddress = Map.groupBy(endpoints, (endpoint) => formatHostPort(endpoint.answer, endpoint.port));
    this.#slots = [...this.#targets.values()].map((target) => slotFor(target, byAddress));
    this.#table = SteeringTable.create(this.#slots.length);
    return this.#table;
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
    const values = this.#slots.map((slot): SlotValue => {
      if (slot.kind === 'probe') return probeValue(decision, slot.check.id);
      const decided = slot.subjects.map((subject) => present(endpoints.get(subject), `the decision on ${subject}`));
      return {
        answerable: decided.some((each) => each.answerable),
        changePending: decided.some((each) => each.changePending),
        unproven: slot.subjects.every((subject) => decision.health.verdict(subject)?.state === 'unknown'),
        withheld: slot.subjects.every((subject) => withheld.has(subject)),
      };
    });
    return present(this.#table, 'the steering table').publish(values);
  }

  #read(index: number): HealthReading {
    const value = present(this.#table, 'the steering table').read(index);
    const { answerable, changePending, unproven, withheld } = value;
    if (!answerable) return { state: 'down', changePending, withheld };
    return { state: unproven ? 'unknown' : 'up', changePending };
  }
}

function slotFor(target: HealthTarget, endpoints: ReadonlyMap<string, readonly Endpoint[]>): Slot {
  const here = endpoints.get(formatHostPort(target.address, target.port));
  if (here !== undefined && !target.onlyProbe) {
    return { kind: 'endpoint', subjects: here.map((endpoint) => endpoint.subject) };
  }
  const check = defineCheck({
    what: { kind: 'tcp' },
    address: target.address,
    port: target.port,
    ...(target.sourceAddress === undefined ? {} : { sourceAddress: target.sourceAddress }),
    intervalMs: target.intervalMs,
    timeoutMs: target.timeoutMs,
    rise: 1,
    fall: target.minimumFailures,
  });
  return { kind: 'probe', check };
}

function probeValue(decision: Decision, check: CheckId): SlotValue {
  const { state, changePending } = decision.health.probe(check);
  return { answerable: state !== 'down', changePending, unproven: state === 'unknown', withheld: false };
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
