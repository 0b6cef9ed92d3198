/**
 * Whose turn it is to change session settings (R28, ADR 27, sans-IO): one site at a time, in the order of the release,
 * by what the coordinators tell each other.
 *
 *   another site is changing its sessions            wait until it says that they are back
 *   an earlier site waits, too                       it goes first
 *   told less than `askAheadMs` ago                  wait: the others must have heard
 *   an earlier site is silent                        wait one `turnMs` longer for each: it may be changing
 *
 * Contact that is lost holds nothing back for good (R23), and a site alone waits for nobody.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { Permission } from '#steering/safety/permission.ts';
import { askAheadMs } from '#steering/safety/budget.ts';
import type { Coordinators, FreshPeers } from './peers.ts';

/** How long a silent site is given for a change. */
export const turnMs = 60_000;

/** What a turn is judged by. */
export interface TurnLook {
  readonly coordinators: Coordinators;
  readonly peers: FreshPeers;
  /** Since when this site has waited. */
  readonly waitingSince: MonoMs;
  readonly nowMs: MonoMs;
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
    const [silent] = silentBefore(look);
    return deny(
      silent === undefined ? 'the other sites are told first' : `${silent} is silent and may be changing its own`,
    );
  }
  return { allow: true, rule: 'R28', reason: 'no other site is changing its sessions' };
}

/** When to look again, if nothing is heard before. */
export function turnDeadline(look: TurnLook): MonoMs {
  const isAlone = look.coordinators.all.every((site) => site === look.coordinators.own);
  return after(look.waitingSince, isAlone ? 0 : askAheadMs + silentBefore(look).length * turnMs);
}

function earlierThan({ own, all }: Coordinators): readonly string[] {
  return all.slice(0, Math.max(0, all.indexOf(own)));
}

function silentBefore({ coordinators, peers }: TurnLook): readonly string[] {
  return earlierThan(coordinators).filter((site) => !peers.some(({ sender }) => sender === site));
}
