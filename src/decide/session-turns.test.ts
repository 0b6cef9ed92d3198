/** Whose turn it is to change session settings, with coordinators that hear each other, and that do not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createPrng } from '#base/prng.ts';
import { settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';
import { turnMs } from './session-turns.ts';

const sites = ['fra', 'iad', 'sin'];

function change(world: World, site: string, state: 'waiting' | 'going' | undefined): void {
  const sessionChange = state === undefined ? {} : { sessionChange: state };
  world.feed(world.site(site), { kind: 'sessions', established: true, ...sessionChange });
}

/** The sites whose turn came since the last look; each is changing from then on, until the test says otherwise. */
function turns(world: World, durationMs: number): readonly string[] {
  const from = world.log.length;
  const seen = new Set<string>();
  world.run(durationMs, () => {
    for (const line of world.log.slice(from)) {
      const [, site = '', what] = line.split(' ');
      if (what !== 'changeSessions' || seen.has(site)) continue;
      seen.add(site);
      change(world, site, 'going');
    }
  });
  return [...seen];
}

test('R28: of sites that are to change their sessions at once, one does, and the next when it says that it is back', () => {
  const world = settledWorld(sites);
  for (const site of sites.toReversed()) change(world, site, 'waiting');
  assert.deepEqual(turns(world, 120_000), ['fra']);
  assert.equal(world.site('iad').decision.sessionTurn?.reason, 'fra is changing its sessions');
  change(world, 'fra', undefined);
  assert.deepEqual(turns(world, 120_000), ['iad']);
  change(world, 'iad', undefined);
  assert.deepEqual(turns(world, 1000), ['sin']);
  change(world, 'sin', undefined);
  assert.equal(world.site('sin').decision.sessionTurn, undefined);
});

test('R28: the others are told before a site changes its sessions, and a site alone waits for nobody', () => {
  const world = settledWorld(sites);
  change(world, 'iad', 'waiting');
  assert.deepEqual(turns(world, 990), []);
  assert.deepEqual(turns(world, 20), ['iad']);
  const alone = settledWorld(['fra']);
  change(alone, 'fra', 'waiting');
  assert.deepEqual(turns(alone, 10), ['fra']);
});

/** Sites that do not hear each other, at a whole minute of the wall clock that is the first site's. */
function partedWorld(): World {
  const world = settledWorld(sites);
  for (const site of sites) world.isolate(site);
  const periodMs = sites.length * turnMs;
  world.run(periodMs - (world.unixMs % periodMs));
  assert.equal(world.unixMs % periodMs, 0);
  return world;
}

test('R23, R28: sites that do not hear each other change their sessions each in its own minute', () => {
  const world = partedWorld();
  for (const site of sites) change(world, site, 'waiting');
  assert.deepEqual(turns(world, turnMs - 100), ['fra']);
  assert.match(world.site('iad').decision.sessionTurn?.reason ?? '', /fra is silent/);
  assert.deepEqual(turns(world, 200), ['iad']);
  assert.deepEqual(turns(world, turnMs - 1000), []);
  assert.deepEqual(turns(world, 1000), ['sin']);
});

test('R23, R28: whenever a release reaches them, sites that do not hear each other begin in minutes of their own', () => {
  const prng = createPrng(1);
  for (let round = 0; round < 4; round++) {
    const world = partedWorld();
    const begun = new Map<string, number>();
    const waits = new Map(sites.map((site) => [site, prng.below(3 * turnMs)]));
    const from = world.unixMs;
    const seen = world.log.length;
    world.run(7 * turnMs, () => {
      for (const [site, waitMs] of waits) {
        if (world.unixMs - from < waitMs) continue;
        waits.delete(site);
        change(world, site, 'waiting');
      }
      for (const line of world.log.slice(seen)) {
        const [, site = '', what] = line.split(' ');
        if (what !== 'changeSessions' || begun.has(site)) continue;
        begun.set(site, Math.floor(world.unixMs / turnMs));
        change(world, site, undefined);
      }
    });
    assert.equal(new Set(begun.values()).size, sites.length, `round ${round}: ${JSON.stringify([...begun])}`);
  }
});

test('R28: a site that is silent has the first one, too, wait for its minute, and no longer than until it is heard', () => {
  const world = settledWorld(sites);
  world.isolate('sin');
  world.run(3 * turnMs - (world.unixMs % (3 * turnMs)) + turnMs / 2);
  change(world, 'fra', 'waiting');
  assert.deepEqual(turns(world, turnMs), []);
  assert.match(world.site('fra').decision.sessionTurn?.reason ?? '', /sin is silent/);
  world.cut.clear();
  assert.deepEqual(turns(world, 2000), ['fra']);
});
