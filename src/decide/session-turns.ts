/**
 * Whose turn it is to change session settings (R28, ADR 27, sans-IO): one site at a time, in the order of the release,
 * by what the coordinators tell each other.
 *
 *   another site is changing its sessions            wait until it says that they are back
 *   an earlier site waits, too                       it goes first
 *   told less than `askAheadMs` ago                  wait: the others must have heard
 *   any other site is silent                         wait for this site's own minute: that one may be changing
 *
 * Each site has a minute of its own by the wall clock, so that sites that do not hear each other take different ones,
 * whenever the release reached them; more than `mostMinutes` sites share them. A clock that is wrong makes two sites
 * meet by chance, no more. Contact that is lost holds nothing back for good (R23), and a site alone waits for nobody.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { Permission } from '#steering/safety/permission.ts';
import { askAheadMs } from '#steering/safety/budget.ts';
import type { Coordinators, FreshPeers } from './peers.ts';

/** How long a site has for a change while another one is silent; it begins in the first half. */
export const turnMs = 60_000;

/** How many sites have minutes of their own, so that nobody waits for longer than these. */
export const mostMinutes = 10;

/** What a turn is judged by. */
export interface TurnLook {
  readonly coordinators: Coordinators;
  readonly peers: FreshPeers;
  /** Since when this site has waited. */
  readonly waitingSince: MonoMs;
  readonly nowMs: MonoMs;
  readonly unixMs: number;
}

/** Whether this site may change its sessions now. */
export function mayChangeSessions(look: TurnLook): Permission {
  const { coordinators, peers, nowMs } = look;
  const deny = (reason: string): Permission => ({ allow: false, rule: 'R28', reason });
  const stateOf = (site: string): string | undefined =>
    peers.find(({ sender }) => sender === site)?.report.sessionChange;
  const others = coordinators.all.filter((site) => site !== coordinators.own);
  const going = others.find((site) => stateOf(site) === 'going');
  if (going !== undefined) return deny(`${going} is changing its sessions`);
  const first = earlierThan(coordinators).find((site) => stateOf(site) === 'waiting');
  if (first !== undefined) return deny(`${first} goes first`);
  if (nowMs < turnDeadline(look)) {
    const [silent] = silentAmong(look);
    return deny(
      silent === undefined
        ? 'the other sites are told first'
        : `${silent} is silent and may be changing its own; each site waits for its minute`,
    );
  }
  return { allow: true, rule: 'R28', reason: 'no other site is changing its sessions' };
}

/** When to look again, if nothing is heard before. */
export function turnDeadline(look: TurnLook): MonoMs {
  const { coordinators, waitingSince, nowMs } = look;
  const isAlone = coordinators.all.every((site) => site === coordinators.own);
  const told = after(waitingSince, isAlone ? 0 : askAheadMs);
  if (silentAmong(look).length === 0) return told;
  const from = told > nowMs ? told : nowMs;
  return after(from, untilOwnMinute(coordinators, look.unixMs + (from - nowMs)));
}

/** How long until this site may begin in its own minute; 0 where it may now. */
function untilOwnMinute({ own, all }: Coordinators, unixMs: number): number {
  const count = Math.min(all.length, mostMinutes);
  const periodMs = count * turnMs;
  const beginMs = (Math.max(0, all.indexOf(own)) % count) * turnMs;
  const sinceMs = (((unixMs - beginMs) % periodMs) + periodMs) % periodMs;
  return sinceMs < turnMs / 2 ? 0 : periodMs - sinceMs;
}

function earlierThan({ own, all }: Coordinators): readonly string[] {
  return all.slice(0, Math.max(0, all.indexOf(own)));
}

function silentAmong({ coordinators: { own, all }, peers }: TurnLook): readonly string[] {
  return all.filter((site) => site !== own && !peers.some(({ sender }) => sender === site));
}
