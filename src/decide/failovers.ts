/**
 * The active tier of every service with a failover step, as this coordinator follows it (R27, sans-IO): records of
 * others merged, votes counted, commands taken, and what is kept on disk.
 *
 * Each coordinator decides for itself and tells the others; the rules are in steering/failover.ts, the order of records
 * in steering/failover-record.ts. A record of a service that no release has is kept for a while: releases come back.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import type { Moment } from '#health/overrides.ts';
import type { FailoverReport } from '#health/report.ts';
import { failoverDeadline, nextTier, preferredTier, refuseCommand, stepFailover } from '#steering/failover.ts';
import type { Ballot, FailoverStep, TierLook } from '#steering/failover.ts';
import { supersedes, tierIndexOf, tierKey } from '#steering/failover-record.ts';
import type { FailoverRecord, StoredFailover } from '#steering/failover-record.ts';
import { tiersOf } from '#steering/policy/model.ts';
import type { FailoverModes, MemberName, ServicePolicy } from '#steering/policy/model.ts';
import type { DecisionEvent } from './effects.ts';

/** What a tier is by health, before this file knows since when. */
export type TierHealth = Omit<TierLook, 'since'>;

/** Who is heard, as votes are counted. */
export interface Voters {
  readonly count: number;
  /** Fresh and sane coordinators other than this one, with what they told. */
  readonly peers: readonly { readonly voter: SiteId; readonly failovers: readonly FailoverReport[] }[];
  /** Whether this coordinator trusts itself, so that its own vote counts. */
  readonly isSane: boolean;
}

/** One service's failover, for status. */
export interface FailoverStatus {
  readonly service: ServiceId;
  readonly tiers: readonly string[];
  readonly modes: FailoverModes;
  readonly active: number;
  readonly record: FailoverRecord | undefined;
  /** What is due and why it is not done. */
  readonly held: string | undefined;
}

/** What a person asks for. */
export interface FailoverCommand {
  readonly service: ServiceId;
  readonly kind: 'failover' | 'failback';
  /** The member whose tier is meant; without it the next one. */
  readonly to: MemberName | undefined;
  readonly who: string;
  readonly reason: string;
}

interface Watched {
  readonly modes: FailoverModes;
  readonly tiers: readonly (readonly MemberName[])[];
  readonly looks: readonly TierLook[];
  readonly active: number;
  readonly step: FailoverStep;
}

/** Of a service that is in no release, a record is kept for so long: 30 days. */
const forgetAfterMs = 30 * 86_400_000;

const longestReason = 500;

/** One coordinator's failovers. */
export class Failovers {
  readonly #site: SiteId;
  readonly #records = new Map<ServiceId, FailoverRecord>();
  readonly #restored: Map<ServiceId, StoredFailover>;
  #watched = new Map<ServiceId, Watched>();
  #moment: Moment | undefined;

  constructor(site: SiteId, stored: readonly StoredFailover[]) {
    this.#site = site;
    this.#restored = new Map(stored.map((entry) => [entry.service, entry]));
    for (const { service, record } of stored) if (record !== undefined) this.#records.set(service, record);
  }

