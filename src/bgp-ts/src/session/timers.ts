/** Timers of a session as data: hold and keepalive (RFC 4271 §4.4, §10), send hold (RFC 9687), and the retry wait. */
import type { SessionConfig } from './types.ts';

/** Hold and keepalive timer of a session whose OPENs are exchanged; `off` when the hold time is 0. */
export type HoldClock =
  | { readonly kind: 'off' }
  | { readonly kind: 'running'; readonly holdDeadlineMs: number; readonly keepaliveDeadlineMs: number };

/** A monotonic instant, and the chance that jitter is drawn from. */
export interface Moment {
  readonly nowMs: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Watches that the peer takes what we send; `idle` when nothing waits. */
export type SendWatch = { readonly kind: 'idle' } | { readonly kind: 'waiting'; readonly deadlineMs: number };

/** Hold time until the peer's OPEN is there, and the most until its first KEEPALIVE: four minutes (RFC 4271 §8.2.2). */
export const openSentHoldMs = 240_000;

const minSendHoldMs = 480_000;
const minKeepaliveMs = 1000;

/** A clock that starts now; `holdTimeMs` as negotiated. */
export function startHoldClock(holdTimeMs: number, { nowMs, random }: Moment): HoldClock {
  if (holdTimeMs === 0) return { kind: 'off' };
  const keepaliveDeadlineMs = nowMs + keepaliveMs(holdTimeMs, random);
  return { kind: 'running', holdDeadlineMs: nowMs + holdTimeMs, keepaliveDeadlineMs };
}

/** The clock after a KEEPALIVE or UPDATE came. */
export function restartHold(clock: HoldClock, holdTimeMs: number, nowMs: number): HoldClock {
  if (clock.kind === 'off') return clock;
  const { kind, keepaliveDeadlineMs } = clock;
  return { kind, holdDeadlineMs: nowMs + holdTimeMs, keepaliveDeadlineMs };
}

/** The clock after we sent a KEEPALIVE or UPDATE. */
export function restartKeepalive(clock: HoldClock, holdTimeMs: number, { nowMs, random }: Moment): HoldClock {
  if (clock.kind === 'off') return clock;
  const { kind, holdDeadlineMs } = clock;
  return { kind, holdDeadlineMs, keepaliveDeadlineMs: nowMs + keepaliveMs(holdTimeMs, random) };
}

/** A third of the hold time, shortened by jitter, never under the second that RFC 4271 §4.4 allows. */
function keepaliveMs(holdTimeMs: number, random: () => number): number {
  return Math.max(minKeepaliveMs, Math.floor((holdTimeMs / 3) * jitterFactor(random)));
}

/** The wait before attempt number `failureCount` + 1: doubles from `retryMinMs` to `retryMaxMs`, with jitter. */
export function retryDelayMs(config: SessionConfig, failureCount: number): number {
  const delayMs = Math.min(config.retryMaxMs, config.retryMinMs * 2 ** Math.min(failureCount, 20));
  return Math.floor(delayMs * jitterFactor(config.random));
}

/** Whether a session that was up so long has held: the next wait is the first one again. */
export function hasHeld(config: SessionConfig, upMs: number): boolean {
  return upMs >= config.retryMaxMs;
}

/** How long the peer may take nothing before the session is given up. */
export function sendHoldMs(config: SessionConfig, holdTimeMs: number): number {
  return config.sendHoldTimeMs ?? Math.max(minSendHoldMs, 2 * holdTimeMs);
}

/** RFC 4271 §10: 0.75 to 1.0. */
function jitterFactor(random: () => number): number {
  return 0.75 + random() * 0.25;
}
