import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from './simulation/world.ts';
import type { Spoils } from './simulation/world.ts';

function failures(seeds: readonly number[], spoils: Spoils = {}): readonly string[] {
  return seeds.flatMap((seed) => {
    const { fault } = runSeed(seed, spoils);
    return fault === undefined ? [] : [`seed ${seed}: ${fault}`];
  });
}

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

void test('two speakers that both dial and listen agree on one connection and on both tables, whatever was lost', () => {
  // A fresh range each time; a seed that fails is named and can be run again.
  const from = Math.floor(Math.random() * 1_000_000_000);
  assert.deepEqual(failures(range(from, 60)), []);
});

void test('a seed gives the same run each time', () => {
  assert.deepEqual(runSeed(7), runSeed(7));
});

const broken: readonly (readonly [what: string, spoils: Spoils, pattern: RegExp])[] = [
  ['keeps connections open that it ended', { keepsClosed: true }, /connections are open|not established|different/],
  ['gets no timers', { losesTimers: true }, /not established|dead connection/],
  ['does not say its table to a new session', { forgetsTable: true }, /table is wrong/],
  ['ignores what it hears', { isDeaf: true }, /table is wrong/],
  // A withdrawal of a /32 has 28 octets and no attributes.
  ['loses withdrawals on the way', { loses: (bytes) => bytes.length === 28 && bytes[18] === 2 }, /table is wrong/],
];

for (const [what, spoils, pattern] of broken) {
  void test(`a speaker that ${what} is found out`, () => {
    const found = failures(range(1, 6), spoils).filter((fault) => pattern.test(fault));
    assert.ok(found.length > 0, 'nothing was found');
  });
}
