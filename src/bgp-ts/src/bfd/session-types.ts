/** What the engine of a BFD session is given and what it tells (RFC 5880 §6.8). */
import type { BfdState } from './packet.ts';

/** Settings of one session. */
export interface BfdSessionConfig {
  /** Not 0, and no other session of this speaker has it (§6.3). */
  readonly localDiscriminator: number;
  /** Desired Min TX Interval while up; while not up it is never under a second. */
  readonly desiredMinTxMs: number;
  /** Required Min RX Interval. */
  readonly requiredMinRxMs: number;
  /** Detect Mult, 1 to 255. */
  readonly multiplier: number;
  /** By how much the caller's timer may come late without a packet being later than its interval. */
  readonly timerSlackMs: number;
  /** Values in [0, 1), for jitter. */
  readonly random: () => number;
}

/** A change of state, with its cause as a clause for people. */
export interface BfdStateChange {
  readonly state: BfdState;
  readonly previous: BfdState;
  readonly isPeerAdminDown: boolean;
  readonly reason: string;
}

/** Where an engine puts what it does; called from within its methods. */
export interface BfdOutput {
  /** The octets are the engine's own and change with its next packet. */
  transmit(packet: Uint8Array): void;
  changed(change: BfdStateChange): void;
}
