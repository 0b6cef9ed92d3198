/**
 * The announcer (sans-IO): what this site's border routers are told, prefix by prefix (R17–R21, R23, R24).
 *
 * Runs the prefixes (prefix.ts) of one site, the covering ones after those within them, and the blackholes. A prefix
 * that a release takes from this site alone is left as R19 permits; one that it drops everywhere goes at once, many of
 * them a few at a time, over a restart too. Whoever runs it keeps `stored()` on disk before it tells `reports()` to others. Does not speak
 * BGP; whoever runs it turns `announce` and `withdraw` into a speaker's desired state.
 */
import { earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { isWithin, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import type { CheckState } from '#health/check-tracker.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import type { AnchorReport } from '#health/report.ts';
import { evaluateGate } from '../gate.ts';
import type { CoveredHere, GateState, ServiceHere } from '../gate.ts';
import type { PrefixPolicy } from '../model.ts';
import type { PeerAnchor, StoredAnchor } from '../safety/anchor.ts';
import { BulkBreaker } from '../safety/bulk.ts';
import type { StoredLeave } from '../safety/bulk.ts';
import { grantByReports } from '../safety/budget.ts';
import type { GrantProvider } from '../safety/budget.ts';
import { Blackholes } from './blackholes.ts';
import type { BlackholeWish } from './blackholes.ts';
import type { AnnouncerEffect } from './effects.ts';
import { AnnouncedPrefix } from './prefix.ts';
import type { PrefixLook, PrefixStatus, StoredPrefix } from './prefix.ts';

export { gracefulShutdownCommunity } from './attributes.ts';
export type { RouteAttributes, WantedRoute } from './attributes.ts';
export type { AnnouncerEffect } from './effects.ts';
export type { PrefixStatus, StoredPrefix } from './prefix.ts';

/** How long GRACEFUL_SHUTDOWN stands before the withdrawal of a stop (R24). */
const stopDrainMs = 1000;

/** What the announcer looks at. */
export interface AnnouncerInput {
  readonly prefixes: readonly PrefixPolicy[];
  readonly serviceHere: (service: ServiceId) => ServiceHere;
  /** How this coordinator's own DNS answers in a prefix; undefined before the first query (R18). */
  readonly ownDns: (prefix: IpPrefix) => CheckState | undefined;
  readonly peersOf: (prefix: IpPrefix) => readonly PeerAnchor[];
  /** A drain of this site whose turn BGP is (R25), and the rules that it overrides by name (R26). */
  readonly drain: { readonly reason: string; readonly forced?: readonly string[] | undefined } | undefined;
  /**
   * Who speaks here is to end for good (R24): prefixes leave, as the anchor permits; rules that it overrides. All
   * prefixes where none are named.
   */
  readonly stop?: StopOrder | undefined;
  /** This site is under a drain at any stage, so that no other may rely on it. */
  readonly isDrained: boolean;
  /** Why an operator wants a prefix de-preferred here; undefined where none does (R26). */
  readonly lowered: (prefix: IpPrefix) => string | undefined;
  readonly blackholes: readonly BlackholeWish[];
  /** Whether this vantage trusts itself; a frozen one promises nothing, and de-prefers its nameserver prefixes (R18). */
  readonly sanity: 'sane' | 'doubtful' | 'frozen';
  /** Whether a border router hears this site announce a prefix. */
  readonly isHeard: (prefix: IpPrefix) => boolean;
  /** Whether routers may still hear what an earlier process announced: read at the first step. */
  readonly isResuming: boolean;
  readonly nowMs: MonoMs;
}

/** The end of who speaks at a site. */
export interface StopOrder {
  readonly reason: string;
  readonly forced: readonly string[];
  readonly prefixes?: readonly IpPrefix[] | undefined;
}

/** Whether an end takes a prefix along. */
export function isStopped({ prefixes }: StopOrder, prefix: IpPrefix): boolean {
  return prefixes?.includes(prefix) !== false;
}

/** What was kept on disk. */
export interface StoredAnnouncer {
  readonly anchors: readonly StoredAnchor[];
  readonly prefixes: readonly StoredPrefix[];
  /** What the bulk breaker counts; absent in what a version before it kept. */
  readonly bulk?: readonly StoredLeave[] | undefined;
}

/** One site's announcer. */
export class Announcer {
  readonly #own: { readonly site: SiteId; readonly boot: string };
  readonly #grant: GrantProvider;
  readonly #entries = new Map<IpPrefix, AnnouncedPrefix>();
  readonly #anchors: Map<IpPrefix, StoredAnchor>;
  readonly #prefixes: Map<IpPrefix, StoredPrefix>;
  readonly #bulk = new BulkBreaker();
  readonly #blackholes: Blackholes;
  #isWaitingForBulk = false;
  /** Prefixes of no release that wait for their turn, whether a stop has taken them back meanwhile or not. */
  readonly #waiting = new Set<IpPrefix>();
  #hasBegun = false;
  /** What an earlier process counted, until the first step tells the time. */
  #keptBulk: readonly StoredLeave[];

  /** `grant` says which wishes may begin. */
  constructor(
    own: { readonly site: SiteId; readonly boot: string },
    stored: StoredAnnouncer,
    grant: GrantProvider = grantByReports,
  ) {
    this.#own = own;
    this.#grant = grant;
    this.#anchors = new Map(stored.anchors.map((anchor) => [anchor.prefix, anchor]));
    this.#prefixes = new Map(stored.prefixes.map((prefix) => [prefix.prefix, prefix]));
    this.#blackholes = new Blackholes(own.site);
    this.#keptBulk = stored.bulk ?? [];
  }

  /** Looks at everything once and returns what to do, in order. */
  step(input: AnnouncerInput): readonly AnnouncerEffect[] {
    const effects: AnnouncerEffect[] = [];
    this.#bulk.restore(this.#keptBulk, input.nowMs);
    this.#keptBulk = [];
    this.#isWaitingForBulk = false;
    if (!this.#hasBegun && input.isResuming) this.#resume(input);
    this.#hasBegun = true;
    const listed = input.prefixes.filter((policy) => policy.sites.includes(this.#own.site));
    const unlisted = input.prefixes.flatMap((policy) => (listed.includes(policy) ? [] : this.#unlisted(policy)));
    // What lies within another comes first: the covering one follows what becomes of it.
    const order = (policy: PrefixPolicy): number => prefixParts(policy.prefix).length;
    for (const policy of [...listed, ...unlisted].toSorted((a, b) => order(b) - order(a))) {
      const gate = unlisted.includes(policy) ? noLongerListed : this.#gateOf(policy, input);
      this.#stepPrefix(this.#lookAt(policy, gate, input), effects);
    }
    this.#drop([...listed, ...unlisted], input, effects);
    const routed = new Map([...this.#entries].map(([prefix, entry]) => [prefix, entry.isOnAir]));
    this.#blackholes.step(input.blackholes, input.prefixes, routed, effects);
    return effects;
  }

  /** When it wants to be looked at next, if nothing comes before. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    return [
      this.#isWaitingForBulk ? this.#bulk.nextDeadlineMs(nowMs) : undefined,
      ...[...this.#entries.values()].map((entry) => entry.nextDeadlineMs(nowMs)),
    ].reduce(earliest, undefined);
  }

  /** What to keep on disk. */
  stored(nowMs: MonoMs): StoredAnnouncer {
    const anchors = new Map(this.#anchors);
    const prefixes = new Map(this.#prefixes);
    for (const [prefix, entry] of this.#entries) {
      const stored = entry.stored(nowMs);
      anchors.set(prefix, stored.anchor);
      prefixes.set(prefix, stored.prefix);
    }
    const bulk = [...this.#keptBulk, ...this.#bulk.stored(nowMs)];
    return { anchors: [...anchors.values()], prefixes: [...prefixes.values()], bulk };
  }

  /** What to tell the other coordinators. */
  reports(): readonly AnchorReport[] {
    return [...this.#entries.values()].map((entry) => entry.report());
  }

  /** How each prefix stands. */
  status(): readonly PrefixStatus[] {
    return [...this.#entries.values()].map((entry) => entry.status());
  }

  /** The addresses that are announced to be discarded. */
  get blackholes(): readonly IpPrefix[] {
    return this.#blackholes.prefixes;
  }

  /** Whether a prefix is announced here; true for one that is not of this site. */
  isAnnounced(prefix: IpPrefix): boolean {
    return this.#entries.get(prefix)?.isOnAir !== false;
  }

  /** A prefix that a release takes from this site while others keep it, with the next hop that it had, or had on disk. */
  #unlisted(policy: PrefixPolicy): readonly PrefixPolicy[] {
    const known = this.#entries.get(policy.prefix) ?? this.#keptOnAir(policy.prefix);
    if (known?.isOnAir !== true) return [];
    return [{ ...policy, nextHops: new Map([[this.#own.site, known.nextHop]]) }];
  }

  /** What an earlier process announced and the release drops everywhere: it leaves as it would have left there (R24). */
  #resume({ prefixes, isDrained, nowMs }: AnnouncerInput): void {
    const { site } = this.#own;
    const named = new Set(prefixes.map(({ prefix }) => prefix));
    for (const kept of this.#prefixes.values()) {
      const { prefix, export: settings } = kept;
      const known = this.#keptOnAir(prefix);
      if (named.has(prefix) || known?.isOnAir !== true) continue;
      const nextHops = new Map([[site, known.nextHop]]);
      const policy: PrefixPolicy = { prefix, gate: 'always', sites: [site], nextHops, drainMs: 0, export: settings };
      const look = { policy, gate: noLongerNamed, isDrained, nowMs };
      const anchor = this.#anchors.get(prefix);
      this.#entries.set(prefix, new AnnouncedPrefix(this.#own, look, { anchor, prefix: kept }));
    }
  }

  /** What stood when an earlier process ended; a version that kept no next hop says nothing (R24). */
  #keptOnAir(prefix: IpPrefix): Pick<AnnouncedPrefix, 'isOnAir' | 'nextHop'> | undefined {
    const { state, nextHop } = this.#prefixes.get(prefix) ?? {};
    return nextHop === undefined ? undefined : { isOnAir: state !== 'withdrawn', nextHop };
  }

  #gateOf({ prefix, gate }: PrefixPolicy, { serviceHere, ownDns }: AnnouncerInput): GateState {
    const covered = gate === 'covered' ? this.#coveredBy(prefix) : [];
    return evaluateGate(gate, { serviceHere, ownDns: ownDns(prefix), covered });
  }

  #coveredBy(cover: IpPrefix): readonly CoveredHere[] {
    return [...this.#entries].flatMap(([prefix, entry]) =>
      isWithin(prefix, cover) ? [{ isAnnounced: entry.isOnAir, isServing: entry.isServing }] : [],
    );
  }

  #lookAt(policy: PrefixPolicy, gate: GateState, input: AnnouncerInput): PrefixLook {
    const { nowMs, sanity, drain } = input;
    const stop = input.stop !== undefined && isStopped(input.stop, policy.prefix) ? input.stop : undefined;
    // What follows its own DNS, or other prefixes, is not moved by a drain of the site's services (R18).
    const isApart = policy.gate === 'nameserver' || policy.gate === 'covered';
    const isFrozen = policy.gate === 'nameserver' && sanity === 'frozen';
    const ownDrain = isApart || drain === undefined ? undefined : { reason: drain.reason, forced: drain.forced ?? [] };
    return {
      // What still comes is served after the withdrawal of a stop, so that routers need to hear of it but shortly.
      policy: stop === undefined ? policy : { ...policy, drainMs: Math.min(policy.drainMs, stopDrainMs) },
      gate,
      peers: input.peersOf(policy.prefix),
      drain: stop ?? ownDrain,
      isStop: stop !== undefined,
      isDrained: !isApart && input.isDrained,
      lowered: isFrozen ? 'this coordinator is frozen (R18)' : input.lowered(policy.prefix),
      keptBy: isFrozen
        ? { allow: false, rule: 'R18', reason: 'a frozen coordinator withdraws no nameserver' }
        : undefined,
      isReliable: sanity === 'sane' && input.isHeard(policy.prefix),
      grant: this.#grant,
      // A drain names the whole site, as a stop does; what it takes along is meant.
      isWithinBulk: () => drain !== undefined || stop !== undefined || this.#allowsBulk(policy.prefix, nowMs),
      nowMs,
    };
  }

  #allowsBulk(prefix: IpPrefix, nowMs: MonoMs): boolean {
    const allowed = this.#bulk.allows(prefix, this.#entries.size, nowMs);
    if (!allowed) this.#isWaitingForBulk = true;
    return allowed;
  }

  #stepPrefix(look: PrefixLook, effects: AnnouncerEffect[]): void {
    const { prefix } = look.policy;
    const known = this.#entries.get(prefix);
    const kept = { anchor: this.#anchors.get(prefix), prefix: this.#prefixes.get(prefix) };
    const entry = known ?? new AnnouncedPrefix(this.#own, look, kept);
    this.#entries.set(prefix, entry);
    const before = entry.state.kind;
    entry.step(look, effects);
    const hasBegun = entry.state.kind === 'draining' && before !== 'draining';
    if (hasBegun && look.drain === undefined) this.#bulk.count(prefix, look.nowMs);
  }

  /** Leaves what the release does not name any more. */
  #drop(wanted: readonly PrefixPolicy[], input: AnnouncerInput, effects: AnnouncerEffect[]): void {
    const { nowMs } = input;
    const prefixes = new Set(wanted.map((policy) => policy.prefix));
    const total = this.#entries.size;
    for (const prefix of this.#waiting) if (prefixes.has(prefix)) this.#waiting.delete(prefix);
    for (const [prefix, entry] of this.#entries) {
      if (prefixes.has(prefix)) continue;
      const isWaiting = entry.isOnAir || this.#waiting.has(prefix);
      if (isWaiting && !this.#bulk.allows(prefix, total, nowMs)) {
        this.#isWaitingForBulk = true;
        this.#waiting.add(prefix);
        this.#keepWaiting(entry, input, effects);
        continue;
      }
      this.#waiting.delete(prefix);
      this.#entries.delete(prefix);
      if (!entry.isOnAir) continue;
      this.#bulk.count(prefix, nowMs);
      effects.push({ kind: 'withdraw', prefix, reason: 'no longer in the release' });
    }
    // Who comes back to a prefix holds its anchor: its former holder may not be among its sites any more.
    for (const kept of [this.#anchors, this.#prefixes]) {
      for (const prefix of kept.keys()) if (!prefixes.has(prefix)) kept.delete(prefix);
    }
  }

  /** A stop takes along what waits for its turn, as all else (R24); no other site is asked, it has no release either. */
  #keepWaiting(entry: AnnouncedPrefix, input: AnnouncerInput, effects: AnnouncerEffect[]): void {
    const policy: PrefixPolicy = { ...entry.policy, gate: 'always', sites: [this.#own.site] };
    const look = this.#lookAt(policy, noLongerNamed, input);
    if (look.isStop || entry.isStopping) entry.step(look, effects);
    if (!look.isStop) entry.hold(bulkDenial, effects);
  }
}

const noLongerListed: GateState = {
  kind: 'fail',
  reason: 'the release no longer lists this site',
  fresh: true,
  returns: false,
};

const noLongerNamed: GateState = {
  kind: 'hold',
  reason: 'as before the restart; no longer in the release',
  fresh: false,
  returns: false,
};

const bulkDenial = {
  allow: false,
  rule: 'bulk',
  reason: 'the release drops many prefixes at once, they go a few at a time',
} as const;
