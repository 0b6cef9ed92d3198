import assert from 'node:assert/strict';
import test from 'node:test';
import type { UnixMs } from '#base/time.ts';
import { tieredModels, tieredPolicy, tieredWorld } from './failover.fixture.ts';
import { activeAt, activePassive, bothWays, changes, command, heldAt } from './failover.fixture.ts';
import type { World } from './decision.fixture.ts';

const two = ['fra', 'iad'];
const voting = ['fra', 'iad', 'wit'];
const tiers = [['fra'], ['iad']];
const hour = 3_600_000;

function everywhere(world: World, expected: readonly string[]): void {
  for (const site of world.sites) if (site.alive) assert.deepEqual(world.answered(site.id), expected, `at ${site.id}`);
}

function restartAll(world: World): void {
  for (const { id } of world.sites) world.crash(id);
  for (const { id } of world.sites) world.boot(id);
  world.open();
}

test('R27: the first tier alone is answered while it is up, and the others stand by', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.run(5000, () => everywhere(world, ['fra']));
  const [service] = world.site('iad').decision.services;
  assert.deepEqual(
    service?.endpoints.map(({ endpoint, standby }) => [endpoint.site, standby]),
    [
      ['fra', false],
      ['iad', true],
    ],
  );
});

test('R4, R27: what a site says of itself moves the service at once, everywhere and without votes', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(200);
  everywhere(world, ['iad']);
  assert.equal(changes(world), 2, 'once at each coordinator');
});

test('R4, R27: what a site says of itself counts also while its coordinator is silent', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.crash('fra');
  world.run(10_000, () => everywhere(world, ['fra']));
  world.setNodes('fra', 'down');
  world.run(200);
  everywhere(world, ['iad']);
});

test('R5, R27: a coordinator that does not trust itself has no vote against a return', () => {
  const world = tieredWorld(voting, tieredPolicy(tiers, bothWays));
  world.setNodes('fra', 'down');
  world.run(5000);
  world.cut.add('wit>out').add('fra>wit');
  world.run(10_000);
  assert.equal(world.site('wit').decision.health.sanity, 'frozen');
  world.setNodes('fra', 'up');
  world.run(5000);
  for (const site of two) assert.deepEqual(world.answered(site), ['fra']);
});

test('R27: with failback manual nothing but a person brings it back, restarts of everything included', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.run(60_000, () => everywhere(world, ['iad']));
  restartAll(world);
  world.run(20_000, () => everywhere(world, ['iad']));
  assert.match(heldAt(world, 'fra'), /fra is up, the return waits for a person/);
  assert.equal(command(world, 'iad', 'failback'), undefined);
  world.run(200);
  everywhere(world, ['fra']);
});

test('R27: a coordinator that lost its disk is told where the service is', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.run(3000);
  world.crash('fra');
  world.loseDisk('fra');
  world.boot('fra');
  world.run(2000);
  everywhere(world, ['iad']);
});

test('R27: of two sites that cannot hear each other none promotes the standby, and both say why', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.isolate('fra');
  world.run(30_000, () => everywhere(world, ['fra']));
  assert.match(heldAt(world, 'iad'), /seen by 1 of 2 coordinators, too few/);
  assert.equal(world.site('iad').decision.services[0]?.mode, 'held');
  world.cut.clear();
  world.run(10_000, () => everywhere(world, ['fra']));
  assert.equal(heldAt(world, 'iad'), '');
});

test('R27: a person may promote the standby where votes cannot be had, and all follow when they hear of it', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.isolate('fra');
  world.run(15_000);
  assert.equal(command(world, 'iad', 'failover'), undefined);
  world.run(5000, () => {
    assert.deepEqual(world.answered('iad'), ['iad']);
    assert.deepEqual(world.answered('fra'), ['fra']);
  });
  world.cut.clear();
  world.run(10_000);
  everywhere(world, ['iad']);
});

