/**
 * The announcer (sans-IO): what this site's border routers are told, prefix by prefix (R17, R19, R20, R23).
 *
 * Composes gate, anchor and ladder. A prefix that a release takes from this site alone is left as R19 permits; one that
 * it drops everywhere goes at once. Whoever runs it keeps `stored()` on disk before it tells `reports()` to others.
 * Does not speak BGP; whoever runs it turns `announce` and `withdraw` into a speaker's desired state.
 */
import { earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import type { CheckState } from '#health/check-tracker.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import type { AnchorReport } from '#health/report.ts';
import { evaluateGate } from '../gate.ts';
import type { GateState, ServiceHere } from '../gate.ts';
import type { NextHop, PrefixPolicy } from '../model.ts';
import { Anchor } from '../safety/anchor.ts';
import type { PeerAnchor, Permission, StoredAnchor } from '../safety/anchor.ts';
import { attributesFor } from './attributes.ts';
import type { RouteAttributes, WantedRoute } from './attributes.ts';
import { climb, openLadder } from './ladder.ts';
import type { LadderState } from './ladder.ts';

export { gracefulShutdownCommunity } from './attributes.ts';
export type { RouteAttributes, WantedRoute } from './attributes.ts';

/** What the announcer wants done. */
export type AnnouncerEffect =
  | {
      readonly kind: 'announce';
      readonly prefix: IpPrefix;
      /** How the route is wanted; `attributesFor` gives what one neighbor is told. */
      readonly route: WantedRoute;
      /** What a neighbor without settings of its own is told. */
      readonly attributes: RouteAttributes;
      readonly reason: string;
    }
  | { readonly kind: 'withdraw'; readonly prefix: IpPrefix; readonly reason: string }
  | { readonly kind: 'blocked'; readonly prefix: IpPrefix; readonly permission: Permission; readonly wish: string }
  | { readonly kind: 'anchor'; readonly prefix: IpPrefix; readonly holds: boolean; readonly reason: string };

/** What the announcer looks at. */
export interface AnnouncerInput {
  readonly prefixes: readonly PrefixPolicy[];
  readonly serviceHere: (service: ServiceId) => ServiceHere;
  /** How this coordinator's own DNS answers in a prefix; undefined before the first query (R18). */
  readonly ownDns: (prefix: IpPrefix) => CheckState | undefined;
  readonly peersOf: (prefix: IpPrefix) => readonly PeerAnchor[];
  /** A drain of this site whose turn BGP is (R25). */
  readonly drain: { readonly reason: string } | undefined;
  /** This site is under a drain at any stage, so that no other may rely on it. */
  readonly isDrained: boolean;
  /** Whether this vantage trusts itself; a frozen one promises nothing. */
  readonly sane: boolean;
  /** Whether a border router hears what this site announces. */
  readonly isHeard: boolean;
  readonly nowMs: MonoMs;
}

interface PrefixEntry {
  readonly policy: PrefixPolicy;
  readonly anchor: Anchor;
  state: LadderState;
  gate: GateState;
  serving: boolean;
  leavingSince: MonoMs | undefined;
  blocked: Permission | undefined;
}

/** How a prefix stands here, for people. */
export interface PrefixStatus {
  readonly prefix: IpPrefix;
  readonly state: LadderState;
  readonly gate: GateState;
  readonly holdsAnchor: boolean;
  readonly blocked: Permission | undefined;
}

/** One site's announcer. */
export class Announcer {
  readonly #own: { readonly site: SiteId; readonly boot: string };
  readonly #entries = new Map<IpPrefix, PrefixEntry>();
  readonly #stored: Map<IpPrefix, StoredAnchor>;

  constructor(own: { readonly site: SiteId; readonly boot: string }, stored: readonly StoredAnchor[]) {
    this.#own = own;
    this.#stored = new Map(stored.map((anchor) => [anchor.prefix, anchor]));
  }

  /** Looks at everything once and returns what to do, in order. */
  step(input: AnnouncerInput): readonly AnnouncerEffect[] {
    const effects: AnnouncerEffect[] = [];
    const here = input.prefixes.filter((policy) => policy.sites.includes(this.#own.site));
    const leaving = input.prefixes.flatMap((policy) => (here.includes(policy) ? [] : this.#unlisted(policy)));
    this.#drop([...here, ...leaving], effects);
    for (const policy of here) {
      const evidence = { serviceHere: input.serviceHere, ownDns: input.ownDns(policy.prefix) };
      this.#stepPrefix(policy, evaluateGate(policy.gate, evidence), forPolicy(policy, input), effects);
    }
    for (const policy of leaving) this.#stepPrefix(policy, noLongerListed, input, effects);
    return effects;
  }

  /** When a draining prefix is due; one that is due and may not leave waits for news, not for time. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    let next: MonoMs | undefined;
    for (const { state } of this.#entries.values()) {
      if (state.kind === 'draining' && state.until > nowMs) next = earliest(next, state.until);
    }
    return next;
  }

  /** The anchors to keep on disk. */
  stored(): readonly StoredAnchor[] {
    const current = [...this.#entries.values()].map(({ policy, anchor }) => ({
      prefix: policy.prefix,
      holds: anchor.holds,
    }));
    return [...new Map([...this.#stored, ...current.map((anchor) => [anchor.prefix, anchor] as const)]).values()];
  }

  /** What to tell the other coordinators. */
  reports(): readonly AnchorReport[] {
    return [...this.#entries.values()].map(({ policy, anchor, serving, state }) => ({
      prefix: policy.prefix,
      holds: anchor.holds,
      serving,
      announced: state.kind !== 'withdrawn',
      ...(anchor.asks === undefined ? {} : { asks: anchor.asks }),
      accepted: [...anchor.accepted],
    }));
  }

  /** How each prefix stands. */
  status(): readonly PrefixStatus[] {
    return [...this.#entries.values()].map(({ policy, anchor, state, gate, blocked }) => ({
      prefix: policy.prefix,
      state,
      gate,
      holdsAnchor: anchor.holds,
      blocked,
    }));
  }

  /** A prefix that a release takes from this site while others keep it, with the next hop that it had. */
  #unlisted(policy: PrefixPolicy): readonly PrefixPolicy[] {
    const known = this.#entries.get(policy.prefix);
    if (known === undefined || known.state.kind === 'withdrawn') return [];
    return [{ ...policy, nextHops: known.policy.nextHops }];
  }

  #drop(wanted: readonly PrefixPolicy[], effects: AnnouncerEffect[]): void {
    const prefixes = new Set(wanted.map((policy) => policy.prefix));
    for (const [prefix, { state }] of this.#entries) {
      if (prefixes.has(prefix)) continue;
      this.#entries.delete(prefix);
      if (state.kind !== 'withdrawn') effects.push({ kind: 'withdraw', prefix, reason: 'no longer in the release' });
    }
    // Who comes back to a prefix holds its anchor: its former holder may not be among its sites any more.
    for (const prefix of this.#stored.keys()) if (!prefixes.has(prefix)) this.#stored.delete(prefix);
  }

  #stepPrefix(policy: PrefixPolicy, gate: GateState, input: AnnouncerInput, effects: AnnouncerEffect[]): void {
    const known = this.#entries.get(policy.prefix);
    const entry = known === undefined ? this.#open(policy, gate, input) : { ...known, policy, gate };
    this.#entries.set(policy.prefix, entry);
    const isNew = known === undefined || this.#nextHop(known.policy) !== this.#nextHop(policy);
    if (isNew && entry.state.kind !== 'withdrawn') effects.push(this.#announce(entry));

    const heldBefore = entry.anchor.holds;
    const peers = input.peersOf(policy.prefix);
    const isAdopted = entry.anchor.adopt(peers, this.#others(policy), input.nowMs);
    entry.anchor.takeOn(peers, isServing(entry, input));
    this.#climb(entry, { ...input, peers }, effects);
    entry.serving = isServing(entry, input);
    if (entry.anchor.holds !== heldBefore) {
      const taken = isAdopted ? 'no other site holds it' : 'another site asked this one to hold it';
      const reason = entry.anchor.holds ? taken : 'another site holds it now';
      effects.push({ kind: 'anchor', prefix: policy.prefix, holds: entry.anchor.holds, reason });
    }
  }

  #open(policy: PrefixPolicy, gate: GateState, { isDrained, nowMs }: AnnouncerInput): PrefixEntry {
    const anchor = new Anchor(this.#own, this.#stored.get(policy.prefix));
    const state = openLadder({ gate, holdsAnchor: anchor.holds, isDrained, nowMs });
    return { policy, anchor, state, gate, serving: false, leavingSince: undefined, blocked: undefined };
  }

  #climb(
    entry: PrefixEntry,
    input: AnnouncerInput & { readonly peers: readonly PeerAnchor[] },
    effects: AnnouncerEffect[],
  ): void {
    const wantsToLeave = entry.gate.kind === 'fail' || entry.gate.kind === 'drain' || input.drain !== undefined;
    if (wantsToLeave) entry.leavingSince ??= input.nowMs;
    else {
      entry.leavingSince = undefined;
      entry.anchor.stay();
    }
    const before = entry.state;
    const others = this.#others(entry.policy);
    const step = climb(before, {
      gate: entry.gate,
      drain: input.drain,
      isDrained: input.isDrained,
      drainMs: entry.policy.drainMs,
      holdsAnchor: entry.anchor.holds,
      mayLeave: () => {
        const leavingSince = present(entry.leavingSince, 'leavingSince');
        return entry.anchor.mayLeave({ peers: input.peers, others, leavingSince, nowMs: input.nowMs });
      },
      nowMs: input.nowMs,
    });
    entry.state = step.state;
    const { prefix } = entry.policy;
    if (step.blocked !== undefined && step.blocked.reason !== entry.blocked?.reason) {
      effects.push({ kind: 'blocked', prefix, permission: step.blocked, wish: entry.gate.reason });
    }
    entry.blocked = step.blocked;
    if (entry.state.kind === before.kind) return;
    effects.push(
      entry.state.kind === 'withdrawn'
        ? { kind: 'withdraw', prefix, reason: entry.state.reason }
        : this.#announce(entry),
    );
  }

  #announce(entry: PrefixEntry): AnnouncerEffect {
    const { policy, state } = entry;
    const standing = state.kind === 'draining' ? 'draining' : 'normal';
    const route: WantedRoute = { nextHop: this.#nextHop(policy), standing, settings: policy.export ?? {} };
    return {
      kind: 'announce',
      prefix: policy.prefix,
      route,
      attributes: attributesFor(route, undefined),
      reason: state.reason,
    };
  }

  #others(policy: PrefixPolicy): readonly SiteId[] {
    return policy.sites.filter((site) => site !== this.#own.site);
  }

  #nextHop(policy: PrefixPolicy): NextHop {
    return present(policy.nextHops.get(this.#own.site), `next hop of ${policy.prefix} at ${this.#own.site}`);
  }
}

/** A nameserver prefix follows nothing but its DNS: no drain of the site's services moves it (R18). */
function forPolicy(policy: PrefixPolicy, input: AnnouncerInput): AnnouncerInput {
  return policy.gate === 'nameserver' ? { ...input, drain: undefined, isDrained: false } : input;
}

const noLongerListed: GateState = { kind: 'fail', reason: 'the release no longer lists this site', fresh: true };

/** Up here and announced at full preference, on evidence that others may rely on (R19). */
function isServing({ state, gate }: PrefixEntry, { sane, isHeard, isDrained }: AnnouncerInput): boolean {
  return state.kind === 'announced' && gate.kind === 'pass' && gate.fresh && sane && isHeard && !isDrained;
}
