/** What a speaker is told and what it tells: the same for one in this thread (speaker.ts) and one in a worker. */
import type { Result } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { SessionStateName } from '../session/types.ts';
import type { Family } from '../wire/family.ts';

/** A peer to dial. */
export interface PeerOptions {
  /** How events and snapshots call it. Default: `address` and port. */
  readonly name?: string;
  /** IPv4 or IPv6 address. */
  readonly address: string;
  /** Default 179. */
  readonly port?: number;
  readonly peerAsn: number;
  readonly localAsn: number;
  /** Our BGP Identifier, written like an IPv4 address; unique in the network, not 0.0.0.0. */
  readonly routerId: string;
  /** Source address. Default: the system's choice. */
  readonly localAddress?: string;
  /** Proposed hold time, 0 or 3 to 65535 seconds; the smaller of both sides' counts. Default 90. */
  readonly holdTimeSeconds?: number;
  /** Families to offer. Default: both. */
  readonly families?: readonly Family[];
  /** How long a TCP connection attempt may take. Default 10000. */
  readonly connectTimeoutMs?: number;
  /** First and longest wait between attempts, doubling in between. Default 1000 and 30000. */
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  /** How long the peer may read nothing of what we send. Default: eight minutes or twice the hold time (RFC 9687). */
  readonly sendHoldTimeMs?: number;
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
  /** A wanted route cannot be told to this peer, which has not got it or had it withdrawn. */
  | { readonly kind: 'routeRefused'; readonly peer: string; readonly prefix: string; readonly text: string }
  /** A call that was taken could not be carried out. */
  | { readonly kind: 'error'; readonly text: string }
  /** The worker ended by itself: every session is gone, and this speaker can do nothing more. */
  | { readonly kind: 'ended'; readonly text: string };

/** A route that a peer was told. */
export interface AnnouncedRoute {
  readonly prefix: string;
  readonly attributes: RouteAttributes;
  /** Wall clock, milliseconds since 1970. */
  readonly sentAtUnixMs: number;
}

/** A peer at one moment. */
export interface PeerSnapshot {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly state: SessionStateName;
  /** Why it is in this state, and since when on the wall clock. */
  readonly reason: string;
  readonly sinceUnixMs: number;
  /** While established. */
  readonly negotiated:
    | { readonly holdTimeSeconds: number; readonly families: readonly Family[]; readonly fourOctetAs: boolean }
    | undefined;
  /** What the peer was told and not untold, by prefix. */
  readonly announced: readonly AnnouncedRoute[];
  readonly updatesSent: number;
  readonly updatesReceived: number;
  /** Received UPDATEs with a fault that the session survived (RFC 7606). */
  readonly faultyUpdatesReceived: number;
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

/** How a whole speaker stops. */
export type SpeakerStop =
  /** Cease 6/2 to every peer with a text for its operator, up to 128 bytes of UTF-8. */
  | { readonly mode: 'administrative'; readonly text: string }
  /** Closes TCP and sends no NOTIFICATION. */
  | { readonly mode: 'silent' };

/** A BGP speaker that announces and imports nothing. */
export interface BgpSpeaker {
  /** Starts to dial a peer; the value is its name, the fault a sentence. */
  addPeer(options: PeerOptions): Result<string, string>;
  /** Ends the session with Cease 6/3 and forgets the peer; false when there is none of this name. */
  removePeer(name: string): boolean;
  /**
   * Says what all peers shall hear of a prefix: a route, or null for nothing. Changes of one turn of the event loop go
   * out together, at once. `reason` appears in the events.
   */
  setDesired(prefix: string, attributes: RouteAttributes | null, reason: string): Result<void, string>;
  snapshot(): Promise<SpeakerSnapshot>;
  /** Ends all sessions for good; resolves when every connection is closed, within seconds in any case. */
  stop(how: SpeakerStop): Promise<void>;
}

/** Gets every event, in order. */
export type OnSpeakerEvent = (event: SpeakerEvent) => void;
