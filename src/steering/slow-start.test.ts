import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { MonoMs } from '#base/time.ts';
import { subjectKey } from '#health/model.ts';
import { rampedWeight, rampSteps, SlowStarts } from './slow-start.ts';
import type { RampLook } from './slow-start.ts';

const subject = subjectKey('www', 'fra', 4);
const slowStartMs = 60_000;

function look(isUsable: boolean, isAnswered = isUsable): RampLook {
  return { subject, isUsable, isAnswered, slowStartMs };
}

function at(ms: number): MonoMs {
  return ms as MonoMs;
}

test('an endpoint that comes back grows in ten steps, and is looked at exactly when the next is due', () => {
  const starts = new SlowStarts([]);
  starts.look([look(false)], at(0));
  starts.look([look(true)], at(1000));
  const seen: number[] = [starts.stepOf(subject)];
  for (let due = starts.nextDeadlineMs(); due !== undefined; due = starts.nextDeadlineMs()) {
    starts.look([look(true)], at(due - 1));
    assert.equal(starts.stepOf(subject), seen.at(-1));
    starts.look([look(true)], due);
    seen.push(starts.stepOf(subject));
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(starts.stored(), []);
});

test('what was never seen out, what fail-open went on answering, and what has no slow start get all at once', () => {
  const never = new SlowStarts([]);
  never.look([look(true)], at(0));
  assert.equal(never.stepOf(subject), rampSteps);
  const open = new SlowStarts([]);
  open.look([look(false, true)], at(0));
  open.look([look(true)], at(1));
  assert.equal(open.stepOf(subject), rampSteps);
  const none = new SlowStarts([]);
  none.look([{ ...look(false), slowStartMs: 0 }], at(0));
  none.look([{ ...look(true), slowStartMs: 0 }], at(1));
  assert.equal(none.stepOf(subject), rampSteps);
});

test('an endpoint that goes out in the middle begins anew', () => {
  const starts = new SlowStarts([]);
  starts.look([look(false)], at(0));
  starts.look([look(true)], at(1000));
  starts.look([look(true)], at(31_000));
  assert.equal(starts.stepOf(subject), 5);
  starts.look([look(false)], at(32_000));
  starts.look([look(true)], at(33_000));
  assert.equal(starts.stepOf(subject), 1);
});

test('a release that changes the time goes on from the step that was reached', () => {
  const starts = new SlowStarts([]);
  starts.look([look(false)], at(0));
  starts.look([look(true)], at(0));
  starts.look([look(true)], at(30_000));
  assert.equal(starts.stepOf(subject), 5);
  starts.look([{ ...look(true), slowStartMs: 600_000 }], at(30_001));
  assert.equal(starts.stepOf(subject), 5);
  // A ninth of ten minutes is 66,666.7 ms.
  assert.equal(starts.nextDeadlineMs(), 30_001 + 66_667);
});

test('a restart goes on at the step that was kept, for any time and any step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 3_600_000 }), fc.integer({ min: 1, max: 10 }), (durationMs, step) => {
      const starts = new SlowStarts([{ subject, step }]);
      assert.deepEqual(starts.stored(), [{ subject, step }]);
      starts.look([{ ...look(true), slowStartMs: durationMs }], at(5));
      assert.equal(starts.stepOf(subject), step);
    }),
  );
});

test('a ramped weight is never 0 unless it is so configured, never more than that, and never falls', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), (weight) => {
      let before = 0;
      for (let step = 1; step <= rampSteps; step++) {
        const now = rampedWeight(weight, step);
        assert.ok(now <= weight && now >= before && (weight === 0) === (now === 0));
        before = now;
      }
      assert.equal(before, weight);
    }),
  );
});
