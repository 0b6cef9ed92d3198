/** Routes where a release changes what there is to announce, at a bad moment. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpPrefix } from '#base/ip.ts';
import type { PrefixPolicy } from '#steering/model.ts';
import { modelsOf, prefix, settledWorld } from './decision.fixture.ts';
import type { Site } from './decision.fixture.ts';

const hour = 3_600_000;

/** The models of a world whose prefixes are others. */
function withPrefixes(
  sites: readonly string[],
  change: (policy: PrefixPolicy) => readonly PrefixPolicy[],
): Site['models'] {
  const models = modelsOf(sites);
  return { ...models, steering: { ...models.steering, prefixes: models.steering.prefixes.flatMap(change) } };
}

test('a discarded address that a release makes a prefix is announced as one, and back to be discarded after it', () => {
  const sites = ['fra', 'iad'];
  const world = settledWorld(sites);
  const address = '203.0.113.7/32' as IpPrefix;
  const iad = world.site('iad');
  assert.equal(world.overrideRoute('blackhole', address, 'iad', hour), '');
  world.run(1000);
  assert.equal(iad.routes.get(address), 'blackhole');
  const both = withPrefixes(sites, (policy) => [policy, { ...policy, prefix: address }]);
  for (const id of sites) world.reload(id, both);
  world.run(1000);
  assert.deepEqual(
    [iad.routes.get(address), iad.decision.prefixes.find((entry) => entry.prefix === address)?.state.kind],
    ['normal', 'announced'],
  );
  for (const id of sites) world.reload(id, modelsOf(sites));
  world.run(1000);
  assert.deepEqual(
    [...iad.routes],
    [
      [prefix, 'normal'],
      [address, 'blackhole'],
    ],
  );
});

test('R19, R24: a site that a release takes from a prefix keeps it over a restart, until another site serves it', () => {
  const sites = ['fra', 'iad', 'sin'];
  const world = settledWorld(sites);
  const moved = withPrefixes(sites, (policy) => [{ ...policy, sites: ['sin'] }]);
  world.setNodes('sin', 'down');
  world.run(5000);
  assert.deepEqual(world.announcing(), ['fra', 'iad']);
  world.crash('sin');
  for (const id of ['fra', 'iad']) world.reload(id, moved);
  world.run(5000);
  const [holder] = world.announcing();
  assert.ok(holder !== undefined);
  for (const id of ['fra', 'iad']) {
    world.crash(id);
    world.boot(id);
  }
  world.open(['fra', 'iad']);
  world.run(5000);
  assert.notDeepEqual(world.announcing(), []);
  world.boot('sin');
  world.reload('sin', moved);
  world.setNodes('sin', 'up');
  world.open(['sin']);
  world.run(10_000, () => assert.notDeepEqual(world.announcing(), []));
  assert.deepEqual(world.announcing(), ['sin']);
});

test('R20, R28: a restart does not let a release drop ten more prefixes at once', () => {
  const sites = ['fra', 'iad'];
  const world = settledWorld(sites);
  const count = 12;
  const many = withPrefixes(sites, (policy) =>
    Array.from({ length: count }, (_, index) => ({ ...policy, prefix: `198.51.100.${index}/32` as IpPrefix })),
  );
  const none = withPrefixes(sites, () => []);
  const fra = world.site('fra');
  world.reload('fra', many);
  world.run(1000);
  assert.equal(fra.routes.size, count, 'the prefix before went, too');
  world.reload('fra', none);
  world.run(1000);
  // One of the ten is the prefix that the release before had.
  assert.equal(fra.routes.size, 3);
  world.crash('fra');
  fra.models = many;
  world.boot('fra');
  world.run(2500);
  world.open(['fra']);
  world.run(1000);
  world.reload('fra', none);
  world.run(1000);
  assert.equal(fra.routes.size, 3, 'those that went before may go again, no others');
  world.run(600_000);
  assert.equal(fra.routes.size, 0);
});
