/** Whose turn it is to change session settings, with coordinators that hear each other, and that do not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';

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

test('R23, R28: sites that do not hear each other change their sessions a minute apart', () => {
  const world = settledWorld(sites);
  for (const site of sites) world.isolate(site);
  world.run(5000);
  for (const site of sites) change(world, site, 'waiting');
  assert.deepEqual(turns(world, 60_900), ['fra']);
  assert.match(world.site('iad').decision.sessionTurn?.reason ?? '', /fra is silent/);
  assert.deepEqual(turns(world, 200), ['iad']);
  assert.deepEqual(turns(world, 59_000), []);
  assert.deepEqual(turns(world, 1000), ['sin']);
});
