/**
 * A seeded history of one prefix and what must hold in every instant of it (R19, R20). `scripts/anchor-soak.ts` runs
 * many, the test suite some.
 *
 *   stormy  deaths, held words, flaps, wishes, crashes at every point of a step, lost disks, one-way cuts, loss, reordering
 *   calm    wishes alone: sites are drained and come back, nothing fails; then they leave one at a time
 */
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { Fleet, holdsOnDisk } from './fleet.fixture.ts';
import type { FleetSite, Sabotage, SiteHealth } from './fleet.fixture.ts';

const names = ['fra', 'iad', 'sin', 'gru', 'syd'];
const actionCount = 25;

/** Plays the history of a seed; returns what went wrong and when, or undefined. */
export function playFleetHistory(seed: number, sabotage?: Sabotage): string | undefined {
  const prng = createPrng(seed);
  const fleet = new Fleet(names.slice(0, 2 + prng.below(names.length - 1)), prng, sabotage);
  const isCalm = prng.below(4) === 0;
  let fault: string | undefined;
  const departures = new Departures();
  const watch = (): void => {
    fault ??= watchAnchor(fleet) ?? departures.watch(fleet) ?? (isCalm ? watchWishes(fleet) : undefined);
  };
  if (!isCalm) {
    fleet.longestDelayMs = 10 + prng.below(1500);
    fleet.lossRate = [0, 0.05, 0.3][prng.below(3)] ?? 0;
  }
  fleet.run(2000, watch);
  for (let action = 0; action < actionCount; action++) {
    const site = pick(fleet, prng);
    if (isCalm) wish(site, prng);
    else disturb(fleet, site, prng);
    fleet.step(site);
    watch();
    fleet.run(prng.below(3000), watch);
    if (fault !== undefined) return `after action ${action + 1}, at ${Math.round(fleet.nowMs)} ms: ${fault}`;
  }
  return heal(fleet, watch) ?? fault;
}

/** Somebody holds the anchor, also on disk; who holds it announces; who works and is not drained announces. */
function watchAnchor({ sites }: Fleet): string | undefined {
  const holds = (site: FleetSite): boolean =>
    site.isAlive ? site.announcer.status()[0]?.holdsAnchor === true : holdsOnDisk(site);
  if (!sites.some(holds)) return 'no site holds the anchor';
  if (!sites.some(holdsOnDisk)) return 'no site would hold the anchor after a restart';
  for (const site of sites) {
    if (!site.isAlive || site.standing !== undefined) continue;
    if (holds(site)) return `${site.id} holds the anchor and does not announce`;
    if (site.health === 'up' && site.drain === undefined) return `${site.id} works and does not announce`;
  }
  if (sites.every(({ isAlive }) => isAlive) && !sites.some(({ standing }) => standing !== undefined)) {
    return 'every site is alive and none announces';
  }
  return undefined;
}

/**
 * Who withdraws does so while another site announces, or did since the one that withdraws began to leave. What counts
 * is when a word came, not when it was said (R19), so that a word may be as old as the slowest message.
 */
class Departures {
  /** Of each site: when it was last on air, and since when it has wanted to leave. */
  readonly #onAirAtMs = new Map<FleetSite, number>();
  readonly #leavingAtMs = new Map<FleetSite, number>();
  #onAir: ReadonlySet<FleetSite> = new Set();

