/**
 * One prefix at one site (sans-IO): composes its gate (R17), anchor (R19), ladder and budgets (R20) and returns (R21).
 *
 * engine.ts runs all prefixes of a site; here is what one of them remembers and what it says.
 */
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { SiteId } from '#health/model.ts';
import type { AnchorReport } from '#health/report.ts';
import type { GateState } from '../gate.ts';
import type { NextHop, PrefixExport, PrefixPolicy, Standing } from '../model.ts';
import { Anchor } from '../safety/anchor.ts';
import type { PeerAnchor, StoredAnchor } from '../safety/anchor.ts';
import { askAheadMs, defaultLimits, transitionWindowMs } from '../safety/budget.ts';
import type { GrantProvider, OtherSite } from '../safety/budget.ts';
import type { Permission } from '../safety/permission.ts';
import { attributesFor } from './attributes.ts';
import type { WantedRoute } from './attributes.ts';
import type { AnnouncerEffect } from './effects.ts';
import { climb, openLadder } from './ladder.ts';
import type { LadderState } from './ladder.ts';
import { countReturn, freshReturns, heldUntil, restoreReturns, storeReturns } from './returns.ts';
import type { Returns, StoredReturns } from './returns.ts';

/** How a prefix stood, as it is kept on disk over a restart (R24). */
export interface StoredPrefix {
  readonly prefix: IpPrefix;
  readonly state: LadderState['kind'];
  /** Whether its gate failed and has not passed since. */
  readonly hasFailed: boolean;
  readonly returns: StoredReturns;
  /** Where its traffic goes, for a release that lists this site no more; absent in what a version before it kept. */
  readonly nextHop?: NextHop | undefined;
  /** What its routes carried, for a release that has no such prefix more. */
  readonly export?: PrefixExport | undefined;
}

/** What a prefix is given to step by. */
export interface PrefixLook {
  readonly policy: PrefixPolicy;
  readonly gate: GateState;
  readonly peers: readonly PeerAnchor[];
  /** A drain of this site whose turn BGP is (R25), and the rules that it overrides. */
  readonly drain: { readonly reason: string; readonly forced: readonly string[] } | undefined;
  readonly isDrained: boolean;
  /** The drain is a stop of the whole coordinator (R24): a prefix that no other site has is let go. */
  readonly isStop: boolean;
  /** Why the prefix is to be de-preferred while it works (R18, R26). */
  readonly lowered: string | undefined;
  /** Why the prefix may not be withdrawn now, whatever fails (R18). */
  readonly keptBy: Permission | undefined;
  /** Whether this vantage trusts itself, and a border router hears it: else it promises nothing to others. */
  readonly isReliable: boolean;
  readonly grant: GrantProvider;
  /** Whether the bulk breaker lets this prefix go. */
  readonly isWithinBulk: () => boolean;
  readonly nowMs: MonoMs;
}

/** One prefix of this site. */
export class AnnouncedPrefix {
  readonly #ownSite: SiteId;
  readonly anchor: Anchor;
  #policy: PrefixPolicy;
  #gate: GateState;
  #state: LadderState;
  #returns: Returns;
  #hasFailed: boolean;
  #serving = false;
  #leavingSince: MonoMs | undefined;
  #waitingSince: MonoMs | undefined;
  #begun: readonly MonoMs[] = [];
  /** When each other site was last heard to be away. */
  readonly #awayAt = new Map<SiteId, MonoMs>();
  #blocked: Permission | undefined;
  /** How it stood when a stop began that is underway. */
  #stoppedFrom: LadderState['kind'] | undefined;
  /** What was last announced, to tell changes. */
  #told: string | undefined;

