import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startupWaitMs } from '#health/engine.ts';
import { firstRound } from './first-round.ts';

/** A start that waits for both, until it is told that one is in. */
function start(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const round = Promise.withResolvers<undefined>();
  const stop = Promise.withResolvers<undefined>();
  let step = Promise.withResolvers<undefined>();
  const state = { awaitsReports: true, isOver: false };
  const decision = { health: { awaitsReports: () => state.awaitsReports } };
  const loop = { decision, nextStep: () => step.promise };
  void firstRound({ prober: { roundComplete: () => round.promise }, loop }, stop.promise).then(() => {
    state.isOver = true;
  });
  return {
    results: () => round.resolve(undefined),
    reports: (areIn = true) => {
      state.awaitsReports = !areIn;
      step.resolve(undefined);
      step = Promise.withResolvers();
    },
    stop: () => stop.resolve(undefined),
    pass: (timeMs: number) => context.mock.timers.tick(timeMs),
    isOver: async () => {
      await turn();
      return state.isOver;
    },
  };
}

test('R11: the first round is over as soon as every check has a result and the agents have reported', async (context) => {
  const { results, reports, isOver } = start(context);
  assert.equal(await isOver(), false);
  results();
  assert.equal(await isOver(), false, 'no report yet');
  reports(false);
  assert.equal(await isOver(), false, 'a step that brought no report');
  reports();
  assert.equal(await isOver(), true);
});

test('R11: reports alone do not end it', async (context) => {
  const { results, reports, isOver } = start(context);
  reports();
  assert.equal(await isOver(), false);
  results();
  assert.equal(await isOver(), true);
});

for (const has of ['nothing', 'results', 'reports'] as const) {
  test(`R11: with ${has} it waits no longer than its limit`, async (context) => {
    const bench = start(context);
    if (has !== 'nothing') bench[has]();
    assert.equal(await bench.isOver(), false);
    bench.pass(startupWaitMs - 1);
    assert.equal(await bench.isOver(), false);
    bench.pass(1);
    assert.equal(await bench.isOver(), true);
  });
}

test('a stop ends the wait at once', async (context) => {
  const { stop, isOver } = start(context);
  stop();
  assert.equal(await isOver(), true);
});