test('R27: with the vote of a witness the standby is promoted, and the site that comes back follows', () => {
  const world = tieredWorld(voting, tieredPolicy(tiers, activePassive));
  world.isolate('fra');
  world.run(15_000, () => assert.deepEqual(world.answered('fra'), ['fra']));
  for (const site of ['iad', 'wit']) assert.deepEqual(world.answered(site), ['iad']);
  world.cut.clear();
  world.run(20_000);
  everywhere(world, ['iad']);
  assert.equal(changes(world), 3);
});

test('R27: a standby that is itself cut off promotes nothing, whatever it sees', () => {
  const world = tieredWorld(voting, tieredPolicy(tiers, bothWays));
  world.isolate('iad');
  world.run(30_000, () => everywhere(world, ['fra']));
  world.cut.clear();
  world.run(10_000, () => everywhere(world, ['fra']));
  assert.equal(changes(world), 0);
});

test('R27: with failback auto the service returns when its site is up again, once', () => {
  const world = tieredWorld(voting, tieredPolicy(tiers, bothWays));
  world.setNodes('fra', 'down');
  world.run(5000);
  everywhere(world, ['iad']);
  world.setNodes('fra', 'up');
  world.run(5000);
  everywhere(world, ['fra']);
  assert.equal(changes(world), 6, 'there and back at each of three');
});

test('R27: nobody returns while a coordinator that is heard sees the site down', () => {
  const world = tieredWorld(voting, tieredPolicy(tiers, bothWays));
  // Only the site's own coordinator hears its agents; the others see a proxy that accepts connections.
  world.cut.add('fra>iad').add('fra>wit');
  world.run(5000);
  world.setNodes('fra', 'down');
  world.run(500);
  world.cut.clear();
  world.run(60_000);
  everywhere(world, ['iad']);
  assert.ok(changes(world) <= 3, `moved ${changes(world)} times`);
});

test('R27: after five minutes of being up it returns, and a short recovery does not count', () => {
  const modes = { failover: { kind: 'auto' }, failback: { kind: 'after', delayMs: 300_000 } } as const;
  const world = tieredWorld(two, tieredPolicy(tiers, modes));
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.run(200_000);
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.run(299_000, () => everywhere(world, ['iad']));
  world.run(3000);
  everywhere(world, ['fra']);
});

test('R27: what was waited before a restart counts, by the minute', () => {
  const modes = { failover: { kind: 'auto' }, failback: { kind: 'after', delayMs: 300_000 } } as const;
  const world = tieredWorld(two, tieredPolicy(tiers, modes));
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.run(200_000);
  restartAll(world);
  world.run(90_000, () => everywhere(world, ['iad']));
  world.run(75_000);
  everywhere(world, ['fra']);
});

test('R27: in a window it returns when that begins', () => {
  const window = { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 60, toMinute: 120 };
  const modes = { failover: { kind: 'auto' }, failback: { kind: 'window', window } } as const;
  const world = tieredWorld(two, tieredPolicy(tiers, modes));
  world.setNodes('fra', 'down');
  world.run(500);
  world.setNodes('fra', 'up');
  world.unixMs = (Math.ceil(world.unixMs / 86_400_000) * 86_400_000 + hour - 30_000) as UnixMs;
  world.run(29_000, () => everywhere(world, ['iad']));
  world.run(2000);
  everywhere(world, ['fra']);
});

test('R27: where a person chose the tier, failback auto leaves it there until a person says otherwise', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, bothWays));
  assert.equal(command(world, 'fra', 'failover', 'iad'), undefined);
  world.run(60_000);
  everywhere(world, ['iad']);
  assert.match(heldAt(world, 'fra'), /ops chose iad/);
  assert.equal(command(world, 'iad', 'failback'), undefined);
  world.run(60_000);
  everywhere(world, ['fra']);
});

test('R27: what a person may not ask for is refused with the reason', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  assert.match(command(world, 'fra', 'failover', 'fra') ?? '', /fra is active already/);
  assert.match(command(world, 'fra', 'failover', 'ams') ?? '', /has no ams, expected one of fra, iad/);
  assert.match(command(world, 'fra', 'failback') ?? '', /no tier to go to/);
  world.setNodes('iad', 'down');
  world.run(500);
  assert.match(command(world, 'fra', 'failover') ?? '', /iad is not up .*, and fra is/);
  everywhere(world, ['fra']);
});

