/**
 * How a prefix comes back that comes and goes (R21, sans-IO). Its first returns are free; one too many is de-preferred
 * for a time that doubles with each further one.
 *
 * A bucket holds two returns and refills in 15 minutes, from the end of a hold on. A return that finds it empty begins
 * a hold of 1, 2, 4 … at most 60 minutes; one that finds it full starts at 1 again. A restart goes on where it was: the
 * time that a process was away counts for nothing, so that one that restarts does not earn trust by that.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';

/** Returns that are free, and how long an empty bucket takes to fill. */
export const returnBurst = 2;
export const returnRefillMs = 15 * 60_000;

/** The first and the longest hold. */
export const holdMs = { first: 60_000, longest: 60 * 60_000 } as const;

/** What is remembered of a prefix's returns. */
export interface Returns {
  /** Free returns at `countedAt`; a part of one counts as a part. */
  readonly tokens: number;
  /** How many holds there were since the bucket was full. */
  readonly level: number;
  /** Until when the last hold lasts; from then on the bucket refills. */
  readonly countedAt: MonoMs;
}

/** Returns as they are kept on disk. */
export interface StoredReturns {
  readonly tokens: number;
  readonly level: number;
  readonly holdMs: number;
}

/** Of a prefix that has not come back yet. */
export function freshReturns(nowMs: MonoMs): Returns {
  return { tokens: returnBurst, level: 0, countedAt: nowMs };
}

/** After one more return. */
export function countReturn(before: Returns, nowMs: MonoMs): Returns {
  const tokens = tokensAt(before, nowMs);
  if (tokens >= 1) return { tokens: tokens - 1, level: tokens >= returnBurst ? 0 : before.level, countedAt: nowMs };
  const lengthMs = Math.min(holdMs.longest, holdMs.first * 2 ** before.level);
  return { tokens, level: before.level + 1, countedAt: after(nowMs, lengthMs) };
}

/** Until when the prefix is held in de-preference; undefined where it is not. */
export function heldUntil({ countedAt }: Returns, nowMs: MonoMs): MonoMs | undefined {
  return nowMs < countedAt ? countedAt : undefined;
}

/** What to keep on disk. */
export function storeReturns(returns: Returns, nowMs: MonoMs): StoredReturns {
  return { tokens: tokensAt(returns, nowMs), level: returns.level, holdMs: Math.max(0, returns.countedAt - nowMs) };
}

/** What was kept, on the clock of this process. */
export function restoreReturns(stored: StoredReturns, nowMs: MonoMs): Returns {
  const { tokens, level, holdMs: restMs } = stored;
  return { tokens: Math.min(returnBurst, tokens), level, countedAt: after(nowMs, Math.min(restMs, holdMs.longest)) };
}

function tokensAt({ tokens, countedAt }: Returns, nowMs: MonoMs): number {
  const refilled = (Math.max(0, nowMs - countedAt) * returnBurst) / returnRefillMs;
  return Math.min(returnBurst, tokens + refilled);
}
