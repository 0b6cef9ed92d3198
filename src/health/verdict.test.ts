import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import type { Inside } from './inside.ts';
import type { Outside } from './outside.ts';
import { judge, unknownVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const nowMs = 5 as MonoMs;
const up: Verdict = { state: 'up', since: 0 as MonoMs, reason: '', basis: 'inside', changePending: false };
const unreachable: Verdict = { ...up, state: 'down', basis: 'probes' };
const none = unknownVerdict(0 as MonoMs);

const inside = (kind: Inside['kind'], changePending = false): Inside => ({ kind, reason: kind, changePending });
const outside = (kind: Outside['kind'], overrules = false, changePending = false): Outside => ({
  kind,
  overrules,
  changePending,
  reason: kind,
});

test('R3, R4, R13: inside and outside make one verdict, and say whether a change may be coming', () => {
  const rows: [before: Verdict, Inside, Outside, state: string, basis: string, changePending: boolean][] = [
    [up, inside('hold'), outside('fail', true), 'up', 'held', true],
    [none, inside('hold'), outside('pass'), 'unknown', 'none', true],
    [up, inside('down'), outside('pass'), 'down', 'inside', false],
    [up, inside('draining'), outside('pass'), 'draining', 'inside', false],
    [up, inside('up'), outside('pass'), 'up', 'inside', false],
    [up, inside('up', true), outside('pass'), 'up', 'inside', true],
    [up, inside('up'), outside('pass', false, true), 'up', 'inside', true],
    [up, inside('up'), outside('fail'), 'up', 'inside', true],
    [up, inside('up'), outside('blind'), 'up', 'inside', false],
    [up, inside('up'), outside('fail', true), 'down', 'probes', false],
    [unreachable, inside('up'), outside('fail', false, true), 'down', 'probes', true],
    [unreachable, inside('up'), outside('pass'), 'up', 'inside', false],
    [up, inside('unknown'), outside('pass'), 'up', 'probes', false],
    [up, inside('unknown'), outside('fail'), 'down', 'probes', false],
    [up, inside('unknown'), outside('blind'), 'up', 'held', true],
    [none, inside('unknown'), outside('blind'), 'unknown', 'none', true],
  ];
  for (const [before, within, without, state, basis, changePending] of rows) {
    const verdict = judge(before, within, without, nowMs);
    const what = JSON.stringify([before.state, within, without]);
    assert.deepEqual([verdict.state, verdict.basis, verdict.changePending], [state, basis, changePending], what);
    assert.equal(verdict.since, state === before.state ? 0 : nowMs, what);
  }
});
