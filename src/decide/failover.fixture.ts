/** Worlds whose service has a failover step: sites in tiers, and witnesses that have a coordinator and no endpoint. */
import type { SiteId } from '#health/model.ts';
import type { FailoverModes, MemberName, PolicyMember, ServicePolicy } from '#steering/policy/model.ts';
import { plainPolicy } from '#steering/policy/model.ts';
import { modelsOf, settledWorld } from './decision.fixture.ts';
import type { World } from './decision.fixture.ts';

/** Active and passive as most want it: over by itself, back by a person. */
export const activePassive: FailoverModes = { failover: { kind: 'auto' }, failback: { kind: 'manual' } };

/** Over and back by itself. */
export const bothWays: FailoverModes = { failover: { kind: 'auto' }, failback: { kind: 'auto' } };

/** The policy of `www` with a site in each tier, or several. */
export function tieredPolicy(
  tiers: readonly (readonly MemberName[])[],
  modes: FailoverModes,
  more: Partial<ServicePolicy> = {},
): ServicePolicy {
  const members = tiers.flat().map((name): PolicyMember => ({
    kind: 'site',
    name,
    location: { latitude: 0, longitude: 0 },
    endpoints: [],
    hostName: undefined,
  }));
  return { ...plainPolicy('www', members), steps: [{ kind: 'up' }, { kind: 'failover', tiers }], modes, ...more };
}

/** The models of a world in which `www` is steered so; a site that is in no tier is a witness. */
export function tieredModels(sites: readonly SiteId[], policy: ServicePolicy): ReturnType<typeof modelsOf> {
  const { health, steering } = modelsOf(sites);
  const has = (site: SiteId): boolean => policy.members.some((member) => member.name === site);
  return {
    health: { ...health, subjects: health.subjects.filter(({ site }) => has(site)) },
    steering: {
      ...steering,
      endpoints: steering.endpoints.filter(({ site }) => has(site)),
      services: new Map([['www', policy]]),
    },
  };
}

/** A settled world in which `www` is steered so. */
export function tieredWorld(sites: readonly SiteId[], policy: ServicePolicy): World {
  const world = settledWorld(sites);
  const models = tieredModels(sites, policy);
  for (const site of sites) world.reload(site, models);
  world.run(500);
  return world;
}

/** What a person asks for at one coordinator; returns the refusal, if it is one. */
export function command(world: World, at: SiteId, kind: 'failover' | 'failback', to?: MemberName): string | undefined {
  const site = world.site(at);
  const asked = { service: 'www', kind, to, who: 'ops', reason: 'the test says so' };
  const done = site.decision.failover(asked, world.moment);
  if (!done.ok) return done.fault;
  world.carryOut(site, done.value);
  return undefined;
}

/** The name of the active tier by one coordinator. */
export function activeAt(world: World, at: SiteId): string {
  const [status] = world.site(at).decision.failovers;
  return status?.tiers[status.active] ?? '';
}

/** Why a change waits by one coordinator; empty while none does. */
export function heldAt(world: World, at: SiteId): string {
  return world.site(at).decision.failovers[0]?.held ?? '';
}

/** How often the active tier changed, by all coordinators together. */
export function changes(world: World): number {
  return world.log.filter((line) => line.endsWith(' failover')).length;
}
