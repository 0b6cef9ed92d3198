import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import type { CheckState } from './check-tracker.ts';
import { judgeSanity, trustedFailingRounds } from './sanity.ts';

function state(parts: Partial<CheckState>): CheckState {
  const at = 0 as MonoMs;
  return { state: 'pass', lastPassed: true, streak: 1, streakSince: at, lastAt: at, reason: '', ...parts };
}

test('R5: a vantage is sane while one reference answers, doubtful when none did once, frozen when none does', () => {
  const answers = state({});
  const missedOnce = state({ lastPassed: false });
  const dead = state({ state: 'fail', lastPassed: false });
  assert.equal(judgeSanity([]), 'sane');
  assert.equal(judgeSanity([undefined]), 'sane');
  assert.equal(judgeSanity([answers, dead]), 'sane');
  assert.equal(judgeSanity([missedOnce, dead]), 'doubtful');
  assert.equal(judgeSanity([dead, dead]), 'frozen');
});

test('R5: failing rounds count only when a reference answered after they began', () => {
  const failing = state({ lastPassed: false, streak: 3, streakSince: 1000 as MonoMs });
  assert.equal(trustedFailingRounds(failing, [state({ lastAt: 1500 as MonoMs })]), 3);
  assert.equal(trustedFailingRounds(failing, [state({ lastAt: 999 as MonoMs })]), 0);
  assert.equal(trustedFailingRounds(failing, [state({ lastPassed: false, lastAt: 1500 as MonoMs })]), 0);
  assert.equal(trustedFailingRounds(failing, []), 3);
  assert.equal(trustedFailingRounds(state({}), []), 0);
});
