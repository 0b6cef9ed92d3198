/**
 * Adj-RIB-Out of one peer as desired state: what it shall hear is set, the difference to what it was told is sent, in
 * pieces of bounded size. Between two pieces changes of a prefix collapse into the last one, and what changes goes before
 * what is only said (again) as the whole table is, withdrawals before all. A prefix that the peer was never told is never
 * withdrawn: an empty withdrawal would read as End-of-RIB. Pure: time is an argument, messages are returned.
 */
import type { Result } from '../result.ts';
import { succeed } from '../result.ts';
import type { Prefix } from '../wire/address.ts';
import { familyOf } from '../wire/address.ts';
import { encodeAttributes } from '../wire/attribute-encode.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { equalBytes } from '../wire/bytes.ts';
import { headerBytes } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { encodedPrefixBytes } from '../wire/nlri.ts';
import { AttributeGroups } from './attribute-groups.ts';
import type { Batch, RefusedRoute, RibUpdate } from './batch.ts';
import { addGroups, addWithdrawals } from './batch.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';
import { packAnnouncements, packWithdrawals } from './pack.ts';
import type { Route } from './route.ts';

/** What is to be sent now. */
export interface RibOutput {
  readonly updates: readonly RibUpdate[];
  /** Refusals that are new in this session. */
  readonly refused: readonly RefusedRoute[];
}

/** What the peer was told of a prefix. */
export interface SentRoute {
  readonly prefix: Prefix;
  readonly attributes: readonly PathAttribute[];
  readonly reason: string;
  readonly sentAtMs: number;
}

/** A prefix that the peer was told and untold in this session. */
export interface WithdrawnPrefix {
  readonly prefix: Prefix;
  readonly reason: string;
  readonly sentAtMs: number;
}

/** What `flush` would do about one prefix, and why. */
export type PlannedChange =
  | {
      readonly kind: 'keep' | 'announce' | 'replace';
      readonly prefix: Prefix;
      readonly attributes: readonly PathAttribute[];
      readonly reason: string;
    }
  | { readonly kind: 'withdraw'; readonly prefix: Prefix; readonly reason: string }
  /** `isTold`: the peer has an earlier route, which is withdrawn. */
  | {
      readonly kind: 'refuse';
      readonly prefix: Prefix;
      readonly refusal: string;
      readonly isTold: boolean;
      readonly reason: string;
    };

interface Wanted {
  /** null in a peer's own routes: nothing, whatever is common. */
  readonly route: Route | null;
  readonly reason: string;
}

/** What a route is towards this peer. */
interface Exported {
  readonly route: Route;
  readonly context: ExportContext;
  readonly attributes: readonly PathAttribute[];
  /** The attributes towards a peer with 4-octet AS numbers. */
  readonly encoded: Uint8Array;
}

interface SentEntry extends SentRoute, Exported {
  /** The peer asked to hear it again. */
  readonly isStale: boolean;
}

interface Announcement {
  readonly exported: Exported;
  /** Why it is wanted. */
  readonly reason: string;
}

/** What is to be done about one prefix; neither of both: nothing. */
interface Settled {
  readonly announced?: Announcement;
  /** What the peer was told before. */
  readonly withdrawn?: Exported | undefined;
  /** Why it cannot be told, where that is new. */
  readonly refusal?: string | undefined;
}

interface Withdrawal extends WithdrawnPrefix {
  /** What the peer was told before. */
  readonly before: Exported;
}

/** When and to whom `flush` writes, and how much of it. */
interface Flush {
  readonly context: ExportContext;
  readonly nowMs: number;
  readonly budgetBytes: number;
}

/** How many withdrawals are remembered: for people, and for routes that come back. */
const maxRememberedWithdrawals = 256;

const nothingToSend: RibOutput = { updates: [], refused: [] };

