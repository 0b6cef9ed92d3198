/**
 * The one place that reads clocks. Engines never do: they take `MonoMs` as an argument (R12).
 * Adapters read the monotonic clock here; the wall clock is for people and for expiry dates only.
 */
import type { MonoMs, UnixMs } from './time.ts';

/** Milliseconds of this process's monotonic clock; never steps back, meaningless in another process. */
export function monotonicMs(): MonoMs {
  return performance.now() as MonoMs;
}

/** Milliseconds since 1970-01-01 UTC; may step. */
export function unixMs(): UnixMs {
  return Date.now() as UnixMs;
}
