/**
 * One service's policy for one type of record, compiled: its steps run over its members, some of which may be services
 * with policies of their own. What is chosen and what is told of it come from one run.
 */
import { present } from '#base/assert.ts';
import type { Family } from '#base/ip.ts';
import { ipBytes, familyOf } from '#base/ip.ts';
import type { Prng } from '#base/prng.ts';
import type { Client, ExplainedStep } from '#dns/zone/dynamic.ts';
import type { Coordinates } from '#geo/distance.ts';
import type { GeoSource } from '#geo/source.ts';
import type { LatencyTable } from '#health/latency/table.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import { flagsOf, weightOf } from '../table.ts';
import type { SteeringTable } from '../table.ts';
import { compileSteps } from './compile-steps.ts';
import type { CompiledSteps } from './compile-steps.ts';
import { serviceSlotKey } from './model.ts';
import type { ServicePolicy } from './model.ts';
import { Selection } from './selection.ts';
import { ServiceMember } from './service-member.ts';
import { Chosen, SiteMember } from './site-member.ts';
import type { AnsweredEndpoint, Member } from './site-member.ts';
import type { Step } from './step.ts';

/** What policies are compiled with. */
export interface PolicyContext {
  readonly policies: ReadonlyMap<ServiceId, ServicePolicy>;
  readonly table: SteeringTable;
  /** The slot of each endpoint, by `endpointSlotKey`. */
  readonly slots: ReadonlyMap<string, number>;
  readonly geo: GeoSource;
  readonly prng: Prng;
  readonly latency: LatencyTable;
}

/** What is asked for, which holds for members that are services too. */
export interface Asked {
  readonly families: readonly Family[];
  readonly nextNumber: () => number;
}

/** A step of an explanation: the names that came in and those that were left, in their order. */
export interface PolicyExplanationStep extends ExplainedStep {
  readonly service: ServiceId;
  readonly came: readonly string[];
  readonly left: readonly string[];
}

/** A compiled policy. What it says of now is as of the last `run`. */
export class CompiledPolicy {
  readonly policy: ServicePolicy;
  /** What the last run chose. */
  readonly chosen = new Chosen();
  readonly #members: readonly Member[];
  readonly #selection: Selection;
  readonly #steps: CompiledSteps;
  readonly #table: SteeringTable;
  /** Its own slot; undefined where the table has none. */
  readonly #slot: number | undefined;
  readonly #nested: readonly CompiledPolicy[];
  readonly #fallback: readonly AnsweredEndpoint[];

