/**
 * Whether a change of the active tier that is due may be carried out now (R27): at once, by a person, after a time, or
 * in a part of certain days. Pure; windows are in UTC, since a site's own time steps twice a year.
 */
import { assertNever } from '#base/assert.ts';
import { after, formatDuration } from '#base/time.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import type { Moment } from '#health/overrides.ts';
import type { FailoverMode, TimeWindow } from './policy/model.ts';

/** Whether the mode lets a change go ahead; `until` is when it will by itself. */
export type ModeState =
  { readonly allows: true } | { readonly allows: false; readonly reason: string; readonly until: MonoMs | undefined };

const minuteMs = 60_000;
const dayMs = 86_400_000;
const minutesOfDay = 1440;
/** 1970-01-01 was a Thursday. */
const weekdayOfEpoch = 4;

/** What a mode says of a change that has been due since `dueSince`. */
export function modeState(mode: FailoverMode, dueSince: MonoMs, moment: Moment): ModeState {
  switch (mode.kind) {
    case 'auto':
      return { allows: true };
    case 'manual':
      return { allows: false, reason: 'waits for a person', until: undefined };
    case 'after': {
      const until = after(dueSince, mode.delayMs);
      if (moment.nowMs >= until) return { allows: true };
      return { allows: false, reason: `waits until it has lasted ${formatDuration(mode.delayMs)}`, until };
    }
    case 'window': {
      if (isInWindow(mode.window, moment.unixMs)) return { allows: true };
      const waitMs = untilWindowMs(mode.window, moment.unixMs);
      return { allows: false, reason: 'waits for its window', until: after(moment.nowMs, waitMs) };
    }
    default:
      return assertNever(mode);
  }
}

/** A mode in words. */
export function describeMode(mode: FailoverMode): string {
  return mode.kind === 'after' ? `after ${formatDuration(mode.delayMs)}` : mode.kind;
}

/** Whether an instant lies in a window; the window's first minute does, the one it ends with does not. */
export function isInWindow(window: TimeWindow, unixMs: UnixMs): boolean {
  const { day, minute } = placeInWeek(unixMs);
  const lengthMinutes = lengthOf(window);
  const sinceStart = minute - window.fromMinute;
  if (window.days.includes(day) && sinceStart >= 0 && sinceStart < lengthMinutes) return true;
  const sinceStartYesterday = sinceStart + minutesOfDay;
  return window.days.includes((day + 6) % 7) && sinceStartYesterday < lengthMinutes;
}

/** How long until a window begins next, in milliseconds; 0 never, a week at most. */
function untilWindowMs(window: TimeWindow, unixMs: UnixMs): number {
  const { day } = placeInWeek(unixMs);
  const midnight = Math.floor(unixMs / dayMs) * dayMs;
  const waits = Array.from({ length: 8 }, (_, offset) => offset)
    .filter((offset) => window.days.includes((day + offset) % 7))
    .map((offset) => midnight + offset * dayMs + window.fromMinute * minuteMs - unixMs)
    .filter((waitMs) => waitMs > 0);
  return Math.min(...waits);
}

function lengthOf({ fromMinute, toMinute }: TimeWindow): number {
  return toMinute > fromMinute ? toMinute - fromMinute : toMinute - fromMinute + minutesOfDay;
}

function placeInWeek(unixMs: UnixMs): { readonly day: number; readonly minute: number } {
  const day = (Math.floor(unixMs / dayMs) + weekdayOfEpoch) % 7;
  return { day, minute: Math.floor((unixMs % dayMs) / minuteMs) };
}
