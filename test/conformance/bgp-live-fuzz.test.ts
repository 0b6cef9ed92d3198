import assert from 'node:assert/strict';
import test from 'node:test';
import { fuzzLive } from './bgp-live-fuzz.ts';

test('a speaker survives three hundred peers that talk nonsense, and the session beside does not notice', async () => {
  const { answers, faults } = await fuzzLive({ count: 300, seed: Date.now() >>> 0 });
  assert.deepEqual(faults, []);
  assert.ok(answers.size >= 4, [...answers.keys()].join(', '));
});
