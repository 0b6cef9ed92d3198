import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonoMs } from '#base/time.ts';
import type { CheckState } from '#health/check-tracker.ts';
import type { Verdict } from '#health/verdict.ts';
import { evaluateGate } from './gate.ts';
import type { CoveredHere, GateState, ServiceHere } from './gate.ts';
import type { Gate } from './model.ts';

function here(state: Verdict['state'], basis: Verdict['basis'], hasAgents = true): ServiceHere {
  const verdict = { state, basis, since: 0 as MonoMs, reason: '', changePending: false };
  return { verdicts: [verdict], hasAgents, probes: [true] };
}

const up = here('up', 'inside');
const held = here('down', 'held');
const draining = here('draining', 'inside');
const down = here('down', 'inside');

test('R17, R23: one service: fresh evidence of the site moves its gate, held and distant words do not', () => {
  const rows: [ServiceHere, GateState['kind'], fresh: boolean][] = [
    [up, 'pass', true],
    [here('up', 'held'), 'pass', false],
    [here('up', 'probes'), 'pass', false],
    [here('up', 'probes', false), 'pass', true],
    [here('unknown', 'none'), 'pass', false],
    [down, 'fail', false],
    [held, 'hold', false],
    [here('down', 'probes'), 'hold', false],
    [here('down', 'probes', false), 'fail', false],
    [draining, 'drain', false],
    [here('draining', 'held'), 'hold', false],
    [{ verdicts: [], hasAgents: false, probes: [] }, 'fail', false],
    [{ verdicts: [...down.verdicts, ...up.verdicts], hasAgents: true, probes: [true, true] }, 'pass', true],
  ];
  for (const [service, kind, fresh] of rows) {
    const gate = evaluateGate({ any: ['www'] }, { serviceHere: () => service, ownDns: undefined, covered: [] });
    assert.deepEqual([gate.kind, gate.fresh], [kind, fresh], JSON.stringify(service));
  }
});

test('R17: any, all and atLeast take the best that enough services allow', () => {
  const any: Gate = { any: ['a', 'b', 'c'] };
  const all: Gate = { all: ['a', 'b', 'c'] };
  const two: Gate = { atLeast: 2, of: ['a', 'b', 'c'] };
  const rows: [Gate, ServiceHere[], GateState['kind']][] = [
    [any, [up, down, down], 'pass'],
    [any, [held, down, draining], 'hold'],
    [any, [draining, down, down], 'drain'],
    [any, [down, down, down], 'fail'],
    [all, [up, up, up], 'pass'],
    [all, [up, up, held], 'hold'],
    [all, [up, draining, held], 'drain'],
    [all, [up, up, down], 'fail'],
    [two, [up, up, down], 'pass'],
    [two, [up, held, down], 'hold'],
    [two, [up, draining, down], 'drain'],
    [two, [up, down, down], 'fail'],
    ['always', [down, down, down], 'pass'],
  ];
  for (const [gate, services, kind] of rows) {
    const byName = new Map(['a', 'b', 'c'].map((name, index) => [name, services[index] ?? down]));
    assert.equal(
      evaluateGate(gate, { serviceHere: (name) => byName.get(name) ?? down, ownDns: undefined, covered: [] }).kind,
      kind,
      JSON.stringify([gate, services]),
    );
  }
});

test('R18: a nameserver prefix follows the own DNS alone: one answer opens it, three failures in a row close it', () => {
  const at = 0 as MonoMs;
  const rest = { streak: 1, streakSince: at, lastAt: at, reason: 'answered' };
  const rows: [CheckState | undefined, GateState['kind'], fresh: boolean][] = [
    [undefined, 'hold', false],
    [{ state: 'pass', lastPassed: true, ...rest }, 'pass', true],
    [{ state: 'pass', lastPassed: false, ...rest }, 'hold', false],
    [{ state: 'fail', lastPassed: false, ...rest }, 'fail', false],
  ];
  for (const [ownDns, kind, fresh] of rows) {
    const gate = evaluateGate('nameserver', { serviceHere: () => down, ownDns, covered: [] });
    assert.deepEqual([gate.kind, gate.fresh], [kind, fresh]);
  }
});

test('R9, R17: a withdrawn prefix returns on inside evidence that a probe from within the site does not deny', () => {
  const rows: [ServiceHere, returns: boolean][] = [
    [up, true],
    [{ ...up, probes: [false] }, false],
    // Before the first run of a check, inside evidence is all there is.
    [{ ...up, probes: [undefined] }, true],
    [here('up', 'held'), false],
    [here('up', 'probes'), false],
    [here('up', 'probes', false), true],
    [here('unknown', 'none'), false],
    [{ verdicts: [...up.verdicts, ...up.verdicts], hasAgents: true, probes: [false, true] }, true],
  ];
  for (const [service, returns] of rows) {
    const evidence = { serviceHere: () => service, ownDns: undefined, covered: [] };
    assert.equal(evaluateGate({ any: ['www'] }, evidence).returns, returns, JSON.stringify(service));
  }
});

test('R17: a covering prefix follows the prefixes within it: it goes after the last of them', () => {
  const serving = { isAnnounced: true, isServing: true };
  const lowered = { isAnnounced: true, isServing: false };
  const gone = { isAnnounced: false, isServing: false };
  const rows: [CoveredHere[], GateState['kind'], fresh: boolean][] = [
    [[serving, gone], 'pass', true],
    [[lowered, gone], 'pass', false],
    [[gone, gone], 'fail', false],
    [[], 'fail', false],
  ];
  for (const [covered, kind, fresh] of rows) {
    const gate = evaluateGate('covered', { serviceHere: () => down, ownDns: undefined, covered });
    assert.deepEqual([gate.kind, gate.fresh], [kind, fresh]);
  }
});
