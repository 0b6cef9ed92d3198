/** What a speaker is told and what it tells: the same for one in this thread (speaker.ts) and one in a worker. */
import type { Result } from '../result.ts';
import type { PrefixRange } from '../rib/prefix-range.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { SessionStateName } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { SpeakerSnapshot } from './snapshot-types.ts';

export type { PrefixRange } from '../rib/prefix-range.ts';
export type * from './snapshot-types.ts';

/** A peer to dial, or to wait for. */
export interface PeerOptions {
  /** How events and snapshots call it. Default: `address` and port. */
  readonly name?: string;
  /** IPv4 or IPv6 address; a link-local one needs `socket.device`. */
  readonly address: string;
  /** Default 179. */
  readonly port?: number;
  readonly peerAsn: number;
  readonly localAsn: number;
  /** Our BGP Identifier, written like an IPv4 address; unique in the network, not 0.0.0.0. */
  readonly routerId: string;
  /** Source address. Default: the system's choice. */
  readonly localAddress?: string;
  /** Proposed hold time, 3 to 65535 seconds, or 0 with `allowHoldTimeZero`; the smaller of both sides' counts. Default 90. */
  readonly holdTimeSeconds?: number;
  /**
   * Lets a session be without a hold timer, where either side proposes 0: a peer that is gone is noticed by BFD alone, or
   * never. Default false: our 0 is refused here, and the peer's with 2/6.
   */
  readonly allowHoldTimeZero?: boolean;
  /** Families to offer. Default: both. */
  readonly families?: readonly Family[];
  /** How long a TCP connection attempt may take. Default 10000. */
  readonly connectTimeoutMs?: number;
  /** First and longest wait between attempts, doubling in between. Default 1000 and 30000. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** How long the peer may read nothing of what we send. Default: eight minutes or twice the hold time (RFC 9687). */
  readonly sendHoldTimeMs?: number;
  /** Who opens the TCP connection. `passive` and `both` need a listener (`BgpSpeaker.listen`). Default `active`. */
  readonly connection?: 'active' | 'passive' | 'both';
  /** What TCP is told before it connects; needs koffi, and the session does not start where the system refuses one. */
  readonly socket?: PeerSocketOptions;
  /** Our role towards an eBGP peer (RFC 9234); strict: a peer that tells no role is refused with 2/11. */
  readonly role?: { readonly local: BgpRole; readonly isStrict?: boolean };
  /** Graceful restart as the restarting speaker (RFC 4724, RFC 8538). Default: not offered. */
  readonly gracefulRestart?: GracefulRestartOptions;
  /** IPv4 prefixes may have IPv6 next hops (RFC 8950). Default false. */
  readonly extendedNextHop?: boolean;
  /** What is taken in of the peer's routes. Default: nothing (RFC 8212). */
  readonly import?: ImportOptions;
  /** Which prefixes the peer may be told, whatever is desired. Default: all that are desired. */
  readonly exportPrefixes?: readonly PrefixRange[];
}

/** Settings of a TCP connection that Node cannot make. */
export interface PeerSocketOptions {
  /** TCP-MD5 key (RFC 2385), 1 to 80 octets of UTF-8. */
  readonly md5Key?: string;
  /** GTSM (RFC 5082): the peer is at most this many hops away, 1 for a neighbor on the same link; 1 to 254. */
  readonly ttlSecurityHops?: number;
  /** Interface or VRF device to bind to. */
  readonly device?: string;
  /** Differentiated services code point, 0 to 63; 48 (CS6) is usual for routing. */
  readonly dscp?: number;
}

/** Roles of RFC 9234 §3.1. */
export type BgpRole = 'provider' | 'routeServer' | 'routeServerClient' | 'customer' | 'peer';

/** What we offer of graceful restart. */
export interface GracefulRestartOptions {
  /** How long the peer keeps our routes without a session, 1 to 4095. */
  readonly restartTimeSeconds: number;
  /** Whether forwarding goes on without this process (F bit); true for a speaker that is not on the path. Default true. */
  readonly isForwardingPreserved?: boolean;
  /** The N bit (RFC 8538): a NOTIFICATION keeps routes, a Hard Reset does not. Default true. */
  readonly hasNotification?: boolean;
}

/** What is taken in of a peer's routes. */
export interface ImportOptions {
  /** Ranges that are accepted; others are dropped and counted. */
  readonly accept: readonly PrefixRange[];
  /** Of each family, accepted or not; one more ends the session with Cease 6/1. */
  readonly maxPrefixes: number;
}

/** How the session of a peer ends that is to be forgotten. */
export type RemoveHow =
  /** Cease 6/3: the peer is no longer configured. */
  | { readonly mode: 'deconfigured' }
  /** Closes TCP and says nothing: a peer with graceful restart keeps the routes for one that is added in its place. */
  | { readonly mode: 'silent' };

/** Why a running session is ended to start anew. */
export type ResetHow =
  /** Cease 6/4 with a text (RFC 9003). */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Cease 6/10 (RFC 9384). */
  | { readonly mode: 'bfdDown' }
  /** Cease 6/9 (RFC 8538 §3), which makes a peer with graceful restart forget our routes; else 6/4. */
  | { readonly mode: 'hardReset'; readonly text: string };

/** Where connections are accepted. */
export interface ListenOptions {
  /** An address of this host; `0.0.0.0` or `::` for all of a family. */
  readonly address: string;
  /** Default 179. */
  readonly port?: number;
  /** Interface or VRF device to bind to, which needs koffi; required for a link-local address. */
  readonly device?: string;
}

