/**
 * Which tier of a service is active (R27, sans-IO): one step for one service, on data alone.
 *
 *   active tier    another that is up     what happens
 *   drained        any                    it becomes active at once: a person asked for it (R25)
 *   down           before or after it     it becomes active by `failback` or `failover`, the first that is allowed
 *   up             before it              it becomes active by `failback`; never where a person chose the active one
 *
 * A tier is left as down only when that is sure: its sites say so themselves, or a majority of all coordinators sees it
 * so. A return to an earlier tier needs a majority that sees it up, and nobody heard who does not. Without such votes
 * the service stays where it is and says why: of two sites that cannot hear each other each would be the active one.
 */
import type { MonoMs } from '#base/time.ts';
import { after, earliest, formatDuration } from '#base/time.ts';
import type { SiteId } from '#health/model.ts';
import type { Moment } from '#health/overrides.ts';
import type { FailoverRecord } from './failover-record.ts';
import { modeState } from './failover-mode.ts';
import type { FailoverModes } from './policy/model.ts';

/** One tier by this coordinator's own evidence. */
export interface TierLook {
  readonly key: string;
  /** Some member of it can be answered by health. */
  readonly isUp: boolean;
  /** Every member is out by its own site's word or by a person's, so that nobody can be there unseen. */
  readonly isSurelyOut: boolean;
  /** Every member is drained. */
  readonly isDrained: boolean;
  /** Since when it is as it is. */
  readonly since: MonoMs;
  /** Why it is out; empty where it is up. */
  readonly reason: string;
}

/** How one coordinator votes: the tiers that it sees up. */
export interface Ballot {
  readonly voter: SiteId;
  readonly up: readonly string[];
}

/** What a step is made from. */
export interface FailoverLook {
  /** In the order in which they are used; at least one. */
  readonly tiers: readonly TierLook[];
  readonly active: number;
  readonly record: FailoverRecord | undefined;
  readonly modes: FailoverModes;
  /** Of coordinators that are heard and trust themselves, this one included. */
  readonly ballots: readonly Ballot[];
  /** How many coordinators there are in all. */
  readonly voterCount: number;
  readonly moment: Moment;
}

/** What a step says. */
export type FailoverStep =
  | { readonly kind: 'stay' }
  /** A change is due and may not be carried out; `until` is when it may by itself. */
  | {
      readonly kind: 'hold';
      readonly wish: 'failover' | 'failback';
      readonly to: number;
      /** What holds it: equal until something else does. */
      readonly by: 'mode' | 'votes';
      readonly reason: string;
      readonly until: MonoMs | undefined;
    }
  | {
      readonly kind: 'move';
      readonly to: number;
      readonly cause: Exclude<FailoverRecord['cause'], 'operator'>;
      readonly reason: string;
    };

const stay: FailoverStep = { kind: 'stay' };

/** Decides one service at one moment. */
export function stepFailover(look: FailoverLook): FailoverStep {
  const active = look.tiers[look.active];
  if (active === undefined) return stay;
  if (active.isDrained) return leaveDrained(look, active);
  if (active.isUp) return comeBack(look, active);
  let held: FailoverStep = stay;
  for (const [to, tier] of look.tiers.entries()) {
    if (to === look.active || !tier.isUp) continue;
    const step = leaveDown(look, active, to);
    if (step.kind === 'move') return step;
    if (held.kind === 'stay' || soonest(step, held)) held = step;
  }
  return held;
}

/** Whether a person may make a tier active; the fault says why not. A tier that is down only where every other is. */
export function refuseCommand(tiers: readonly TierLook[], active: number, to: number): string | undefined {
  const target = tiers[to];
  const current = tiers[active];
  if (target === undefined || current === undefined) return 'there is no such tier';
  if (to === active) return `${target.key} is active already`;
  if (target.isDrained) return `${target.key} is drained`;
  const better = tiers.find((tier) => tier.isUp);
  if (!target.isUp && better !== undefined) return `${target.key} is not up (${target.reason}), and ${better.key} is`;
  return undefined;
}

/** Where `fairlead failover` leads without `--to`: the next tier that is up, else the next that is not drained. */
export function nextTier(tiers: readonly TierLook[], active: number): number | undefined {
  const later = [...tiers.keys()].filter((index) => index > active);
  return later.find((index) => tiers[index]?.isUp === true) ?? later.find((index) => tiers[index]?.isDrained === false);
}

