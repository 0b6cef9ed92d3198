/**
 * A seeded history of one prefix (R19): 2 to 5 sites under deaths, drains, crashes, lost disks, one-way cuts, loss and
 * delays, watched in every step, and healed at the end. `scripts/anchor-soak.ts` runs many, the test suite some.
 */
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { World } from './decision.fixture.ts';
import type { Site } from './decision.fixture.ts';

const names = ['fra', 'iad', 'sin', 'gru', 'syd'];

/** Plays the history of a seed; returns what went wrong and when, or undefined. */
export function playAnchorHistory(seed: number, actions = 25): string | undefined {
  const prng = createPrng(seed);
  const world = new World(names.slice(0, 2 + prng.below(names.length - 1)));
  const longestDelayMs = 10 + prng.below(500);
  const lossRate = [0, 0.05, 0.3][prng.below(3)] ?? 0;
  let fault: string | undefined;
  const watch = (): void => {
    fault ??= watchAnchor(world);
  };
  world.run(2500);
  world.open();
  world.delayOf = () => 1 + prng.below(longestDelayMs);
  world.loses = () => prng.next() < lossRate;
  for (let action = 0; action < actions; action++) {
    disturb(world, pick(world.sites, prng), prng);
    world.run(prng.below(3000), watch);
    if (fault !== undefined) return `after action ${action + 1}, at ${world.nowMs} ms: ${fault}`;
  }
  return heal(world, watch) ?? fault;
}

/** What must hold in every instant: somebody holds the anchor, also on disk, and who holds it announces. */
function watchAnchor(world: World): string | undefined {
  const onDisk = (site: Site): boolean => site.state.anchors[0]?.holds ?? true;
  const inMemory = (site: Site): boolean =>
    site.alive && site.isOpen ? site.decision.prefixes[0]?.holdsAnchor === true : onDisk(site);
  const breaker = world.sites.find((site) => site.isOpen && inMemory(site) && site.announced === undefined);
  if (breaker !== undefined) return `${breaker.id} holds the anchor and does not announce`;
  if (!world.sites.some(inMemory)) return 'no site holds the anchor';
  return world.sites.some(onDisk) ? undefined : 'no site would hold the anchor after a restart';
}

function disturb(world: World, site: Site, prng: Prng): void {
  const other = pick(world.sites, prng);
  switch (prng.below(12)) {
    case 0:
    case 1:
      world.setNodes(site.id, 'down');
      return;
    case 2:
      world.setNodes(site.id, 'up');
      return;
    case 3:
      world.setNodes(site.id, 'draining');
      return;
    case 4:
      world.cut.add(`${site.id}>${other.id}`);
      return;
    case 5:
      world.isolate(site.id);
      return;
    case 6:
      world.cut.clear();
      return;
    case 7:
      if (site.alive) world.drain(site.id, 60_000);
      return;
    case 8:
      if (other.alive) world.undrain(site.id, other.id);
      return;
    case 9:
      site.diesAfter = deathAtPromise(site, prng.below(2) === 0 ? 'persist' : 'tell');
      return;
    case 10:
      world.crash(site.id);
      if (prng.below(3) === 0) world.loseDisk(site.id);
      return;
    default:
      for (const dead of world.sites.filter((each) => !each.alive)) start(world, dead);
  }
}

/** Death when the anchor has just moved here: between keeping and telling is where a promise could be lost. */
function deathAtPromise(site: Site, last: 'persist' | 'tell'): Site['diesAfter'] {
  const held = site.state.anchors[0]?.holds ?? true;
  return ({ kind }) => kind === last && (site.decision.prefixes[0]?.holdsAnchor ?? held) !== held;
}

function start(world: World, site: Site): void {
  world.boot(site.id);
  world.open([site.id]);
}

/** Ends every trouble: then all announce, and when one dies it leaves. */
function heal(world: World, watch: () => void): string | undefined {
  world.cut.clear();
  world.loses = () => false;
  for (const site of world.sites) {
    site.diesAfter = undefined;
    if (!site.alive) start(world, site);
    world.setNodes(site.id, 'up');
  }
  world.run(2000, watch);
  for (const site of world.sites) world.undrain(site.id);
  world.run(20_000, watch);
  const all = world.sites.map((site) => site.id);
  if (world.announcing().length !== all.length) return `healed, but only ${world.announcing().join(', ')} announce`;
  const first = all[0] ?? '';
  world.setNodes(first, 'down');
  world.run(10_000, watch);
  return world.announcing().includes(first) ? `${first} is dead, others serve, and it still announces` : undefined;
}

function pick(sites: readonly Site[], prng: Prng): Site {
  const site = sites[prng.below(sites.length)];
  if (site === undefined) throw new Error('no site to pick');
  return site;
}
