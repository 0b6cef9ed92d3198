/**
 * The ladder of one prefix at one site (R19, R20, R24, R25): announced, de-preferred, draining, withdrawn, and back.
 * Sans-IO.
 *
 *   gate passes              announced; de-preferred where something asks for that (R18, R21, R26)
 *   gate holds               as it was                                                             (R23)
 *   wish (drain)             as it was until it is granted (R20), then draining (65535:0, RFC 8326) for drainMs, then
 *                            withdrawn if R19 permits
 *   gate fails               withdrawn at once if R19 permits, else de-preferred until it does
 *   withdrawn                comes back on fresh evidence alone, and not while the site is drained     (R9, R24, R25)
 *   withdrawn, holds anchor  de-preferred at least: it has promised to stay                            (R19)
 *
 * What a wish de-prefers it drains in the same step: `draining` carries both, so that one change moves the traffic. The
 * session to the border router stays up throughout.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { Permission } from '../safety/permission.ts';
import type { GateState } from '../gate.ts';

interface Rung {
  readonly since: MonoMs;
  readonly reason: string;
}

/** Where a prefix stands. */
export type LadderState =
  | (Rung & { readonly kind: 'announced' | 'withdrawn' })
  /** `failing`: its gate failed and R19 keeps it; `lowered`: it works, and something asks for less of it. */
  | (Rung & { readonly kind: 'depreferred'; readonly cause: 'failing' | 'lowered' })
  | (Rung & { readonly kind: 'draining'; readonly until: MonoMs });

type OnAir = Exclude<LadderState, { readonly kind: 'withdrawn' }>;

/** What moves a prefix. */
export interface LadderInput {
  readonly gate: GateState;
  /** An operator's drain whose turn BGP is (R25). */
  readonly drain: { readonly reason: string } | undefined;
  /** The site is under a drain at any stage: what is withdrawn stays so. */
  readonly isDrained: boolean;
  /** Why the prefix is to be de-preferred while it works. */
  readonly lowered: string | undefined;
  readonly drainMs: number;
  /** Whether this site promised to stay (R19): a withdrawn prefix then returns. */
  readonly holdsAnchor: boolean;
  /** Asked only when the ladder wants to withdraw (R19). */
  readonly mayLeave: () => Permission;
  /** Asked only when a wish wants to begin (R20). */
  readonly mayBegin: () => Permission;
  readonly nowMs: MonoMs;
}

/** Where a prefix stands next, and why it does not leave where it wants to. */
export interface LadderStep {
  readonly state: LadderState;
  readonly blocked: Permission | undefined;
}

/**
 * The first state after a start: as it was before, which the first step then judges; a prefix that was withdrawn stays
 * so without evidence (R24). `kept` is undefined where nothing was kept: then it is announced unless this site knows
 * better and promised nothing (R11, R19).
 */
export function openLadder(
  kept: LadderState['kind'] | undefined,
  input: Pick<LadderInput, 'gate' | 'holdsAnchor' | 'isDrained' | 'drainMs' | 'nowMs'>,
): LadderState {
  const { gate, holdsAnchor, isDrained, nowMs } = input;
  const isUnknown = kept === undefined || kept === 'withdrawn';
  if (kept === 'draining' && isDrained) {
    return { kind: 'draining', since: nowMs, until: after(nowMs, input.drainMs), reason: `drained; ${gate.reason}` };
  }
  const works = gate.kind === 'pass' && (gate.returns || kept !== 'withdrawn');
  const goesOn = kept === 'announced' && gate.kind === 'hold';
  if (goesOn || (works && !(isDrained && isUnknown && !holdsAnchor))) return announced(gate.reason, nowMs);
  if (holdsAnchor || !isUnknown) return lower(gate.reason, 'failing', nowMs);
  return { kind: 'withdrawn', since: nowMs, reason: isDrained ? `drained; ${gate.reason}` : gate.reason };
}

