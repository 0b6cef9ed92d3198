/**
 * The states of a session's connections and of its dialling, and what follows from a state alone. Each variant owns its
 * deadlines. link.ts and session.ts move between them.
 */
import { assertNever } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { fsmSubcode, messageType } from '../wire/constants.ts';
import type { Framer } from '../wire/framer.ts';
import type { HoldClock, SendWatch } from './timers.ts';
import type { ConnectionId, Negotiated, StopHow } from './types.ts';

/** What a session is at: its dialling where no connection is there, else the connection that is furthest. */
export type SessionState =
  | { readonly kind: 'stopped' }
  /** `active`: the peer may connect meanwhile; without a deadline, only the peer connects. */
  | { readonly kind: 'idle' | 'active'; readonly retryDeadlineMs: number | undefined }
  | { readonly kind: 'connect'; readonly connection: ConnectionId; readonly connectDeadlineMs: number }
  | LinkState;

/** Whether the session dials: not now, again at a deadline, or at this moment. */
export type Dial =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly retryDeadlineMs: number }
  | { readonly kind: 'connecting'; readonly connection: ConnectionId; readonly connectDeadlineMs: number };

/** State of one TCP connection that is up. */
export type LinkState = OpenSent | OpenConfirm | Established;

interface Connected {
  readonly connection: ConnectionId;
  readonly localAddress: Address;
  readonly framer: Framer;
}

/** Our OPEN is out. */
export interface OpenSent extends Connected {
  readonly kind: 'openSent';
  readonly holdDeadlineMs: number;
}

/** The peer's OPEN was accepted, its KEEPALIVE is awaited. */
export interface OpenConfirm extends Connected {
  readonly kind: 'openConfirm';
  readonly negotiated: Negotiated;
  holdClock: HoldClock;
  /** Even without a hold time the peer has so long for its first KEEPALIVE. */
  readonly confirmDeadlineMs: number;
}

/** The session is up. */
export interface Established extends Connected {
  readonly kind: 'established';
  readonly negotiated: Negotiated;
  holdClock: HoldClock;
  sendWatch: SendWatch;
  readonly sinceMs: number;
  /** When the last KEEPALIVE or UPDATE came. */
  heardMs: number;
}

/** When a connection wants a look at its timers; undefined for never. */
export function linkDeadlineMs(state: LinkState): number | undefined {
  switch (state.kind) {
    case 'openSent':
      return state.holdDeadlineMs;
    case 'openConfirm':
      return earlier(holdClockDeadlineMs(state.holdClock), state.confirmDeadlineMs);
    case 'established': {
      const sendDeadlineMs = state.sendWatch.kind === 'waiting' ? state.sendWatch.deadlineMs : undefined;
      return earlier(holdClockDeadlineMs(state.holdClock), sendDeadlineMs);
    }
    default:
      return assertNever(state);
  }
}

/** When dialling wants a look at its timer; undefined for never. */
export function dialDeadlineMs(dial: Dial): number | undefined {
  switch (dial.kind) {
    case 'none':
      return undefined;
    case 'waiting':
      return dial.retryDeadlineMs;
    case 'connecting':
      return dial.connectDeadlineMs;
    default:
      return assertNever(dial);
  }
}

/** The earlier of two instants; undefined for never. */
export function earlier(leftMs: number | undefined, rightMs: number | undefined): number | undefined {
  if (leftMs === undefined || rightMs === undefined) return leftMs ?? rightMs;
  return Math.min(leftMs, rightMs);
}

function holdClockDeadlineMs(clock: HoldClock): number | undefined {
  return clock.kind === 'off' ? undefined : Math.min(clock.holdDeadlineMs, clock.keepaliveDeadlineMs);
}

/** The subcode of the FSM error that a message type is in a state (RFC 6608 §4); undefined where it is in place. */
export function unexpectedSubcode(state: LinkState['kind'], type: number): number | undefined {
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
