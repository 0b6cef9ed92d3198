/**
 * What one run of a policy works on: the members that are left, in their order, and what is known of each now. Every
 * step takes it and leaves it changed; it is filled anew for each query and makes nothing.
 */
import type { MemberName } from './model.ts';

/** A member as steps see it. What is said to be of now is set by `refresh`. */
export interface Candidate {
  readonly name: MemberName;
  /** Where hashes place it: equal wherever its name is. */
  readonly seed: number;
  /** Now: whether anything of it may be answered, in any family. */
  readonly isUp: boolean;
  /** Now: whether it has something of the type that is asked for. */
  readonly isAsked: boolean;
  /** Now: whether it is up by evidence rather than frozen or for want of anything better (R5, R8). */
  readonly isSound: boolean;
  /** Now: whether it is up only because nothing is (R8). */
  readonly isFailOpen: boolean;
  /** Now: whether a change is under way at it (R13). */
  readonly isChanging: boolean;
  /** Now: its part in proportion to others. */
  readonly weight: number;
  /** Now: how much of its part it hands on, 0 to 255 (R22). */
  readonly shed: number;
}

/** The members of one service, and those of them that are left. */
export class Selection {
  readonly members: readonly Candidate[];
  /** Numbers of members; the first `count` are left, in this order. */
  readonly order: Int32Array;
  count = 0;
  /** Whether a member that is out may come back soon, so that the answer lives only shortly (R13). */
  isReturning = false;

  constructor(members: readonly Candidate[]) {
    this.members = members;
    this.order = new Int32Array(members.length);
  }

  /** Begins with every member. */
  fillWithAll(): void {
    this.count = this.members.length;
    for (let number = 0; number < this.count; number++) this.order[number] = number;
  }

  /** The member at a place of the order. */
  at(place: number): Candidate {
    const member = this.members[this.order[place] ?? 0];
    if (member === undefined) throw new Error(`bug: there is no member at place ${place} of ${this.count}`);
    return member;
  }

  /** Keeps the members whose entry in `mask` is not 0, if there are any; returns whether there are. */
  keep(mask: Uint8Array): boolean {
    let kept = 0;
    for (let place = 0; place < this.count; place++) if (mask[this.order[place] ?? 0] !== 0) kept++;
    if (kept === 0) return false;
    let to = 0;
    for (let place = 0; place < this.count; place++) {
      const number = this.order[place] ?? 0;
      if (mask[number] !== 0) this.order[to++] = number;
    }
    this.count = to;
    return true;
  }

  /** Puts the members in the order of their keys, lowest first; equal ones keep theirs. */
  sortBy(keys: Float64Array): void {
    const { order } = this;
    for (let place = 1; place < this.count; place++) {
      const number = order[place] ?? 0;
      const key = keys[number] ?? 0;
      let to = place;
      for (; to > 0 && (keys[order[to - 1] ?? 0] ?? 0) > key; to--) order[to] = order[to - 1] ?? 0;
      order[to] = number;
    }
  }

  /** The names of those that are left, for people. */
  names(): readonly MemberName[] {
    return Array.from({ length: this.count }, (_, place) => this.at(place).name);
  }
}
