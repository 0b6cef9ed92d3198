import assert from 'node:assert/strict';
import test from 'node:test';
import { settledWorld } from './decision.fixture.ts';

test('R24, R25: a restart in the middle of a drain asks for the anchor once, not again at each answer', () => {
  const world = settledWorld();
  const fra = world.site('fra');
  world.drain('fra', 3_600_000);
  world.run(36_000);
  assert.equal(fra.announced?.standing, 'draining');
  world.crash('fra');
  world.boot('fra');
  const asked = new Set<string>();
  let reports = 0;
  fra.diesAfter = (effect) => {
    if (effect.kind !== 'tell') return false;
    reports += 1;
    for (const { asks } of effect.report.anchors) if (asks !== undefined) asked.add(asks.id);
    return false;
  };
  world.open(['fra']);
  world.run(60_000);
  assert.deepEqual(world.announcing(), ['iad']);
  assert.equal(asked.size, 1);
  assert.ok(reports < 90, `${reports} reports in a minute`);
});