  watch({ sites, nowMs, longestDelayMs }: Fleet): string | undefined {
    const before = this.#onAir;
    this.#onAir = new Set(sites.filter(({ standing }) => standing !== undefined));
    for (const site of this.#onAir) this.#onAirAtMs.set(site, nowMs);
    const gone = sites.find((site) => site.isAlive && before.has(site) && !this.#onAir.has(site));
    for (const site of sites) {
      const isLeaving = site.health === 'down' || site.health === 'draining' || site.drain === 'whole';
      if (!site.isAlive || !isLeaving) this.#leavingAtMs.delete(site);
      else if (!this.#leavingAtMs.has(site)) this.#leavingAtMs.set(site, nowMs);
    }
    const since = gone && this.#leavingAtMs.get(gone);
    if (gone === undefined || since === undefined) return undefined;
    const others = sites.filter((site) => site !== gone);
    if (others.some((site) => (this.#onAirAtMs.get(site) ?? -Infinity) >= since - longestDelayMs)) return undefined;
    return `${gone.id} withdraws, and since it began to leave no other site has announced`;
  }
}

/** Wishes leave one site at least at full preference, take no more than half of them, and go one after the other. */
function watchWishes({ sites }: Fleet): string | undefined {
  const going = sites.filter(({ standing }) => standing === 'draining');
  if (going.length > 1) return `${going.map(({ id }) => id).join(' and ')} leave at once by wishes`;
  const normal = sites.filter(({ standing }) => standing === 'normal' || standing === 'depreferred');
  if (normal.length === 0) return 'wishes left no site at work';
  const gone = sites.length - normal.length;
  return gone * 2 > sites.length ? `wishes took ${gone} of ${sites.length} sites` : undefined;
}

function wish(site: FleetSite, prng: Prng): void {
  const kind = prng.below(6);
  if (kind < 2) site.drain = 'whole';
  else if (kind === 2) site.health = 'draining';
  else {
    site.drain = undefined;
    site.health = 'up';
  }
}

function disturb(fleet: Fleet, site: FleetSite, prng: Prng): void {
  const other = pick(fleet, prng);
  switch (prng.below(14)) {
    case 0:
    case 1:
      site.health = 'down';
      return;
    case 2:
    case 3:
      site.health = 'up';
      return;
    case 4:
      site.health = site.health === 'up' ? 'heldUp' : 'heldDown';
      return;
    case 5:
      wish(site, prng);
      return;
    case 6:
      site.drain = site.drain === undefined ? 'dns' : undefined;
      return;
    case 7:
      fleet.cut.add(`${site.id}>${other.id}`);
      return;
    case 8:
      for (const each of fleet.sites) fleet.cut.add(`${site.id}>${each.id}`).add(`${each.id}>${site.id}`);
      return;
    case 9:
      fleet.cut.clear();
      return;
    case 10:
      site.isSane = !site.isSane;
      site.isHeard = prng.below(3) > 0;
      return;
    case 11:
      site.doom = (['keep', 'route', 'tell'] as const)[prng.below(3)];
      return;
    case 12:
      fleet.crash(site);
      if (prng.below(3) === 0) fleet.loseDisk(site);
      // What kills one site is often felt at another.
      if (other !== site && prng.below(2) === 0) other.health = 'down';
      fleet.step(other);
      return;
    default:
      for (const dead of fleet.sites.filter(({ isAlive }) => !isAlive)) start(fleet, dead, prng);
  }
}

/** After a start the words of agents are those of before until the first one comes. */
function start(fleet: Fleet, site: FleetSite, prng: Prng): void {
  const fresh: SiteHealth = prng.below(2) === 0 ? 'up' : 'down';
  site.health = prng.below(2) === 0 ? fresh : fresh === 'up' ? 'heldUp' : 'heldDown';
  fleet.boot(site);
}

/** Ends every trouble: then all announce, and when one dies it leaves. */
function heal(fleet: Fleet, watch: () => void): string | undefined {
  fleet.cut.clear();
  fleet.lossRate = 0;
  for (const site of fleet.sites) {
    site.doom = undefined;
    site.drain = undefined;
    site.health = 'up';
    site.isSane = true;
    site.isHeard = true;
    if (site.isAlive) fleet.step(site);
    else fleet.boot(site);
  }
  fleet.run(12_000, watch);
  const silent = fleet.sites.filter(({ standing }) => standing === undefined);
  if (silent.length > 0) return `healed, but ${silent.map(({ id }) => id).join(', ')} does not announce`;
  const [first] = fleet.sites;
  if (first === undefined) return undefined;
  first.health = 'down';
  fleet.step(first);
  fleet.run(12_000, watch);
  return first.standing === undefined ? undefined : `${first.id} is dead, others serve, and it still announces`;
}

function pick({ sites }: Fleet, prng: Prng): FleetSite {
  const site = sites[prng.below(sites.length)];
  if (site === undefined) throw new Error('no site to pick');
  return site;
}
