/**
 * Says AdminDown in place of an engine that met a bug (RFC 5880 §6.8.16), so that the peer does not take our silence for
 * a failure (RFC 5882 §4.2). Depends on no state of the engine; falls silent where not even this can be said.
 */
import { bfdDiagnostic, bfdState, controlPacketBytes, emptyControlPacket, writeControlPacket } from './packet.ts';
import type { BfdState, ControlPacket } from './packet.ts';

/** §6.8.3: a session that is not up sends no more often. */
const slowIntervalMs = 1000;

/** What is said with it. */
export interface AdminDownParts {
  readonly discriminator: number;
  readonly multiplier: number;
  readonly intervalMs: number;
  /** Values in [0, 1), for jitter. */
  readonly random: () => number;
  readonly transmit: (packet: Uint8Array) => void;
}

/** AdminDown, said once a second or as seldom as the peer wants. */
export class AdminDownRepeater {
  readonly #parts: AdminDownParts;
  #timer: NodeJS.Timeout | undefined;
  #peerState: BfdState = bfdState.down;
  #peerDiscriminator = 0;
  /** Undefined before the peer has said it. */
  #peerMinRxMs: number | undefined;

  constructor(parts: AdminDownParts) {
    this.#parts = parts;
  }

  /** As the peer said last. */
  get peerState(): BfdState {
    return this.#peerState;
  }

  /** Notes what of a peer's packet ours depend on. */
  hear(packet: ControlPacket): void {
    this.#peerState = packet.state;
    this.#peerDiscriminator = packet.myDiscriminator;
    this.#peerMinRxMs = packet.requiredMinRxMicroseconds / 1000;
  }

  /** Says it at once, and again until `stop`. */
  start(): void {
    clearTimeout(this.#timer);
    try {
      this.#say();
    } catch {
      // The bug that led here was told; silence is what is left.
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #say(): void {
    // §6.8.7: a peer that wants no packets gets none, and may want some later.
    if (this.#peerMinRxMs !== 0) this.#parts.transmit(this.#packet());
    const intervalMs = Math.max(slowIntervalMs, this.#peerMinRxMs ?? 0);
    const jitteredMs = intervalMs * (0.75 + 0.25 * this.#parts.random());
    this.#timer = setTimeout(() => this.start(), jitteredMs);
  }

  #packet(): Uint8Array {
    const { discriminator, multiplier, intervalMs } = this.#parts;
    const bytes = new Uint8Array(controlPacketBytes);
    const packet: ControlPacket = {
      ...emptyControlPacket(),
      diagnostic: bfdDiagnostic.administrativelyDown,
      state: bfdState.adminDown,
      multiplier,
      myDiscriminator: discriminator,
      yourDiscriminator: this.#peerDiscriminator,
      desiredMinTxMicroseconds: Math.max(slowIntervalMs, intervalMs) * 1000,
      requiredMinRxMicroseconds: Math.round(intervalMs * 1000),
    };
    writeControlPacket(packet, bytes);
    return bytes;
  }
}
