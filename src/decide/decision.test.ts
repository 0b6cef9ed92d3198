import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrng } from '#base/prng.ts';
import { subjectKey } from '#health/model.ts';
import type { Override } from '#health/report.ts';
import { World } from './decision.fixture.ts';

function settled(sites: readonly string[] = ['fra', 'iad']): World {
  const world = new World(sites);
  world.run(2500);
  world.open();
  world.run(1500);
  assert.deepEqual(world.announcing(), sites);
  for (const site of sites) assert.deepEqual(world.answered(site), sites);
  return world;
}

function drain(world: World, site: string, durationMs: number): Override {
  return {
    id: `drain-${site}`,
    kind: 'drain',
    site,
    reason: 'maintenance',
    who: 'ops',
    createdAtUnixMs: world.unixMs,
    durationMs,
    revision: 0,
    removed: false,
  };
}

test('R4, R20: a fresh inside down moves DNS at every coordinator and withdraws the route at that site only', () => {
  const world = settled();
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
  const world = settled();
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
  const world = settled();
  for (const node of world.site('fra').nodes.values()) node.owner = false;
  world.run(7000);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
  world.run(4000);
  assert.deepEqual(world.answered('iad'), ['iad']);
});

test('R6: two owners for over 3 s is an alert, once', () => {
  const world = settled();
  for (const node of world.site('fra').nodes.values()) node.owner = true;
  world.run(10_000);
  const alerts = world.log.filter((line) => line.endsWith('owners'));
  assert.deepEqual(alerts.length, 2, 'one at each coordinator');
  assert.deepEqual(world.answered('fra'), ['fra', 'iad']);
});

test('R3, R5, R23: a site that is cut off freezes itself, the survivor moves its answers, and no route moves', () => {
  const world = settled();
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
  const world = settled();
  world.crash('fra');
  world.run(10_000, () => {
    assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
  });
  assert.equal(world.site('iad').decision.health.sanity, 'sane');
});

test('R8: when everything dies at once, DNS freezes on what was up and one site keeps the route', () => {
  const world = settled();
  world.setNodes('fra', 'down');
  world.setNodes('iad', 'down');
  world.run(60_000, () => {
    for (const site of ['fra', 'iad']) assert.ok(world.answered(site).length > 0);
    assert.ok(world.announcing().length > 0);
  });
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
});

test('R8, R19: when one site dies ten seconds after the other, DNS is never empty and one site keeps the route', () => {
  const world = settled();
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
  const world = settled();
  const site = world.site('iad');
  world.nowMs = (world.nowMs + 60_000) as typeof world.nowMs;
  world.feed(site, { kind: 'tick' });
  assert.equal(site.decision.health.verdict(subjectKey('www', 'fra', 4))?.basis, 'inside');
});

test('R11: a restarted coordinator believes what it knew, and a prefix that was rightly withdrawn does not come back', () => {
  const world = settled();
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
  const world = settled();
  const site = world.site('fra');
  const added = site.decision.addOverride(drain(world, 'fra', 60_000), world.moment);
  assert.ok(added.ok);
  world.carryOut(site, added.value);
  world.run(100);
  assert.deepEqual(world.answered('iad'), ['iad']);
  world.unixMs = (world.unixMs + 86_400_000) as typeof world.unixMs;
  world.run(50_000);
  assert.deepEqual(world.answered('iad'), ['iad']);
  world.run(12_000);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
});

test('R25: a drain leaves DNS at once, and the routes after the longest TTL, with 65535:0 before the withdrawal', () => {
  const world = settled();
  const site = world.site('fra');
  const added = site.decision.addOverride(drain(world, 'fra', 600_000), world.moment);
  assert.ok(added.ok);
  world.carryOut(site, added.value);
  world.run(200);
  for (const id of ['fra', 'iad']) assert.deepEqual(world.answered(id), ['iad']);
  world.run(29_000, () => assert.deepEqual(site.announced?.communities, []));
  world.run(2000);
  assert.deepEqual(site.announced?.communities, ['65535:0']);
  world.run(12_000);
  assert.equal(site.announced, undefined);
  const { removed, effects } = site.decision.removeOverrides('fra', world.moment);
  assert.equal(removed.length, 1);
  world.carryOut(site, effects);
  world.run(200);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
  assert.deepEqual(world.answered('iad'), ['fra', 'iad']);
});

test('R19: of two drains that together would take out every site the later is pending', () => {
  const world = settled();
  const site = world.site('fra');
  const first = site.decision.addOverride(drain(world, 'fra', 600_000), world.moment);
  assert.ok(first.ok);
  world.carryOut(site, first.value);
  world.run(500);
  const other = world.site('iad');
  const second = other.decision.addOverride(drain(world, 'iad', 600_000), world.moment);
  assert.ok(second.ok);
  world.carryOut(other, second.value);
  world.run(60_000);
  for (const id of ['fra', 'iad']) assert.deepEqual(world.answered(id), ['iad']);
  assert.deepEqual(world.announcing(), ['iad']);
  assert.ok(world.log.some((line) => line.endsWith('drainPending')));
  assert.match(site.decision.overrides.find(({ override }) => override.site === 'iad')?.state ?? '', /^pending: /);
});

test('R19: under crashes, cuts, deaths and drains in any order, a prefix with a holder is never left by all', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const prng = createPrng(seed);
    const ids = ['fra', 'iad', 'sin'].slice(0, 2 + prng.below(2));
    const world = new World(ids);
    world.delayMs = 10 + prng.below(400);
    world.run(2500);
    world.open();
    for (let action = 0; action < 25; action++) {
      const id = ids[prng.below(ids.length)] ?? 'fra';
      const other = ids[prng.below(ids.length)] ?? 'iad';
      const kind = prng.below(6);
      if (kind === 0) world.setNodes(id, 'down');
      else if (kind === 1) world.setNodes(id, 'up');
      else if (kind === 2) world.setNodes(id, 'draining');
      else if (kind === 3) world.cut.add(`${id}>${other}`);
      else if (kind === 4) world.cut.clear();
      else {
        world.crash(id);
        world.boot(id);
        world.feed(world.site(id), { kind: 'open' });
      }
      world.run(prng.below(3000), () => {
        assert.ok(world.announcing().length > 0, `seed ${seed}: nobody announces after action ${action}`);
      });
    }
  }
});
