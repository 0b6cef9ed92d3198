/**
 * The routes of this coordinator's site within the decision (sans-IO): the announcer, and what it is told of border
 * routers, of this coordinator's own DNS (R18) and by operators (R26).
 *
 * Which sites are heard, drained or up is the decision's to say, at each step.
 */
import type { IpPrefix } from '#base/ip.ts';
import { earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { trackCheck } from '#health/check-tracker.ts';
import type { CheckState } from '#health/check-tracker.ts';
import type { SiteId } from '#health/model.ts';
import type { Moment } from '#health/overrides.ts';
import type { AnchorReport, Override } from '#health/report.ts';
import { Announcer, isStopped } from '#steering/announcer/engine.ts';
import type { Permission } from '#steering/safety/permission.ts';
import type { AnnouncerInput, PrefixStatus, StopOrder, StoredAnnouncer } from '#steering/announcer/engine.ts';
import { bulkWindowMs } from '#steering/safety/bulk.ts';
import type { DecisionEffect, DecisionEvent, DurableState } from './effects.ts';
import { anchorsOf } from './peers.ts';
import type { Coordinators, FreshPeers } from './peers.ts';
import { RouteOverrides } from './route-overrides.ts';
import { mayChangeSessions, turnDeadline } from './session-turns.ts';

/** Whether a border router of this site hears what it announces. */
export interface Hearing {
  /** A session is established. */
  readonly established: boolean;
  /** Prefixes that no established session is told, by families and lists of neighbors; none where absent. */
  readonly unheard?: readonly IpPrefix[];
  /** The nodes of this site speak, which goes on whether a coordinator runs or not (ADR 25). */
  readonly isByNodes?: boolean;
  /** Session settings that a release changes wait for this site's turn, or are changing (R28). */
  readonly sessionChange?: 'waiting' | 'going';
}

/** One answer of this coordinator's own DNS at an address of a nameserver prefix (R18). */
export interface OwnDnsFinding {
  readonly prefix: IpPrefix;
  readonly passed: boolean;
  readonly reason: string;
}

/** What the decision knows that routes go by. */
export interface RoutesLook extends Pick<
  AnnouncerInput,
  'prefixes' | 'serviceHere' | 'drain' | 'isDrained' | 'sanity' | 'nowMs'
> {
  readonly peers: FreshPeers;
  readonly coordinators: Coordinators;
  readonly unixMs: number;
}

/** Of queries to this coordinator's own DNS: one answer is enough to be there, three failures to be gone. */
const ownDnsThresholds = { rise: 1, fall: 3 };

/** Rules for wishes that a stop need not keep: whoever stops a coordinator cannot wait long. */
const passedOverByStop = ['maxWithdrawn', 'settle', 'transitions', 'bulk'];

/** What is kept on disk of routes. */
type StoredRoutes = StoredAnnouncer & Pick<DurableState, 'announcingAtUnixMs'>;

/** A stop that is underway. */
interface Stop extends StopOrder {
  /** What was on disk when it began. */
  readonly before: StoredAnnouncer;
}

/** The routes of one site. */
export class RoutesHere {
  readonly #announcer: Announcer;
  readonly #overrides: RouteOverrides;
  readonly #ownDns = new Map<IpPrefix, CheckState>();
  /** When an earlier process last announced anything, and how long ago that was at the start. */
  readonly #before: { readonly atUnixMs: number; readonly agoMs: number } | undefined;
  #hearing: Hearing = { established: false };
  #isOpen = false;
  #stop: Stop | undefined;
  #waitingSince: MonoMs | undefined;
  #turn: Permission | undefined;
  #turnDeadline: MonoMs | undefined;

  constructor(own: { readonly site: SiteId; readonly boot: string }, stored: StoredRoutes, { unixMs }: Moment) {
    const { announcingAtUnixMs: atUnixMs } = stored;
    this.#before = atUnixMs === undefined ? undefined : { atUnixMs, agoMs: unixMs - atUnixMs };
    this.#announcer = new Announcer(own, stored);
    this.#overrides = new RouteOverrides(own.site);
  }

  /** The release is loaded and the first round is in: routes may be announced (R11, R18). */
  open(): void {
    this.#isOpen = true;
  }

  /** Takes routes back, as far as the anchor permits (R19, R24); another order takes the place of the one before. */
  stop({ reason, forced, prefixes }: StopOrder, nowMs: MonoMs): void {
    const before = this.#stop?.before ?? this.#announcer.stored(nowMs);
    this.#stop = { reason, forced: [...passedOverByStop, ...forced], prefixes, before };
  }

  /** Calls a stop off. */
  stay(): void {
    this.#stop = undefined;
  }

  takeHearing(hearing: Hearing): void {
    this.#hearing = hearing;
  }

  takeOwnDns({ prefix, passed, reason }: OwnDnsFinding, nowMs: MonoMs): void {
    const result = { passed, reason, at: nowMs };
    this.#ownDns.set(prefix, trackCheck(this.#ownDns.get(prefix), result, ownDnsThresholds));
  }

  /** Takes the overrides in force, and says which routes they concern anew. */
  takeOverrides(inForce: readonly Override[]): readonly DecisionEvent[] {
    return this.#overrides.decide(inForce);
  }

  /** Decides once; what happened is added to `events`. */
  decide(look: RoutesLook, events: DecisionEvent[]): readonly DecisionEffect[] {
    if (!this.#isOpen) return [];
    const { peers, ...rest } = look;
    const { established, unheard } = this.#hearing;
    const effects = this.#announcer.step({
      ...rest,
      stop: this.#stop,
      ownDns: (prefix) => this.#ownDns.get(prefix),
      peersOf: (prefix) => anchorsOf(peers, prefix),
      lowered: (prefix) => this.#overrides.lowered(prefix),
      blackholes: this.#overrides.blackholes,
      isHeard: (prefix) => established && unheard?.includes(prefix) !== true,
      isResuming: this.#isResuming,
    });
    events.push(...effects);
    const routes = effects.filter((effect) => effect.kind === 'announce' || effect.kind === 'withdraw');
    return this.#judgeTurn(look)?.allow === true ? [...routes, { kind: 'changeSessions' }] : routes;
  }

  /**
   * Whether routers may still hear what an earlier process announced. A running one would hold back what a release drops
   * for one window at least; after that the routes of a coordinator are long gone, and are not to begin again.
   */
  get #isResuming(): boolean {
    if (this.#before === undefined) return false;
    return this.#hearing.isByNodes === true || this.#before.agoMs <= bulkWindowMs;
  }

  /** Whether changed session settings may be applied here; undefined where none wait. */
  get turn(): Permission | undefined {
    return this.#turn;
  }

  /** What the others are told of changed session settings. */
  get sessionChange(): Hearing['sessionChange'] {
    return this.#hearing.sessionChange;
  }

  #judgeTurn({ coordinators, peers, nowMs, unixMs }: RoutesLook): Permission | undefined {
    const isWaiting = this.#hearing.sessionChange === 'waiting';
    this.#waitingSince = isWaiting ? (this.#waitingSince ?? nowMs) : undefined;
    const since = this.#waitingSince;
    const turn = since === undefined ? undefined : { coordinators, peers, waitingSince: since, nowMs, unixMs };
    this.#turn = turn && mayChangeSessions(turn);
    this.#turnDeadline = turn && turnDeadline(turn);
    return this.#turn;
  }

  /** Overrides of routes in force, of all sites, the oldest first. */
  get overrides(): readonly Override[] {
    return this.#overrides.inForce;
  }

  /** Whether a prefix is announced here; true for one that is not of this site. */
  isAnnounced(prefix: IpPrefix): boolean {
    return this.#announcer.isAnnounced(prefix);
  }

  /** How each prefix stands. */
  get status(): readonly PrefixStatus[] {
    return this.#announcer.status();
  }

  /** What to tell the other coordinators. */
  get reports(): readonly AnchorReport[] {
    return this.#announcer.reports();
  }

  /**
   * What to keep on disk. The next start begins where a stop began; an anchor that was let go is held then, which is
   * harmless, and one that was taken on meanwhile is a promise (R19). What the stop has taken back begins again only by
   * a release that has it.
   */
  stored({ nowMs, unixMs }: Moment): StoredRoutes {
    const stored = this.#announcer.stored(nowMs);
    const announcingAtUnixMs = this.#isOpen && stored.prefixes.length > 0 ? unixMs : this.#before?.atUnixMs;
    const routes = announcingAtUnixMs === undefined ? stored : { ...stored, announcingAtUnixMs };
    const stop = this.#stop;
    if (stop === undefined) return routes;
    const before = new Map(stop.before.prefixes.map((each) => [each.prefix, each]));
    const held = new Set(stop.before.anchors.flatMap(({ prefix, holds }) => (holds ? [prefix] : [])));
    const anchors = stored.anchors.map(({ prefix, holds }) => {
      return { prefix, holds: holds || (isStopped(stop, prefix) && held.has(prefix)) };
    });
    const prefixes = stored.prefixes.map((now) => {
      const begun = isStopped(stop, now.prefix) ? (before.get(now.prefix) ?? now) : now;
      return now.state === 'withdrawn' && begun !== now ? { ...begun, nextHop: undefined } : begun;
    });
    return { ...routes, anchors, prefixes };
  }

  /** When it wants to be looked at next, if nothing comes before. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    const isAhead = this.#turnDeadline !== undefined && this.#turnDeadline > nowMs;
    return earliest(this.#announcer.nextDeadlineMs(nowMs), isAhead ? this.#turnDeadline : undefined);
  }
}
