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
  /** Whether a session may be without a hold timer; where not, a peer that proposes 0 is refused with 2/6. Default false. */
  readonly allowHoldTimeZero?: boolean;
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
  /** Who opens the TCP connection; with `active` an incoming one is refused (6/5). Default `active`. */
  readonly connection?: ConnectionMode | undefined;
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

/** Who opens the TCP connection: we, the peer, or whoever comes first. */
export type ConnectionMode = 'active' | 'passive' | 'both';

/**
 * Names one TCP connection, so that late news of a former one is told apart. The session counts those that it dials up
 * from 1; the adapter counts those that it accepts for this session down from -1.
 */
export type ConnectionId = number;

/** How to end a session for good. */
export type StopHow =
  /** Cease 6/2 with a text for the peer's operator (RFC 9003); may be empty. */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Cease 6/3: the peer is no longer configured. */
  | { readonly mode: 'deconfigured' }
  /** Closes TCP and says nothing, which a peer with graceful restart takes for a restart. */
  | { readonly mode: 'silent' }
  /** The system refuses a setting of the connection: closes TCP and says nothing; `reason` is a sentence. */
  | { readonly mode: 'refused'; readonly reason: string };

/** Why a running session is ended to start anew; `speaker/types.ts` offers the first three to users. */
export type SessionReset =
  /** Cease 6/4 with a text (RFC 9003). */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Cease 6/10 (RFC 9384). */
  | { readonly mode: 'bfdDown' }
  /** Cease 6/9 around 6/4 where both sides set the N bit (RFC 8538 §3), else 6/4. */
  | { readonly mode: 'hardReset'; readonly text: string }
  /** Cease 6/1 with the family and the limit that the peer went over. */
  | { readonly mode: 'maxPrefixes'; readonly family: Family; readonly limit: number }
  /** Cease 6/6: other settings need a new session. */
  | { readonly mode: 'configurationChanged' }
  /** Cease 6/8. */
  | { readonly mode: 'outOfResources'; readonly reason: string };

/** What a ROUTE-REFRESH says: send all again, or that all of a family is about to be sent again, or was (RFC 7313). */
export type RefreshMark = 'request' | 'begin' | 'end';

/** What an adapter tells a session. */
export type SessionInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly how: StopHow }
  /** Ends every connection of a started session and tries again after the usual wait. */
  | { readonly kind: 'reset'; readonly how: SessionReset }
  /** The peer's TCP connection was accepted; the session may refuse it by `send` and `close`. */
  | { readonly kind: 'incoming'; readonly connection: ConnectionId; readonly localAddress: Address }
  | { readonly kind: 'connected'; readonly connection: ConnectionId; readonly localAddress: Address }
  /** A connection failed, or ended by the peer; `reason` is a sentence. */
  | { readonly kind: 'disconnected'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly kind: 'received'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The system took bytes that we sent; `pendingBytes` are still waiting. */
  | { readonly kind: 'written'; readonly connection: ConnectionId; readonly pendingBytes: number }
  /** A ROUTE-REFRESH to send; ignored unless Established with a peer that understands it. */
  | { readonly kind: 'sendRefresh'; readonly family: Family; readonly mark: RefreshMark }
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
  /** The peer has the capability of graceful restart, whatever we offer. */
  readonly hasPeerRestart: boolean;
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

/**
 * States as people know them: that of the connection that is furthest. `stopped` is Idle until told to start, `idle` waits
 * for the next attempt, `active` waits for the peer to connect, and for the next attempt where we dial too.
 */
export type SessionStateName = 'stopped' | 'idle' | 'active' | 'connect' | 'openSent' | 'openConfirm' | 'established';

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
  | { readonly kind: 'refreshRequested'; readonly family: Family }
  /** The peer sends all of a family again, or has: what it did not send in between is gone (RFC 7313 §4). */
  | { readonly kind: 'refreshMarked'; readonly family: Family; readonly mark: Exclude<RefreshMark, 'request'> };

/** Whole messages for a connection. */
export interface SendEffect {
  readonly kind: 'send';
  readonly connection: ConnectionId;
  readonly bytes: Uint8Array;
}

/** What a session asks its adapter to do. */
export type SessionEffect =
  | { readonly kind: 'connect'; readonly connection: ConnectionId }
  | SendEffect
  /** With `afterFlush` what was sent before is delivered and the stream ended with FIN; without, it is dropped. */
  | { readonly kind: 'close'; readonly connection: ConnectionId; readonly afterFlush: boolean }
  | { readonly kind: 'event'; readonly event: SessionEvent };