/** One step of the ladder. */
export function climb(before: LadderState, input: LadderInput): LadderStep {
  const wish = wishOf(before, input);
  if (before.kind === 'withdrawn') return unblocked(fromWithdrawn(before, wish, input));
  switch (wish.kind) {
    case 'stay':
      return unblocked(stay(before, input));
    case 'announce':
      return unblocked(work(before, wish.reason, input));
    case 'drain':
      return drain(before, wish.reason, input);
    case 'leave':
      return leave(before, wish.reason, input);
  }
}

interface Wish {
  readonly kind: 'stay' | 'announce' | 'drain' | 'leave';
  readonly reason: string;
}

function wishOf(before: LadderState, { gate, drain: drainOrder, isDrained }: LadderInput): Wish {
  if (gate.kind === 'fail') return { kind: 'leave', reason: gate.reason };
  if (drainOrder !== undefined) return { kind: 'drain', reason: drainOrder.reason };
  if (gate.kind === 'drain') return { kind: 'drain', reason: gate.reason };
  // After a restart a drain begins anew with DNS; a route that was draining by it does not look better meanwhile.
  if (isDrained && before.kind === 'draining') return { kind: 'drain', reason: before.reason };
  return { kind: gate.kind === 'pass' ? 'announce' : 'stay', reason: gate.reason };
}

function fromWithdrawn(before: LadderState, wish: Wish, input: LadderInput): LadderState {
  const { gate, nowMs } = input;
  if (wish.kind === 'announce' && gate.returns && !input.isDrained) return work(undefined, wish.reason, input);
  return input.holdsAnchor ? lower(`holds the anchor; ${wish.reason}`, 'failing', nowMs) : before;
}

/** On air with a gate that passes. */
function work(before: OnAir | undefined, reason: string, input: LadderInput): OnAir {
  const isFailing = before?.kind === 'depreferred' && before.cause === 'failing';
  if (isFailing && !input.gate.fresh) return before;
  if (input.lowered === undefined) return before?.kind === 'announced' ? before : announced(reason, input.nowMs);
  const isLowered = before?.kind === 'depreferred' && !isFailing;
  return lower(input.lowered, 'lowered', isLowered ? before.since : input.nowMs);
}

/** On air with a gate that says nothing: what de-prefers a route comes and goes all the same. */
function stay(before: OnAir, input: LadderInput): OnAir {
  if (before.kind === 'announced' || (before.kind === 'depreferred' && before.cause === 'lowered')) {
    return work(before, input.gate.reason, input);
  }
  return before;
}

function drain(before: OnAir, reason: string, input: LadderInput): LadderStep {
  if (before.kind === 'draining') {
    if (input.nowMs < before.until) return unblocked(before);
    const permission = input.mayLeave();
    return permission.allow ? withdrawn(reason, permission, input) : { state: before, blocked: permission };
  }
  const permission = input.mayBegin();
  if (!permission.allow) return { state: stay(before, input), blocked: permission };
  return unblocked({ kind: 'draining', since: input.nowMs, until: after(input.nowMs, input.drainMs), reason });
}

function leave(before: OnAir, reason: string, input: LadderInput): LadderStep {
  const permission = input.mayLeave();
  if (permission.allow) return withdrawn(reason, permission, input);
  const isLow = before.kind === 'draining' || (before.kind === 'depreferred' && before.cause === 'failing');
  return { state: isLow ? before : lower(reason, 'failing', input.nowMs), blocked: permission };
}

function withdrawn(reason: string, permission: Permission, { nowMs }: LadderInput): LadderStep {
  return unblocked({ kind: 'withdrawn', since: nowMs, reason: `${reason}; ${permission.reason}` });
}

function announced(reason: string, nowMs: MonoMs): OnAir {
  return { kind: 'announced', since: nowMs, reason };
}

function lower(reason: string, cause: 'failing' | 'lowered', since: MonoMs): OnAir {
  return { kind: 'depreferred', cause, since, reason };
}

function unblocked(state: LadderState): LadderStep {
  return { state, blocked: undefined };
}
