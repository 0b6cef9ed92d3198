/**
 * How much of its part each site of a service hands on because it is too full (R22, sans-IO).
 *
 *   load above target, room elsewhere     shed more: as much as brings it to target, and no more than finds room
 *   load below target                     shed less
 *   every site above target               shed less: nobody hands on what nobody can take
 *   nobody else to take it                shed nothing, at once
 *
 * Loads are shares of a site's capacity, smoothed; a band around the target and an interval between two changes keep
 * answers from swinging. What is shed is a part in steps, never all: overload moves weight and removes no capacity. A
 * site whose load is not known neither sheds nor offers room (R23). Time is an argument.
 */
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { SiteId } from '#health/model.ts';

/** Shed parts are multiples of this. */
export const shedStep = 16;

/** The most that is shed, of `maxShed`: what is left keeps the site's users and its measurements alive. */
export const mostShed = 240;

/** Between two changes: shorter than a TTL, a change would be judged before its effect. */
export const loadIntervalMs = 10_000;

/** Loads are smoothed over this time. */
const smoothingMs = 15_000;

/** No change while the load is as near to its target as this share of it. */
const band = 0.05;

/** The most that a shed part grows in one interval below the maximum load, and shrinks in any. */
const growth = 2 * shedStep;
const shrinkage = shedStep;

const whole = 256;

/** One site of a service as load sees it. */
export interface LoadLook {
  readonly site: SiteId;
  /** Whether answers may give it now: only then it can shed, or take what others shed. */
  readonly isUsable: boolean;
  /** Share of its capacity in use, 0 to 1 and above; undefined while nobody says. */
  readonly load: number | undefined;
  /** Its size beside the others', in any unit. */
  readonly capacity: number;
}

/** The loads that a service aims at, as shares of capacity. */
export interface LoadTargets {
  /** Above this a site sheds. */
  readonly target: number;
  /** Above this it sheds as much as it must at once, instead of step by step. */
  readonly max: number;
}

/** A site's shed part as it is kept on disk over a restart. */
export interface StoredShed {
  readonly site: SiteId;
  readonly shed: number;
}

interface SiteLoad {
  readonly smoothed: number | undefined;
  readonly shed: number;
}

interface Known {
  readonly site: SiteId;
  readonly capacity: number;
  readonly load: number;
  readonly shed: number;
}

/** The loads of one service. */
export class ServiceLoad {
  #sites = new Map<SiteId, SiteLoad>();
  #smoothedAt: MonoMs | undefined;
  #changedAt: MonoMs | undefined;

  /** `stored` tells what was shed before a restart. */
  constructor(stored: readonly StoredShed[]) {
    for (const { site, shed } of stored) this.#sites.set(site, { smoothed: undefined, shed: quantise(shed) });
  }

  /** Takes the loads of now in, and once an interval decides what each site sheds. */
  look(sites: readonly LoadLook[], targets: LoadTargets, nowMs: MonoMs): void {
    const elapsedMs = this.#smoothedAt === undefined ? 0 : nowMs - this.#smoothedAt;
    const before = this.#sites;
    this.#sites = new Map(
      sites.map(({ site, load }) => {
        const last = before.get(site);
        return [site, { smoothed: smooth(last?.smoothed, load, elapsedMs), shed: last?.shed ?? 0 }];
      }),
    );
    this.#smoothedAt = nowMs;
    this.#changedAt ??= nowMs;
    if (nowMs >= after(this.#changedAt, loadIntervalMs)) {
      this.#changedAt = nowMs;
      this.#change(sites, targets);
    }
    this.#keepTakers(sites);
  }

  /** What a site sheds now, from 0 to `mostShed`. */
  shedOf(site: SiteId): number {
    return this.#sites.get(site)?.shed ?? 0;
  }

  /** What to keep on disk. */
  stored(): readonly StoredShed[] {
    return [...this.#sites].flatMap(([site, { shed }]) => (shed === 0 ? [] : [{ site, shed }]));
  }

  /** When the next change may come. */
  nextDeadlineMs(): MonoMs | undefined {
    return earliest(undefined, this.#changedAt === undefined ? undefined : after(this.#changedAt, loadIntervalMs));
  }

  #change(sites: readonly LoadLook[], targets: LoadTargets): void {
    const known = sites.flatMap(({ site, isUsable, capacity }): Known[] => {
      const { smoothed, shed } = this.#sites.get(site) ?? { smoothed: undefined, shed: 0 };
      return isUsable && smoothed !== undefined ? [{ site, capacity, load: smoothed, shed }] : [];
    });
    const next = nextSheds(known, targets);
    for (const [site, state] of this.#sites) {
      this.#sites.set(site, { ...state, shed: next.get(site) ?? Math.max(0, state.shed - shrinkage) });
    }
  }

  /** Nobody sheds where no other site is left that could take it. */
  #keepTakers(sites: readonly LoadLook[]): void {
    const takers = sites.filter(({ site, isUsable }) => isUsable && this.shedOf(site) === 0);
    if (takers.length > 0) return;
    for (const [site, state] of this.#sites) this.#sites.set(site, { ...state, shed: 0 });
  }
}

/**
 * What each site with a known load sheds next. The sum of what is shed anew never exceeds the room below target
 * elsewhere.
 */
function nextSheds(known: readonly Known[], targets: LoadTargets): ReadonlyMap<SiteId, number> {
  const { target } = targets;
  const isOver = ({ load }: Known): boolean => load > target * (1 + band);
  const isUnder = ({ load }: Known): boolean => load < target * (1 - band);
  const room = sum(known.filter(isUnder).map(({ load, capacity }) => (target * (1 - band) - load) * capacity));
  const wishes = new Map(known.filter(isOver).map((site) => [site.site, growthWish(site, targets)]));
  const wished = sum(known.map((site) => ((wishes.get(site.site) ?? 0) / whole) * offered(site) * site.capacity));
  const granted = wished === 0 ? 0 : Math.min(1, room / wished);
  const isAllOver = known.every(isOver);
  return new Map(
    known.map((site) => {
      const { shed } = site;
      if (isAllOver || isUnder(site)) return [site.site, shrink(site, target)];
      return [site.site, quantise(shed + (wishes.get(site.site) ?? 0) * granted)];
    }),
  );
}

/** The load that a site would have without shedding. */
function offered({ load, shed }: Known): number {
  return load / (1 - shed / whole);
}

function growthWish(site: Known, { target, max }: LoadTargets): number {
  const wanted = Math.ceil(((1 - target / offered(site)) * whole) / shedStep) * shedStep;
  const wish = Math.max(0, Math.min(mostShed, wanted) - site.shed);
  return site.load >= max ? wish : Math.min(wish, growth);
}

/** One step less at most, and no less than what still brings the site to its target. */
function shrink(site: Known, target: number): number {
  const needed = offered(site) === 0 ? 0 : (1 - target / offered(site)) * whole;
  const isAbove = site.load > target;
  return quantise(Math.max(isAbove ? 0 : Math.min(site.shed, needed), site.shed - shrinkage, 0));
}

function smooth(before: number | undefined, load: number | undefined, elapsedMs: number): number | undefined {
  if (load === undefined || before === undefined) return load;
  return before + (load - before) * (1 - Math.exp(-elapsedMs / smoothingMs));
}

function quantise(shed: number): number {
  return Math.min(mostShed, Math.max(0, Math.floor(shed / shedStep) * shedStep));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
