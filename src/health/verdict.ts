/**
 * The verdict on a subject: inside and outside merged by R3 and R4.
 *
 *   inside          outside              verdict
 *   hold            any                  keep                  (R6: VRRP is moving the VIP)
 *   down, draining  any                  down, draining        at once
 *   up              overruling fail      down                  unreachable
 *   up              else                 up
 *   unknown         pass                 up                    unreported
 *   unknown         fail                 down                  lost
 *   unknown         blind                keep                  (R3: only fresh evidence makes down)
 *
 * A vantage that is frozen keeps everything but an inside `down` or `draining` and its end (R5).
 */
import type { MonoMs } from '#base/time.ts';
import { assertNever } from '#base/assert.ts';
import type { Inside } from './inside.ts';
import type { Outside } from './outside.ts';

/** `unknown` means that there has been no evidence at all; it counts as up (R3). */
export type VerdictState = 'up' | 'down' | 'draining' | 'unknown';

/** What fairlead believes of a subject, and why. */
export interface Verdict {
  readonly state: VerdictState;
  /** When the state last changed, on this process's clock. */
  readonly since: MonoMs;
  readonly reason: string;
  /** What the state rests on; `held` is kept from before without fresh evidence. */
  readonly basis: 'inside' | 'probes' | 'held' | 'none';
  /** A change may be coming: answers carry the short TTL (R13). */
  readonly changePending: boolean;
}

/** The verdict before any evidence. */
export function unknownVerdict(nowMs: MonoMs): Verdict {
  return { state: 'unknown', since: nowMs, reason: 'no evidence yet', basis: 'none', changePending: true };
}

/** A verdict read back after a restart: believed until evidence comes (R11). */
export function restoredVerdict(state: VerdictState, reason: string, nowMs: MonoMs): Verdict {
  return { state, since: nowMs, reason: `before the restart: ${reason}`, basis: 'held', changePending: true };
}

/** Merges the two views with what was believed before. */
export function judge(before: Verdict, inside: Inside, outside: Outside, nowMs: MonoMs): Verdict {
  switch (inside.kind) {
    case 'hold':
      return keep(before, inside.reason);
    case 'down':
    case 'draining':
      return settle(
        before,
        { state: inside.kind, reason: inside.reason, basis: 'inside', changePending: false },
        nowMs,
      );
    case 'up': {
      // Once probes have overruled the inside, it takes their rise to give it its word back, not one lucky pass.
      const stillOverruled = before.state === 'down' && before.basis === 'probes' && outside.kind === 'fail';
      if (outside.overrules || stillOverruled) {
        const reason = `unreachable: ${outside.reason}`;
        return settle(before, { state: 'down', reason, basis: 'probes', changePending: outside.changePending }, nowMs);
      }
      const changePending = inside.changePending || outside.changePending || outside.kind === 'fail';
      return settle(before, { state: 'up', reason: inside.reason, basis: 'inside', changePending }, nowMs);
    }
    case 'unknown':
      return judgeUnreported(before, inside.reason, outside, nowMs);
    default:
      return assertNever(inside);
  }
}

/**
 * The verdict of a vantage that is frozen (R5): the last one, but for what a site says of itself. That a fresh inside
 * `down` or `draining` acts at once (R4) does not rest on our probes, and what it took it gives back.
 */
export function judgeFrozen(before: Verdict, inside: Inside, nowMs: MonoMs): Verdict {
  const wasTakenByInside = before.basis === 'inside' && before.state !== 'up';
  const acts = inside.kind === 'down' || inside.kind === 'draining' || (inside.kind === 'up' && wasTakenByInside);
  if (!acts) return keep(before, 'frozen: this coordinator reaches none of its references');
  const { kind: state, reason } = inside;
  return settle(before, { state, reason: `frozen, but ${reason}`, basis: 'inside', changePending: true }, nowMs);
}

/** Keeps the state without fresh evidence and says why. */
export function keep(before: Verdict, why: string): Verdict {
  return { ...before, basis: before.state === 'unknown' ? 'none' : 'held', reason: why, changePending: true };
}

function judgeUnreported(before: Verdict, insideReason: string, outside: Outside, nowMs: MonoMs): Verdict {
  const reason = [insideReason, outside.reason].filter((part) => part !== '').join('; ');
  if (outside.kind === 'blind') return keep(before, reason);
  const state = outside.kind === 'pass' ? 'up' : 'down';
  return settle(before, { state, reason, basis: 'probes', changePending: outside.changePending }, nowMs);
}

function settle(before: Verdict, next: Omit<Verdict, 'since'>, nowMs: MonoMs): Verdict {
  return { ...next, since: next.state === before.state ? before.since : nowMs };
}
