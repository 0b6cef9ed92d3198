/**
 * Which endpoints may be answered (R2, R8, R19): verdicts and drains in, one decision for each endpoint out.
 *
 * A service is decided over all its sites and both families at once:
 *
 *   something up and not drained                    what is up and not drained; a family with nothing is empty (R2)
 *   nothing up, over one site was up within 30 s    what was up then: our view is wrong, or the world ended (R8)
 *   nothing up for other reasons                    everything that is not drained: fail open (R8)
 *
 * What is answered where nothing is up is, where possible, what its prefix leads to (R25).
 *
 * A drain that would leave a service without an endpoint that is up stays pending (R19). One in effect stays so when
 * the others die later: fail-open never answers what is drained (R8). Time is an argument.
 */
import type { MonoMs } from '#base/time.ts';
import type { ServiceId, SiteId, SubjectKey } from '#health/model.ts';
import type { Override } from '#health/report.ts';
import type { Verdict } from '#health/verdict.ts';
import type { Endpoint } from './model.ts';

/** What is decided of one endpoint. */
export interface EndpointDecision {
  readonly endpoint: Endpoint;
  readonly answerable: boolean;
  readonly drained: boolean;
  /** A change may be coming: the short TTL applies (R13). */
  readonly changePending: boolean;
  /** What it may get in proportion to others, after slow start: 0 to `maxWeight`, never above its configured weight. */
  readonly weight: number;
  /** How much of its part it hands on to others, from 0 to `maxShed` for all (R22). */
  readonly shed: number;
  readonly reason: string;
}

/** The weight of an endpoint that names none. */
export const defaultWeight = 100;

/** How a service is being answered. */
export type ServiceMode = 'normal' | 'frozen' | 'failOpen';

/** What is decided of one service. */
export interface ServiceDecision {
  readonly service: ServiceId;
  readonly mode: ServiceMode;
  readonly endpoints: readonly EndpointDecision[];
}

/** How long after more than one site was up a loss of everything is not believed (R8). */
export const allDownWindowMs = 30_000;

/** Deaths that follow each other faster than this are one event: the order in which they are heard of is chance. */
export const oneEventMs = 5000;

/** What the decision of one service carries to the next. */
interface Memory {
  /** The endpoints that were up when more than one site last was, before the event that may still go on. */
  readonly severalUp: ReadonlySet<SubjectKey>;
  /** Since when fewer are up than that. */
  readonly fewerSince: MonoMs | undefined;
  readonly severalUpAt: MonoMs;
  /** How everything-down was met; kept until something is up again. */
  readonly allDownMode: 'frozen' | 'failOpen' | undefined;
}

/** What a decision is made from. */
export interface AnswerInput {
  readonly endpoints: readonly Endpoint[];
  readonly verdictOf: (subject: SubjectKey) => Verdict;
  /** Sites under a drain that is in effect. */
  readonly drainedSites: ReadonlySet<SiteId>;
  /** Whether the endpoint's managed prefix, if it has one, is announced at its site (R25). */
  readonly isReachable: (endpoint: Endpoint) => boolean;
  readonly nowMs: MonoMs;
}

/** Decides services one after another and remembers what was up. */
export class AnswerEngine {
  #memories = new Map<ServiceId, Memory>();

