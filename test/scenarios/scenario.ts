/** What a scenario is, and the judgements that several of them share. */
import { strict as assert } from 'node:assert';
import type { Lab } from '../lab/lab.ts';
import type { Timeline } from '../lab/timeline.ts';
import { describeDns, describeRoute } from '../lab/views.ts';
import { sites } from '../lab/world.ts';
import type { Site } from '../lab/world.ts';

/** One story: starts from a settled lab and leaves it able to settle again. */
export interface Scenario {
  readonly title: string;
  /** True for what works without fairlead: the lab is then not settled before. */
  readonly isWithoutFairlead?: true;
  readonly run: (lab: Lab, timeline: Timeline) => Promise<void>;
}

export const bothVips: readonly string[] = sites.map((site) => site.vip);

/** Fails unless every answer since then was a reply with at least one address. */
export function assertNeverEmpty(lab: Lab, of: readonly Site[], sinceMs: number): void {
  for (const site of of) {
    const samples = lab.watch(site).dns.since(sinceMs);
    assert.ok(samples.length > 0, `no sample of DNS at ${site.id}`);
    const bad = samples.find(({ value }) => value.status !== 'NOERROR' || value.answers.length === 0);
    assert.equal(bad && describeDns(bad.value), undefined, `an empty answer at ${site.id}`);
  }
}

/** Fails unless every answer since then was exactly these addresses. */
export function assertAnswersStayed(lab: Lab, site: Site, addresses: readonly string[], sinceMs: number): void {
  const wanted = `[${[...addresses].sort().join(' ')}]`;
  const samples = lab.watch(site).dns.since(sinceMs);
  assert.ok(samples.length > 0, `no sample of DNS at ${site.id}`);
  const other = samples.map(({ value }) => describeDns(value)).find((text) => text !== wanted);
  assert.equal(other, undefined, `DNS at ${site.id} did not stay at ${wanted}`);
}

/** Fails unless the site's router had its coordinator's route over an Established session in every sample. */
export function assertRouteStayed(lab: Lab, site: Site, sinceMs: number): void {
  const samples = lab.watch(site).route.since(sinceMs);
  assert.ok(samples.length > 0, `no sample of BIRD at ${site.id}`);
  const without = samples.find(({ value }) => !value.hasRoute || value.session !== 'Established');
  assert.equal(without && describeRoute(without.value), undefined, `BIRD at ${site.id} did not keep the route`);
}

/** Fails unless the site's router had its coordinator's route in every sample, with a session or without (R24). */
export function assertRouteKept(lab: Lab, site: Site, sinceMs: number): void {
  const samples = lab.watch(site).route.since(sinceMs);
  assert.ok(samples.length > 0, `no sample of BIRD at ${site.id}`);
  const without = samples.find(({ value }) => !value.hasRoute);
  assert.equal(without && describeRoute(without.value), undefined, `BIRD at ${site.id} lost the route`);
}

/** Fails unless the session between the site's coordinator and router was Established in every sample. */
export function assertSessionStayed(lab: Lab, site: Site, sinceMs: number): void {
  const states = lab
    .watch(site)
    .route.since(sinceMs)
    .map(({ value }) => value.session);
  assert.deepEqual([...new Set(states)], ['Established'], `the session of ${site.id}`);
}

/**
 * Fails where no router had the route of its own coordinator at some time since then. Routers are looked at in turn: one
 * was without the route at the time of another's sample only if its samples before and after that were without it.
 */
export function assertSomeRouteStayed(lab: Lab, sinceMs: number): void {
  const routers = sites.map((site) => lab.watch(site).route.since(sinceMs));
  for (const samples of routers) assert.ok(samples.length > 0, 'every router was sampled');
  const wasWithout = (samples: (typeof routers)[number], atMs: number): boolean => {
    const around = [samples.findLast((sample) => sample.atMs <= atMs), samples.find((sample) => sample.atMs >= atMs)];
    return around.every((sample) => sample !== undefined && !sample.value.hasRoute);
  };
  const gap = routers.flat().find(({ atMs }) => routers.every((samples) => wasWithout(samples, atMs)));
  assert.equal(gap && gap.atMs - sinceMs, undefined, 'no router has the route, so many ms after the fault');
}
