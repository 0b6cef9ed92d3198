/** Branded instants and the text form of durations. Names say the unit: `…Ms`, `…Seconds`. */

declare const monoBrand: unique symbol;
declare const unixBrand: unique symbol;

/** An instant on the receiver's own monotonic clock, in milliseconds (R12). */
export type MonoMs = number & { readonly [monoBrand]: true };

/** An instant of the wall clock, in milliseconds since 1970-01-01 UTC; for people and expiry dates only. */
export type UnixMs = number & { readonly [unixBrand]: true };

/** The instant `deltaMs` after `at`. */
export function after(at: MonoMs, deltaMs: number): MonoMs {
  return (at + deltaMs) as MonoMs;
}

/** The earlier of two deadlines, either of which may be absent. */
export function earliest(a: MonoMs | undefined, b: MonoMs | undefined): MonoMs | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Parses a duration such as `500ms`, `30s`, `5m`, `2h30m`, `7d` into milliseconds.
 *
 * Returns undefined for anything else: a bare number, a negative or fractional amount, an unknown unit.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(?:\d+(?:ms|[smhdw]))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) {
    totalMs += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** Writes a duration for people: `350ms`, `2.5s`, `41s`, `3m12s`, `2h05m`, `3d4h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  return `${Math.floor(minutes / 1440)}d${Math.floor((minutes % 1440) / 60)}h`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
