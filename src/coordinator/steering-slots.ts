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
import type { Endpoint } from '#steering/model.ts';
import { SteeringTable } from '#steering/table.ts';
import type { SlotValue } from '#steering/table.ts';

type Slot =
  | { readonly kind: 'endpoint'; readonly subject: SubjectKey }
  | { readonly kind: 'probe'; readonly check: CheckDefinition };

/** The slots of one generation; a health source for the compilers of its zones. */
export class SteeringSlots implements HealthSource {
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #slots = new Map<string, { readonly slot: Slot; readonly index: number }>();
  #table: SteeringTable | undefined;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = new Map(endpoints.map((endpoint) => [formatHostPort(endpoint.answer, endpoint.port), endpoint]));
  }

  /** Adds a target, or finds the slot that it has already: equal targets are one check. */
  register(target: HealthTarget): HealthHandle {
    const slot = this.#slotFor(target);
    const key = slot.kind === 'endpoint' ? slot.subject : slot.check.id;
    const known = this.#slots.get(key) ?? { slot, index: this.#slots.size };
    this.#slots.set(key, known);
    return { read: () => this.#read(known.index) };
  }

  /** Ends registration and makes the table. */
  seal(): SteeringTable {
    this.#table = SteeringTable.create(this.#slots.size);
    return this.#table;
  }

  /** Checks of addresses that are no endpoint, which this coordinator runs for its records alone. */
  probes(): readonly CheckDefinition[] {
    return [...this.#slots.values()].flatMap(({ slot }) => (slot.kind === 'probe' ? [slot.check] : []));
  }

  /** Publishes what is decided now; returns whether any answer may have changed. */
  publish(decision: Decision): boolean {
    const endpoints = decision.endpointDecisions();
    const values = [...this.#slots.values()].map(({ slot }): SlotValue => {
      if (slot.kind === 'probe') return probeValue(decision, slot.check.id);
      const decided = present(endpoints.get(slot.subject), `the decision on ${slot.subject}`);
      const unproven = decision.health.verdict(slot.subject)?.state === 'unknown';
      return { answerable: decided.answerable, changePending: decided.changePending, unproven };
    });
    return present(this.#table, 'the steering table').publish(values);
  }

  #slotFor(target: HealthTarget): Slot {
    const endpoint = this.#endpoints.get(formatHostPort(target.address, target.port));
    if (endpoint !== undefined && !target.onlyProbe) return { kind: 'endpoint', subject: endpoint.subject };
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

  #read(index: number): HealthReading {
    const { answerable, changePending, unproven } = present(this.#table, 'the steering table').read(index);
    if (!answerable) return { state: 'down', changePending };
    return { state: unproven ? 'unknown' : 'up', changePending };
  }
}

function probeValue(decision: Decision, check: CheckId): SlotValue {
  const { state, changePending } = decision.health.probe(check);
  return { answerable: state !== 'down', changePending, unproven: state === 'unknown' };
}
