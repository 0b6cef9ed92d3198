/**
 * How much of its part each endpoint gets now: slow start after it came back, and what it sheds while it is too full
 * (R13, R22, sans-IO). The rules are in steering/slow-start.ts and steering/load.ts; this file applies them to what is
 * decided, and keeps what must outlive a restart.
 */
import { earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import type { ServiceReport } from '#health/report.ts';
import type { EndpointDecision, ServiceDecision } from '#steering/answers.ts';
import { ServiceLoad } from '#steering/load.ts';
import type { LoadLook, StoredShed } from '#steering/load.ts';
import type { Endpoint } from '#steering/model.ts';
import { configuredWeight } from '#steering/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { rampSteps, rampedWeight, SlowStarts } from '#steering/slow-start.ts';
import type { StoredRamp } from '#steering/slow-start.ts';

/** What is kept on disk over a restart. */
export interface StoredPaces {
  readonly ramps: readonly StoredRamp[];
  readonly sheds: readonly (StoredShed & { readonly service: ServiceId })[];
}

/** What paces are decided from. */
export interface PacesLook {
  readonly services: readonly ServiceDecision[];
  readonly policyOf: (service: ServiceId) => ServicePolicy | undefined;
  /** Whether an endpoint may be answered by health, whatever its tier. */
  readonly isUsable: (endpoint: Endpoint) => boolean;
  /** What the nodes that serve a service at a site say of it now. */
  readonly nodesOf: (service: ServiceId, site: SiteId) => readonly ServiceReport[];
  readonly nowMs: MonoMs;
}

/** Weights and shed parts of all endpoints. */
export class Paces {
  readonly #slowStarts: SlowStarts;
  #loads = new Map<ServiceId, ServiceLoad>();
  #restored: StoredPaces['sheds'];

  /** `stored` tells what was going on before a restart. */
  constructor(stored: StoredPaces) {
    this.#slowStarts = new SlowStarts(stored.ramps);
    this.#restored = stored.sheds;
  }

  /** The decisions with the weights and shed parts of now. */
  decide(look: PacesLook): readonly ServiceDecision[] {
    this.#slowStarts.look(rampLooks(look), look.nowMs);
    this.#lookAtLoads(look);
    return look.services.map((decision) => {
      const load = this.#loads.get(decision.service);
      if (load === undefined && slowStartOf(decision.service, look) === 0) return decision;
      return { ...decision, endpoints: decision.endpoints.map((decided) => this.#paced(decided, load)) };
    });
  }

  /** What to keep on disk. */
  stored(): StoredPaces {
    const sheds = [...this.#loads].flatMap(([service, load]) => load.stored().map((shed) => ({ service, ...shed })));
    return { ramps: this.#slowStarts.stored(), sheds: [...sheds, ...this.#restored] };
  }

  /** When a weight or a shed part may change next. */
  nextDeadlineMs(): MonoMs | undefined {
    return [...this.#loads.values()]
      .map((load) => load.nextDeadlineMs())
      .reduce(earliest, this.#slowStarts.nextDeadlineMs());
  }

  #lookAtLoads(look: PacesLook): void {
    const loads = new Map<ServiceId, ServiceLoad>();
    for (const { service, endpoints } of look.services) {
      const limits = look.policyOf(service)?.load;
      if (limits === undefined) continue;
      const kept = this.#restored.filter((shed) => shed.service === service);
      const load = this.#loads.get(service) ?? new ServiceLoad(kept);
      const targets = { target: limits.targetPercent / 100, max: limits.maxPercent / 100 };
      load.look(loadLooks(service, endpoints, look), targets, look.nowMs);
      loads.set(service, load);
    }
    this.#loads = loads;
    this.#restored = [];
  }

  #paced(decided: EndpointDecision, load: ServiceLoad | undefined): EndpointDecision {
    const { subject, site } = decided.endpoint;
    const step = this.#slowStarts.stepOf(subject);
    return {
      ...decided,
      changePending: decided.changePending || step < rampSteps,
      weight: rampedWeight(configuredWeight(decided.endpoint), step),
      shed: load?.shedOf(site) ?? 0,
    };
  }
}

function slowStartOf(service: ServiceId, { policyOf }: PacesLook): number {
  return policyOf(service)?.slowStartMs ?? 0;
}

function rampLooks(look: PacesLook): Parameters<SlowStarts['look']>[0] {
  const { services, isUsable } = look;
  return services.flatMap(({ service, endpoints }) => {
    const slowStartMs = slowStartOf(service, look);
    if (slowStartMs === 0) return [];
    return endpoints.map(({ endpoint, answerable }) => ({
      subject: endpoint.subject,
      isUsable: isUsable(endpoint),
      isAnswered: answerable,
      slowStartMs,
    }));
  });
}

/** One look for each site: both families of a service share its load. */
function loadLooks(
  service: ServiceId,
  endpoints: readonly EndpointDecision[],
  { nodesOf }: PacesLook,
): readonly LoadLook[] {
  const bySite = Map.groupBy(endpoints, ({ endpoint }) => endpoint.site);
  const sizes = [...bySite.values()].map((decided) => capacityOf(decided));
  const isSized = sizes.every((size) => size !== undefined);
  return [...bySite].map(([site, decided]) => {
    const capacity = capacityOf(decided);
    return {
      site,
      isUsable: decided.some(({ answerable }) => answerable),
      load: siteLoad(nodesOf(service, site), capacity),
      // Where not every site says how large it is, weights do: they are given in proportion to size.
      capacity:
        isSized && capacity !== undefined
          ? capacity
          : largest(decided.map(({ endpoint }) => configuredWeight(endpoint))),
    };
  });
}

function capacityOf(decided: readonly EndpointDecision[]): number | undefined {
  const given = decided.flatMap(({ endpoint }) => (endpoint.capacity === undefined ? [] : [endpoint.capacity]));
  return given.length === 0 ? undefined : largest(given);
}

/**
 * The share of a site's capacity in use: its sessions beside its configured capacity where both are known, else the
 * mean of what its nodes say of their own limits; undefined where nobody says.
 */
function siteLoad(nodes: readonly ServiceReport[], capacity: number | undefined): number | undefined {
  const sessions = nodes.flatMap((node) => (node.sessions === undefined ? [] : [node.sessions]));
  if (capacity !== undefined && capacity > 0 && sessions.length > 0) return sum(sessions) / capacity;
  const loads = nodes.flatMap((node) => (node.load === undefined ? [] : [node.load]));
  return loads.length === 0 ? undefined : sum(loads) / loads.length;
}

function largest(numbers: readonly number[]): number {
  return Math.max(0, ...numbers);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
