/**
 * Budgets of wishes (R20): whether a site may begin to leave a prefix because somebody would like it to. Each rule is
 * one pure function over what the sites tell each other. What dies asks nobody here; the anchor (anchor.ts, R19) stands
 * below both.
 *
 *   minSites      enough other sites are heard and serve the prefix
 *   maxWithdrawn  not too large a share of its sites is out, or was until a moment ago
 *   oneAtATime    no other site is leaving it, nor has asked before
 *   settle        the last change at another site has had its time
 *   transitions   this site has not begun to leave it too often of late
 *   bulk          this site is not leaving many prefixes at once
 *
 * A site that is silent counts as out: a wish can wait. A denied wish changes nothing, and is asked again.
 */
import { after, formatDuration } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { SiteId } from '#health/model.ts';
import type { PrefixLimits } from '../model.ts';
import type { Permission } from './permission.ts';

/** Another site of the prefix, as this one hears it. */
export interface OtherSite {
  readonly site: SiteId;
  readonly isHeard: boolean;
  /** Up there by its gate, and announced. */
  readonly isServing: boolean;
  readonly isAnnounced: boolean;
  /** How far a wish to leave has come there. */
  readonly leaving: 'waiting' | 'going' | undefined;
  /** When it was last heard to be out or going; undefined where it never was. */
  readonly lastAwayAt: MonoMs | undefined;
}

/** A wish to leave one prefix. */
export interface LeaveWish {
  readonly site: SiteId;
  /** All sites of the prefix, in the order in which they go first. */
  readonly sites: readonly SiteId[];
  readonly others: readonly OtherSite[];
  readonly limits: PrefixLimits;
  /** Since when this site has wished to leave. */
  readonly waitingSince: MonoMs;
  /** When this site began to leave this prefix by a wish, within `transitionWindowMs`. */
  readonly begun: readonly MonoMs[];
  /** Rules that the person who wishes it has overridden by name (R26). */
  readonly forced: readonly string[];
  /** Whether the bulk breaker lets one more prefix go; true for a wish that names the whole site. */
  readonly isWithinBulk: boolean;
  readonly nowMs: MonoMs;
}

/** Who grants wishes: the sites' own reports (`grantByReports`), or whatever else knows the whole fleet. */
export type GrantProvider = (wish: LeaveWish) => Permission;

/** How long a wish is told to the others before it begins, so that two sites do not begin at once. */
export const askAheadMs = 1000;

/** A site may begin to leave one prefix so often in this time. */
export const mostTransitions = 4;
export const transitionWindowMs = 15 * 60_000;

/** What holds where a prefix says nothing. */
export const defaultLimits: PrefixLimits = { minSites: 1, maxWithdrawn: 0.5, settleMs: 30_000 };

type Rule = (wish: LeaveWish) => Permission;

const rules: readonly Rule[] = [minSites, maxWithdrawn, oneAtATime, settle, transitions, bulk];

/** The names of all rules that can be forced. */
export const budgetRules: readonly string[] = rules.map((rule) => rule.name);

/** Grants a wish by what the sites tell each other: the first rule that denies it decides. */
export const grantByReports: GrantProvider = (wish) => {
  for (const rule of rules) {
    const permission = rule(wish);
    if (!permission.allow && !wish.forced.includes(rule.name)) return permission;
  }
  return { allow: true, rule: 'R20', reason: 'granted' };
};

/** At least so many other sites serve. */
export function minSites({ others, limits }: LeaveWish): Permission {
  const serving = others.filter((other) => other.isHeard && other.isServing).length;
  const what = `${serving} other sites serve it, at least ${limits.minSites} must`;
  return { allow: serving >= limits.minSites, rule: 'minSites', reason: what };
}

/** At most such a share of the sites is out, this one included. */
export function maxWithdrawn({ sites, others, limits, nowMs }: LeaveWish): Permission {
  const out = others.filter((other) => isOut(other) || isSettling(other, limits, nowMs)).length + 1;
  const percent = Math.round(limits.maxWithdrawn * 100);
  const reason = `${out} of ${sites.length} sites would be out, at most ${percent}% may`;
  return { allow: out <= limits.maxWithdrawn * sites.length, rule: 'maxWithdrawn', reason };
}

/** Nobody else is leaving; of two that ask at once the first in the prefix's list goes first. */
export function oneAtATime({ site, sites, others, waitingSince, nowMs }: LeaveWish): Permission {
  const deny = (reason: string): Permission => ({ allow: false, rule: 'oneAtATime', reason });
  const going = others.find(({ isHeard, leaving }) => isHeard && leaving === 'going');
  if (going !== undefined) return deny(`${going.site} is leaving it`);
  const place = sites.indexOf(site);
  const first = others.find(
    (other) => other.isHeard && other.leaving === 'waiting' && sites.indexOf(other.site) < place,
  );
  if (first !== undefined) return deny(`${first.site} goes first`);
  if (others.length > 0 && nowMs < after(waitingSince, askAheadMs)) return deny('the other sites are told first');
  return { allow: true, rule: 'oneAtATime', reason: 'no other site is leaving it' };
}

/** No other site left or came back a moment ago. */
export function settle({ others, limits, nowMs }: LeaveWish): Permission {
  const moving = others.find((other) => !isOut(other) && isSettling(other, limits, nowMs));
  if (moving === undefined) return { allow: true, rule: 'settle', reason: 'all other sites have settled' };
  return {
    allow: false,
    rule: 'settle',
    reason: `${moving.site} came back less than ${formatDuration(limits.settleMs)} ago`,
  };
}

/** Not again and again. */
export function transitions({ begun }: LeaveWish): Permission {
  return {
    allow: begun.length < mostTransitions,
    rule: 'transitions',
    reason: `left ${begun.length} times in ${formatDuration(transitionWindowMs)}, at most ${mostTransitions} are allowed`,
  };
}

/** Not everything at once. */
export function bulk({ isWithinBulk }: LeaveWish): Permission {
  return { allow: isWithinBulk, rule: 'bulk', reason: 'too many prefixes of this site leave at once' };
}

function isOut({ isHeard, isAnnounced, leaving }: OtherSite): boolean {
  return !isHeard || !isAnnounced || leaving === 'going';
}

function isSettling({ lastAwayAt }: OtherSite, { settleMs }: PrefixLimits, nowMs: MonoMs): boolean {
  return lastAwayAt !== undefined && nowMs < after(lastAwayAt, settleMs);
}
