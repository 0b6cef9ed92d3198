import assert from 'node:assert/strict';
import test from 'node:test';
import { viewOutside } from './outside.ts';

const pass = (vantage: string) => ({ vantage, state: 'pass' as const, failingRounds: 0, reason: 'connected' });
const fail = (vantage: string, failingRounds = 3) => ({
  vantage,
  state: 'fail' as const,
  failingRounds,
  reason: 'timed out',
});

test('R4: a majority of the vantages decides, and only three rounds in a row overrule the inside', () => {
  const rows = [
    { views: [], kind: 'blind', overrules: false },
    { views: [pass('fra')], kind: 'pass', overrules: false },
    { views: [fail('fra')], kind: 'fail', overrules: true },
    { views: [fail('fra', 2)], kind: 'fail', overrules: false },
    { views: [fail('fra'), pass('iad')], kind: 'pass', overrules: false },
    { views: [fail('fra'), fail('iad'), pass('sin')], kind: 'fail', overrules: true },
    { views: [fail('fra'), fail('iad', 1), pass('sin')], kind: 'fail', overrules: false },
  ];
  for (const { views, kind, overrules } of rows) {
    const outside = viewOutside(views, views.length);
    assert.deepEqual([outside.kind, outside.overrules], [kind, overrules], JSON.stringify(views));
  }
});

test('R13: a view that disagrees in its last round makes a change pending', () => {
  assert.equal(viewOutside([pass('fra')], 1).changePending, false);
  assert.equal(viewOutside([{ ...pass('fra'), failingRounds: 1 }], 1).changePending, true);
  assert.equal(viewOutside([fail('fra')], 1).changePending, false);
  assert.equal(viewOutside([fail('fra', 0)], 1).changePending, true);
});

test('R4: a sane vantage that has not looked yet counts, so that one other cannot overrule the inside alone', () => {
  const alone = viewOutside([fail('iad')], 2);
  assert.deepEqual([alone.kind, alone.overrules, alone.changePending], ['blind', false, true]);
  assert.equal(viewOutside([fail('iad'), fail('sin')], 3).overrules, true);
  assert.equal(viewOutside([pass('iad')], 2).kind, 'pass');
  assert.equal(viewOutside([], 2).kind, 'blind');
});
