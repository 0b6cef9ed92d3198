import assert from 'node:assert/strict';
import test from 'node:test';
import { plainPolicy } from '#steering/policy/model.ts';
import type { PolicyMember, ServicePolicy } from '#steering/policy/model.ts';
import type { EndpointDecision, ServiceDecision } from '#steering/answers.ts';
import { modelsOf, settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';
import { activePassive, tieredPolicy, tieredWorld } from './failover.fixture.ts';

const two = ['fra', 'iad'];

function policyWorld(policy: ServicePolicy, capacity?: number): World {
  const world = settledWorld(two);
  const { health, steering } = modelsOf(two);
  const endpoints = steering.endpoints.map((endpoint) => ({
    ...endpoint,
    weight: 200,
    ...(capacity === undefined ? {} : { capacity }),
  }));
  const models = { health, steering: { ...steering, endpoints, services: new Map([[policy.service, policy]]) } };
  for (const site of two) world.reload(site, models);
  world.run(100);
  return world;
}

function decisionOf(world: World, service: string): ServiceDecision {
  const found = world.site('fra').decision.services.find((each) => each.service === service);
  assert.ok(found !== undefined, `${service} is decided`);
  return found;
}

function endpointAt(world: World, site: string): EndpointDecision {
  const found = decisionOf(world, 'www').endpoints.find(({ endpoint }) => endpoint.site === site);
  assert.ok(found !== undefined, `${site} has an endpoint`);
  return found;
}

test('R13: a site that comes back gets its weight in steps, each with the short TTL, and its neighbour keeps its own', () => {
  const world = policyWorld({ ...plainPolicy('www', []), slowStartMs: 9000 });
  assert.equal(endpointAt(world, 'fra').weight, 200);
  world.setNodes('fra', 'down');
  world.run(1000);
  world.setNodes('fra', 'up');
  const seen: number[] = [];
  world.run(9500, () => {
    const { weight, answerable, changePending } = endpointAt(world, 'fra');
    if (answerable && weight !== seen.at(-1)) seen.push(weight);
    if (answerable && weight < 200) assert.equal(changePending, true);
    assert.equal(endpointAt(world, 'iad').weight, 200);
  });
  assert.deepEqual(seen, [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
  assert.equal(endpointAt(world, 'fra').changePending, false);
});

test('R24: a restart in the middle of a slow start changes no weight', () => {
  const world = policyWorld({ ...plainPolicy('www', []), slowStartMs: 90_000 });
  world.setNodes('fra', 'down');
  world.run(1000);
  world.setNodes('fra', 'up');
  world.run(45_000);
  const { weight } = endpointAt(world, 'fra');
  assert.equal(weight, 100);
  world.crash('fra');
  world.boot('fra');
  assert.equal(endpointAt(world, 'fra').weight, weight);
});

test('R22: a site over its target sheds to one with room, by what its agents report, and a restart keeps that', () => {
  const load = { targetPercent: 70, maxPercent: 90 };
  const world = policyWorld({ ...plainPolicy('www', []), load });
  world.loadOf = ({ id }) => ({ load: id === 'fra' ? 0.85 : 0.1 });
  world.run(120_000);
  const { shed, weight, answerable } = endpointAt(world, 'fra');
  assert.ok(shed > 0 && answerable);
  assert.equal(weight, 200, 'its weight is as it was');
  assert.equal(endpointAt(world, 'iad').shed, 0);
  world.crash('fra');
  world.boot('fra');
  assert.equal(endpointAt(world, 'fra').shed, shed);
});

test('R22: where a capacity is configured, load is the sessions beside it', () => {
  const load = { targetPercent: 70, maxPercent: 90 };
  const world = policyWorld({ ...plainPolicy('www', []), load }, 1000);
  world.loadOf = ({ id }) => ({ load: 0.1, sessions: id === 'fra' ? 800 : 100 });
  world.run(60_000);
  assert.ok(endpointAt(world, 'fra').shed > 0);
  assert.equal(endpointAt(world, 'iad').shed, 0);
});

test('a service is healthy for others while enough of its members are up and answered by health', () => {
  const world = policyWorld({ ...plainPolicy('www', []), minHealthy: 2 });
  assert.equal(decisionOf(world, 'www').healthy, true);
  world.setNodes('iad', 'down');
  world.run(500);
  assert.deepEqual([decisionOf(world, 'www').mode, decisionOf(world, 'www').healthy], ['normal', false]);
  assert.deepEqual(world.answered('fra'), ['fra']);
});

test('R27: a service that is a member is left when it has fewer members up than its minHealthy', () => {
  const inner = tieredPolicy([['fra', 'iad']], activePassive, { minHealthy: 2 });
  const world = tieredWorld(two, inner);
  const members: readonly PolicyMember[] = [
    { kind: 'service', name: 'www', weight: 100 },
    { kind: 'service', name: 'sorry', weight: 100 },
  ];
  const outer: ServicePolicy = {
    ...plainPolicy('front', members),
    steps: [{ kind: 'up' }, { kind: 'failover', tiers: [['www'], ['sorry']] }],
  };
  const { models } = world.site('fra');
  const [endpoint] = models.steering.endpoints;
  assert.ok(endpoint !== undefined);
  const steering = {
    ...models.steering,
    endpoints: [...models.steering.endpoints, { ...endpoint, service: 'sorry' }],
    services: new Map([
      ['front', outer],
      ['www', inner],
    ]),
  };
  for (const site of two) world.reload(site, { ...models, steering });
  world.run(500);
  assert.equal(decisionOf(world, 'front').activeTier, 0);
  // Its site says so itself: that is sure without the vote of its coordinator.
  world.crash('iad');
  world.run(5000);
  world.setNodes('iad', 'down');
  world.run(1500);
  assert.equal(decisionOf(world, 'www').healthy, false);
  assert.equal(decisionOf(world, 'front').activeTier, 1);
  assert.equal(decisionOf(world, 'front').mode, 'normal');
  world.setNodes('iad', 'up');
  world.boot('iad');
  world.run(5000);
  assert.equal(decisionOf(world, 'front').activeTier, 0);
});