test('R27: with failover manual the service waits for a person on the tier that is down', () => {
  const modes = { failover: { kind: 'manual' }, failback: { kind: 'manual' } } as const;
  const world = tieredWorld(two, tieredPolicy(tiers, modes));
  world.setNodes('fra', 'down');
  world.run(30_000, () => everywhere(world, ['fra']));
  assert.equal(command(world, 'iad', 'failover'), undefined);
  world.run(200);
  everywhere(world, ['iad']);
});

test('R8, R27: with failback manual it stays on the last active tier when that dies, and says so', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(60_000);
  world.setNodes('fra', 'up');
  world.run(60_000);
  world.setNodes('iad', 'down');
  world.run(30_000);
  everywhere(world, ['iad']);
  assert.equal(world.site('fra').decision.services[0]?.mode, 'held');
  assert.match(heldAt(world, 'fra'), /iad is down: .*; fra is up, the return waits for a person/);
});

test('R8: when everything is down only the last active tier is answered', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(90_000);
  world.setNodes('iad', 'down');
  world.run(90_000, () => everywhere(world, ['iad']));
});

test('R8: what is to be answered while everything is down is a choice', () => {
  for (const onAllDown of ['nodata', 'fallback'] as const) {
    const world = tieredWorld(two, tieredPolicy(tiers, activePassive, { onAllDown }));
    for (const site of two) world.setNodes(site, 'down');
    world.run(1000);
    everywhere(world, []);
    assert.equal(world.site('fra').decision.services[0]?.mode, onAllDown);
  }
});

test('R25, R27: a drain of the active tier moves the service whatever its modes, and its end follows them', () => {
  const modes = { failover: { kind: 'manual' }, failback: { kind: 'manual' } } as const;
  const world = tieredWorld(two, tieredPolicy(tiers, modes));
  world.drain('fra', hour);
  world.run(1000);
  everywhere(world, ['iad']);
  world.undrain('fra');
  world.run(30_000, () => everywhere(world, ['iad']));
});

test('R8: a drained site is answered while everything is down only where drainedInPanic says so', () => {
  const both = [['fra', 'iad']];
  for (const drainedInPanic of [false, true]) {
    const world = tieredWorld(two, tieredPolicy(both, activePassive, { drainedInPanic }));
    world.drain('fra', hour);
    world.run(60_000);
    world.setNodes('fra', 'down');
    world.setNodes('iad', 'down');
    world.run(2000);
    everywhere(world, drainedInPanic ? ['fra', 'iad'] : ['iad']);
  }
});

test('R27: a tier of several sites is left when all of them are out', () => {
  const world = tieredWorld(['fra', 'ams', 'iad'], tieredPolicy([['fra', 'ams'], ['iad']], bothWays));
  everywhere(world, ['fra', 'ams']);
  world.setNodes('fra', 'down');
  world.run(1000);
  everywhere(world, ['ams']);
  world.setNodes('ams', 'down');
  world.run(1000);
  everywhere(world, ['iad']);
  world.setNodes('fra', 'up');
  world.run(1000);
  everywhere(world, ['fra']);
});

test('R27: a release that changes the tiers leaves the service where it is', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(1000);
  world.setNodes('fra', 'up');
  world.run(1000);
  const changed = tieredModels(two, tieredPolicy([['iad'], ['fra']], activePassive));
  for (const site of two) world.reload(site, changed);
  world.run(10_000, () => everywhere(world, ['iad']));
  assert.equal(activeAt(world, 'fra'), 'iad');
});

test('R27: a service that a release took away comes back where it was', () => {
  const world = tieredWorld(two, tieredPolicy(tiers, activePassive));
  world.setNodes('fra', 'down');
  world.run(1000);
  world.setNodes('fra', 'up');
  world.run(1000);
  const { models } = world.site('fra');
  const none = { ...models, steering: { ...models.steering, endpoints: [], services: new Map() } };
  for (const site of two) world.reload(site, none);
  world.run(5000);
  restartAll(world);
  for (const site of two) world.reload(site, models);
  world.run(5000);
  everywhere(world, ['iad']);
});