/** Where `fairlead failback` leads: the first tier before the active one that is up, else the first not drained. */
export function preferredTier(tiers: readonly TierLook[], active: number): number | undefined {
  const earlier = [...tiers.keys()].filter((index) => index < active);
  return (
    earlier.find((index) => tiers[index]?.isUp === true) ?? earlier.find((index) => tiers[index]?.isDrained === false)
  );
}

function leaveDrained(look: FailoverLook, active: TierLook): FailoverStep {
  const up = look.tiers.findIndex((tier) => tier.isUp);
  const to = up >= 0 ? up : look.tiers.findIndex((tier) => !tier.isDrained);
  return to < 0 ? stay : { kind: 'move', to, cause: 'drain', reason: `${active.key} is drained` };
}

function comeBack(look: FailoverLook, active: TierLook): FailoverStep {
  const to = look.tiers.findIndex((tier) => tier.isUp);
  const target = look.tiers[to];
  if (target === undefined || to >= look.active) return stay;
  const wish = { kind: 'hold', wish: 'failback', to } as const;
  if (look.record?.cause === 'operator') {
    const reason = `${target.key} is up, but ${look.record.who} chose ${active.key}: a person ends that`;
    return { ...wish, by: 'mode', reason, until: undefined };
  }
  const mode = modeState(look.modes.failback, target.since, look.moment);
  if (!mode.allows) {
    return { ...wish, by: 'mode', reason: `${target.key} is up, the return ${mode.reason}`, until: mode.until };
  }
  const against = look.ballots.filter(({ up }) => !up.includes(target.key)).map(({ voter }) => voter);
  const votes = look.ballots.length - against.length;
  if (against.length > 0 || !isMajority(votes, look.voterCount)) {
    const others = against.length === 0 ? '' : `, not by ${against.join(', ')}`;
    const reason = `${target.key} is seen up by ${votes} of ${look.voterCount} coordinators${others}`;
    return { ...wish, by: 'votes', reason: `${reason}: too few to return to it`, until: undefined };
  }
  const lasted = formatDuration(look.moment.nowMs - target.since);
  return { kind: 'move', to, cause: 'health', reason: `${target.key} has been up for ${lasted}` };
}

function leaveDown(look: FailoverLook, active: TierLook, to: number): FailoverStep {
  const target = look.tiers[to];
  if (target === undefined) return stay;
  const isReturn = to < look.active;
  const wish = { kind: 'hold', wish: isReturn ? 'failback' : 'failover', to } as const;
  const mode = isReturn
    ? modeState(look.modes.failback, target.since, look.moment)
    : modeState(look.modes.failover, active.since, look.moment);
  const why = `${active.key} is down: ${active.reason}`;
  if (!mode.allows) {
    const reason = `${why}; ${target.key} is up, the ${isReturn ? 'return' : 'failover'} ${mode.reason}`;
    return { ...wish, by: 'mode', reason, until: mode.until };
  }
  const votes = look.ballots.filter(({ up }) => !up.includes(active.key)).length;
  if (active.isSurelyOut || isMajority(votes, look.voterCount)) {
    return { kind: 'move', to, cause: 'health', reason: why };
  }
  const reason = `${why}; that is seen by ${votes} of ${look.voterCount} coordinators, too few to be sure (R27)`;
  return { ...wish, by: 'votes', reason, until: undefined };
}

function isMajority(votes: number, voterCount: number): boolean {
  return votes * 2 > voterCount;
}

/** Of two changes that are held the one to tell of: that which time lets go first. */
function soonest(step: FailoverStep, held: FailoverStep): boolean {
  if (step.kind !== 'hold' || held.kind !== 'hold' || step.until === undefined) return false;
  return held.until === undefined || earliest(step.until, held.until) !== held.until;
}

/** When a step should be taken again. */
export function failoverDeadline(step: FailoverStep, moment: Moment): MonoMs | undefined {
  if (step.kind !== 'hold' || step.until === undefined) return undefined;
  return step.until > moment.nowMs ? step.until : after(moment.nowMs, 1);
}
