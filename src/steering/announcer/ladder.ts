/**
 * The ladder of one prefix at one site (R20, R24, R25): announced, draining, withdrawn, and back. Sans-IO.
 *
 *   withdrawn, and holds the anchor   announced: it has promised to stay          (R19)
 *   gate passes, no drain             announced
 *   gate passes, drain not at BGP yet as it was: what is drained does not come back (R24, R25)
 *   gate holds                        as it was                                   (R23)
 *   drain                             draining (65535:0, RFC 8326) for drainMs, then withdrawn if R19 permits
 *   gate fails                        withdrawn at once if R19 permits, else announced still, with the reason
 *
 * The session to the border router stays up throughout.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { Permission } from '../safety/anchor.ts';
import type { GateState } from '../gate.ts';

/** Where a prefix stands. */
export type LadderState =
  | { readonly kind: 'announced'; readonly since: MonoMs; readonly reason: string }
  | { readonly kind: 'draining'; readonly since: MonoMs; readonly until: MonoMs; readonly reason: string }
  | { readonly kind: 'withdrawn'; readonly since: MonoMs; readonly reason: string };

type OnAir = Exclude<LadderState, { readonly kind: 'withdrawn' }>;

/** What moves a prefix. */
export interface LadderInput {
  readonly gate: GateState;
  /** An operator's drain whose turn BGP is (R25). */
  readonly drain: { readonly reason: string } | undefined;
  /** The site is under a drain at any stage: what is withdrawn stays so. */
  readonly isDrained: boolean;
  readonly drainMs: number;
  /** Whether this site promised to stay (R19): a withdrawn prefix then returns. */
  readonly holdsAnchor: boolean;
  /** Asked only when the ladder wants to withdraw. */
  readonly mayLeave: () => Permission;
  readonly nowMs: MonoMs;
}

/** Where a prefix stands next, and why it does not leave where it wants to. */
export interface LadderStep {
  readonly state: LadderState;
  readonly blocked: Permission | undefined;
}

/** The first state after a start: announced unless this site knew better and promised nothing (R11, R19, R24). */
export function openLadder(input: Pick<LadderInput, 'gate' | 'holdsAnchor' | 'isDrained' | 'nowMs'>): LadderState {
  const { gate, holdsAnchor, isDrained, nowMs } = input;
  if (holdsAnchor || (gate.kind === 'pass' && !isDrained)) return announced(gate.reason, nowMs);
  return { kind: 'withdrawn', since: nowMs, reason: isDrained ? `drained; ${gate.reason}` : gate.reason };
}

/** One step of the ladder. */
export function climb(before: LadderState, input: LadderInput): LadderStep {
  const wish = wishOf(input);
  if (before.kind === 'withdrawn') return unblocked(fromWithdrawn(before, wish, input));
  switch (wish.kind) {
    case 'stay':
      return unblocked(before);
    case 'announce':
      return unblocked(before.kind === 'announced' ? before : announced(wish.reason, input.nowMs));
    case 'drain':
      return drain(before, wish.reason, input);
    case 'leave':
      return leave(before, wish.reason, input);
  }
}

function fromWithdrawn(before: LadderState, wish: Wish, input: LadderInput): LadderState {
  if (wish.kind === 'announce' && !input.isDrained) return announced(wish.reason, input.nowMs);
  return input.holdsAnchor ? announced(`holds the anchor; ${wish.reason}`, input.nowMs) : before;
}

interface Wish {
  readonly kind: 'stay' | 'announce' | 'drain' | 'leave';
  readonly reason: string;
}

function wishOf(input: LadderInput): Wish {
  const { gate, drain: drainOrder } = input;
  if (gate.kind === 'fail') return { kind: 'leave', reason: gate.reason };
  if (drainOrder !== undefined) return { kind: 'drain', reason: drainOrder.reason };
  if (gate.kind === 'drain') return { kind: 'drain', reason: gate.reason };
  return { kind: gate.kind === 'pass' ? 'announce' : 'stay', reason: gate.reason };
}

function drain(before: OnAir, reason: string, input: LadderInput): LadderStep {
  if (before.kind === 'announced') {
    const until = after(input.nowMs, input.drainMs);
    return unblocked({ kind: 'draining', since: input.nowMs, until, reason });
  }
  return input.nowMs < before.until ? unblocked(before) : leave(before, reason, input);
}

function leave(before: OnAir, reason: string, input: LadderInput): LadderStep {
  const permission = input.mayLeave();
  if (!permission.allow) return { state: before, blocked: permission };
  return unblocked({ kind: 'withdrawn', since: input.nowMs, reason: `${reason}; ${permission.reason}` });
}

function announced(reason: string, nowMs: MonoMs): LadderState {
  return { kind: 'announced', since: nowMs, reason };
}

function unblocked(state: LadderState): LadderStep {
  return { state, blocked: undefined };
}
