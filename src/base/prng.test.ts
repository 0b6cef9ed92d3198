import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrng } from './prng.ts';

test('equal seeds give equal sequences and different seeds differ', () => {
  const draw = (seed: number): number[] => {
    const prng = createPrng(seed);
    return Array.from({ length: 20 }, () => prng.below(1_000_000));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test('draws below a bound are spread evenly', () => {
  const prng = createPrng(1);
  const counts = Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const bucket = prng.below(10);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 9_500 && count < 10_500, counts.join(' '));
});
