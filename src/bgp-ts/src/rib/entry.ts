/**
 * What Adj-RIB-Out knows of one prefix, and the lists in which prefixes wait for it. One object that stays while anything
 * is known: a table out of which each change takes something is one that the engine shrinks and grows again, and a prefix
 * that is announced and withdrawn by turns would pay that at each turn.
 */
import type { Prefix } from '../wire/address.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import type { ExportContext } from './export.ts';
import type { PackedUpdate } from './pack.ts';
import type { Route } from './route.ts';

/** A route that the peer shall hear, and why. */
export interface Wanted {
  readonly route: Route;
  readonly reason: string;
}

/** What a route is towards this peer. */
export interface Exported {
  readonly route: Route;
  readonly context: ExportContext;
  readonly attributes: readonly PathAttribute[];
  /** The attributes towards a peer with 4-octet AS numbers. */
  readonly encoded: Uint8Array;
  /** The messages that tell and untell it when nothing goes with it, kept when they were made: it may come back. */
  announcement: readonly PackedUpdate[] | undefined;
  withdrawal: readonly PackedUpdate[] | undefined;
}

/** What the peer was told, or told no longer, and when. */
export interface Said {
  readonly entry: Entry;
  readonly exported: Exported;
  readonly reason: string;
  readonly sentAtMs: number;
}

/** A prefix that anything is known of. */
export interface Entry {
  readonly prefix: Prefix;
  /** What all peers shall hear. */
  common: Wanted | undefined;
  /** What this peer alone shall hear in place of that. */
  own: Wanted | 'nothing' | undefined;
  /** What the peer was told last, while it stands. */
  told: Said | undefined;
  /** What it was told before it was withdrawn, until something is announced again. */
  untold: Said | undefined;
  /** The peer asked to hear it again. */
  isStale: boolean;
  /** Why it cannot be told, where that was said in this session. */
  refusal: string | undefined;
  /** Where it waits, and why. */
  list: WaitingList | undefined;
  waitingReason: string;
  /** Its neighbours there. */
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** An entry of which nothing is known yet. */
export function newEntry(prefix: Prefix): Entry {
  return {
    prefix,
    common: undefined,
    own: undefined,
    told: undefined,
    untold: undefined,
    isStale: false,
    refusal: undefined,
    list: undefined,
    waitingReason: '',
    previous: undefined,
    next: undefined,
  };
}

/** What the peer shall hear of the prefix; undefined for nothing. */
export function wantedOf({ own, common }: Entry): Wanted | undefined {
  const wanted = own ?? common;
  return wanted === 'nothing' ? undefined : wanted;
}

/** Entries in the order in which they came; each is in one list at most. */
export class WaitingList {
  #first: Entry | undefined;
  #last: Entry | undefined;
  #size = 0;

  get first(): Entry | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an entry behind the others, out of the list that it was in; one that is here keeps its place. */
  add(entry: Entry, reason: string): void {
    entry.waitingReason = reason;
    if (entry.list === this) return;
    entry.list?.delete(entry);
    entry.list = this;
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size++;
  }

  /** Takes out an entry that is in this list. */
  delete(entry: Entry): void {
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.list = undefined;
    this.#size--;
  }
}
