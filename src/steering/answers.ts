/**
 * Which endpoints may be answered (R2, R8, R19, R27): verdicts and drains in, one decision for each endpoint out.
 *
 * A service is decided over all its sites and both families at once. Where it has a failover step, only the endpoints
 * of its active tier count as its own; which tier that is, failover.ts says.
 *
 *   something up and not drained                    what is up and not drained; a family with nothing is empty (R2)
 *   nothing up in the active tier, another is up    the active tier as below, until it may be left (R27)
 *   nothing up, over one site was up within 30 s    what was up then: our view is wrong, or the world ended (R8)
 *   nothing up for other reasons                    everything that is not drained: fail open (R8)
 *   nothing up, `onAllDown` chosen                  no endpoint: an empty answer or the fallback, by choice (R8)
 *
 * What is answered where nothing is up is, where possible, what its prefix leads to (R25).
 *
 * A drain that would leave a service without an endpoint that is up stays pending (R19). One in effect stays so when
 * the others die later: fail-open never answers what is drained, unless `drainedInPanic` says so (R8). Time is an
 * argument.
 */
import type { MonoMs } from '#base/time.ts';
import type { ServiceId, SiteId, SubjectKey } from '#health/model.ts';
import type { Override } from '#health/report.ts';
import type { Verdict } from '#health/verdict.ts';
import type { Endpoint } from './model.ts';
import { configuredWeight } from './model.ts';
import type { MemberName, OnAllDown } from './policy/model.ts';

/** What is decided of one endpoint. */
export interface EndpointDecision {
  readonly endpoint: Endpoint;
  readonly answerable: boolean;
  readonly drained: boolean;
  /** It could be answered, and its tier is not the active one (R27). For who asks about the endpoint itself it is up. */
  readonly standby: boolean;
  /** A change may be coming: the short TTL applies (R13). */
  readonly changePending: boolean;
  /** What it may get in proportion to others, after slow start: 0 to `maxWeight`, never above its configured weight. */
  readonly weight: number;
  /** How much of its part it hands on to others, from 0 to `maxShed` for all (R22). */
  readonly shed: number;
  readonly reason: string;
}

/** How a service is being answered; `held` waits on a tier that is down, for a person, a time or votes (R27). */
export type ServiceMode = 'normal' | 'held' | 'frozen' | 'failOpen' | 'nodata' | 'fallback';

/** What is decided of one service. */
export interface ServiceDecision {
  readonly service: ServiceId;
  readonly mode: ServiceMode;
  /** Up for services of which it is a member: answered by health, with at least `minHealthy` members up. */
  readonly healthy: boolean;
  /** The index of the tier that is answered; undefined for a service without a failover step. */
  readonly activeTier: number | undefined;
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

/** What every decision of one moment is made from. */
export interface AnswerInput {
  readonly verdictOf: (subject: SubjectKey) => Verdict;
  /** Sites under a drain that is in effect. */
  readonly drainedSites: ReadonlySet<SiteId>;
  /** Whether the endpoint's managed prefix, if it has one, is announced at its site (R25). */
  readonly isReachable: (endpoint: Endpoint) => boolean;
  readonly nowMs: MonoMs;
}

/** One service as it is to be decided. */
export interface ServiceLook {
  readonly service: ServiceId;
  readonly endpoints: readonly Endpoint[];
  readonly minHealthy: number;
  readonly onAllDown: OnAllDown;
  readonly drainedInPanic: boolean;
  /** Its members that are services themselves, and whether each is healthy. */
  readonly nested: ReadonlyMap<ServiceId, boolean>;
  /** The active tier; undefined where it has no failover step. */
  readonly tier: { readonly index: number; readonly members: readonly MemberName[] } | undefined;
}

/** Whether an endpoint may be answered by health: up or not known to be down, not drained, and its prefix announced. */
export function isUsable(endpoint: Endpoint, input: AnswerInput): boolean {
  return (
    isUp(input.verdictOf(endpoint.subject)) && !input.drainedSites.has(endpoint.site) && input.isReachable(endpoint)
  );
}

/** Decides services one after another and remembers what was up. */
export class AnswerEngine {
  readonly #memories = new Map<ServiceId, Memory>();

