/**
 * Where records that steer find the services of a release: `steer('www')` becomes the compiled policy of `www`.
 *
 * The shape is the seam of the room `lua`; each use is compiled for itself, so that its answers are its own.
 */
import type { Prng } from '#base/prng.ts';
import type { Client, DynamicAnswer, ExplainedAnswer } from '#dns/zone/dynamic.ts';
import type { GeoSource } from '#geo/source.ts';
import { emptyLatencyTable, LatencyTable } from '#health/latency/table.ts';
import type { ServiceId } from '#health/model.ts';
import type { SteeringTable } from '../table.ts';
import { AnswerBuilder, familiesOf } from './answer.ts';
import { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyContext, PolicyExplanationStep } from './compiled-policy.ts';
import type { ServicePolicy } from './model.ts';

/** A decision with the steps that led to it, and the endpoints that it answers. */
export interface PolicyExplanation extends ExplainedAnswer {
  readonly steps: readonly PolicyExplanationStep[];
  /** As `fra 192.0.2.10`, in the order in which they were chosen. */
  readonly answered: readonly string[];
}

/** Decides one service's answer of one record type; the answer is valid until the next. */
export interface PolicySteering {
  (client: Client): DynamicAnswer;
  /** Bits of the client's address on which any of its answers may depend (R15), without deciding one. */
  readonly scopeBits: (client: Client) => number;
  /** Decides likewise, and tells how. */
  readonly explain: (client: Client) => PolicyExplanation;
}

/** Where services are looked up. */
export interface PolicySource {
  /** The decision on a service's records of a type; undefined where there is no such service or it has no such records. */
  use(service: ServiceId, type: number): PolicySteering | undefined;
}

/** What a source is built over. */
export interface PolicySourceOptions {
  readonly services: readonly ServicePolicy[];
  readonly table: SteeringTable;
  /** The slot of each endpoint, by `endpointSlotKey`. */
  readonly slots: ReadonlyMap<string, number>;
  readonly geo: GeoSource;
  readonly prng: Prng;
  /** What was measured; nothing where absent. */
  readonly latency?: LatencyTable;
}

/** Builds the source over the services of a release. Using one registers its distinctions between places with `geo`. */
export function steerSourceOf(options: PolicySourceOptions): PolicySource {
  const { services, latency = new LatencyTable(emptyLatencyTable()) } = options;
  const policies = new Map(services.map((policy) => [policy.service, policy]));
  const context: PolicyContext = { ...options, policies, latency };
  return {
    use: (service, type) => {
      const policy = policies.get(service);
      return policy === undefined ? undefined : compileSteering(policy, type, context);
    },
  };
}

function compileSteering(policy: ServicePolicy, type: number, context: PolicyContext): PolicySteering | undefined {
  const families = familiesOf(type);
  if (families === undefined) return undefined;
  let endpointCount = 0;
  const compiled = new CompiledPolicy(policy, context, { families, nextNumber: () => endpointCount++ });
  const builder = new AnswerBuilder(type, policy.binding);
  const decide = (client: Client, trace?: PolicyExplanationStep[]): DynamicAnswer => {
    const scopeBits = compiled.prepare(client);
    compiled.run(trace);
    return builder.build(compiled.chosen, scopeBits, compiled.isReturning);
  };
  const explain = (client: Client): PolicyExplanation => {
    const trace: PolicyExplanationStep[] = [];
    const answer = decide(client, trace);
    const { endpoints, count } = compiled.chosen;
    const answered = endpoints.slice(0, count).map(({ member, address }) => `${member} ${address}`);
    return { answer: copyOf(answer), steps: trace, answered };
  };
  const scopeBits = (client: Client): number => compiled.prepare(client);
  return Object.assign((client: Client) => decide(client), { scopeBits, explain });
}

/** An answer that stays as it is. */
function copyOf(answer: DynamicAnswer): DynamicAnswer {
  return answer.kind === 'records' ? { ...answer, rdata: [...answer.rdata] } : answer;
}