  constructor(policy: ServicePolicy, context: PolicyContext, asked: Asked) {
    this.policy = policy;
    const nested: CompiledPolicy[] = [];
    const members = policy.members.map((member) => {
      const allowsFailOpen = policy.onAllDown === 'failOpen';
      if (member.kind === 'site') return new SiteMember(member, { ...context, ...asked, allowsFailOpen });
      // The release has it: references between services are checked, and that they lead round in no circle.
      const theirs = present(context.policies.get(member.name), `the policy of ${member.name}`);
      const compiled = new CompiledPolicy(theirs, context, asked);
      nested.push(compiled);
      return new ServiceMember(member, compiled);
    });
    this.#members = members;
    this.#nested = nested;
    this.#selection = new Selection(members);
    this.#table = context.table;
    this.#slot = context.slots.get(serviceSlotKey(policy.service));
    this.#steps = compileSteps(policy.steps, {
      ...context,
      members,
      allowsFailOpen: policy.onAllDown === 'failOpen',
      activeTier: () => weightOf(this.#word()),
      locations: this.locations(),
      sitesOf: this.#sitesOf(),
    });
    this.#fallback = policy.fallback
      .map((address) => ({ address, family: familyOf(address), octets: ipBytes(address) }))
      .filter(({ family }) => asked.families.includes(family))
      .map((each) => ({ ...each, number: asked.nextNumber(), member: 'fallback', hostName: undefined }));
  }

  /** Looks at the client, for members too; returns the bits of its address on which any answer may depend (R15). */
  prepare(client: Client): number {
    let scopeBits = 0;
    for (const step of this.#steps.choosing) {
      if (step.prepare === undefined) continue;
      const bits = step.prepare(client);
      if (bits > scopeBits) scopeBits = bits;
    }
    for (const nested of this.#nested) scopeBits = Math.max(scopeBits, nested.prepare(client));
    return scopeBits;
  }

  /** Decides for the client that was prepared for; `trace` is told of each step. */
  run(trace?: PolicyExplanationStep[]): void {
    const selection = this.#selection;
    selection.isReturning = false;
    for (const nested of this.#nested) nested.run(trace);
    for (const member of this.#members) member.refresh();
    this.chosen.clear();
    selection.fillWithAll();
    this.#apply(this.#steps.settling, trace);
    if (selection.count === 0) {
      this.#answerFallback(trace);
      return;
    }
    this.#apply(this.#steps.choosing, trace);
    for (let place = 0; place < selection.count; place++) this.#memberAt(place).collect(this.chosen);
  }

  /** Whether a member that is out may come back soon. */
  get isReturning(): boolean {
    return this.#selection.isReturning;
  }

  /** Whether it is up for services of which it is a member, by evidence. */
  get isHealthy(): boolean {
    const { answerable, frozen } = flagsOf(this.#word());
    return answerable && !frozen;
  }

  /** The members as of the last run. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Where each member is. */
  locations(): ReadonlyMap<string, readonly Coordinates[]> {
    return new Map(
      this.#places(
        (member) => [member.location],
        (nested) => [...nested.locations().values()].flat(),
      ),
    );
  }

  #sitesOf(): ReadonlyMap<string, readonly SiteId[]> {
    return new Map(
      this.#places(
        (member) => [member.name],
        (nested) => [...nested.#sitesOf().values()].flat(),
      ),
    );
  }

  #places<Value>(
    ofSite: (member: Extract<ServicePolicy['members'][number], { kind: 'site' }>) => readonly Value[],
    ofService: (nested: CompiledPolicy) => readonly Value[],
  ): readonly (readonly [string, readonly Value[]])[] {
    let next = 0;
    return this.policy.members.map((member) => {
      if (member.kind === 'site') return [member.name, ofSite(member)] as const;
      const nested = this.#nested[next++];
      return [member.name, nested === undefined ? [] : ofService(nested)] as const;
    });
  }

  /** The word of its own slot; where there is none, that of a service that is up and has no tier decided. */
  #word(): number {
    return this.#slot === undefined ? 1 : this.#table.word(this.#slot);
  }

  #apply(steps: readonly Step[], trace: PolicyExplanationStep[] | undefined): void {
    for (const step of steps) {
      const came = trace === undefined ? undefined : this.#selection.names();
      step.apply(this.#selection);
      if (came !== undefined) trace?.push(this.#tell(step, came));
    }
  }

  #memberAt(place: number): Member {
    const member = this.#members[this.#selection.order[place] ?? 0];
    if (member === undefined) throw new Error(`bug: ${this.policy.service} has no member at place ${place}`);
    return member;
  }

  #answerFallback(trace: PolicyExplanationStep[] | undefined): void {
    const { chosen } = this;
    for (const endpoint of this.#fallback) chosen.add(endpoint);
    chosen.isChanging = true;
    if (trace === undefined) return;
    const { service, onAllDown } = this.policy;
    const left = chosen.endpoints.slice(0, chosen.count).map(({ address }) => address);
    const text =
      left.length > 0 ? `all is down: the fallback, ${left.join(', ')}` : `all is down: no answer (${onAllDown})`;
    trace.push({ service, step: `${service} fallback`, came: [], left, text });
  }

  #tell(step: Step, came: readonly string[]): PolicyExplanationStep {
    const { service } = this.policy;
    const left = this.#selection.names();
    const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
    const text = `${list(came)} → ${list(left)}: ${step.why()}`;
    return { service, step: `${service} ${step.name}`, came, left, text };
  }
}
