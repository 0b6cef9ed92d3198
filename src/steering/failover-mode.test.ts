import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { isInWindow, modeState } from './failover-mode.ts';
import type { FailoverMode, TimeWindow } from './policy/model.ts';

function unix(text: string): UnixMs {
  return Date.parse(text) as UnixMs;
}

// 2026-11-21 is a Saturday.
const nights: TimeWindow = { days: [6], fromMinute: 23 * 60, toMinute: 2 * 60 };

test('R27: a window over midnight is the night after the day that it names, its end left out', () => {
  const rows: [at: string, expected: boolean][] = [
    ['2026-11-21T22:59:59.999Z', false],
    ['2026-11-21T23:00:00Z', true],
    ['2026-11-22T00:00:00Z', true],
    ['2026-11-22T01:59:59.999Z', true],
    ['2026-11-22T02:00:00Z', false],
    ['2026-11-22T23:30:00Z', false],
    ['2026-11-21T01:00:00Z', false],
  ];
  for (const [at, expected] of rows) assert.equal(isInWindow(nights, unix(at)), expected, at);
});

test('a window of equal ends is a whole day, and one within a day ends in it', () => {
  const day: TimeWindow = { days: [0], fromMinute: 0, toMinute: 0 };
  assert.equal(isInWindow(day, unix('2026-11-22T00:00:00Z')), true);
  assert.equal(isInWindow(day, unix('2026-11-22T23:59:59Z')), true);
  assert.equal(isInWindow(day, unix('2026-11-23T00:00:00Z')), false);
  const noon: TimeWindow = { days: [0, 6], fromMinute: 720, toMinute: 780 };
  assert.equal(isInWindow(noon, unix('2026-11-21T12:30:00Z')), true);
  assert.equal(isInWindow(noon, unix('2026-11-21T13:00:00Z')), false);
});

test('R27: what each mode says, and until when it holds', () => {
  const moment = { nowMs: 100_000 as MonoMs, unixMs: unix('2026-11-21T22:30:00Z') };
  const since = 40_000 as MonoMs;
  const rows: [mode: FailoverMode, allows: boolean, until: number | undefined][] = [
    [{ kind: 'auto' }, true, undefined],
    [{ kind: 'manual' }, false, undefined],
    [{ kind: 'after', delayMs: 60_000 }, true, undefined],
    [{ kind: 'after', delayMs: 60_001 }, false, 100_001],
    [{ kind: 'window', window: nights }, false, 100_000 + 30 * 60_000],
    [{ kind: 'window', window: { ...nights, days: [5] } }, false, 100_000 + (6 * 1440 + 30) * 60_000],
    [{ kind: 'window', window: { ...nights, fromMinute: 22 * 60 } }, true, undefined],
  ];
  for (const [mode, allows, until] of rows) {
    const state = modeState(mode, since, moment);
    assert.deepEqual([state.allows, state.allows ? undefined : state.until], [allows, until], JSON.stringify(mode));
  }
});