  constructor(
    own: { readonly site: SiteId; readonly boot: string },
    look: Pick<PrefixLook, 'policy' | 'gate' | 'isDrained' | 'nowMs'>,
    kept: { readonly anchor: StoredAnchor | undefined; readonly prefix: StoredPrefix | undefined },
  ) {
    const { policy, gate, isDrained, nowMs } = look;
    this.#ownSite = own.site;
    this.#policy = policy;
    this.#gate = gate;
    this.anchor = new Anchor(own, kept.anchor);
    this.#hasFailed = kept.prefix?.hasFailed ?? false;
    this.#returns = kept.prefix === undefined ? freshReturns(nowMs) : restoreReturns(kept.prefix.returns, nowMs);
    const holdsAnchor = this.anchor.holds;
    this.#state = openLadder(kept.prefix?.state, {
      gate,
      holdsAnchor,
      isDrained,
      drainMs: policy.drainMs,
      nowMs,
    });
  }

  get policy(): PrefixPolicy {
    return this.#policy;
  }

  get state(): LadderState {
    return this.#state;
  }

  get isOnAir(): boolean {
    return this.#state.kind !== 'withdrawn';
  }

  /** A stop is underway, or has just been called off. */
  get isStopping(): boolean {
    return this.#stoppedFrom !== undefined;
  }

  get nextHop(): NextHop {
    return nextHopAt(this.#policy, this.#ownSite);
  }

  get isServing(): boolean {
    return this.#serving;
  }

  /** Looks once and says what to do, in order. */
  step(look: PrefixLook, effects: AnnouncerEffect[]): void {
    const { policy, peers, nowMs } = look;
    this.#policy = policy;
    this.#gate = look.gate;
    for (const { site, report } of peers) {
      if (!report.announced || report.leaving === 'going') this.#awayAt.set(site, nowMs);
    }
    this.#callOffStop(look);
    const heldBefore = this.anchor.holds;
    const isAdopted = this.anchor.adopt(peers, this.#others, nowMs);
    this.anchor.takeOn(peers, this.#serves(look));
    const wish = this.#climb(look);
    this.#serving = this.#serves(look);
    this.#tell(wish, effects);
    if (this.anchor.holds !== heldBefore) {
      const taken = isAdopted ? 'no other site holds it' : 'another site asked this one to hold it';
      const reason = this.anchor.holds ? taken : 'another site holds it now';
      effects.push({ kind: 'anchor', prefix: policy.prefix, holds: this.anchor.holds, reason });
    }
  }

  /** Stays as it is, though nothing names it any more; one of an earlier process is told to routers again. */
  hold(permission: Permission, effects: AnnouncerEffect[]): void {
    const isNews = permission.reason !== this.#blocked?.reason;
    this.#blocked = permission;
    this.#tell(isNews ? 'no longer in the release' : '', effects);
  }

  /** When it wants to be looked at next; a wish that is due and may not go on waits for news, not for time. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    const settleMs = this.#limits.settleMs;
    const waits =
      this.#waitingSince === undefined
        ? []
        : [after(this.#waitingSince, askAheadMs), ...[...this.#awayAt.values()].map((at) => after(at, settleMs))];
    const drained = this.#state.kind === 'draining' ? this.#state.until : undefined;
    return [...waits, drained, heldUntil(this.#returns, nowMs)]
      .filter((deadline) => deadline !== undefined && deadline > nowMs)
      .reduce(earliest, undefined);
  }

  /** What to keep on disk. */
  stored(nowMs: MonoMs): { readonly anchor: StoredAnchor; readonly prefix: StoredPrefix } {
    const { prefix } = this.#policy;
    return {
      anchor: { prefix, holds: this.anchor.holds },
      prefix: {
        prefix,
        state: this.#state.kind,
        hasFailed: this.#hasFailed,
        returns: storeReturns(this.#returns, nowMs),
        nextHop: this.nextHop,
        ...(this.#policy.export === undefined ? {} : { export: this.#policy.export }),
      },
    };
  }

  /** What to tell the other coordinators. */
  report(): AnchorReport {
    const { anchor } = this;
    const isWaiting = this.#waitingSince !== undefined ? 'waiting' : undefined;
    const leaving = this.#state.kind === 'draining' ? 'going' : isWaiting;
    return {
      prefix: this.#policy.prefix,
      holds: anchor.holds,
      serving: this.#serving,
      announced: this.isOnAir,
      ...(leaving === undefined ? {} : { leaving }),
      ...(anchor.asks === undefined ? {} : { asks: anchor.asks }),
      accepted: [...anchor.accepted],
    };
  }

  /** How it stands, for people. */
  status(): PrefixStatus {
    return {
      prefix: this.#policy.prefix,
      state: this.#state,
      gate: this.#gate,
      holdsAnchor: this.anchor.holds,
      blocked: this.#blocked,
    };
  }

  #climb(look: PrefixLook): string {
    const { gate, drain, nowMs } = look;
    const isFailing = gate.kind === 'fail' || gate.kind === 'drain';
    // After a restart a drain begins anew with DNS; a route that was draining by it goes on to leave meanwhile.
    const isGoing = look.isDrained && this.#state.kind === 'draining';
    const isLeaving = isFailing || isGoing || drain !== undefined;
    if (!isLeaving) this.anchor.stay();
    this.#leavingSince = isLeaving ? (this.#leavingSince ?? nowMs) : undefined;
    this.#noteReturn(isFailing, nowMs);
    const isWishing = gate.kind === 'drain' || (drain !== undefined && gate.kind !== 'fail');
    this.#waitingSince =
      isWishing && this.isOnAir && this.#state.kind !== 'draining' ? (this.#waitingSince ?? nowMs) : undefined;
    const held = heldUntil(this.#returns, nowMs);
    const lowered = look.lowered ?? (held === undefined ? undefined : 'comes and goes, held back for a time (R21)');
    const { state, blocked } = climb(this.#state, {
      gate,
      drain,
      isDrained: look.isDrained,
      lowered,
      drainMs: this.#policy.drainMs,
      holdsAnchor: this.anchor.holds && !this.#isOwnAffair(look),
      mayLeave: () => this.#mayLeave(look),
      mayBegin: () => this.#mayBegin(look),
      nowMs,
    });
    if (state.kind === 'draining' && this.#state.kind !== 'draining') {
      this.#waitingSince = undefined;
      this.#begun = [...this.#begun, nowMs];
    }
    this.#state = state;
    const isNews = blocked !== undefined && blocked.reason !== this.#blocked?.reason;
    this.#blocked = blocked;
    return isNews ? (drain?.reason ?? gate.reason) : '';
  }

  /** What a stop took back that does not come to an end stands as it would after a start (R24). */
  #callOffStop({ gate, isStop, isDrained, nowMs }: PrefixLook): void {
    if (isStop) {
      this.#stoppedFrom ??= this.#state.kind;
      return;
    }
    const kept = this.#stoppedFrom;
    this.#stoppedFrom = undefined;
    const isHalfGone = this.#state.kind === 'draining' && kept !== 'draining' && gate.kind === 'hold';
    if (kept === undefined || kept === 'withdrawn' || (this.isOnAir && !isHalfGone)) return;
    const { drainMs } = this.#policy;
    this.#state = openLadder(kept, { gate, holdsAnchor: this.anchor.holds, isDrained, drainMs, nowMs });
  }

  /** A gate that failed and passes again is a return, wherever the route stood meanwhile (R21). */
  #noteReturn(isFailing: boolean, nowMs: MonoMs): void {
    if (isFailing) this.#hasFailed = true;
    else if (this.#hasFailed && this.#gate.returns) {
      this.#hasFailed = false;
      this.#returns = countReturn(this.#returns, nowMs);
    }
  }

  /** Who stops means it, where there is no other site to ask (R24). */
  #isOwnAffair({ isStop }: PrefixLook): boolean {
    return isStop && this.#others.length === 0;
  }

  #mayLeave(look: PrefixLook): Permission {
    const { keptBy, peers, nowMs } = look;
    if (this.#isOwnAffair(look)) return ownAffair;
    if (keptBy !== undefined) return keptBy;
    const leavingSince = present(this.#leavingSince ?? this.#state.since, 'leavingSince');
    return this.anchor.mayLeave({ peers, others: this.#others, leavingSince, nowMs });
  }

  #mayBegin(look: PrefixLook): Permission {
    const { keptBy, peers, drain, grant, isWithinBulk, nowMs } = look;
    if (this.#isOwnAffair(look)) return ownAffair;
    if (keptBy !== undefined) return keptBy;
    this.#begun = this.#begun.filter((at) => nowMs < after(at, transitionWindowMs));
    return grant({
      site: this.#ownSite,
      sites: this.#policy.sites,
      others: this.#others.map((site) => this.#otherSite(site, peers)),
      limits: this.#limits,
      waitingSince: this.#waitingSince ?? nowMs,
      begun: this.#begun,
      forced: drain?.forced ?? [],
      isWithinBulk: isWithinBulk(),
      nowMs,
    });
  }

  #otherSite(site: SiteId, peers: readonly PeerAnchor[]): OtherSite {
    const report = peers.find((peer) => peer.site === site)?.report;
    return {
      site,
      isHeard: report !== undefined,
      isServing: report?.serving === true,
      isAnnounced: report?.announced === true,
      leaving: report?.leaving,
      lastAwayAt: this.#awayAt.get(site),
    };
  }

  /** Says what changed: the route, and why it does not go where it should. */
  #tell(wish: string, effects: AnnouncerEffect[]): void {
    const { prefix } = this.#policy;
    if (this.#blocked !== undefined && wish !== '') {
      effects.push({ kind: 'blocked', prefix, permission: this.#blocked, wish });
    }
    const route = this.#route();
    const shape = route === undefined ? undefined : JSON.stringify(route);
    if (shape === this.#told) return;
    this.#told = shape;
    const { reason } = this.#state;
    if (route === undefined) effects.push({ kind: 'withdraw', prefix, reason });
    else effects.push({ kind: 'announce', prefix, route, attributes: attributesFor(route, undefined), reason });
  }

  #route(): WantedRoute | undefined {
    const standings: Readonly<Record<LadderState['kind'], Standing | undefined>> = {
      announced: 'normal',
      depreferred: 'depreferred',
      draining: 'draining',
      withdrawn: undefined,
    };
    const standing = standings[this.#state.kind];
    if (standing === undefined) return undefined;
    return { nextHop: this.nextHop, standing, settings: this.#policy.export ?? {} };
  }

  /** Up here and on air, on evidence that others may rely on (R19). */
  #serves({ isReliable, isDrained }: PrefixLook): boolean {
    const { kind } = this.#state;
    const isWorking = kind === 'announced' || (kind === 'depreferred' && this.#state.cause === 'lowered');
    return isWorking && this.#gate.kind === 'pass' && this.#gate.fresh && isReliable && !isDrained;
  }

  get #others(): readonly SiteId[] {
    return this.#policy.sites.filter((site) => site !== this.#ownSite);
  }

  get #limits(): NonNullable<PrefixPolicy['limits']> {
    return this.#policy.limits ?? defaultLimits;
  }
}

const ownAffair: Permission = { allow: true, rule: 'R24', reason: 'no other site announces it' };

/** How a prefix stands here, for people. */
export interface PrefixStatus {
  readonly prefix: IpPrefix;
  readonly state: LadderState;
  readonly gate: GateState;
  readonly holdsAnchor: boolean;
  readonly blocked: Permission | undefined;
}

/** Where a site sends a prefix's traffic. */
export function nextHopAt(policy: PrefixPolicy, site: SiteId): NextHop {
  return present(policy.nextHops.get(site), `next hop of ${policy.prefix} at ${site}`);
}
