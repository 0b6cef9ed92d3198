import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import type { GateState } from '../gate.ts';
import { climb, openLadder } from './ladder.ts';
import type { LadderInput, LadderState } from './ladder.ts';

type Kind = LadderState['kind'];

const states: Record<Kind, LadderState> = {
  announced: { kind: 'announced', since: 0 as MonoMs, reason: '' },
  draining: { kind: 'draining', since: 0 as MonoMs, until: 100 as MonoMs, reason: '' },
  withdrawn: { kind: 'withdrawn', since: 0 as MonoMs, reason: '' },
};

const gateOf = (kind: GateState['kind']): GateState => ({ kind, reason: kind, fresh: true });

interface Case {
  readonly gate?: GateState['kind'];
  readonly ordered?: boolean;
  readonly drained?: boolean;
  readonly holds?: boolean;
  readonly may?: boolean;
  readonly nowMs?: number;
}

function inputOf({
  gate = 'pass',
  ordered = false,
  drained = ordered,
  holds = false,
  may = true,
  nowMs = 10,
}: Case): LadderInput {
  return {
    gate: gateOf(gate),
    drain: ordered ? { reason: 'drained' } : undefined,
    isDrained: drained,
    drainMs: 100,
    holdsAnchor: holds,
    mayLeave: () => ({ allow: may, rule: 'R19', reason: '' }),
    nowMs: nowMs as MonoMs,
  };
}

test('R19, R20, R23: each step of the ladder', () => {
  const rows: [before: Kind, Case, next: Kind, isBlocked: boolean][] = [
    ['announced', {}, 'announced', false],
    ['announced', { gate: 'hold' }, 'announced', false],
    ['announced', { gate: 'fail' }, 'withdrawn', false],
    ['announced', { gate: 'fail', may: false }, 'announced', true],
    ['announced', { gate: 'drain' }, 'draining', false],
    ['announced', { ordered: true }, 'draining', false],
    ['announced', { drained: true }, 'announced', false],
    ['announced', { ordered: true, gate: 'fail' }, 'withdrawn', false],
    ['draining', { ordered: true, nowMs: 99 }, 'draining', false],
    ['draining', { ordered: true, nowMs: 100 }, 'withdrawn', false],
    ['draining', { ordered: true, nowMs: 100, may: false }, 'draining', true],
    ['draining', { gate: 'fail', may: false }, 'draining', true],
    ['draining', { gate: 'hold', nowMs: 100 }, 'draining', false],
    ['draining', {}, 'announced', false],
    ['withdrawn', {}, 'announced', false],
    ['withdrawn', { gate: 'hold' }, 'withdrawn', false],
    ['withdrawn', { gate: 'fail' }, 'withdrawn', false],
    ['withdrawn', { ordered: true }, 'withdrawn', false],
    ['withdrawn', { drained: true }, 'withdrawn', false],
    ['withdrawn', { gate: 'hold', holds: true }, 'announced', false],
    ['withdrawn', { gate: 'fail', holds: true }, 'announced', false],
    ['withdrawn', { ordered: true, holds: true }, 'announced', false],
  ];
  for (const [before, parts, next, isBlocked] of rows) {
    const { state, blocked } = climb(states[before], inputOf(parts));
    assert.deepEqual([state.kind, blocked !== undefined], [next, isBlocked], JSON.stringify([before, parts]));
  }
});

test('R11, R19, R24: the first state after a start', () => {
  const rows: [Case, Kind][] = [
    [{}, 'announced'],
    [{ gate: 'hold' }, 'withdrawn'],
    [{ gate: 'fail' }, 'withdrawn'],
    [{ drained: true }, 'withdrawn'],
    [{ gate: 'hold', holds: true }, 'announced'],
    [{ gate: 'fail', holds: true }, 'announced'],
    [{ drained: true, holds: true }, 'announced'],
  ];
  for (const [parts, kind] of rows) assert.equal(openLadder(inputOf(parts)).kind, kind, JSON.stringify(parts));
});
