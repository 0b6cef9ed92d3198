/** What a speaker is like at one moment: plain data, times on the wall clock in milliseconds since 1970. */
import type { RejectReason } from '../rib/adj-rib-in.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { RouteView } from '../rib/route-view.ts';
import type { NegotiatedRestart, SessionStateName } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { MessageCounts } from './message-counter.ts';

export type { RejectReason } from '../rib/adj-rib-in.ts';
export type { RouteView } from '../rib/route-view.ts';
export type { MessageCounts, MessageKind } from './message-counter.ts';

/** A route that a peer was told. */
export interface AnnouncedRoute {
  readonly prefix: string;
  /** As it was on the wire. */
  readonly attributes: RouteView;
  readonly reason: string;
  readonly sentAtUnixMs: number;
}

/** A prefix that a peer was told and untold in this session. */
export interface WithdrawnPrefixSnapshot {
  readonly prefix: string;
  readonly reason: string;
  readonly sentAtUnixMs: number;
}

/**
 * What a peer would be told now of a prefix: `keep` (it has that already), `announce`, `replace`, `withdraw`, or `refuse`
 * where it cannot be told. Without a session, as if one came up with all that is offered.
 */
export interface PlannedRoute {
  readonly change: 'keep' | 'announce' | 'replace' | 'withdraw' | 'refuse';
  readonly prefix: string;
  /** Of `keep`, `announce` and `replace`; `self` as next hop where our end is not known yet. */
  readonly attributes: RouteView | undefined;
  /** Of `refuse`: why it cannot be told. */
  readonly refusal: string | undefined;
  /** Why it is wanted, or no longer. */
  readonly reason: string;
}

/** A route that was taken in. */
export interface AcceptedRouteSnapshot {
  readonly prefix: string;
  readonly attributes: RouteView;
  readonly receivedAtUnixMs: number;
}

/** What a peer told us, as far as it was looked at. */
export interface ReceivedSnapshot {
  /** Of each family; one more than this ends the session. */
  readonly maxPrefixes: number;
  readonly families: readonly { readonly family: Family; readonly accepted: number; readonly rejected: number }[];
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>;
  readonly routes: readonly AcceptedRouteSnapshot[];
}

/** A NOTIFICATION that was sent or received. */
export interface NotificationSnapshot {
  readonly code: number;
  readonly subcode: number;
  /** One line for people, with the name of the code and the text that came with it. */
  readonly text: string;
  readonly atUnixMs: number;
}

/** What both sides agreed on. */
export interface NegotiatedSnapshot {
  readonly isExternal: boolean;
  /** The peer's BGP Identifier. */
  readonly peerIdentifier: string;
  /** Our end of the connection. */
  readonly localAddress: string;
  /** 0: no hold timer. */
  readonly holdTimeSeconds: number;
  readonly families: readonly Family[];
  readonly fourOctetAs: boolean;
  readonly extendedMessages: boolean;
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  readonly extendedNextHop: boolean;
  readonly gracefulRestart: NegotiatedRestart | undefined;
  /** A name of `BgpRole`, or the number of one that has no name. */
  readonly peerRole: string | undefined;
}

/** A peer at one moment. */
export interface PeerSnapshot {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly state: SessionStateName;
  /** Why it is in this state, and since when. */
  readonly reason: string;
  readonly sinceUnixMs: number;
  /** While established. */
  readonly negotiated: NegotiatedSnapshot | undefined;
  /** How often the session came up, and how often it went down again. */
  readonly establishedCount: number;
  readonly flapCount: number;
  readonly lastNotification: {
    readonly sent: NotificationSnapshot | undefined;
    readonly received: NotificationSnapshot | undefined;
  };
  /** Bugs of this program that were met on behalf of the peer; each ended its session. */
  readonly faultCount: number;
  /** What the peer was told and not untold, by prefix. */
  readonly announced: readonly AnnouncedRoute[];
  /** What it was told and untold in this session, the latest last; at most 256. */
  readonly withdrawn: readonly WithdrawnPrefixSnapshot[];
  readonly plan: readonly PlannedRoute[];
  /** undefined where nothing is imported. */
  readonly received: ReceivedSnapshot | undefined;
  readonly messagesSent: MessageCounts;
  readonly messagesReceived: MessageCounts;
  /** UPDATEs with routes or End-of-RIB that were handed to the session. */
  readonly updatesSent: number;
  readonly updatesReceived: number;
  /** Received UPDATEs with a fault that the session survived (RFC 7606). */
  readonly faultyUpdatesReceived: number;
  /** Received UPDATEs with a fault, by what it cost. */
  readonly updateFaults: {
    readonly attributeDiscard: number;
    readonly treatAsWithdraw: number;
    readonly sessionReset: number;
  };
  /** Bytes that wait for the peer to read, and prefixes whose last change waits behind them. */
  readonly pendingBytes: number;
  readonly waitingPrefixes: number;
  /** For how long bytes have waited without any being taken; 0 when none wait. */
  readonly sendStalledMs: number;
}

/** A route as it is wanted. */
export interface DesiredRoute {
  readonly prefix: string;
  readonly attributes: RouteAttributes;
  readonly reason: string;
}

/** Everything at one moment. */
export interface SpeakerSnapshot {
  readonly peers: readonly PeerSnapshot[];
  readonly desired: readonly DesiredRoute[];
}
