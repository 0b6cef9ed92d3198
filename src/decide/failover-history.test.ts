import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SiteId } from '#health/model.ts';
import { configuredWeight } from '#steering/model.ts';
import type { FailoverMode } from '#steering/policy/model.ts';
import type { World } from './decision.fixture.ts';
import { activeAt, tieredPolicy, tieredWorld } from './failover.fixture.ts';

const sites = ['fra', 'iad', 'wit'] as const;
const tiers = [['fra'], ['iad']];

type Act =
  | { readonly kind: 'up' | 'down' | 'draining'; readonly site: SiteId }
  | { readonly kind: 'isolate' | 'heal' | 'crash' | 'boot' | 'drain' | 'undrain'; readonly site: SiteId }
  | { readonly kind: 'wait'; readonly ms: number };

const site = fc.constantFrom(...sites);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('up', 'down', 'draining'), site: fc.constantFrom('fra', 'iad') }),
  fc.record({ kind: fc.constantFrom('isolate', 'heal', 'crash', 'boot'), site }),
  { arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 10, max: 8000 }) }), weight: 3 },
);
const drainAct: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('drain', 'undrain'),
  site: fc.constantFrom('fra', 'iad'),
});

function perform(world: World, { kind, ...what }: Act, watch: () => void): void {
  const place = 'site' in what ? what.site : '';
  if (kind === 'wait') world.run('ms' in what ? what.ms : 0, watch);
  else if (kind === 'up' || kind === 'down' || kind === 'draining') world.setNodes(place, kind);
  else if (kind === 'isolate') world.isolate(place);
  else if (kind === 'heal') for (const cut of world.cut) if (cut.includes(place)) world.cut.delete(cut);
  if (kind === 'drain' && world.site(place).alive) world.drain(place, 3_600_000);
  if (kind === 'undrain' && world.site(place).alive) world.undrain(place);
  if (kind === 'crash') world.crash(place);
  if (kind === 'boot' && !world.site(place).alive) restart(world, place);
}

/** Boots a coordinator, which must be where it was when it died. */
function restart(world: World, id: SiteId): void {
  const before = activeAt(world, id);
  world.boot(id);
  assert.equal(activeAt(world, id), before, `${id} is where it was before its restart`);
  world.open([id]);
}

/** What holds at every coordinator at every moment, whatever has happened. */
function assertSafe(world: World): void {
  for (const { id, alive, decision } of world.sites) {
    if (!alive) continue;
    const [service] = decision.services;
    assert.ok(service !== undefined);
    const answered = service.endpoints.filter((each) => each.answerable);
    const used = new Set(answered.map(({ endpoint }) => tiers.findIndex((tier) => tier.includes(endpoint.site))));
    assert.equal(used.size, 1, `${id} answers one tier: ${answered.map(({ endpoint }) => endpoint.site).join()}`);
    for (const each of service.endpoints) {
      assert.ok(!(each.drained && each.answerable), `${id} answers ${each.endpoint.site}, which is drained`);
      assert.ok(!(each.standby && each.answerable), `${id} answers a standby`);
      const configured = configuredWeight(each.endpoint);
      assert.ok(each.weight >= 1 && each.weight <= configured, `${id} gives a weight of ${each.weight}`);
    }
  }
}

/** Everything is healed, up and undrained, and time passes: all must be of one mind. */
function assertAgreement(world: World): void {
  world.cut.clear();
  for (const { id, alive } of world.sites) if (!alive) restart(world, id);
  for (const id of ['fra', 'iad']) {
    world.undrain(id);
    world.setNodes(id, 'up');
  }
  world.run(25_000, () => {
    assertSafe(world);
  });
  const actives = world.sites.map(({ id }) => activeAt(world, id));
  assert.equal(new Set(actives).size, 1, `all are of one mind: ${actives.join()}`);
}

test('R27: whatever dies, returns, is cut off, drained or restarted, one tier is answered and all end of one mind', () => {
  const mode: fc.Arbitrary<FailoverMode> = fc.oneof(
    fc.constant({ kind: 'auto' } as const),
    fc.constant({ kind: 'manual' } as const),
    fc.record({ kind: fc.constant('after' as const), delayMs: fc.integer({ min: 1, max: 10_000 }) }),
  );
  fc.assert(
    fc.property(
      fc.record({ failover: mode, failback: mode }),
      fc.array(fc.oneof({ arbitrary: act, weight: 6 }, drainAct), { maxLength: 16 }),
      (modes, acts) => {
        const world = tieredWorld(sites, tieredPolicy(tiers, modes, { slowStartMs: 9000 }));
        for (const each of acts) {
          perform(world, each, () => {
            assertSafe(world);
          });
        }
        assertAgreement(world);
      },
    ),
    { numRuns: 15 },
  );
});

test('R27: with failback manual no history of deaths, partitions and restarts brings a service back by itself', () => {
  const modes = { failover: { kind: 'auto' }, failback: { kind: 'manual' } } as const;
  fc.assert(
    fc.property(fc.array(act, { maxLength: 16 }), (acts) => {
      const world = tieredWorld(sites, tieredPolicy(tiers, modes));
      const left = new Set<SiteId>();
      const watch = (): void => {
        for (const { id, alive } of world.sites) {
          if (!alive) continue;
          const active = activeAt(world, id);
          if (active === 'iad') left.add(id);
          else assert.ok(!left.has(id), `${id} went back to fra by itself`);
        }
      };
      for (const each of acts) perform(world, each, watch);
      assertAgreement(world);
      watch();
    }),
    { numRuns: 15 },
  );
});
