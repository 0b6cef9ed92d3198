/** The states of a session and what follows from a state alone; session.ts moves between them. */
import { assertNever } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { fsmSubcode, messageType } from '../wire/constants.ts';
import type { Framer } from '../wire/framer.ts';
import type { HoldClock, SendWatch } from './timers.ts';
import { restartHold, restartKeepalive, sendHoldMs } from './timers.ts';
import type { ConnectionId, Negotiated, SessionConfig, StopHow } from './types.ts';

/** State of a session; each variant owns its connection and its deadlines. */
export type SessionState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'idle'; readonly retryDeadlineMs: number }
  | { readonly kind: 'connect'; readonly connection: ConnectionId; readonly connectDeadlineMs: number }
  | OpenSent
  | Talking;

/** Our OPEN is out. */
export interface OpenSent {
  readonly kind: 'openSent';
  readonly connection: ConnectionId;
  readonly localAddress: Address;
  readonly framer: Framer;
  readonly holdDeadlineMs: number;
}

/** OPENs are exchanged. */
export interface Talking {
  readonly kind: 'openConfirm' | 'established';
  readonly connection: ConnectionId;
  readonly localAddress: Address;
  readonly framer: Framer;
  readonly negotiated: Negotiated;
  readonly holdClock: HoldClock;
  readonly sendWatch: SendWatch;
}

/** When a state wants a `timer` input; undefined for never. */
export function stateDeadlineMs(state: SessionState): number | undefined {
  switch (state.kind) {
    case 'stopped':
      return undefined;
    case 'idle':
      return state.retryDeadlineMs;
    case 'connect':
      return state.connectDeadlineMs;
    case 'openSent':
      return state.holdDeadlineMs;
    case 'openConfirm':
    case 'established':
      return talkingDeadlineMs(state);
    default:
      return assertNever(state);
  }
}

/** The subcode of the FSM error that a message type is in a state (RFC 6608 §4); undefined where it is in place. */
export function unexpectedSubcode(state: (OpenSent | Talking)['kind'], type: number): number | undefined {
  if (type === messageType.notification) return undefined;
  switch (state) {
    case 'openSent':
      return type === messageType.open ? undefined : fsmSubcode.openSent;
    case 'openConfirm':
      return type === messageType.keepalive ? undefined : fsmSubcode.openConfirm;
    case 'established':
      return type === messageType.open ? fsmSubcode.established : undefined;
    default:
      return assertNever(state);
  }
}

/** After a KEEPALIVE or UPDATE came. */
export function withHeard(state: Talking, nowMs: number): Talking {
  return { ...state, holdClock: restartHold(state.holdClock, state.negotiated.holdTimeMs, nowMs) };
}

/** After we sent a KEEPALIVE or UPDATE: the peer has to take it in time. */
export function withSent(state: Talking, config: SessionConfig, nowMs: number): Talking {
  const { holdTimeMs } = state.negotiated;
  const deadlineMs = nowMs + sendHoldMs(config, holdTimeMs);
  return {
    ...state,
    holdClock: restartKeepalive(state.holdClock, holdTimeMs, { nowMs, random: config.random }),
    sendWatch: state.sendWatch.kind === 'waiting' ? state.sendWatch : { kind: 'waiting', deadlineMs },
  };
}

/** After the system took bytes: the wait starts anew, or ends with the last byte. */
export function withWritten(
  state: Talking,
  config: SessionConfig,
  { nowMs, pendingBytes }: { readonly nowMs: number; readonly pendingBytes: number },
): Talking {
  const deadlineMs = nowMs + sendHoldMs(config, state.negotiated.holdTimeMs);
  return { ...state, sendWatch: pendingBytes === 0 ? { kind: 'idle' } : { kind: 'waiting', deadlineMs } };
}

function talkingDeadlineMs(state: Talking): number | undefined {
  const { holdClock, sendWatch } = state;
  const deadlines = [
    ...(holdClock.kind === 'running' ? [holdClock.holdDeadlineMs, holdClock.keepaliveDeadlineMs] : []),
    ...(sendWatch.kind === 'waiting' ? [sendWatch.deadlineMs] : []),
  ];
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

/** What was agreed on, in a few words. */
export function describeNegotiated(negotiated: Negotiated): string {
  const kind = negotiated.isExternal ? 'eBGP' : 'iBGP';
  const hold = negotiated.holdTimeMs === 0 ? 'no hold timer' : `hold time ${negotiated.holdTimeMs / 1000} s`;
  return `${kind} with ${negotiated.peerIdentifier}, ${hold}, ${negotiated.families.join(' and ')}`;
}

/** Why a session was stopped, in a few words. */
export function stopReason(how: StopHow): string {
  switch (how.mode) {
    case 'administrative':
      return how.text === '' ? 'administrative shutdown' : how.text;
    case 'deconfigured':
      return 'removed';
    case 'silent':
      return 'closed without a NOTIFICATION';
    case 'refused':
      return how.reason;
    default:
      return assertNever(how);
  }
}
