/** `fairlead stop` at sites, one after the other and at once: which routes leave. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import { modelsOf, prefix, settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';

function stop(world: World, site: string, forced: readonly string[] = []): void {
  world.feed(world.site(site), { kind: 'stop', reason: 'fairlead stop', forced });
}

test('R19, R24: of two sites that are stopped at once one leaves, the other stays and says why', () => {
  const world = settledWorld();
  stop(world, 'iad');
  stop(world, 'fra');
  world.run(20_000, () => assert.notDeepEqual(world.announcing(), []));
  assert.deepEqual(world.announcing(), ['iad']);
  const [left] = world.site('iad').decision.prefixes;
  assert.match(left?.blocked?.reason ?? '', /0 other sites serve it/);
  assert.equal(world.site('iad').announced?.standing, 'normal');
});

test('R19, R24: forced past the budget, the last one still keeps its routes', () => {
  const world = settledWorld();
  for (const site of ['fra', 'iad']) stop(world, site, ['minSites', 'oneAtATime']);
  world.run(20_000, () => assert.notDeepEqual(world.announcing(), []));
});

test('R24: a stop takes the routes back within seconds, and 65535:0 comes first', () => {
  const world = settledWorld();
  const seen: (string | undefined)[] = [];
  stop(world, 'fra');
  world.run(3000, () => {
    const standing = world.site('fra').announced?.standing;
    if (seen.at(-1) !== standing || seen.length === 0) seen.push(standing);
  });
  assert.deepEqual(seen, ['normal', 'draining', undefined]);
  assert.deepEqual(world.announcing(), ['iad']);
});

test('R24: a stop that is called off leaves everything as it was', () => {
  const world = settledWorld();
  stop(world, 'fra');
  world.run(1500);
  world.feed(world.site('fra'), { kind: 'stay' });
  world.run(1000);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
  assert.equal(world.site('fra').announced?.standing, 'normal');
});

test('R24: what a stop took back stands again when it is called off, as it would after a start', () => {
  const world = settledWorld();
  stop(world, 'fra');
  world.run(5000);
  assert.deepEqual(world.announcing(), ['iad']);
  // Without agents nothing would say that it is up.
  world.site('fra').nodes.clear();
  world.run(10_000);
  world.feed(world.site('fra'), { kind: 'stay' });
  world.run(100);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
  assert.equal(world.site('fra').announced?.standing, 'normal');
});

test('R19, R24: what died meanwhile does not stand again by a stop that is called off', () => {
  const world = settledWorld();
  stop(world, 'fra');
  world.run(5000);
  world.setNodes('fra', 'down');
  world.run(5000);
  world.feed(world.site('fra'), { kind: 'stay' });
  world.run(5000);
  assert.deepEqual(world.announcing(), ['iad']);
});

test('R24: a stop of some prefixes leaves the others, on disk too', () => {
  const sites = ['fra', 'iad'];
  const world = settledWorld(sites);
  const models = modelsOf(sites);
  const other = '198.51.100.0/24' as IpPrefix;
  const prefixes = models.steering.prefixes.flatMap((policy) => [policy, { ...policy, prefix: other }]);
  for (const id of sites) world.reload(id, { ...models, steering: { ...models.steering, prefixes } });
  world.run(2000);
  const fra = world.site('fra');
  world.feed(fra, { kind: 'stop', reason: 'the last node stops', forced: [], prefixes: [other] });
  world.run(5000);
  assert.deepEqual([...fra.routes], [[prefix, 'normal']]);
  world.setNodes('fra', 'down');
  world.run(5000);
  assert.deepEqual([...fra.routes], []);
  const stored = fra.state.prefixes.map(({ prefix: each, state, nextHop }) => [each, state, nextHop]);
  assert.deepEqual(new Set(stored.map(String)), new Set([`${prefix},withdrawn,10.66.1.100`, `${other},announced,`]));
});

test('R24: a start after a stop announces again, as the one that was stopped did', () => {
  const world = settledWorld();
  stop(world, 'fra');
  world.run(5000);
  assert.deepEqual(world.announcing(), ['iad']);
  world.crash('fra');
  // Without agents nothing would say that it is up again.
  world.site('fra').nodes.clear();
  world.boot('fra');
  world.open(['fra']);
  world.run(100);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
});

test('R24: a site that alone has a prefix asks nobody', () => {
  const world = settledWorld(['fra']);
  stop(world, 'fra');
  world.run(1500);
  assert.deepEqual(world.announcing(), []);
});

test('R19: a site that waits to stop and is asked to hold the anchor keeps that promise over a crash', () => {
  const world = settledWorld();
  stop(world, 'iad');
  stop(world, 'fra');
  world.run(20_000);
  const [anchor] = world.site('iad').state.anchors;
  assert.equal(anchor?.holds, true);
});
