import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import { isTurning, trackCheck } from './check-tracker.ts';
import type { CheckState } from './check-tracker.ts';

function follow(results: string, thresholds = { rise: 2, fall: 3 }): string {
  let state: CheckState | undefined;
  let states = '';
  for (const [index, letter] of Array.from(results).entries()) {
    state = trackCheck(state, { passed: letter === 'P', reason: '', at: index as MonoMs }, thresholds);
    states += state.state === 'pass' ? 'P' : 'F';
  }
  return states;
}

test('the first result decides, then rise and fall count results in a row', () => {
  const rows: [results: string, states: string][] = [
    ['P', 'P'],
    ['F', 'F'],
    ['PFFF', 'PPPF'],
    ['PFFPFFPFFF', 'PPPPPPPPPF'],
    ['FPFPP', 'FFFFP'],
    ['FPP', 'FFP'],
  ];
  for (const [results, states] of rows) assert.equal(follow(results), states, results);
});

test('a check is turning while its last result disagrees with its state', () => {
  const passing = trackCheck(undefined, { passed: true, reason: '', at: 0 as MonoMs }, { rise: 1, fall: 2 });
  assert.equal(isTurning(passing), false);
  const once = trackCheck(passing, { passed: false, reason: '', at: 1 as MonoMs }, { rise: 1, fall: 2 });
  assert.equal(isTurning(once), true);
  const twice = trackCheck(once, { passed: false, reason: '', at: 2 as MonoMs }, { rise: 1, fall: 2 });
  assert.deepEqual([twice.state, isTurning(twice), twice.streak, twice.streakSince], ['fail', false, 2, 1]);
});