/** The Adj-RIB-Out of one peer. */
export class AdjRibOut {
  readonly #common = new Map<Prefix, Wanted>();
  readonly #own = new Map<Prefix, Wanted>();
  readonly #sent = new Map<Prefix, SentEntry>();
  /** Prefixes to look at, each with the reason for it, in one of three: no longer wanted, changed, or of the whole table. */
  readonly #gone = new Map<Prefix, string>();
  readonly #changed = new Map<Prefix, string>();
  readonly #repeated = new Map<Prefix, string>();
  readonly #refused = new Map<Prefix, string>();
  readonly #withdrawn = new Map<Prefix, Withdrawal>();

  /** Whether `flush` may have something to send. */
  get isDrained(): boolean {
    return this.waitingCount === 0;
  }

  /** Prefixes that wait for `flush`. */
  get waitingCount(): number {
    return this.#gone.size + this.#changed.size + this.#repeated.size;
  }

  /** Sets what all peers shall hear of `prefix`: a route, or null for nothing. `flush` sends it. */
  setDesired(prefix: Prefix, route: Route | null, reason = ''): void {
    if (route === null) this.#common.delete(prefix);
    else this.#common.set(prefix, { route, reason });
    if (!this.#own.has(prefix)) this.#touch(prefix, reason);
  }

  /** Sets what this peer alone shall hear: a route, null for nothing, undefined for the common route again. */
  setDesiredFor(prefix: Prefix, route: Route | null | undefined, reason = ''): void {
    if (route === undefined) this.#own.delete(prefix);
    else this.#own.set(prefix, { route, reason });
    this.#touch(prefix, reason);
  }

  /** A new session is up: the peer knows nothing, so everything is to be sent. */
  startSession(reason = ''): void {
    this.endSession();
    for (const prefix of this.#wantedPrefixes()) this.#repeated.set(prefix, reason);
  }

  /** The session is gone, and with it all that the peer was told. */
  endSession(): void {
    this.#sent.clear();
    this.#gone.clear();
    this.#changed.clear();
    this.#repeated.clear();
    this.#refused.clear();
    this.#withdrawn.clear();
  }

  /** The peer asked to hear a family again (RFC 2918). */
  refresh(family: Family, reason = ''): void {
    for (const [prefix, entry] of this.#sent) {
      if (familyOf(prefix) !== family) continue;
      this.#sent.set(prefix, { ...entry, isStale: true });
      if (!this.#isWaiting(prefix)) this.#repeated.set(prefix, reason);
    }
  }

  /**
   * Messages that bring the peer nearer to the desired state, about `budgetBytes` of them and one message more at most:
   * what changed, announcements before withdrawals, then what the whole table still lacks. Where the budget is too small
   * for all changes, withdrawals are in it before announcements. Comes to the desired state where there is no budget.
   */
  flush(context: ExportContext, nowMs: number, budgetBytes = Infinity): RibOutput {
    if (this.waitingCount === 1) return this.#flushOnly(context, nowMs);
    const batch: Batch = {
      groups: new AttributeGroups(),
      withdrawn: [],
      refused: [],
      reasons: new Map(),
      byteCount: 0,
    };
    const how = { context, nowMs, budgetBytes };
    this.#drain(this.#gone, how, batch);
    this.#drain(this.#changed, how, batch);
    const updates: RibUpdate[] = [];
    addGroups(updates, batch, context);
    if (this.#repeated.size > 0) {
      batch.groups = new AttributeGroups();
      this.#drain(this.#repeated, how, batch);
      addWithdrawals(updates, batch, context);
      addGroups(updates, batch, context);
    } else addWithdrawals(updates, batch, context);
    return { updates, refused: batch.refused };
  }

  /** The same for the only prefix that waits, as at an announcer mostly: there is nothing to group or to bound. */
  #flushOnly(context: ExportContext, nowMs: number): RibOutput {
    const queue = this.#changed.size === 1 ? this.#changed : this.#gone.size === 1 ? this.#gone : this.#repeated;
    const [waiting] = queue;
    if (waiting === undefined) return nothingToSend;
    const [prefix, reason] = waiting;
    queue.delete(prefix);
    const settled = this.#settle(prefix, context);
    const refused = settled.refusal === undefined ? [] : [{ prefix, reason: settled.refusal }];
    const reasons = reason === '' ? [] : [reason];
    if (settled.announced !== undefined) {
      this.#keep(prefix, settled.announced, settled.announced.exported, nowMs);
      const packed = packAnnouncements([prefix], settled.announced.exported, context);
      return { updates: packed.map((update) => ({ ...update, reasons })), refused };
    }
    if (settled.withdrawn === undefined) return { updates: [], refused };
    this.#forget({ prefix, reason, sentAtMs: nowMs, before: settled.withdrawn });
    const packed = packWithdrawals([prefix], familyOf(prefix), context);
    return { updates: packed.map((update) => ({ ...update, reasons })), refused };
  }

  /** What the peer was told, by prefix. */
  sent(): ReadonlyMap<Prefix, SentRoute> {
    return this.#sent;
  }

  /** What was withdrawn in this session and not announced since, the latest last; at most 256. */
  *withdrawn(): Generator<WithdrawnPrefix, void> {
    for (const { prefix, reason, sentAtMs } of this.#withdrawn.values()) yield { prefix, reason, sentAtMs };
  }

  /**
   * What `flush` would make of each prefix that is wanted or was told. Changes nothing; each entry is made when it is
   * asked for, and what is neither wanted nor told by then is left out.
   */
  *plan(context: ExportContext): Generator<PlannedChange, void> {
    // What was told and is no longer wanted waits to be withdrawn.
    for (const prefix of [...this.#wantedPrefixes(), ...this.#gone.keys()]) {
      const planned = this.#planOne(prefix, context);
      if (planned !== undefined) yield planned;
    }
  }

  #touch(prefix: Prefix, reason: string): void {
    const isWanted = this.#wanted(prefix) !== undefined;
    this.#repeated.delete(prefix);
    if (isWanted) {
      this.#gone.delete(prefix);
      this.#changed.set(prefix, reason);
      return;
    }
    this.#changed.delete(prefix);
    if (this.#sent.has(prefix)) this.#gone.set(prefix, reason);
    else this.#refused.delete(prefix);
  }

  #isWaiting(prefix: Prefix): boolean {
    return this.#changed.has(prefix) || this.#gone.has(prefix) || this.#repeated.has(prefix);
  }

  #wanted(prefix: Prefix): { readonly route: Route; readonly reason: string } | undefined {
    const wanted = this.#own.get(prefix) ?? this.#common.get(prefix);
    return wanted === undefined || wanted.route === null ? undefined : { route: wanted.route, reason: wanted.reason };
  }

  #wantedPrefixes(): readonly Prefix[] {
    const common = [...this.#common.keys()];
    if (this.#own.size === 0) return common;
    const own = [...this.#own].filter(([prefix, { route }]) => route !== null && !this.#common.has(prefix));
    return [...common.filter((prefix) => this.#own.get(prefix)?.route !== null), ...own.map(([prefix]) => prefix)];
  }

  /** Settles prefixes of one queue, as far as the budget goes. */
  #drain(queue: Map<Prefix, string>, how: Flush, batch: Batch): void {
    if (queue.size === 0) return;
    for (const [prefix, reason] of queue) {
      if (batch.byteCount >= how.budgetBytes) return;
      queue.delete(prefix);
      this.#gather(prefix, reason, how, batch);
    }
  }

  #gather(prefix: Prefix, reason: string, { context, nowMs }: Flush, batch: Batch): void {
    const { announced, withdrawn, refusal } = this.#settle(prefix, context);
    if (refusal !== undefined) batch.refused.push({ prefix, reason: refusal });
    if (announced === undefined && withdrawn === undefined) return;
    batch.reasons.set(prefix, reason);
    batch.byteCount += encodedPrefixBytes(prefix);
    if (announced === undefined) {
      batch.withdrawn.push(prefix);
      if (withdrawn !== undefined) this.#forget({ prefix, reason, sentAtMs: nowMs, before: withdrawn });
      return;
    }
    const { exported } = announced;
    const group = batch.groups.find(exported.encoded);
    // Of equal attributes one copy is kept.
    this.#keep(prefix, announced, group === undefined ? exported : { ...exported, ...shared(group) }, nowMs);
    if (group !== undefined) {
      group.prefixes.push(prefix);
      return;
    }
    batch.groups.add({ ...shared(exported), prefixes: [prefix] });
    batch.byteCount += headerBytes + exported.encoded.length;
  }

  /** Decides about one prefix; what is refused is remembered as that. */
  #settle(prefix: Prefix, context: ExportContext): Settled {
    const wanted = this.#wanted(prefix);
    const before = this.#sent.get(prefix);
    if (wanted === undefined) return { withdrawn: before };
    const exported = this.#export(prefix, wanted.route, context);
    if (!exported.ok) {
      const isNew = this.#refused.get(prefix) !== exported.fault;
      this.#refused.set(prefix, exported.fault);
      return { withdrawn: before, refusal: isNew ? exported.fault : undefined };
    }
    this.#refused.delete(prefix);
    const isTold = before !== undefined && !before.isStale && equalBytes(before.encoded, exported.value.encoded);
    return isTold ? {} : { announced: { exported: exported.value, reason: wanted.reason } };
  }

  /** What a route is towards this peer; one that comes back as it went is not exported again. */
  #export(prefix: Prefix, route: Route, context: ExportContext): Result<Exported, string> {
    const before = this.#withdrawn.get(prefix)?.before;
    if (before?.route === route && before.context === context) return succeed(before);
    const exported = exportAttributes(route, context);
    if (!exported.ok) return exported;
    return succeed({ route, context, attributes: exported.value, encoded: encodeAttributes(exported.value, true) });
  }

  /** The peer is told. */
  #keep(prefix: Prefix, { reason }: Announcement, exported: Exported, sentAtMs: number): void {
    const { route, context, attributes, encoded } = exported;
    this.#withdrawn.delete(prefix);
    this.#sent.set(prefix, { prefix, route, context, attributes, encoded, reason, sentAtMs, isStale: false });
  }

  /** The peer is told no longer. */
  #forget(withdrawn: Withdrawal): void {
    const { prefix } = withdrawn;
    this.#sent.delete(prefix);
    this.#withdrawn.delete(prefix);
    this.#withdrawn.set(prefix, withdrawn);
    if (this.#withdrawn.size <= maxRememberedWithdrawals) return;
    const [oldest] = this.#withdrawn.keys();
    if (oldest !== undefined) this.#withdrawn.delete(oldest);
  }

  #planOne(prefix: Prefix, context: ExportContext): PlannedChange | undefined {
    const wanted = this.#wanted(prefix);
    const sent = this.#sent.get(prefix);
    if (wanted === undefined) {
      return sent === undefined ? undefined : { kind: 'withdraw', prefix, reason: this.#gone.get(prefix) ?? '' };
    }
    const { reason } = wanted;
    const refusal = this.#refused.get(prefix);
    // What was settled in this session and has not changed since needs no second export.
    if (!this.#isWaiting(prefix)) {
      if (sent !== undefined) return { kind: 'keep', prefix, attributes: sent.attributes, reason };
      if (refusal !== undefined) return { kind: 'refuse', prefix, refusal, isTold: false, reason };
    }
    const exported = exportAttributes(wanted.route, context);
    if (!exported.ok) return { kind: 'refuse', prefix, refusal: exported.fault, isTold: sent !== undefined, reason };
    const attributes = exported.value;
    if (sent === undefined) return { kind: 'announce', prefix, attributes, reason };
    const isSame = equalBytes(sent.encoded, encodeAttributes(attributes, true));
    return { kind: isSame ? 'keep' : 'replace', prefix, attributes, reason };
  }
}

function shared({
  attributes,
  encoded,
}: Pick<Exported, 'attributes' | 'encoded'>): Pick<Exported, 'attributes' | 'encoded'> {
  return { attributes, encoded };
}