  /** One decision over all endpoints of a service. */
  decide(look: ServiceLook, input: AnswerInput): ServiceDecision {
    const { service, endpoints } = look;
    const everyUsable = endpoints.filter((endpoint) => isUsable(endpoint, input));
    const sitesUp = new Set(everyUsable.map(({ site }) => site)).size;
    const memory = remember(this.#memories.get(service), { usable: everyUsable, sitesUp }, input.nowMs);
    if (memory !== undefined) this.#memories.set(service, memory);
    const isActive = (member: MemberName): boolean => look.tier?.members.includes(member) ?? true;
    const usable = look.tier === undefined ? everyUsable : everyUsable.filter(({ site }) => isActive(site));
    const nestedUp = [...look.nested.keys()].filter((member) => look.nested.get(member) === true);
    const upCount = sitesUp + nestedUp.length;
    const isAnsweredByHealth = usable.length > 0 || nestedUp.some(isActive);
    const mode = isAnsweredByHealth ? 'normal' : upCount > 0 ? 'held' : allDownMode(look, memory);
    const active = look.tier === undefined ? endpoints : endpoints.filter(({ site }) => isActive(site));
    const answerable = answerableSet(mode, { active, usable, memory, drainedInPanic: look.drainedInPanic }, input);
    return {
      service,
      mode,
      healthy: mode === 'normal' && upCount >= look.minHealthy,
      activeTier: look.tier?.index,
      endpoints: endpoints.map((endpoint) => {
        const standby = !isActive(endpoint.site) && everyUsable.includes(endpoint);
        return describe(endpoint, { mode, answerable, standby }, input);
      }),
    };
  }

  /** Forgets every service but these. */
  keep(services: ReadonlySet<ServiceId>): void {
    for (const service of this.#memories.keys()) if (!services.has(service)) this.#memories.delete(service);
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

function allDownMode({ onAllDown }: ServiceLook, memory: Memory | undefined): ServiceMode {
  return onAllDown === 'failOpen' ? (memory?.allDownMode ?? 'failOpen') : onAllDown;
}

function remember(
  before: Memory | undefined,
  { usable, sitesUp }: { readonly usable: readonly Endpoint[]; readonly sitesUp: number },
  nowMs: MonoMs,
): Memory | undefined {
  if (sitesUp > 1) return rememberSeveral(before, usable, nowMs);
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
    /** The endpoints of the active tier, and which of them are usable. */
    readonly active: readonly Endpoint[];
    readonly usable: readonly Endpoint[];
    readonly memory: Memory | undefined;
    readonly drainedInPanic: boolean;
  },
  input: AnswerInput,
): ReadonlySet<SubjectKey> {
  if (mode === 'nodata' || mode === 'fallback') return new Set();
  const keys = (list: readonly Endpoint[]): ReadonlySet<SubjectKey> => {
    const reachable = list.filter((endpoint) => input.isReachable(endpoint));
    return new Set((reachable.length > 0 ? reachable : list).map((endpoint) => endpoint.subject));
  };
  if (mode === 'normal') return keys(sets.usable);
  const undrained = sets.active.filter((endpoint) => !input.drainedSites.has(endpoint.site));
  const frozen = undrained.filter((endpoint) => sets.memory?.severalUp.has(endpoint.subject) === true);
  if (mode === 'frozen' && frozen.length > 0) return keys(frozen);
  return keys(sets.drainedInPanic ? sets.active : undrained);
}

interface DescribedService {
  readonly mode: ServiceMode;
  readonly answerable: ReadonlySet<SubjectKey>;
  readonly standby: boolean;
}

function describe(endpoint: Endpoint, service: DescribedService, input: AnswerInput): EndpointDecision {
  const { mode, standby } = service;
  const verdict = input.verdictOf(endpoint.subject);
  const drained = input.drainedSites.has(endpoint.site);
  const answerable = service.answerable.has(endpoint.subject);
  const reachable = input.isReachable(endpoint);
  return {
    endpoint,
    answerable,
    drained,
    standby,
    changePending: verdict.changePending || drained || mode !== 'normal',
    weight: configuredWeight(endpoint),
    shed: 0,
    reason: reasonFor({ verdict, drained, answerable, mode, reachable, standby }),
  };
}

const ruleOf = {
  frozen: 'everything went down at once, frozen on what was up (R8)',
  failOpen: 'all down, failing open (R8)',
  held: 'the active tier is down and may not be left (R27)',
} as const;

function reasonFor(facts: {
  readonly verdict: Verdict;
  readonly drained: boolean;
  readonly answerable: boolean;
  readonly mode: ServiceMode;
  readonly reachable: boolean;
  readonly standby: boolean;
}): string {
  const { verdict, mode } = facts;
  if (facts.drained && facts.answerable) return `drained, answered as all is down (R8); ${verdict.reason}`;
  if (facts.drained) return `drained; ${verdict.reason}`;
  if (facts.standby) return `standby (R27); ${verdict.reason}`;
  if (mode === 'normal' && !facts.reachable) return 'its prefix is not announced at this site (R25)';
  const isByRule = facts.answerable && (mode === 'frozen' || mode === 'failOpen' || mode === 'held');
  return isByRule ? `${ruleOf[mode]}; ${verdict.reason}` : verdict.reason;
}
