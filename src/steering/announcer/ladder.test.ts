import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import type { GateState } from '../gate.ts';
import { climb, openLadder } from './ladder.ts';
import type { LadderInput, LadderState } from './ladder.ts';

const at = 0 as MonoMs;

const states = {
  announced: { kind: 'announced', since: at, reason: '' },
  lowered: { kind: 'depreferred', cause: 'lowered', since: at, reason: '' },
  failing: { kind: 'depreferred', cause: 'failing', since: at, reason: '' },
  draining: { kind: 'draining', since: at, until: 100 as MonoMs, reason: '' },
  withdrawn: { kind: 'withdrawn', since: at, reason: '' },
} as const satisfies Record<string, LadderState>;

type Rung = keyof typeof states;

const rungOf = (state: LadderState): Rung => (state.kind === 'depreferred' ? state.cause : state.kind);

/** A gate; `stale` passes on evidence that is not fresh, `probed` passes and a probe from within the site fails. */
function gateOf(name: Case['gate'] = 'pass'): GateState {
  const isFresh = name === 'pass' || name === 'probed';
  const kind = name === 'stale' || name === 'probed' ? 'pass' : name;
  return { kind, reason: name, fresh: isFresh, returns: name === 'pass' };
}

interface Case {
  readonly gate?: GateState['kind'] | 'stale' | 'probed';
  readonly ordered?: boolean;
  readonly drained?: boolean;
  readonly lowered?: boolean;
  readonly holds?: boolean;
  readonly may?: boolean;
  readonly granted?: boolean;
  readonly nowMs?: number;
}

function inputOf(parts: Case): LadderInput {
  const { gate, ordered = false, drained = ordered, lowered = false, holds = false, nowMs = 10 } = parts;
  return {
    gate: gateOf(gate),
    drain: ordered ? { reason: 'drained' } : undefined,
    isDrained: drained,
    lowered: lowered ? 'lowered' : undefined,
    drainMs: 100,
    holdsAnchor: holds,
    mayLeave: () => ({ allow: parts.may ?? true, rule: 'R19', reason: '' }),
    mayBegin: () => ({ allow: parts.granted ?? true, rule: 'R20', reason: '' }),
    nowMs: nowMs as MonoMs,
  };
}

type Row = [before: Rung, Case, next: Rung, isBlocked?: boolean];

function play(rows: readonly Row[]): void {
  for (const [before, parts, next, isBlocked = false] of rows) {
    const { state, blocked } = climb(states[before], inputOf(parts));
    assert.deepEqual([rungOf(state), blocked !== undefined], [next, isBlocked], JSON.stringify([before, parts]));
  }
}

test('R19, R20: what dies is withdrawn at once where R19 permits, and de-preferred until it does', () => {
  play([
    ['announced', { gate: 'fail' }, 'withdrawn'],
    ['announced', { gate: 'fail', may: false }, 'failing', true],
    ['announced', { gate: 'fail', granted: false }, 'withdrawn'],
    ['lowered', { gate: 'fail', may: false }, 'failing', true],
    ['failing', { gate: 'fail', may: false }, 'failing', true],
    ['failing', { gate: 'fail' }, 'withdrawn'],
    ['draining', { gate: 'fail', may: false }, 'draining', true],
    ['announced', { ordered: true, gate: 'fail' }, 'withdrawn'],
  ]);
});

test('R20: a wish drains where it is granted, changes nothing where it is not, and is withdrawn in the end', () => {
  play([
    ['announced', { gate: 'drain' }, 'draining'],
    ['announced', { ordered: true }, 'draining'],
    ['announced', { ordered: true, granted: false }, 'announced', true],
    ['lowered', { ordered: true, lowered: true, granted: false }, 'lowered', true],
    ['announced', { drained: true }, 'announced'],
    ['lowered', { ordered: true }, 'draining'],
    ['draining', { ordered: true, nowMs: 99 }, 'draining'],
    ['draining', { ordered: true, nowMs: 100 }, 'withdrawn'],
    ['draining', { ordered: true, nowMs: 100, may: false }, 'draining', true],
    ['draining', {}, 'announced'],
    ['draining', { drained: true }, 'draining'],
    ['failing', { gate: 'drain', granted: false }, 'failing', true],
  ]);
});

