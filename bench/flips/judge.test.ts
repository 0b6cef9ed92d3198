import assert from 'node:assert/strict';
import test from 'node:test';
import { judge } from './judge.ts';

test('an answer of the state at its query or of one published meanwhile is right', () => {
  const around = { finishedBefore: 31, begunAfter: 33 };
  const given = [15, 0, 1].map((index) => judge(1, index, around));
  assert.deepEqual(
    given,
    [31, 32, 33].map((publication) => ({ kind: 'right', publication })),
  );
});

test('an answer of an earlier state, or of one not yet begun, is stale', () => {
  const around = { finishedBefore: 31, begunAfter: 33 };
  assert.equal(judge(1, 14, around).kind, 'stale');
  assert.equal(judge(1, 2, around).kind, 'stale');
});

test('no address, or two of them, is torn', () => {
  for (const count of [0, 2, 16]) {
    assert.equal(judge(count, 0, { finishedBefore: 0, begunAfter: 0 }).kind, 'torn');
  }
});

test('after sixteen publications an address says nothing of when it was', () => {
  assert.equal(judge(1, 3, { finishedBefore: 2, begunAfter: 18 }).kind, 'unclear');
});
