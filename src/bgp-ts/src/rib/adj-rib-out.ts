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
import type { Entry, Exported, Said } from './entry.ts';
import { newEntry, WaitingList, wantedOf } from './entry.ts';
import type { ExportContext } from './export.ts';
import { exportAttributes } from './export.ts';
import { packAnnouncements, packWithdrawals } from './pack.ts';
import type { PackedUpdate } from './pack.ts';
import type { PlannedChange } from './plan.ts';
import { planEntry } from './plan.ts';
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

/** What is to be done about one prefix; neither of the first two: nothing. */
interface Settled {
  readonly announced: Exported | undefined;
  /** What the peer was told before. */
  readonly withdrawn: Exported | undefined;
  /** Why it cannot be told, where that is new. */
  readonly refusal: string | undefined;
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
  readonly #entries = new Map<Prefix, Entry>();
  /** What is to be looked at: no longer wanted, changed, or of the whole table. */
  readonly #gone = new WaitingList();
  readonly #changed = new WaitingList();
  readonly #repeated = new WaitingList();
  /** Withdrawals of this session, the latest last; those whose entry has another one, or none, count no longer. */
  #withdrawals: Said[] = [];

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
    const entry = this.#entryOf(prefix);
    entry.common = route === null ? undefined : { route, reason };
    if (entry.own === undefined) this.#touch(entry, reason);
  }

  /** Sets what this peer alone shall hear: a route, null for nothing, undefined for the common route again. */
  setDesiredFor(prefix: Prefix, route: Route | null | undefined, reason = ''): void {
    const entry = this.#entryOf(prefix);
    if (route === undefined) entry.own = undefined;
    else entry.own = route === null ? 'nothing' : { route, reason };
    this.#touch(entry, reason);
  }

  /** A new session is up: the peer knows nothing, so everything is to be sent. */
  startSession(reason = ''): void {
    this.endSession();
    for (const entry of this.#entries.values()) {
      if (wantedOf(entry) !== undefined) this.#repeated.add(entry, reason);
    }
  }

  /** The session is gone, and with it all that the peer was told. */
  endSession(): void {
    this.#withdrawals = [];
    for (const entry of this.#entries.values()) {
      entry.told = undefined;
      entry.untold = undefined;
      entry.isStale = false;
      entry.refusal = undefined;
      entry.list?.delete(entry);
      this.#dropIfUnknown(entry);
    }
  }

  /** The peer asked to hear a family again (RFC 2918). */
  refresh(family: Family, reason = ''): void {
    for (const entry of this.#entries.values()) {
      if (entry.told === undefined || familyOf(entry.prefix) !== family) continue;
      entry.isStale = true;
      if (entry.list === undefined) this.#repeated.add(entry, reason);
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
    const entry = this.#changed.first ?? this.#gone.first ?? this.#repeated.first;
    if (entry === undefined) return nothingToSend;
    const { prefix, waitingReason } = entry;
    entry.list?.delete(entry);
    const { announced, withdrawn, refusal } = this.#settle(entry, context);
    const refused = refusal === undefined ? [] : [{ prefix, reason: refusal }];
    if (announced !== undefined) {
      this.#keep(entry, announced, nowMs);
      announced.announcement ??= packAnnouncements([prefix], announced, context);
      return { updates: withReason(announced.announcement, waitingReason), refused };
    }
    if (withdrawn === undefined) return { updates: [], refused };
    this.#forget({ entry, exported: withdrawn, reason: waitingReason, sentAtMs: nowMs });
    withdrawn.withdrawal ??= packWithdrawals([prefix], familyOf(prefix), context);
    return { updates: withReason(withdrawn.withdrawal, waitingReason), refused };
  }

  /** What the peer was told. */
  *sent(): Generator<SentRoute, void> {
    for (const { prefix, told } of this.#entries.values()) {
      if (told === undefined) continue;
      const { exported, reason, sentAtMs } = told;
      yield { prefix, attributes: exported.attributes, reason, sentAtMs };
    }
  }

  /** What was withdrawn in this session and not announced since, the latest last; at most 256. */
  *withdrawn(): Generator<WithdrawnPrefix, void> {
    const standing = this.#withdrawals.filter(stands).slice(-maxRememberedWithdrawals);
    for (const { entry, reason, sentAtMs } of standing) yield { prefix: entry.prefix, reason, sentAtMs };
  }

  /**
   * What `flush` would make of each prefix that is wanted or was told. Changes nothing; each entry is made when it is
   * asked for, and what is neither wanted nor told by then is left out.
   */
  *plan(context: ExportContext): Generator<PlannedChange, void> {
    const entries = [...this.#entries.values()];
    const isWanted = (entry: Entry): boolean => wantedOf(entry) !== undefined;
    for (const entry of [...entries.filter(isWanted), ...entries.filter((each) => !isWanted(each))]) {
      const planned = planEntry(entry, context);
      if (planned !== undefined) yield planned;
    }
  }

  #entryOf(prefix: Prefix): Entry {
    const known = this.#entries.get(prefix);
    if (known !== undefined) return known;
    const entry = newEntry(prefix);
    this.#entries.set(prefix, entry);
    return entry;
  }

  #dropIfUnknown({ prefix, common, own, told, untold }: Entry): void {
    if (common === undefined && own === undefined && told === undefined && untold === undefined) {
      this.#entries.delete(prefix);
    }
  }

  #touch(entry: Entry, reason: string): void {
    if (wantedOf(entry) !== undefined) this.#changed.add(entry, reason);
    else if (entry.told !== undefined) this.#gone.add(entry, reason);
    else {
      entry.list?.delete(entry);
      entry.refusal = undefined;
      this.#dropIfUnknown(entry);
    }
  }

  /** Settles prefixes of one list, as far as the budget goes. */
  #drain(list: WaitingList, how: Flush, batch: Batch): void {
    for (let entry = list.first; entry !== undefined; entry = list.first) {
      if (batch.byteCount >= how.budgetBytes) return;
      list.delete(entry);
      this.#gather(entry, how, batch);
    }
  }

  #gather(entry: Entry, { context, nowMs }: Flush, batch: Batch): void {
    const { prefix, waitingReason: reason } = entry;
    const { announced, withdrawn, refusal } = this.#settle(entry, context);
    if (refusal !== undefined) batch.refused.push({ prefix, reason: refusal });
    if (announced === undefined && withdrawn === undefined) return;
    batch.reasons.set(prefix, reason);
    batch.byteCount += encodedPrefixBytes(prefix);
    if (announced === undefined) {
      batch.withdrawn.push(prefix);
      if (withdrawn !== undefined) this.#forget({ entry, exported: withdrawn, reason, sentAtMs: nowMs });
      return;
    }
    const { attributes, encoded } = announced;
    const group = batch.groups.find(encoded);
    if (group !== undefined) {
      // Of equal attributes one copy is kept.
      this.#keep(entry, { ...announced, attributes: group.attributes, encoded: group.encoded }, nowMs);
      group.prefixes.push(prefix);
      return;
    }
    this.#keep(entry, announced, nowMs);
    batch.groups.add({ attributes, encoded, prefixes: [prefix] });
    batch.byteCount += headerBytes + encoded.length;
  }

  /** Decides about one prefix; what is refused is remembered as that. */
  #settle(entry: Entry, context: ExportContext): Settled {
    const wanted = wantedOf(entry);
    const before = entry.told?.exported;
    if (wanted === undefined) return { announced: undefined, withdrawn: before, refusal: undefined };
    const exported = exportEntry(entry, wanted.route, context);
    if (!exported.ok) {
      const isNew = entry.refusal !== exported.fault;
      entry.refusal = exported.fault;
      return { announced: undefined, withdrawn: before, refusal: isNew ? exported.fault : undefined };
    }
    entry.refusal = undefined;
    const isTold = before !== undefined && !entry.isStale && equalBytes(before.encoded, exported.value.encoded);
    return { announced: isTold ? undefined : exported.value, withdrawn: undefined, refusal: undefined };
  }

  /** The peer is told. */
  #keep(entry: Entry, exported: Exported, sentAtMs: number): void {
    entry.told = { entry, exported, reason: wantedOf(entry)?.reason ?? '', sentAtMs };
    entry.untold = undefined;
    entry.isStale = false;
  }

  /** The peer is told no longer. */
  #forget(said: Said): void {
    const { entry } = said;
    entry.told = undefined;
    entry.untold = said;
    entry.isStale = false;
    this.#withdrawals.push(said);
    if (this.#withdrawals.length > 2 * maxRememberedWithdrawals) this.#dropOldWithdrawals();
  }

  #dropOldWithdrawals(): void {
    const standing = this.#withdrawals.filter(stands);
    this.#withdrawals = standing.slice(-maxRememberedWithdrawals);
    for (const { entry } of standing.slice(0, -maxRememberedWithdrawals)) {
      entry.untold = undefined;
      this.#dropIfUnknown(entry);
    }
  }
}

/** Whether nothing was announced, and withdrawn again, since. */
function stands(said: Said): boolean {
  return said.entry.untold === said;
}

/** What a route is towards this peer; one that comes back as it went, or stands, is not exported again. */
function exportEntry({ told, untold }: Entry, route: Route, context: ExportContext): Result<Exported, string> {
  const before = (told ?? untold)?.exported;
  if (before?.route === route && before.context === context) return succeed(before);
  const exported = exportAttributes(route, context);
  if (!exported.ok) return exported;
  const attributes = exported.value;
  const encoded = encodeAttributes(attributes, true);
  return succeed({ route, context, attributes, encoded, announcement: undefined, withdrawal: undefined });
}

function withReason(updates: readonly PackedUpdate[], reason: string): readonly RibUpdate[] {
  const reasons = reason === '' ? [] : [reason];
  return updates.map(({ bytes, announced, withdrawn }) => ({ bytes, announced, withdrawn, reasons }));
}
