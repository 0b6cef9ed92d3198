/**
 * What goes out to one peer while its session is up: Adj-RIB-Out in pieces, End-of-RIB (RFC 4724 §2, §4.1) and the marks
 * around a refresh (RFC 7313 §4), in the order in which the peer has to see them. When the peer stops reading, nothing is
 * handed out beyond a bound of waiting bytes; what changes meanwhile collapses in the RIB, and the difference follows when
 * the peer reads again. Keepalives are the session's, so that they pass by what waits here. Pure.
 */
import type { RefusedRoute, RibUpdate } from '../rib/batch.ts';
import { AdjRibOut } from '../rib/adj-rib-out.ts';
import type { RibOutput } from '../rib/adj-rib-out.ts';
import type { ExportContext } from '../rib/export.ts';
import type { Family } from '../wire/family.ts';
import { allFamilies } from '../wire/family.ts';
import { encodeUpdate, endOfRib } from '../wire/update-encode.ts';

/** One thing to hand to the session, in order. */
export type OutboxItem =
  | { readonly kind: 'updates'; readonly updates: readonly RibUpdate[] }
  | { readonly kind: 'refused'; readonly refused: readonly RefusedRoute[] }
  | { readonly kind: 'endOfRib'; readonly family: Family; readonly bytes: Uint8Array }
  | { readonly kind: 'refreshMark'; readonly family: Family; readonly mark: 'begin' | 'end' };

/** A session that is up. */
export interface OutboxLink {
  readonly context: ExportContext;
  /** Both sides understand the marks of RFC 7313. */
  readonly enhancedRouteRefresh: boolean;
}

/** How it stands with what waits. */
export interface OutboxView {
  /** Bytes that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Prefixes whose last change was not handed to the system yet. */
  readonly waitingPrefixes: number;
  /** Since when bytes wait without any being taken; undefined: none wait. */
  readonly stalledSinceMs: number | undefined;
}

/** How an outbox works. */
export interface OutboxOptions {
  /** No End-of-RIB before `declareComplete`. */
  readonly holdsEndOfRib: boolean;
  /**
   * At this many waiting bytes nothing more is handed out; one piece may go beyond by one message. It goes on when half of
   * them are left, in pieces worth packing. Default 65536.
   */
  readonly maxPendingBytes?: number;
}

const defaultMaxPendingBytes = 65_536;

const none: readonly OutboxItem[] = [];

const refreshReason = 'the peer asked for a refresh';

/** The outbox of one peer. */
export class Outbox {
  readonly rib = new AdjRibOut();
  readonly #holdsEndOfRib: boolean;
  readonly #maxPendingBytes: number;
  #isComplete = false;
  #link: OutboxLink | undefined;
  #pendingBytes = 0;
  #stalledSinceMs: number | undefined;
  readonly #endOfRibOwed = new Set<Family>();
  readonly #refreshes = new Map<Family, 'asked' | 'begun'>();

  constructor(options: OutboxOptions) {
    this.#holdsEndOfRib = options.holdsEndOfRib;
    this.#maxPendingBytes = options.maxPendingBytes ?? defaultMaxPendingBytes;
  }

  /** The session is up: the peer knows nothing. */
  open(link: OutboxLink): void {
    this.close();
    this.#link = link;
    for (const family of link.context.families) this.#endOfRibOwed.add(family);
    this.rib.startSession('the session is new');
  }

  /** The session is gone. */
  close(): void {
    this.#link = undefined;
    this.#pendingBytes = 0;
    this.#stalledSinceMs = undefined;
    this.#endOfRibOwed.clear();
    this.#refreshes.clear();
    this.rib.endSession();
  }

  /** All that is desired has been said. */
  declareComplete(): void {
    this.#isComplete = true;
  }

  /** The peer wants to hear a family again. Requests that wait are one. */
  requestRefresh(family: Family): void {
    this.#refreshes.set(family, 'asked');
  }

  /** The system took bytes, `pendingBytes` still wait; returns whether `pump` is worth a call. */
  written(pendingBytes: number, nowMs: number): boolean {
    this.#pendingBytes = pendingBytes;
    this.#stalledSinceMs = pendingBytes === 0 ? undefined : nowMs;
    const isIdle = this.rib.isDrained && this.#refreshes.size === 0 && this.#endOfRibOwed.size === 0;
    return !isIdle && pendingBytes <= this.#maxPendingBytes / 2;
  }

  /** What may go out now; nothing while too much waits. */
  pump(nowMs: number): readonly OutboxItem[] {
    const link = this.#link;
    if (link === undefined || this.#pendingBytes >= this.#maxPendingBytes) return [];
    const begins = this.#refreshes.size === 0 ? none : this.#beginRefreshes(link);
    const changes = itemsOf(this.rib.flush(link.context, nowMs, this.#maxPendingBytes - this.#pendingBytes));
    const isEnd = this.rib.isDrained && this.#refreshes.size + this.#endOfRibOwed.size > 0;
    const ends = isEnd ? [...this.#endRefreshes(), ...this.#endsOfRib()] : none;
    // Mostly there is nothing but changes: a list is not copied then.
    return begins.length + ends.length === 0 ? changes : [...begins, ...changes, ...ends];
  }

  /** Bytes of the session were handed to the system. */
  handedOver(byteCount: number, nowMs: number): void {
    this.#pendingBytes += byteCount;
    this.#stalledSinceMs ??= nowMs;
  }

  view(): OutboxView {
    const waitingPrefixes = this.#link === undefined ? 0 : this.rib.waitingCount;
    return { pendingBytes: this.#pendingBytes, waitingPrefixes, stalledSinceMs: this.#stalledSinceMs };
  }

  #beginRefreshes(link: OutboxLink): OutboxItem[] {
    const begins: OutboxItem[] = [];
    for (const [family, state] of this.#refreshes) {
      if (state !== 'asked') continue;
      this.rib.refresh(family, refreshReason);
      // RFC 7313 §4: no marks before End-of-RIB.
      if (link.enhancedRouteRefresh && !this.#endOfRibOwed.has(family)) {
        this.#refreshes.set(family, 'begun');
        begins.push({ kind: 'refreshMark', family, mark: 'begin' });
      } else {
        this.#refreshes.delete(family);
      }
    }
    return begins;
  }

  #endRefreshes(): readonly OutboxItem[] {
    const ends = Array.from(
      this.#refreshes.keys(),
      (family) => ({ kind: 'refreshMark', family, mark: 'end' }) as const,
    );
    this.#refreshes.clear();
    return ends;
  }

  #endsOfRib(): readonly OutboxItem[] {
    if (this.#holdsEndOfRib && !this.#isComplete) return [];
    const families = allFamilies.filter((family) => this.#endOfRibOwed.has(family));
    this.#endOfRibOwed.clear();
    return families.map((family) => ({ kind: 'endOfRib', family, bytes: encodeUpdate(endOfRib(family), true) }));
  }
}

function itemsOf({ updates, refused }: RibOutput): readonly OutboxItem[] {
  if (refused.length === 0) return updates.length === 0 ? none : [{ kind: 'updates', updates }];
  const refusals = { kind: 'refused', refused } as const;
  return updates.length === 0 ? [refusals] : [{ kind: 'updates', updates }, refusals];
}
