import assert from 'node:assert/strict';
import test from 'node:test';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { defineCheck } from '#health/check.ts';
import type { SteeringModel } from '#steering/model.ts';
import { checkOf, modelsOf, prefix, settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';

const hour = 3_600_000;

const standings = (world: World): readonly (string | undefined)[] =>
  world.sites.map(({ announced }) => announced?.standing);

/** Takes a site down and brings it back. */
function flap(world: World, id: string): void {
  world.setNodes(id, 'down');
  world.run(1500);
  world.setNodes(id, 'up');
  world.run(1500);
}

test('R19: the holder of the anchor that is down de-prefers, and is back at full preference once it is up', () => {
  const world = settledWorld();
  world.setNodes('iad', 'down');
  world.run(1500);
  world.setNodes('fra', 'down');
  world.run(3000);
  assert.deepEqual(standings(world), ['depreferred', undefined]);
  world.setNodes('fra', 'up');
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', undefined]);
});

test('R21: what comes and goes is withdrawn each time and returns de-preferred, until its hold is over', () => {
  const world = settledWorld();
  flap(world, 'iad');
  flap(world, 'iad');
  assert.deepEqual(standings(world), ['normal', 'normal']);
  world.setNodes('iad', 'down');
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', undefined]);
  world.setNodes('iad', 'up');
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', 'depreferred']);
  world.run(57_000);
  assert.deepEqual(standings(world), ['normal', 'depreferred']);
  world.run(2000);
  assert.deepEqual(standings(world), ['normal', 'normal']);
});

test('R21, R24: a restart does not shorten a hold, and what comes back de-preferred may hold the anchor', () => {
  const world = settledWorld();
  for (let count = 0; count < 3; count++) flap(world, 'iad');
  world.crash('iad');
  world.boot('iad');
  world.open(['iad']);
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', 'depreferred']);
  world.setNodes('fra', 'down');
  world.run(1500);
  assert.deepEqual(standings(world), [undefined, 'depreferred']);
});

test('R24: a prefix that was rightly withdrawn does not come back by a restart, without word of its agents', () => {
  const world = settledWorld();
  world.setNodes('iad', 'down');
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', undefined]);
  for (const node of world.site('iad').nodes.values()) node.alive = false;
  world.crash('iad');
  world.boot('iad');
  world.open(['iad']);
  world.run(20_000, () => assert.deepEqual(standings(world), ['normal', undefined]));
});

test('R9: up by its agents, a withdrawn prefix waits for the probe from within the site', () => {
  const world = settledWorld();
  world.setNodes('iad', 'down');
  world.answersProbes = ({ id }) => id !== 'iad';
  world.run(5000);
  // Its agents say up at once; its own coordinator still cannot reach the VIP.
  world.setNodes('iad', 'up');
  world.run(1500);
  assert.deepEqual(standings(world), ['normal', undefined]);
  world.answersProbes = () => true;
  world.run(3500);
  assert.deepEqual(standings(world), ['normal', 'normal']);
});

test('R18: a frozen coordinator de-prefers its nameserver prefix and never withdraws it', () => {
  const models = modelsOf(['fra', 'iad']);
  const prefixes = models.steering.prefixes.map((policy) => ({ ...policy, gate: 'nameserver' as const }));
  const world = settledWorld();
  const ask = (passed: boolean): void =>
    world.feed(world.site('fra'), { kind: 'ownDns', prefix, passed, reason: passed ? 'answers' : 'timed out' });
  ask(true);
  for (const id of ['fra', 'iad']) world.reload(id, { ...models, steering: { ...models.steering, prefixes } });
  world.feed(world.site('iad'), { kind: 'ownDns', prefix, passed: true, reason: 'answers' });
  world.run(1000);
  assert.deepEqual(standings(world), ['normal', 'normal']);
  world.cut.add('fra>out');
  world.run(5000);
  assert.deepEqual(standings(world), ['depreferred', 'normal']);
  for (let count = 0; count < 5; count++) ask(false);
  world.run(5000);
  assert.deepEqual(standings(world), ['depreferred', 'normal']);
  world.cut.clear();
  ask(true);
  world.run(5000);
  assert.deepEqual(standings(world), ['normal', 'normal']);
});

test('R26: an operator de-prefers a prefix at one site alone, for a time', () => {
  const world = settledWorld();
  assert.equal(world.overrideRoute('depref', prefix, 'iad', 10_000, 'fra'), '');
  world.run(1000);
  assert.deepEqual(standings(world), ['normal', 'depreferred']);
  assert.match(world.site('fra').decision.overrides[0]?.state ?? '', /BGP/);
  for (const site of ['fra', 'iad']) assert.deepEqual(world.answered(site), ['fra', 'iad']);
  world.run(10_000);
  assert.deepEqual(standings(world), ['normal', 'normal']);
  assert.equal(
    world.overrideRoute('depref', '192.0.2.0/24', 'iad', 10_000),
    "iad does not announce '192.0.2.0/24', expected one of 203.0.113.0/24",
  );
});

test('R26: a blackhole is one address within a prefix of ours, at the sites that are named, over restarts, and ends', () => {
  const world = settledWorld();
  const address = '203.0.113.7/32';
  const at = (id: string): readonly string[] => [...world.site(id).blackholes];
  assert.equal(world.overrideRoute('blackhole', address, 'iad', 60_000, 'fra'), '');
  world.run(1000);
  assert.deepEqual([at('fra'), at('iad')], [[], [address]]);
  assert.deepEqual(standings(world), ['normal', 'normal']);
  world.crash('iad');
  world.boot('iad');
  world.open(['iad']);
  assert.deepEqual(at('iad'), [address]);
  world.run(61_000);
  assert.deepEqual(at('iad'), []);
  const rows: [string, RegExp][] = [
    ['198.51.100.7/32', /lies in no prefix of ours, expected one of 203\.0\.113\.0\/24/],
    ['203.0.113.0/25', /is not a single address, expected \/32/],
    [prefix, /is not a single address/],
  ];
  for (const [about, fault] of rows) assert.match(world.overrideRoute('blackhole', about, 'fra', hour), fault);
});

test('R17: a covering prefix is announced while a prefix within it is, and goes after it', () => {
  const cover = '203.0.112.0/23' as IpPrefix;
  const models = modelsOf(['fra', 'iad']);
  const [inner] = models.steering.prefixes;
  assert.ok(inner);
  const steering: SteeringModel = {
    ...models.steering,
    prefixes: [{ ...inner, prefix: cover, gate: 'covered' }, inner],
  };
  const world = settledWorld();
  const order: string[] = [];
  for (const id of ['fra', 'iad']) world.reload(id, { ...models, steering });
  const stateOf = (about: IpPrefix): string | undefined =>
    world.site('iad').decision.prefixes.find((entry) => entry.prefix === about)?.state.kind;
  world.run(1000);
  assert.deepEqual([stateOf(prefix), stateOf(cover)], ['announced', 'announced']);
  world.setNodes('iad', 'down');
  world.run(5000, () => {
    const now = `${stateOf(prefix)} ${stateOf(cover)}`;
    if (order.at(-1) !== now) order.push(now);
  });
  assert.equal(order.at(-1), 'withdrawn withdrawn');
  assert.ok(!order.some((states) => /^(?!withdrawn).* withdrawn$/.test(states)), order.join(', '));
});

test('R20: of two sites that are drained at the same time one leaves after the other has come back', () => {
  const sites = ['fra', 'iad', 'sin'];
  const world = settledWorld(sites);
  world.drain('iad', hour);
  world.drain('fra', hour);
  world.run(60_000, () => {
    const going = standings(world).filter((standing) => standing !== 'normal');
    assert.ok(going.length <= 1, standings(world).join());
  });
  assert.deepEqual(standings(world), [undefined, 'normal', 'normal']);
  assert.match(world.site('iad').decision.prefixes[0]?.blocked?.rule ?? '', /maxWithdrawn/);
  world.undrain('fra');
  world.run(60_000);
  assert.deepEqual(standings(world), ['normal', undefined, 'normal']);
});

test('R9: the failing probe of an address in a prefix that is not announced here says nothing, and a pass does', () => {
  const models = modelsOf(['fra', 'iad']);
  const check = defineCheck({ ...checkOf(0), address: '203.0.113.10' as IpAddress });
  const world = settledWorld();
  for (const id of ['fra', 'iad']) {
    world.reload(id, { ...models, health: { ...models.health, probes: [check] } });
  }
  const iad = world.site('iad');
  const probe = (passed: boolean): string => {
    for (let count = 0; count < 4; count++) {
      world.feed(iad, { kind: 'result', check: check.id, passed, reason: 'x' });
      // A failure counts once a reference was reached since (R5).
      world.run(1000);
    }
    return iad.decision.health.probe(check.id).state;
  };
  assert.equal(probe(true), 'up');
  world.setNodes('iad', 'down');
  world.run(2000);
  assert.deepEqual(standings(world), ['normal', undefined]);
  assert.equal(probe(false), 'up');
  world.setNodes('iad', 'up');
  world.run(2000);
  assert.equal(probe(false), 'down');
});
