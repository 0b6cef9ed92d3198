/**
 * A fleet of announcers in virtual time: one prefix, 2 to 5 sites, each with a clock, a disk and a border router of its
 * own, joined by links that delay, reorder, lose and cut messages, each way apart. Health is set from outside.
 *
 * Order of one step, as in a coordinator: keep, route, tell; a site may die between any two of them. Nothing here knows
 * rules: fleet-history.fixture.ts plays and watches.
 */
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import type { Prng } from '#base/prng.ts';
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { AnchorReport } from '#health/report.ts';
import type { ServiceHere } from '../gate.ts';
import type { PrefixPolicy, Standing } from '../model.ts';
import type { PeerAnchor } from '../safety/anchor.ts';
import { grantByReports } from '../safety/budget.ts';
import type { GrantProvider } from '../safety/budget.ts';
import { Announcer } from './engine.ts';
import type { StoredAnnouncer } from './engine.ts';

export const fleetPrefix = '203.0.113.0/24' as IpPrefix;
const nextHop = '192.0.2.1' as IpAddress;
const tellIntervalMs = 1000;
const leaseMs = 3000;

/** How the service of a site is: by its own fresh word, or as it was when its word was last heard. */
export type SiteHealth = 'up' | 'down' | 'draining' | 'heldUp' | 'heldDown';

/** Where in a step a site dies. */
export type DeathPoint = 'keep' | 'route' | 'tell';

/** A rule that is broken on purpose, to see that it is found. */
export type Sabotage =
  /** Tells what it has not kept: a crash takes a promise back. */
  | 'tellsBeforeItKeeps'
  /** Takes it for granted that another site holds the anchor once it was asked. */
  | 'trustsUnanswered'
  /** Takes old words for new ones. */
  | 'trustsOldWords'
  /** Begins every wish at once. */
  | 'grantsEverything';

interface Letter {
  readonly atMs: number;
  readonly to: FleetSite;
  readonly from: string;
  readonly boot: number;
  readonly sequence: number;
  readonly report: AnchorReport | undefined;
}

interface Heard {
  readonly boot: number;
  readonly sequence: number;
  readonly report: AnchorReport | undefined;
  readonly receivedAt: MonoMs;
}

/** One site of the fleet. */
export interface FleetSite {
  readonly id: string;
  /** Its clock beside true time: where it starts, and how fast it runs. */
  readonly clock: { readonly offsetMs: number; readonly rate: number };
  announcer: Announcer;
  disk: StoredAnnouncer;
  isAlive: boolean;
  boot: number;
  sequence: number;
  health: SiteHealth;
  /** `whole`: an operator's drain, whose turn BGP is; `dns`: one that is not that far. */
  drain: 'whole' | 'dns' | undefined;
  isSane: boolean;
  isHeard: boolean;
  /** What its border router has; undefined for nothing. */
  standing: Standing | undefined;
  /** Where it dies when its anchor moves next. */
  doom: DeathPoint | undefined;
  told: string;
  toldAtMs: number;
  readonly heard: Map<string, Heard>;
}

const blank: StoredAnnouncer = { anchors: [], prefixes: [] };

/** Announcers in virtual time. */
export class Fleet {
  readonly sites: readonly FleetSite[];
  readonly #policy: PrefixPolicy;
  readonly #prng: Prng;
  readonly #sabotage: Sabotage | undefined;
  readonly cut = new Set<string>();
  longestDelayMs = 20;
  lossRate = 0;
  nowMs = 0;
  #mail: Letter[] = [];

