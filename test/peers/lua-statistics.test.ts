import assert from 'node:assert/strict';
import test from 'node:test';
import { chiSquare, chiSquareLimit, deviation } from './lua-statistics.ts';

test('the sum is that of the textbook', () => {
  // (44-50)²/50 + (56-50)²/50 = 1.44
  assert.equal(chiSquare([44, 56], [1, 1]).toFixed(2), '1.44');
  // Expected 10, 20, 30: 4/10 + 1/20 + 9/30 = 0.75
  assert.equal(chiSquare([12, 21, 27], [1, 2, 3]).toFixed(2), '0.75');
});

test('the limits are those of the tables for one in a million, or a little more', () => {
  // For 1, 2, 3 and 9 degrees of freedom.
  for (const [outcomes, limit] of [
    [2, 23.92],
    [3, 27.63],
    [4, 30.66],
    [10, 43.9],
  ] as const) {
    const approximate = chiSquareLimit(outcomes);
    assert.ok(approximate > limit - 0.1 && approximate < limit + 4, `${outcomes} outcomes: ${approximate}`);
  }
});

test('draws of other shares, or of something else, deviate', () => {
  const shares = new Map([
    ['a', 1],
    ['b', 3],
  ]);
  const draws = (a: number, b: number): string[] => [...Array<string>(a).fill('a'), ...Array<string>(b).fill('b')];
  assert.equal(deviation(draws(260, 740), shares), undefined);
  assert.match(deviation(draws(500, 500), shares) ?? '', /^chi-square 333\.3 over/);
  assert.equal(deviation(['a', 'c'], shares), 'c is none of a, b');
  assert.match(
    deviation(
      draws(1, 0),
      new Map([
        ['a', 0],
        ['b', 1],
      ]),
    ) ?? '',
    /Infinity/,
  );
});