test('R23: a gate that says nothing moves nothing', () => {
  play([
    ['announced', { gate: 'hold' }, 'announced'],
    ['failing', { gate: 'hold' }, 'failing'],
    ['draining', { gate: 'hold', nowMs: 100 }, 'draining'],
    ['withdrawn', { gate: 'hold' }, 'withdrawn'],
  ]);
});

test('R18, R21, R26: what works is de-preferred while something asks for it, whatever its gate says', () => {
  play([
    ['announced', { lowered: true }, 'lowered'],
    ['announced', { lowered: true, gate: 'hold' }, 'lowered'],
    ['lowered', { lowered: true }, 'lowered'],
    ['lowered', {}, 'announced'],
    ['lowered', { gate: 'hold' }, 'announced'],
    ['failing', { lowered: true }, 'lowered'],
    ['draining', { lowered: true }, 'lowered'],
    ['withdrawn', { lowered: true }, 'lowered'],
  ]);
});

test('R9, R24, R25: what is withdrawn returns on fresh evidence alone, and not while the site is drained', () => {
  play([
    ['withdrawn', {}, 'announced'],
    ['withdrawn', { gate: 'stale' }, 'withdrawn'],
    ['withdrawn', { gate: 'probed' }, 'withdrawn'],
    ['withdrawn', { gate: 'fail' }, 'withdrawn'],
    ['withdrawn', { ordered: true }, 'withdrawn'],
    ['withdrawn', { drained: true }, 'withdrawn'],
    ['failing', {}, 'announced'],
    ['failing', { gate: 'stale' }, 'failing'],
  ]);
});

test('R19: who holds the anchor is on air, de-preferred where it does not work', () => {
  play([
    ['withdrawn', { holds: true }, 'announced'],
    ['withdrawn', { gate: 'hold', holds: true }, 'failing'],
    ['withdrawn', { gate: 'fail', holds: true }, 'failing'],
    ['withdrawn', { ordered: true, holds: true }, 'failing'],
  ]);
});

test('R11, R19, R24: the first state after a start is the one before, and what was withdrawn needs evidence', () => {
  const rows: [kept: LadderState['kind'] | undefined, Case, Rung][] = [
    [undefined, {}, 'announced'],
    [undefined, { gate: 'stale' }, 'announced'],
    [undefined, { gate: 'hold' }, 'withdrawn'],
    [undefined, { gate: 'fail' }, 'withdrawn'],
    [undefined, { drained: true }, 'withdrawn'],
    [undefined, { gate: 'hold', holds: true }, 'failing'],
    [undefined, { gate: 'fail', holds: true }, 'failing'],
    [undefined, { drained: true, holds: true }, 'announced'],
    ['withdrawn', {}, 'announced'],
    ['withdrawn', { gate: 'stale' }, 'withdrawn'],
    ['withdrawn', { gate: 'hold' }, 'withdrawn'],
    ['withdrawn', { drained: true }, 'withdrawn'],
    ['withdrawn', { gate: 'hold', holds: true }, 'failing'],
    ['announced', { gate: 'stale' }, 'announced'],
    ['announced', { gate: 'hold' }, 'announced'],
    ['announced', { gate: 'fail' }, 'failing'],
    ['depreferred', { gate: 'hold' }, 'failing'],
    ['announced', { drained: true }, 'announced'],
    ['depreferred', { gate: 'fail' }, 'failing'],
    ['draining', { drained: true }, 'draining'],
    ['draining', {}, 'announced'],
  ];
  for (const [kept, parts, rung] of rows) {
    assert.equal(rungOf(openLadder(kept, inputOf(parts))), rung, JSON.stringify([kept, parts]));
  }
});
