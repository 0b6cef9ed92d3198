/**
 * What goes into a session and what comes out of it, as data. The session (session.ts) is an engine without I/O: an
 * adapter turns sockets and one timer into inputs, and carries effects out in the order in which they are given.
 */
import type { Address } from '../wire/address.ts';
import type { Family } from '../wire/family.ts';
import type { DecodedUpdate } from '../wire/update-decode.ts';

/** Settings of one session. */
export interface SessionConfig {
  readonly localAsn: number;
  readonly peerAsn: number;
  /** Our BGP Identifier; not 0.0.0.0. */
  readonly routerId: Address;
  /** What we propose: 0 for no timer at all, else 3 to 65535. */
  readonly holdTimeSeconds: number;
  /** Families that we offer; the session uses those that the peer offers too. */
  readonly families: readonly Family[];
  /** How long a connection attempt may take. */
  readonly connectTimeoutMs: number;
  /** First and longest wait between attempts; each failure doubles the wait. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How long the peer may take nothing of what we send; undefined: eight minutes or twice the hold time (RFC 9687). */
  readonly sendHoldTimeMs: number | undefined;
  /** Our number in RFC 9234's registry (`bgpRole`); undefined: not sent and not judged. */
  readonly role?: { readonly local: number; readonly isStrict: boolean } | undefined;
  readonly gracefulRestart?: GracefulRestartConfig | undefined;
  readonly extendedNextHop?: boolean;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** Graceful restart as the restarting speaker (RFC 4724, RFC 8538). */
export interface GracefulRestartConfig {
  readonly restartTimeSeconds: number;
  readonly isForwardingPreserved: boolean;
  readonly hasNotification: boolean;
  /** Whether this start may find routes of a former one at the peer: the R bit of the OPENs until told otherwise. */
  readonly isRestarting: () => boolean;
}

/** Names one TCP connection, so that late news of a former one is told apart. */
export type ConnectionId = number;

/** How to end a session for good. */
export type StopHow =
  /** Cease 6/2 with a text for the peer's operator (RFC 9003); may be empty. */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Cease 6/3: the peer is no longer configured. */
  | { readonly mode: 'deconfigured' }
  /** Closes TCP and says nothing, which a peer with graceful restart takes for a restart. */
  | { readonly mode: 'silent' };

/** What an adapter tells a session. */
export type SessionInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly how: StopHow }
  | { readonly kind: 'connected'; readonly connection: ConnectionId; readonly localAddress: Address }
  /** A connection failed, or ended by the peer; `reason` is a sentence. */
  | { readonly kind: 'disconnected'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly kind: 'received'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The system took bytes that we sent; `pendingBytes` are still waiting. */
  | { readonly kind: 'written'; readonly connection: ConnectionId; readonly pendingBytes: number }
  /** Whole UPDATE messages to send; ignored unless Established. */
  | { readonly kind: 'sendUpdates'; readonly messages: readonly Uint8Array[] }
  /** `nextDeadlineMs()` is reached. */
  | { readonly kind: 'timer' };

/** What both sides agreed on. */
export interface Negotiated {
  readonly localAsn: number;
  readonly peerAsn: number;
  readonly isExternal: boolean;
  readonly peerIdentifier: Address;
  /** 0: neither hold timer nor keepalives. */
  readonly holdTimeMs: number;
  readonly families: readonly Family[];
  readonly fourOctetAs: boolean;
  /** Both sides take messages of up to 65535 octets (RFC 8654). */
  readonly extendedMessages: boolean;
  /** The peer understands route refresh (RFC 2918), and its begin and end marks (RFC 7313). */
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** Both sides take IPv4 prefixes with IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Undefined where either side does not do graceful restart. */
  readonly gracefulRestart: NegotiatedRestart | undefined;
  /** The peer's number in RFC 9234's registry, if it told one. */
  readonly peerRole: number | undefined;
}

/** What the peer said of graceful restart (RFC 4724 §3, RFC 8538 §2). */
export interface NegotiatedRestart {
  readonly peerRestartTimeSeconds: number;
  /** The peer itself restarts: it waits for our End-of-RIB. */
  readonly isPeerRestarting: boolean;
  /** Both sides set the N bit. */
  readonly hasNotification: boolean;
}

/** States as people know them; `stopped` is Idle until told to start, `idle` waits for the next attempt. */
export type SessionStateName = 'stopped' | 'idle' | 'connect' | 'openSent' | 'openConfirm' | 'established';

/** What a session reports. */
export type SessionEvent =
  | {
      readonly kind: 'stateChanged';
      readonly from: SessionStateName;
      readonly to: SessionStateName;
      readonly reason: string;
    }
  | { readonly kind: 'established'; readonly negotiated: Negotiated; readonly localAddress: Address }
  | {
      readonly kind: 'notification';
      readonly direction: 'sent' | 'received';
      readonly code: number;
      readonly subcode: number;
      readonly data: Uint8Array;
      /** Why we sent it; empty for a received one. */
      readonly reason: string;
    }
  | { readonly kind: 'updateReceived'; readonly update: DecodedUpdate }
  | { readonly kind: 'refreshRequested'; readonly family: Family };

/** What a session asks its adapter to do. */
export type SessionEffect =
  | { readonly kind: 'connect'; readonly connection: ConnectionId }
  | { readonly kind: 'send'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** With `afterFlush` what was sent before is delivered and the stream ended with FIN; without, it is dropped. */
  | { readonly kind: 'close'; readonly connection: ConnectionId; readonly afterFlush: boolean }
  | { readonly kind: 'event'; readonly event: SessionEvent };
