/** Prefixes that a release drops everywhere while the coordinator is not running: a start leaves them as a run would. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import { createPrng } from '#base/prng.ts';
import { after } from '#base/time.ts';
import type { UnixMs } from '#base/time.ts';
import { bulkLimit, bulkWindowMs } from '#steering/safety/bulk.ts';
import { modelsOf, settledWorld } from './decision.fixture.ts';
import type { Site, World } from './decision.fixture.ts';

const sites = ['fra', 'iad'];
const count = 13;

/** The models of a release with the first so many of these prefixes, and no other. */
function withFirst(kept: number, ids: readonly string[] = sites): Site['models'] {
  const models = modelsOf(ids);
  const [policy] = models.steering.prefixes;
  assert.ok(policy !== undefined);
  const prefixes = Array.from({ length: kept }, (_, index) => ({
    ...policy,
    prefix: `198.51.100.${index}/32` as IpPrefix,
    export: { communities: ['64500:1'] },
  }));
  return { ...models, steering: { ...models.steering, prefixes } };
}

/** A world whose sites announce all of them, with nothing counted by the breaker any more. */
function worldOfMany(ids: readonly string[] = sites): World {
  const world = settledWorld(ids);
  for (const id of ids) world.reload(id, withFirst(count, ids));
  world.run(1000);
  pass(world, bulkWindowMs);
  for (const id of ids) assert.equal(world.site(id).routes.size, count);
  return world;
}

/** Lets time pass in which nothing is told, and a moment in which everything is. */
function pass(world: World, durationMs: number): void {
  world.nowMs = after(world.nowMs, durationMs);
  world.unixMs = (world.unixMs + durationMs) as UnixMs;
  world.run(2500);
}

/** Starts a coordinator that is down into a release. */
function start(world: World, id: string, models: Site['models'], change: (site: Site) => void = () => undefined): void {
  const site = world.site(id);
  site.models = models;
  world.boot(id);
  change(site);
  world.run(1500);
  world.open([id]);
  world.run(1000);
}

test('R20, R24, R28: a start into a release that drops all prefixes holds back exactly what a running coordinator does', () => {
  const world = worldOfMany();
  const [fra, iad] = [world.site('fra'), world.site('iad')];
  const from = world.log.length;
  world.crash('fra');
  world.reload('iad', withFirst(0));
  start(world, 'fra', withFirst(0));
  assert.equal(iad.routes.size, count - bulkLimit.prefixes);
  assert.deepEqual([...fra.routes], [...iad.routes]);
  assert.deepEqual(
    fra.decision.prefixes.map(({ prefix, blocked }) => [prefix, blocked?.rule]),
    [
      ['198.51.100.10/32', 'bulk'],
      ['198.51.100.11/32', 'bulk'],
      ['198.51.100.12/32', 'bulk'],
    ],
  );
  const told = (id: string): number => world.log.slice(from).filter((line) => line.endsWith(`${id} blocked`)).length;
  assert.deepEqual([told('fra'), told('iad')], [3, 3]);
  pass(world, bulkWindowMs);
  assert.deepEqual([fra.routes.size, iad.routes.size], [0, 0]);
});

test('R20, R24: what is held back stays so over a second restart, and comes back whole in a release that has it again', () => {
  const world = worldOfMany();
  const fra = world.site('fra');
  for (let restart = 0; restart < 2; restart++) {
    world.crash('fra');
    start(world, 'fra', withFirst(0));
    assert.equal(fra.routes.size, count - bulkLimit.prefixes);
  }
  const kept = fra.state.prefixes.map(({ nextHop, export: settings }) => [nextHop, settings?.communities]);
  assert.deepEqual(new Set(kept.map((each) => JSON.stringify(each))), new Set(['["10.66.1.100",["64500:1"]]']));
  world.reload('fra', withFirst(count));
  world.run(1000);
  assert.equal(fra.routes.size, count);
  assert.ok(fra.decision.prefixes.every(({ blocked }) => blocked === undefined));
});

test('R20: a start that drops no more than the limit lets them go at once', () => {
  const world = worldOfMany();
  world.crash('fra');
  start(world, 'fra', withFirst(count - bulkLimit.prefixes));
  assert.equal(world.site('fra').routes.size, count - bulkLimit.prefixes);
  assert.ok(world.site('fra').decision.prefixes.every(({ blocked }) => blocked === undefined));
});

test('R24: a coordinator that was gone for longer than the breaker counts begins nothing that the release does not have', () => {
  const world = worldOfMany();
  world.crash('fra');
  pass(world, bulkWindowMs + 60_000);
  start(world, 'fra', withFirst(0));
  assert.equal(world.site('fra').routes.size, 0);
});

test('R24: a start that never comes to announce does not make old routes look recent', () => {
  const world = worldOfMany();
  world.crash('fra');
  for (let attempt = 0; attempt < 3; attempt++) {
    pass(world, bulkWindowMs / 2);
    world.site('fra').models = withFirst(0);
    world.boot('fra');
    world.run(1500);
    world.crash('fra');
  }
  start(world, 'fra', withFirst(0));
  assert.equal(world.site('fra').routes.size, 0);
});

test('R20, R23: where the nodes speak, their routes have gone on however long the coordinator was gone', () => {
  const world = worldOfMany();
  world.crash('fra');
  pass(world, 10 * bulkWindowMs);
  start(world, 'fra', withFirst(0), (site) => {
    world.feed(site, { kind: 'sessions', established: true, isByNodes: true });
  });
  assert.equal(world.site('fra').routes.size, count - bulkLimit.prefixes);
});

