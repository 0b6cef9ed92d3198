import assert from 'node:assert/strict';
import test from 'node:test';
import type { Sabotage } from './fleet.fixture.ts';
import { playFleetHistory } from './fleet-history.fixture.ts';

test('R19, R20: in seeded histories of everything that goes wrong no promise is lost, and wishes empty nothing', () => {
  for (let seed = 1; seed <= 200; seed++) assert.equal(playFleetHistory(seed), undefined, `seed ${seed}`);
});

const broken: readonly { readonly rule: Sabotage; readonly seed: number; readonly found: RegExp }[] = [
  { rule: 'tellsBeforeItKeeps', seed: 42, found: /no site holds the anchor/ },
  { rule: 'trustsUnanswered', seed: 18, found: /no site holds the anchor/ },
  { rule: 'trustsOldWords', seed: 1454, found: /since it began to leave no other site has announced/ },
  { rule: 'grantsEverything', seed: 2, found: /leave at once by wishes/ },
  { rule: 'grantsEverything', seed: 10, found: /wishes left no site at work/ },
  { rule: 'grantsEverything', seed: 16, found: /wishes took 3 of 5 sites/ },
];

for (const { rule, seed, found } of broken) {
  test(`a fleet that ${rule} is found in the history of seed ${seed}, which passes otherwise`, () => {
    assert.match(playFleetHistory(seed, rule) ?? 'nothing was found', found);
    assert.equal(playFleetHistory(seed), undefined);
  });
}