  /** One decision for each service that has endpoints. */
  decide(input: AnswerInput): readonly ServiceDecision[] {
    const byService = Map.groupBy(input.endpoints, (endpoint) => endpoint.service);
    this.#memories = new Map([...this.#memories].filter(([service]) => byService.has(service)));
    return [...byService].map(([service, endpoints]) => this.#decideService(service, endpoints, input));
  }

  #decideService(service: ServiceId, endpoints: readonly Endpoint[], input: AnswerInput): ServiceDecision {
    const usable = endpoints.filter((endpoint) => isUsable(endpoint, input));
    const memory = remember(this.#memories.get(service), usable, input.nowMs);
    if (memory !== undefined) this.#memories.set(service, memory);
    const mode = usable.length > 0 ? 'normal' : (memory?.allDownMode ?? 'failOpen');
    const answerable = answerableSet(mode, { endpoints, usable, memory }, input);
    return {
      service,
      mode,
      endpoints: endpoints.map((endpoint) => describe(endpoint, { mode, answerable }, input)),
    };
  }
}

/** What it takes to tell which drains take effect. */
export interface DrainsInput {
  readonly endpoints: readonly Endpoint[];
  readonly verdictOf: (subject: SubjectKey) => Verdict;
  /** Ids of the drains that were in effect before. */
  readonly inEffect: ReadonlySet<string>;
}

/**
 * The sites whose drain takes effect: oldest first, each only while every service of that site keeps an endpoint that
 * is up elsewhere (R19); for one in effect already it suffices that the others are not drained. The rest is pending.
 */
export function effectiveDrains(
  drains: readonly Override[],
  input: DrainsInput,
): { readonly effective: ReadonlySet<SiteId>; readonly pending: readonly { override: Override; reason: string }[] } {
  const effective = new Set<SiteId>();
  const pending: { override: Override; reason: string }[] = [];
  for (const override of drains) {
    if (effective.has(override.site)) continue;
    const stranded = strandedService(override, effective, input);
    if (stranded === undefined) effective.add(override.site);
    else pending.push({ override, reason: `${stranded} would be left without an endpoint that is up (R19)` });
  }
  return { effective, pending };
}

function strandedService(
  { id, site }: Override,
  drained: ReadonlySet<SiteId>,
  { endpoints, verdictOf, inEffect }: DrainsInput,
): ServiceId | undefined {
  const services = new Set(endpoints.filter((other) => other.site === site).map((other) => other.service));
  const others = endpoints.filter((other) => other.site !== site && !drained.has(other.site));
  const remains = (other: Endpoint): boolean => inEffect.has(id) || isUp(verdictOf(other.subject));
  return [...services].find((service) => !others.some((other) => other.service === service && remains(other)));
}

/** Unknown counts as up: there has been no evidence against it (R3). */
function isUp(verdict: Verdict): boolean {
  return verdict.state === 'up' || verdict.state === 'unknown';
}

function isUsable(endpoint: Endpoint, input: AnswerInput): boolean {
  return (
    isUp(input.verdictOf(endpoint.subject)) && !input.drainedSites.has(endpoint.site) && input.isReachable(endpoint)
  );
}

function remember(before: Memory | undefined, usable: readonly Endpoint[], nowMs: MonoMs): Memory | undefined {
  if (new Set(usable.map((endpoint) => endpoint.site)).size > 1) return rememberSeveral(before, usable, nowMs);
  if (before === undefined) return undefined;
  if (usable.length > 0) return { ...before, allDownMode: undefined };
  const recent = nowMs - before.severalUpAt <= allDownWindowMs;
  return { ...before, allDownMode: before.allDownMode ?? (recent ? 'frozen' : 'failOpen') };
}

function rememberSeveral(before: Memory | undefined, usable: readonly Endpoint[], nowMs: MonoMs): Memory {
  const up = new Set(usable.map((endpoint) => endpoint.subject));
  const isFewer = before !== undefined && [...before.severalUp].some((subject) => !up.has(subject));
  const fewerSince = isFewer ? (before.fewerSince ?? nowMs) : undefined;
  const isOneEvent = fewerSince !== undefined && nowMs - fewerSince < oneEventMs;
  return {
    severalUp: before !== undefined && isOneEvent ? new Set([...before.severalUp, ...up]) : up,
    severalUpAt: nowMs,
    fewerSince: isOneEvent ? fewerSince : undefined,
    allDownMode: undefined,
  };
}

function answerableSet(
  mode: ServiceMode,
  sets: {
    readonly endpoints: readonly Endpoint[];
    readonly usable: readonly Endpoint[];
    readonly memory: Memory | undefined;
  },
  input: AnswerInput,
): ReadonlySet<SubjectKey> {
  const undrained = sets.endpoints.filter((endpoint) => !input.drainedSites.has(endpoint.site));
  const keys = (list: readonly Endpoint[]): ReadonlySet<SubjectKey> => {
    const reachable = list.filter((endpoint) => input.isReachable(endpoint));
    return new Set((reachable.length > 0 ? reachable : list).map((endpoint) => endpoint.subject));
  };
  if (mode === 'normal') return keys(sets.usable);
  if (mode === 'failOpen') return keys(undrained);
  const frozen = undrained.filter((endpoint) => sets.memory?.severalUp.has(endpoint.subject) === true);
  return keys(frozen.length > 0 ? frozen : undrained);
}

function describe(
  endpoint: Endpoint,
  service: { readonly mode: ServiceMode; readonly answerable: ReadonlySet<SubjectKey> },
  input: AnswerInput,
): EndpointDecision {
  const verdict = input.verdictOf(endpoint.subject);
  const drained = input.drainedSites.has(endpoint.site);
  const answerable = service.answerable.has(endpoint.subject);
  return {
    endpoint,
    answerable,
    drained,
    changePending: verdict.changePending || drained || service.mode !== 'normal',
    weight: defaultWeight,
    shed: 0,
    reason: reasonFor({ verdict, drained, answerable, mode: service.mode, reachable: input.isReachable(endpoint) }),
  };
}

function reasonFor(facts: {
  readonly verdict: Verdict;
  readonly drained: boolean;
  readonly answerable: boolean;
  readonly mode: ServiceMode;
  readonly reachable: boolean;
}): string {
  if (facts.drained) return `drained; ${facts.verdict.reason}`;
  if (facts.mode === 'normal' && !facts.reachable) return 'its prefix is not announced at this site (R25)';
  if (facts.mode === 'normal') return facts.verdict.reason;
  const rule =
    facts.mode === 'frozen' ? 'everything went down at once, frozen on what was up' : 'all down, failing open';
  return facts.answerable ? `${rule} (R8); ${facts.verdict.reason}` : facts.verdict.reason;
}
