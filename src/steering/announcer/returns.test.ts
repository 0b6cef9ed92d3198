import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import { countReturn, freshReturns, heldUntil, restoreReturns, storeReturns } from './returns.ts';
import type { Returns } from './returns.ts';

const minute = 60_000;
const at = (minutes: number): MonoMs => (minutes * minute) as MonoMs;

/** Returns at these minutes; gives for how many minutes each is held. */
function holds(minutes: readonly number[]): readonly number[] {
  let returns: Returns = freshReturns(at(0));
  return minutes.map((now) => {
    returns = countReturn(returns, at(now));
    return ((heldUntil(returns, at(now)) ?? at(now)) - at(now)) / minute;
  });
}

test('R21: two returns in a quarter of an hour are free, and further ones are held 1, 2, 4 … 60 minutes', () => {
  assert.deepEqual(holds([0, 0]), [0, 0]);
  assert.deepEqual(holds([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
});

test('R21: a return every eight minutes is free for ever, since half a bucket refills in between', () => {
  assert.deepEqual(holds([0, 8, 16, 24, 32, 40]), [0, 0, 0, 0, 0, 0]);
});

test('R21: the bucket does not refill during a hold', () => {
  // The third return at 0 is held until 1; half a bucket, one return, is there 7.5 minutes later and not before.
  assert.deepEqual(holds([0, 0, 0, 8]), [0, 0, 1, 2]);
  assert.deepEqual(holds([0, 0, 0, 9]), [0, 0, 1, 0]);
});

test('R21: the hold starts small again only after a quarter of an hour of quiet from its end on', () => {
  assert.deepEqual(holds([0, 0, 0, 0, 18, 18, 18]), [0, 0, 1, 2, 0, 0, 1]);
  assert.deepEqual(holds([0, 0, 0, 0, 15, 15, 15]), [0, 0, 1, 2, 0, 4, 8]);
});

test('R21, R24: a restart ends no hold and gives back no return', () => {
  let returns = freshReturns(at(0));
  for (let count = 0; count < 4; count++) returns = countReturn(returns, at(0));
  assert.equal(heldUntil(returns, at(0)), at(2));
  const stored = storeReturns(returns, at(1));
  assert.deepEqual(stored, { tokens: 0, level: 2, holdMs: minute });
  const restored = restoreReturns(stored, at(100));
  assert.equal(heldUntil(restored, at(100)), at(101));
  assert.equal(heldUntil(countReturn(restored, at(100)), at(100)), at(104));
});
