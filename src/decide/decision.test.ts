import assert from 'node:assert/strict';
import test from 'node:test';
import { subjectKey } from '#health/model.ts';
import { settledWorld } from './decision.fixture.ts';

test('R4, R20: a fresh inside down moves DNS at every coordinator and withdraws the route at that site only', () => {
  const world = settledWorld();
  world.setNodes('fra', 'down');
  world.run(200);
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['iad']);
  assert.deepEqual(world.announcing(), ['iad']);
  world.setNodes('fra', 'up');
  world.run(200);
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
});

test('R6: while the VIP moves to a spare that is up, nothing moves', () => {
  const world = settledWorld();
  const nodes = world.site('fra').nodes;
  const still = (): void => {
    for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
    assert.deepEqual(world.announcing(), ['fra', 'iad']);
  };
  nodes.set('lb1', { state: 'down', owner: true, alive: true });
  world.run(1000, still);
  nodes.set('lb1', { state: 'down', owner: false, alive: true });
  world.run(3000, still);
  nodes.set('lb2', { state: 'up', owner: true, alive: true });
  world.run(20_000, still);
});

test('R6: zero owners for longer than the grace is down', () => {
  const world = settledWorld();
  for (const node of world.site('fra').nodes.values()) node.owner = false;
  world.run(7000);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
  world.run(4000);
  assert.deepEqual(world.answered('iad'), ['iad']);
});

test('R6: two owners for over 3 s is an alert, once', () => {
  const world = settledWorld();
  for (const node of world.site('fra').nodes.values()) node.owner = true;
  world.run(10_000);
  const alerts = world.log.filter((line) => line.endsWith('owners'));
  assert.deepEqual(alerts.length, 2, 'one at each coordinator');
  assert.deepEqual(world.answered('fra'), ['fra', 'iad']);
});

test('R3, R5, R23: a site that is cut off freezes itself, the survivor moves its answers, and no route moves', () => {
  const world = settledWorld();
  world.isolate('fra');
  world.run(15_000, () => {
    assert.deepEqual(world.answered('fra'), ['fra', 'iad']);
    assert.deepEqual(world.announcing(), ['fra', 'iad']);
  });
  assert.deepEqual(world.answered('iad'), ['iad']);
  assert.equal(world.site('fra').decision.health.sanity, 'frozen');
  world.cut.clear();
  world.run(10_000, () => {
    assert.deepEqual(world.answered('fra'), ['fra', 'iad']);
  });
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
});

test('R5: a silent peer says something about the peer, and nothing about its site', () => {
  const world = settledWorld();
  world.crash('fra');
  world.run(10_000, () => {
    assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
  });
  assert.equal(world.site('iad').decision.health.sanity, 'sane');
});

test('R8: when everything dies at once, DNS freezes on what was up and one site keeps the route', () => {
  const world = settledWorld();
  world.setNodes('fra', 'down');
  world.setNodes('iad', 'down');
  world.run(60_000, () => {
    for (const site of ['fra', 'iad']) assert.ok(world.answered(site).length > 0);
    assert.ok(world.announcing().length > 0);
  });
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
});

test('R8, R19: when one site dies ten seconds after the other, DNS is never empty and one site keeps the route', () => {
  const world = settledWorld();
  const safe = (): void => {
    for (const site of ['fra', 'iad']) assert.ok(world.answered(site).length > 0);
    assert.ok(world.announcing().length > 0);
  };
  world.setNodes('fra', 'down');
  world.run(10_000, safe);
  assert.deepEqual(world.announcing(), ['iad']);
  world.setNodes('iad', 'down');
  world.run(60_000, safe);
  assert.deepEqual(world.announcing(), ['iad']);
  world.setNodes('fra', 'up');
  world.run(1000, safe);
  assert.deepEqual(world.answered('iad'), ['fra']);
  assert.deepEqual(world.announcing(), ['fra']);
});

test('R10: an engine that was not run for long grants every lease an interval before it judges', () => {
  const world = settledWorld();
  const site = world.site('iad');
  world.nowMs = (world.nowMs + 60_000) as typeof world.nowMs;
  world.feed(site, { kind: 'tick' });
  assert.equal(site.decision.health.verdict(subjectKey('www', 'fra', 4))?.basis, 'inside');
});

test('R11: a restarted coordinator believes what it knew, and a prefix that was rightly withdrawn does not come back', () => {
  const world = settledWorld();
  world.setNodes('fra', 'down');
  world.run(500);
  assert.deepEqual(world.announcing(), ['iad']);
  world.crash('fra');
  world.boot('fra');
  assert.deepEqual(world.answered('fra'), ['iad']);
  world.feed(world.site('fra'), { kind: 'open' });
  world.run(5000, () => {
    assert.deepEqual(world.announcing(), ['iad']);
  });
});

test('R12: an override outlives a step of the wall clock and ends when both clocks say so', () => {
  const world = settledWorld();
  world.drain('fra', 60_000);
  world.run(100);
  assert.deepEqual(world.answered('iad'), ['iad']);
  world.unixMs = (world.unixMs + 86_400_000) as typeof world.unixMs;
  world.run(50_000);
  assert.deepEqual(world.answered('iad'), ['iad']);
  world.run(12_000);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
});

test('R25: a drain leaves DNS at once, and the routes after the longest TTL, with 65535:0 before the withdrawal', () => {
  const world = settledWorld();
  const site = world.site('fra');
  world.drain('fra', 600_000);
  world.run(200);
  for (const id of ['fra', 'iad']) assert.deepEqual(world.answered(id), ['iad']);
  world.run(29_000, () => assert.deepEqual(site.announced?.communities, []));
  world.run(2000);
  assert.deepEqual(site.announced?.communities, ['65535:0']);
  world.run(12_000);
  assert.equal(site.announced, undefined);
  world.undrain('fra');
  world.run(200);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
});

test('R19: of two drains that together would take out every site the later is pending', () => {
  const world = settledWorld();
  const site = world.site('fra');
  world.drain('fra', 600_000);
  world.run(500);
  world.drain('iad', 600_000);
  world.run(60_000);
  for (const id of ['fra', 'iad']) assert.deepEqual(world.answered(id), ['iad']);
  assert.deepEqual(world.announcing(), ['iad']);
  assert.ok(world.log.some((line) => line.endsWith('drainPending')));
  assert.match(site.decision.overrides.find(({ override }) => override.site === 'iad')?.state ?? '', /^pending: /);
});