  /** Takes in what another coordinator knows. */
  merge(reports: readonly FailoverReport[]): void {
    for (const { service, record } of reports) {
      if (record !== undefined && supersedes(record, this.#records.get(service))) this.#records.set(service, record);
    }
  }

  /** Decides one service anew and gives the index of its active tier; `healths` is one entry for each of its tiers. */
  decide(
    policy: ServicePolicy,
    healths: readonly TierHealth[],
    look: { readonly voters: Voters; readonly moment: Moment; readonly events: DecisionEvent[] },
  ): number {
    const { service } = policy;
    const tiers = tiersOf(policy) ?? [];
    const before = this.#watched.get(service);
    const looks = this.#withTimes(service, healths, look.moment.nowMs);
    this.#moment = look.moment;
    const found = tierIndexOf(this.#records.get(service), tiers);
    const step = stepFailover({
      tiers: looks,
      active: found,
      record: this.#records.get(service),
      modes: policy.modes,
      ballots: this.#ballots(service, looks, look.voters),
      voterCount: look.voters.count,
      moment: look.moment,
    });
    const active = step.kind === 'move' ? step.to : found;
    if (step.kind === 'move') {
      this.#record(service, { tier: keyAt(tiers, active), cause: step.cause, who: 'fairlead', reason: step.reason });
    }
    const watched = { tiers, modes: policy.modes, looks, active, step };
    this.#watched.set(service, watched);
    look.events.push(...this.#changes(service, before, watched));
    return active;
  }

  /** Forgets services that are no longer watched; after all were decided. */
  keep(services: ReadonlySet<ServiceId>, { unixMs }: Moment): void {
    for (const service of this.#watched.keys()) if (!services.has(service)) this.#watched.delete(service);
    for (const [service, { sinceUnixMs }] of this.#records) {
      if (!services.has(service) && unixMs - sinceUnixMs > forgetAfterMs) this.#records.delete(service);
    }
    this.#restored.clear();
  }

  /** Does what a person asks for; the fault says why not. */
  command(command: FailoverCommand, moment: Moment): Result<FailoverRecord, string> {
    const { service, kind, to, who, reason } = command;
    const watched = this.#watched.get(service);
    if (watched === undefined) return refuse(`${service} has no failover step`);
    const { tiers, looks, active } = watched;
    const target = to === undefined ? pick(kind, looks, active) : tiers.findIndex((members) => members.includes(to));
    if (target === undefined) return refuse(`${keyAt(tiers, active)} is active, and there is no tier to go to`);
    if (target < 0) return refuse(`${service} has no ${to ?? ''}, expected one of ${tiers.flat().join(', ')}`);
    const fault = refuseCommand(looks, active, target);
    if (fault !== undefined) return refuse(fault);
    this.#moment = moment;
    return succeed(this.#record(service, { tier: keyAt(tiers, target), cause: 'operator', who, reason }));
  }

  /** What to tell to the other coordinators. */
  reports(): readonly FailoverReport[] {
    const unwatched = [...this.#records].filter(([service]) => !this.#watched.has(service));
    return [
      ...[...this.#watched].map(([service, { looks }]) => ({
        service,
        up: looks.filter((tier) => tier.isUp).map((tier) => tier.key),
        ...recordPart(this.#records.get(service)),
      })),
      ...unwatched.map(([service, record]) => ({ service, record })),
    ];
  }

  /** What to keep on disk. */
  stored(nowMs: MonoMs): readonly StoredFailover[] {
    const services = new Set([...this.#records.keys(), ...this.#watched.keys(), ...this.#restored.keys()]);
    return [...services].map((service) => {
      const watched = this.#watched.get(service);
      const tiers = watched?.looks.map(({ key, isUp, since }) => ({ tier: key, isUp, forMs: nowMs - since }));
      return {
        service,
        ...recordPart(this.#records.get(service)),
        tiers: tiers ?? this.#restored.get(service)?.tiers ?? [],
      };
    });
  }

  /** Whether something waits for the time that a tier has been as it is: only then is that time worth a write. */
  isTimed(service: ServiceId): boolean {
    const step = this.#watched.get(service)?.step;
    return step?.kind === 'hold' && step.until !== undefined;
  }

  /** Each service's failover, for people. */
  get status(): readonly FailoverStatus[] {
    return [...this.#watched].map(([service, { looks, modes, active, step }]) => ({
      service,
      modes,
      tiers: looks.map((tier) => tier.key),
      active,
      record: this.#records.get(service),
      held: step.kind === 'hold' ? step.reason : undefined,
    }));
  }

  /** Why the service stays on a tier that is down, if it does. */
  heldFor(service: ServiceId): string | undefined {
    const step = this.#watched.get(service)?.step;
    return step?.kind === 'hold' ? step.reason : undefined;
  }

  /** When to decide next, if nothing comes before. */
  nextDeadlineMs(moment: Moment): MonoMs | undefined {
    return [...this.#watched.values()].map(({ step }) => failoverDeadline(step, moment)).reduce(earliest, undefined);
  }

  #withTimes(service: ServiceId, healths: readonly TierHealth[], nowMs: MonoMs): readonly TierLook[] {
    const before = this.#watched.get(service)?.looks ?? [];
    const restored = this.#restored.get(service)?.tiers ?? [];
    return healths.map((health) => {
      const known = before.find(({ key, isUp }) => key === health.key && isUp === health.isUp);
      const kept = restored.find(({ tier, isUp }) => tier === health.key && isUp === health.isUp);
      return { ...health, since: known?.since ?? after(nowMs, -(kept?.forMs ?? 0)) };
    });
  }

  #ballots(service: ServiceId, looks: readonly TierLook[], voters: Voters): readonly Ballot[] {
    const own = { voter: this.#site, up: looks.filter((tier) => tier.isUp).map((tier) => tier.key) };
    const others = voters.peers.flatMap(({ voter, failovers }) => {
      const told = failovers.find((report) => report.service === service);
      return told?.up === undefined ? [] : [{ voter, up: told.up }];
    });
    return voters.isSane ? [own, ...others] : others;
  }

  #record(service: ServiceId, change: Pick<FailoverRecord, 'tier' | 'cause' | 'who' | 'reason'>): FailoverRecord {
    const record: FailoverRecord = {
      ...change,
      reason: change.reason.slice(0, longestReason),
      revision: (this.#records.get(service)?.revision ?? 0) + 1,
      sinceUnixMs: this.#moment?.unixMs ?? 0,
      site: this.#site,
    };
    this.#records.set(service, record);
    return record;
  }

  #changes(service: ServiceId, before: Watched | undefined, now: Watched): readonly DecisionEvent[] {
    const events: DecisionEvent[] = [];
    const record = this.#records.get(service);
    const from = before === undefined ? undefined : keyAt(before.tiers, before.active);
    const to = keyAt(now.tiers, now.active);
    if (from !== undefined && from !== to) events.push({ kind: 'failover', service, from, to, record });
    const { step } = now;
    if (step.kind === 'hold' && holdKey(before?.step) !== holdKey(step)) {
      const isDown = now.looks[now.active]?.isUp === false;
      events.push({ kind: 'failoverHeld', service, wish: step.wish, isDown, reason: step.reason });
    }
    return events;
  }
}

function pick(kind: FailoverCommand['kind'], looks: readonly TierLook[], active: number): number | undefined {
  return kind === 'failover' ? nextTier(looks, active) : preferredTier(looks, active);
}

function keyAt(tiers: readonly (readonly MemberName[])[], index: number): string {
  return tierKey(tiers[index] ?? []);
}

function recordPart(record: FailoverRecord | undefined): { readonly record?: FailoverRecord } {
  return record === undefined ? {} : { record };
}

/** What a hold is about: told once, not at each change of its words. */
function holdKey(step: FailoverStep | undefined): string {
  return step?.kind === 'hold' ? `${step.wish} ${step.to} ${step.by}` : '';
}