  constructor(ids: readonly string[], prng: Prng, sabotage?: Sabotage) {
    this.#prng = prng;
    this.#sabotage = sabotage;
    this.#policy = {
      prefix: fleetPrefix,
      gate: { any: ['www'] },
      sites: ids,
      nextHops: new Map(ids.map((id) => [id, nextHop])),
      drainMs: 2000,
      limits: { minSites: 1, maxWithdrawn: 0.5, settleMs: 2000 },
    };
    this.sites = ids.map((id) => ({
      id,
      clock: { offsetMs: prng.below(1_000_000), rate: 0.9 + prng.next() / 5 },
      announcer: this.#createAnnouncer(id, 0, blank),
      disk: blank,
      isAlive: true,
      boot: 0,
      sequence: 0,
      health: 'up',
      drain: undefined,
      isSane: true,
      isHeard: true,
      standing: undefined,
      doom: undefined,
      told: '',
      toldAtMs: -Infinity,
      heard: new Map(),
    }));
    for (const site of this.sites) this.step(site);
  }

  /** Ends a site's process: its routes go with its session, its disk stays. */
  crash(site: FleetSite): void {
    site.isAlive = false;
    site.doom = undefined;
    site.standing = undefined;
  }

  /** Starts a site from its disk. */
  boot(site: FleetSite): void {
    site.boot += 1;
    site.isAlive = true;
    site.announcer = this.#createAnnouncer(site.id, site.boot, site.disk);
    site.heard.clear();
    site.told = '';
    site.toldAtMs = -Infinity;
    this.step(site);
  }

  loseDisk(site: FleetSite): void {
    site.disk = blank;
  }

  /** Lets time pass from event to event; `watch` runs after each. */
  run(durationMs: number, watch: () => void): void {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      const letter = this.#nextLetter();
      const [site, siteAtMs] = this.#nextSite();
      const atMs = Math.min(letter?.atMs ?? Infinity, siteAtMs);
      if (atMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (letter !== undefined && letter.atMs <= siteAtMs) this.#deliver(letter);
      else if (site !== undefined) this.step(site);
      watch();
    }
    this.nowMs = endMs;
  }

  /** One look of a site at what it knows: keep, route, tell. */
  step(site: FleetSite): void {
    if (!site.isAlive) return;
    const nowMs = localTime(site, this.nowMs);
    const heldBefore = holdsOnDisk(site);
    const effects = site.announcer.step({
      prefixes: [this.#policy],
      serviceHere: () => serviceHere(site),
      ownDns: () => undefined,
      peersOf: () => this.#peersOf(site, nowMs),
      drain: site.drain === 'whole' ? { reason: 'maintenance' } : undefined,
      isDrained: site.drain !== undefined,
      lowered: () => undefined,
      blackholes: [],
      sanity: site.isSane ? 'sane' : 'frozen',
      isHeard: () => site.isHeard,
      isResuming: true,
      nowMs,
    });
    const moved = site.announcer.status()[0]?.holdsAnchor !== heldBefore;
    const dies = (point: DeathPoint): boolean => {
      if (!moved || site.doom !== point) return false;
      this.crash(site);
      return true;
    };
    if (this.#sabotage === 'tellsBeforeItKeeps') this.#tell(site);
    if (dies('keep')) return;
    site.disk = site.announcer.stored(nowMs);
    if (dies('route')) return;
    for (const effect of effects) {
      if (effect.kind === 'announce') site.standing = effect.route.standing;
      if (effect.kind === 'withdraw') site.standing = undefined;
    }
    if (dies('tell')) return;
    this.#tell(site);
  }

  #createAnnouncer(id: string, boot: number, disk: StoredAnnouncer): Announcer {
    const always: GrantProvider = () => ({ allow: true, rule: 'none', reason: '' });
    const grant = this.#sabotage === 'grantsEverything' ? always : grantByReports;
    return new Announcer({ site: id, boot: `${id}-${boot}` }, disk, grant);
  }

  #peersOf(site: FleetSite, nowMs: MonoMs): readonly PeerAnchor[] {
    const asks = site.announcer.reports()[0]?.asks;
    return [...site.heard].flatMap(([from, { report, receivedAt }]) => {
      if (report === undefined || nowMs >= after(receivedAt, leaseMs)) return [];
      if (this.#sabotage === 'trustsUnanswered' && asks?.site === from) {
        const accepted = [{ site: site.id, id: asks.id }];
        return [{ site: from, report: { ...report, holds: true, accepted }, receivedAt }];
      }
      return [{ site: from, report, receivedAt: this.#sabotage === 'trustsOldWords' ? after(nowMs, 1) : receivedAt }];
    });
  }

  #tell(site: FleetSite): void {
    const [report] = site.announcer.reports();
    const shape = JSON.stringify(report);
    const elapsedMs = (this.nowMs - site.toldAtMs) * site.clock.rate;
    if (shape === site.told && elapsedMs < tellIntervalMs) return;
    site.told = shape;
    site.toldAtMs = this.nowMs;
    site.sequence += 1;
    for (const to of this.sites) {
      if (to === site || this.cut.has(`${site.id}>${to.id}`) || this.#prng.next() < this.lossRate) continue;
      const atMs = this.nowMs + 1 + this.#prng.below(this.longestDelayMs);
      this.#mail.push({ atMs, to, from: site.id, boot: site.boot, sequence: site.sequence, report });
    }
  }

  #deliver(letter: Letter): void {
    this.#mail = this.#mail.filter((other) => other !== letter);
    const { to, from, boot, sequence, report } = letter;
    if (!to.isAlive) return;
    const last = to.heard.get(from);
    // What is not newer is refused, as the lease book does.
    if (last !== undefined && (boot < last.boot || (boot === last.boot && sequence <= last.sequence))) return;
    to.heard.set(from, { boot, sequence, report, receivedAt: localTime(to, this.nowMs) });
    this.step(to);
  }

  #nextLetter(): Letter | undefined {
    let next: Letter | undefined;
    for (const letter of this.#mail) if (next === undefined || letter.atMs < next.atMs) next = letter;
    return next;
  }

  /** The site that wants to be run next, by its regular report or its own deadline. */
  #nextSite(): readonly [FleetSite | undefined, number] {
    let next: FleetSite | undefined;
    let nextAtMs = Infinity;
    for (const site of this.sites) {
      if (!site.isAlive) continue;
      const local = localTime(site, this.nowMs);
      const deadline = site.announcer.nextDeadlineMs(local);
      const byDeadline = deadline === undefined ? Infinity : this.nowMs + (deadline - local) / site.clock.rate;
      // A hair later, so that rounding never leaves the clock just short of what it waits for.
      const atMs = Math.min(site.toldAtMs + tellIntervalMs / site.clock.rate, byDeadline) + 0.01;
      if (atMs < nextAtMs) [next, nextAtMs] = [site, atMs];
    }
    return [next, nextAtMs];
  }
}

/** Whether a site would hold the anchor after a restart: without a record it does (R19). */
export function holdsOnDisk(site: FleetSite): boolean {
  return site.disk.anchors[0]?.holds ?? true;
}

function localTime({ clock }: FleetSite, nowMs: number): MonoMs {
  return (clock.offsetMs + nowMs * clock.rate) as MonoMs;
}

function serviceHere({ health }: FleetSite): ServiceHere {
  const isHeld = health === 'heldUp' || health === 'heldDown';
  const state = health === 'heldUp' ? 'up' : health === 'heldDown' ? 'down' : health;
  const basis = isHeld ? 'held' : 'inside';
  return {
    verdicts: [{ state, basis, since: 0 as MonoMs, reason: health, changePending: false }],
    hasAgents: true,
    probes: [undefined],
  };
}
