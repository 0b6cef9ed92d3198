/** What a BFD speaker is told and what it tells (RFC 5880, 5881, 5882): the same in this thread and in a worker. */
import type { Result } from '../result.ts';

/** States of RFC 5880 §6.2. */
export type BfdStateName = 'adminDown' | 'down' | 'init' | 'up';

/** A single-hop session (RFC 5881), or a multihop one (RFC 5883) where `isMultihop`. */
export interface BfdSessionOptions {
  /** How events and snapshots call it. Default: `address`. */
  readonly name?: string;
  /** The peer's address. */
  readonly address: string;
  readonly localAddress?: string;
  /** Interface to bind to. */
  readonly device?: string;
  readonly isMultihop?: boolean;
  /** Desired Min TX and Required Min RX while up, 50 to 60000. Default 500; under 300 is refused unless forced. */
  readonly intervalMs?: number;
  /** Detect Mult, 2 to 255. Default 4. */
  readonly multiplier?: number;
  /** Allows `intervalMs` under 300. */
  readonly allowFast?: boolean;
}

/** What happens, with `text` as one line for people. */
export type BfdEvent =
  /** Only from `up` to `down`, and not by `isPeerAdminDown`, is it a failure; our own `adminDown` never is. */
  | {
      readonly kind: 'bfdState';
      readonly session: string;
      readonly state: BfdStateName;
      readonly previous: BfdStateName;
      /** The peer says that it is administratively down: no failure (RFC 5882 §4.2). */
      readonly isPeerAdminDown: boolean;
      readonly reason: string;
      readonly text: string;
    }
  /**
   * A bug of this program was met in a session, which goes on, as all others do. After more than three in a minute it is
   * `adminDown`, which is no failure of the path (RFC 5882 §4.2), and starts anew after a rest.
   */
  | {
      readonly kind: 'fault';
      readonly session: string;
      /** What was thrown, and where; empty where that is not known. */
      readonly error: string;
      readonly stack: string;
      readonly text: string;
    }
  | { readonly kind: 'error'; readonly text: string }
  /** The speaker is gone with all its sessions, which says nothing about the peers. */
  | { readonly kind: 'ended'; readonly text: string };

/** A session at one moment. */
export interface BfdSnapshot {
  readonly name: string;
  readonly address: string;
  readonly state: BfdStateName;
  readonly peerState: BfdStateName;
  readonly reason: string;
  readonly sinceUnixMs: number;
  /** As negotiated now. */
  readonly transmitIntervalMs: number;
  readonly detectionTimeMs: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsDropped: number;
  /** Turns of our own timer that came more than an interval late. */
  readonly lateTicks: number;
  /** Bugs of this program that were met in it. */
  readonly faultCount: number;
}

/** A BFD speaker. */
export interface BfdSpeaker {
  /** Starts a session; the value is its name, the fault a sentence. */
  addSession(options: BfdSessionOptions): Result<string, string>;
  /** Says AdminDown to the peer and forgets the session; false when there is none of this name. */
  removeSession(name: string): boolean;
  snapshot(): Promise<readonly BfdSnapshot[]>;
  /** Says AdminDown on every session (a restart that must not look like a failure says nothing) and ends. */
  stop(how: { readonly isSilent: boolean }): Promise<void>;
}
