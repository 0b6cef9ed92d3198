import assert from 'node:assert/strict';
import test from 'node:test';
import { quantile, quartiles } from './statistics.ts';

test('quartiles of an odd number of values are values, whatever their order', () => {
  assert.deepEqual(quartiles([5, 1, 4, 2, 3]), { lower: 2, median: 3, upper: 4 });
});

test('quartiles of an even number of values lie between values', () => {
  assert.deepEqual(quartiles([4, 1, 3, 2]), { lower: 1.75, median: 2.5, upper: 3.25 });
});

test('what is no number does not count', () => {
  assert.equal(quartiles([NaN, 7, Infinity]).median, 7);
  assert.ok(Number.isNaN(quartiles([]).median));
});

test('the ends of a list are its extremes', () => {
  assert.equal(quantile([1, 2, 3], 0), 1);
  assert.equal(quantile([1, 2, 3], 1), 3);
});