/** What happens, with `text` as one line for people. */
export type SpeakerEvent =
  | {
      readonly kind: 'sessionState';
      readonly peer: string;
      readonly state: SessionStateName;
      readonly previous: SessionStateName;
      readonly reason: string;
      readonly text: string;
    }
  | {
      readonly kind: 'notification';
      readonly peer: string;
      readonly direction: 'sent' | 'received';
      readonly code: number;
      readonly subcode: number;
      readonly data: Uint8Array;
      /** The text of an administrative Cease (RFC 9003), if there is one. */
      readonly shutdownText: string | undefined;
      readonly text: string;
    }
  | {
      readonly kind: 'updateSent';
      readonly peer: string;
      readonly announced: readonly string[];
      readonly withdrawn: readonly string[];
      readonly text: string;
    }
  | { readonly kind: 'endOfRibSent'; readonly peer: string; readonly family: Family; readonly text: string }
  /**
   * Wanted routes cannot be told to this peer, which has not got them or had them withdrawn: those of one turn that have
   * the same reason. Each once in a session for a reason; `snapshot().peers[].plan` has them all.
   */
  | {
      readonly kind: 'routeRefused';
      readonly peer: string;
      /** The first of them, 20 at most. */
      readonly prefixes: readonly string[];
      /** How many there are. */
      readonly count: number;
      readonly reason: string;
      readonly text: string;
    }
  /** Routes that were taken in, new or with other attributes. */
  | {
      readonly kind: 'routesLearnt';
      readonly peer: string;
      readonly prefixes: readonly string[];
      readonly text: string;
    }
  /** Routes that had been taken in and are no longer there. */
  | { readonly kind: 'routesGone'; readonly peer: string; readonly prefixes: readonly string[]; readonly text: string }
  /** UPDATEs had faults that the session survives (RFC 7606); the text has the first of them. */
  | {
      readonly kind: 'updateFaults';
      readonly peer: string;
      readonly attributeDiscard: number;
      readonly treatAsWithdraw: number;
      readonly text: string;
    }
  /**
   * A connection was closed at once: nobody is expected from there, or the system refused a setting. Told of the 1st, 2nd,
   * 4th, 8th … of each address.
   */
  | {
      readonly kind: 'connectionRefused';
      /** With its link, such as `fe80::1%eth0`, where it is link-local. */
      readonly remoteAddress: string;
      /** How many so far from there. */
      readonly count: number;
      readonly text: string;
    }
  /** A bug of this program was met in a peer's engine, whose session ends and starts anew; the others go on. */
  | {
      readonly kind: 'fault';
      readonly peer: string;
      /** What was thrown, and where; empty where that is not known. */
      readonly error: string;
      readonly stack: string;
      readonly text: string;
    }
  /** A call that was taken, or a peer's setting, could not be carried out. */
  | { readonly kind: 'error'; readonly peer?: string; readonly text: string }
  /**
   * The thread of the listener was busy for so long that older events were dropped, so many of each kind. The state that
   * each peer is in is told after this; a snapshot has the rest.
   */
  | {
      readonly kind: 'eventsLost';
      readonly counts: Readonly<Partial<Record<string, number>>>;
      readonly text: string;
    }
  /** The worker ended by itself: every session is gone, and this speaker can do nothing more. */
  | { readonly kind: 'ended'; readonly text: string };

/** How a whole speaker stops. */
export type SpeakerStop =
  /** Cease 6/2 to every peer with a text for its operator, up to 128 bytes of UTF-8. */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Closes TCP and sends no NOTIFICATION. */
  | { readonly mode: 'silent' };

/** A BGP speaker for announcing prefixes. */
export interface BgpSpeaker {
  /** Starts to dial a peer, or to wait for it; the value is its name, the fault a sentence. */
  addPeer(options: PeerOptions): Result<string, string>;
  /** Ends the session, with Cease 6/3 by default, and forgets the peer; false when there is none of this name. */
  removePeer(name: string, how?: RemoveHow): boolean;
  /**
   * Says what all peers shall hear of a prefix: a route, or null for nothing. Changes of one turn of the event loop go
   * out together, at once. `reason` appears in the events.
   */
  setDesired(prefix: string, attributes: RouteAttributes | null, reason: string): Result<void, string>;
  /**
   * Says what one peer shall hear of a prefix in place of the common route: a route, null for nothing, or undefined for
   * the common one again. The fault says that there is no such peer, or what is wrong with the route.
   */
  setDesiredFor(
    peer: string,
    prefix: string,
    attributes: RouteAttributes | null | undefined,
    reason: string,
  ): Result<void, string>;
  /**
   * Says that all that is desired has been said. Until then a peer with `gracefulRestart` gets no End-of-RIB and OPENs
   * say that this side restarts (RFC 4724 §4.1); other peers get End-of-RIB at once.
   */
  declareComplete(): void;
  /** Ends a peer's running session and lets it start anew; false when there is no peer of this name. */
  resetPeer(name: string, how: ResetHow): boolean;
  /**
   * Accepts connections of the peers that are `passive` or `both`, added before or after; others are closed at once.
   * May be called for several addresses, best after the peers are there: a router with GTSM may not see how it was
   * closed, and waits for minutes. The fault says what the system refused.
   */
  listen(options: ListenOptions): Promise<Result<void, string>>;
  snapshot(): Promise<SpeakerSnapshot>;
  /** Ends all sessions for good; resolves when every connection is closed, within seconds in any case. */
  stop(how: SpeakerStop): Promise<void>;
}

/** Gets every event, in order. What it throws is not caught: it ends the program like any other bug of it. */
export type OnSpeakerEvent = (event: SpeakerEvent) => void;
