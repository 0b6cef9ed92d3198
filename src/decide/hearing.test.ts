import assert from 'node:assert/strict';
import test from 'node:test';
import { prefix, settledWorld } from './decision.fixture.ts';

test('R19: a site whose neighbors are not told a prefix serves it to nobody, so that no other leaves for it', () => {
  const world = settledWorld();
  world.feed(world.site('iad'), { kind: 'sessions', established: true, unheard: [prefix] });
  world.run(1000);
  world.setNodes('fra', 'down');
  world.run(10_000, () => assert.ok(world.announcing().includes('fra')));
  world.feed(world.site('iad'), { kind: 'sessions', established: true });
  world.run(5000);
  assert.deepEqual(world.announcing(), ['iad']);
});

test('R19: a drain that is about to withdraw stays while the other site stops', () => {
  const world = settledWorld();
  world.drain('fra', 3_600_000);
  world.run(36_000);
  assert.equal(world.site('fra').announced?.standing, 'draining');
  // What `fairlead stop` says first, before it takes its routes back.
  world.feed(world.site('iad'), { kind: 'sessions', established: false });
  world.run(500);
  world.crash('iad');
  world.run(30_000, () => assert.deepEqual(world.announcing(), ['fra']));
});