test('R11: a coordinator without a state file begins by its release alone', () => {
  const world = worldOfMany();
  world.crash('fra');
  world.loseDisk('fra');
  start(world, 'fra', withFirst(0));
  assert.equal(world.site('fra').routes.size, 0);
  start(world, 'fra', withFirst(count));
  assert.equal(world.site('fra').routes.size, count);
});

test('R24: what a stop has taken back does not begin again by a release that drops it', () => {
  const world = worldOfMany();
  world.feed(world.site('fra'), { kind: 'stop', reason: 'fairlead stop', forced: [] });
  world.run(5000);
  assert.equal(world.site('fra').routes.size, 0);
  world.crash('fra');
  start(world, 'fra', withFirst(0));
  assert.equal(world.site('fra').routes.size, 0);
});

test('R24: a stop takes along what waits for its turn, and a start after it begins none of that', () => {
  const world = worldOfMany();
  const fra = world.site('fra');
  world.reload('fra', withFirst(0));
  assert.equal(fra.routes.size, count - bulkLimit.prefixes);
  world.feed(fra, { kind: 'stop', reason: 'fairlead stop', forced: [] });
  world.run(500);
  assert.deepEqual(new Set(fra.routes.values()), new Set(['draining']));
  world.run(2000);
  assert.equal(fra.routes.size, 0);
  assert.ok(fra.decision.prefixes.every(({ state }) => state.kind === 'withdrawn'));
  world.crash('fra');
  start(world, 'fra', withFirst(0));
  assert.equal(fra.routes.size, 0);
});

test('R24: what waits for its turn stands again as it was when a stop is called off, gone already or not, and waits on', () => {
  for (const stopMs of [500, 5000]) {
    const world = worldOfMany();
    const fra = world.site('fra');
    world.reload('fra', withFirst(0));
    const before = [...fra.routes].toSorted();
    world.feed(fra, { kind: 'stop', reason: 'fairlead stop', forced: [] });
    world.run(stopMs);
    world.feed(fra, { kind: 'stay' });
    world.run(100);
    assert.deepEqual([...fra.routes].toSorted(), before, `after ${stopMs} ms`);
    assert.ok(fra.decision.prefixes.every(({ blocked }) => blocked?.rule === 'bulk'));
    pass(world, bulkWindowMs);
    assert.equal(fra.routes.size, 0);
  }
});

test('R24: a stop of other prefixes leaves what waits for its turn, and one that outlasts the turn brings nothing back', () => {
  const world = worldOfMany();
  const fra = world.site('fra');
  world.reload('fra', withFirst(0));
  const [first, ...others] = [...fra.routes.keys()].map((each) => each as IpPrefix);
  assert.ok(first !== undefined);
  world.feed(fra, { kind: 'stop', reason: 'the last node stops', forced: [], prefixes: [first] });
  world.run(5000);
  assert.deepEqual([...fra.routes.keys()], others);
  pass(world, bulkWindowMs);
  world.feed(fra, { kind: 'stay' });
  world.run(1000);
  assert.equal(fra.routes.size, 0);
});

test('R19, R28: prefixes that move to another site over a restart leave as the anchor permits, however many', () => {
  const world = worldOfMany();
  const models = withFirst(count);
  const prefixes = models.steering.prefixes.map((policy) => ({ ...policy, sites: ['iad'] }));
  const moved = { ...models, steering: { ...models.steering, prefixes } };
  world.crash('fra');
  world.reload('iad', moved);
  start(world, 'fra', moved);
  world.run(5000);
  assert.deepEqual([world.site('fra').routes.size, world.site('iad').routes.size], [0, count]);
});

/** The prefixes that left a site alone in the world over seeded restarts and releases; the most within one window. */
function mostLeavesAtOnce(seed: number): number {
  const world = worldOfMany(['fra']);
  const fra = world.site('fra');
  const prng = createPrng(seed);
  let before = new Set(fra.routes.keys());
  let left: { readonly prefix: string; readonly atMs: number }[] = [];
  let most = 0;
  for (let round = 0; round < 30; round++) {
    const models = withFirst([0, 1, 3, count][prng.below(4)] ?? 0, ['fra']);
    if (prng.below(2) === 0) world.reload('fra', models);
    else {
      world.crash('fra');
      if (prng.below(3) === 0) pass(world, prng.below(bulkWindowMs / 2));
      start(world, 'fra', models);
    }
    pass(world, prng.below(bulkWindowMs / 4));
    left.push(...[...before].flatMap((prefix) => (fra.routes.has(prefix) ? [] : [{ prefix, atMs: world.nowMs }])));
    before = new Set(fra.routes.keys());
    // A round is seen when it is over, so that a leave may be as much older as a round is long.
    left = left.filter(({ atMs }) => world.nowMs - atMs < bulkWindowMs / 4);
    most = Math.max(most, new Set(left.map(({ prefix }) => prefix)).size);
  }
  return most;
}

test('R20, R24: in seeded histories of releases and restarts, no more prefixes leave at once than the breaker lets go', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const most = mostLeavesAtOnce(seed);
    assert.ok(most <= bulkLimit.prefixes, `seed ${seed}: ${most}`);
    assert.ok(most > 0, `seed ${seed}: nothing left`);
  }
});
