import assert from 'node:assert/strict';
import test from 'node:test';
import { modelsOf, settledWorld } from './decision.fixture.ts';

const hour = 3_600_000;

test('R8: a drain in effect stays so when the other site dies: fail-open never answers what is drained', () => {
  const world = settledWorld();
  world.drain('fra', hour);
  world.run(60_000);
  world.setNodes('iad', 'down');
  world.run(5000, () => {
    for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['iad']);
  });
});

test('R8, R24: a restart does not turn a drain in effect into a pending one', () => {
  const world = settledWorld();
  world.drain('fra', hour);
  world.run(1000);
  world.setNodes('iad', 'down');
  world.run(1000);
  world.crash('fra');
  world.boot('fra');
  world.run(5000, () => assert.deepEqual(world.answered('fra'), ['iad']));
});

test('R19: of two drains made at the same time at two coordinators both follow the older', () => {
  const world = settledWorld();
  world.drain('fra', hour, 'iad');
  world.unixMs = (world.unixMs + 5) as typeof world.unixMs;
  world.drain('iad', hour, 'fra');
  world.run(1000);
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['iad']);
});

test('R19: a pending drain takes effect when another endpoint is up', () => {
  const world = settledWorld();
  world.setNodes('iad', 'down');
  world.run(500);
  world.drain('fra', hour);
  world.run(1000);
  assert.deepEqual(world.answered('iad'), ['fra']);
  world.setNodes('iad', 'up');
  world.run(1000);
  assert.deepEqual(world.answered('iad'), ['iad']);
});

test('R25: a coordinator that is silent is waited for before the TTL is, up to a deadline', () => {
  const world = settledWorld();
  world.crash('iad');
  world.run(5000);
  world.drain('fra', hour);
  const site = world.site('fra');
  world.run(9000);
  assert.match(site.decision.overrides[0]?.state ?? '', /waiting for the other coordinators/);
  world.run(2000);
  assert.match(site.decision.overrides[0]?.state ?? '', /waiting for the longest TTL/);
});

test('R25: an undrain in the middle of a drain brings the route back at full preference', () => {
  const world = settledWorld();
  world.drain('fra', hour);
  world.run(33_000);
  assert.deepEqual(world.site('fra').announced?.communities, ['65535:0']);
  world.undrain('fra', 'iad');
  world.run(500);
  assert.deepEqual(world.site('fra').announced?.communities, []);
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
});

test('R25: a drain whose end R19 forbids stays at 65535:0, and wakes nobody in vain', () => {
  const world = settledWorld();
  world.drain('fra', hour);
  world.run(35_000);
  world.setNodes('iad', 'down');
  const site = world.site('fra');
  world.run(30_000, () => {
    const deadline = site.decision.nextDeadlineMs(world.moment);
    assert.ok(deadline !== undefined && deadline > world.nowMs, 'a deadline lies ahead');
  });
  assert.deepEqual(site.announced?.communities, ['65535:0']);
});

test('R24: a drained site whose route is withdrawn does not announce it again on a restart', () => {
  const world = settledWorld();
  world.drain('fra', hour);
  world.run(60_000);
  assert.deepEqual(world.announcing(), ['iad']);
  world.crash('fra');
  world.boot('fra');
  world.open(['fra']);
  world.run(60_000, () => assert.deepEqual(world.announcing(), ['iad']));
  world.undrain('fra');
  world.run(500);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
});

test('R12: the rest of an override does not begin anew with a restart', () => {
  const world = settledWorld();
  world.drain('fra', 600_000);
  world.run(300_000);
  for (const site of ['fra', 'iad']) world.crash(site);
  for (const site of ['fra', 'iad']) world.boot(site);
  world.open();
  world.run(280_000);
  assert.deepEqual(world.answered('iad'), ['iad']);
  world.run(90_000);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
});

test('R11: what is told before there is a release does not empty what is kept', () => {
  const world = settledWorld();
  world.setNodes('fra', 'down');
  world.run(1000);
  const kept = world.site('iad').state.verdicts;
  world.crash('iad');
  world.start('iad');
  world.run(1000);
  assert.deepEqual(world.site('iad').state.verdicts, kept);
  world.reload('iad', modelsOf(['fra', 'iad']));
  assert.deepEqual(world.answered('iad'), ['iad']);
});
