/**
 * Engine of one BFD session in asynchronous mode, active role (RFC 5880 §6.8): no clock, no socket; time is an argument,
 * in milliseconds of any monotonic clock. What it does goes to a `BfdOutput`, and a packet costs no garbage.
 *
 * The caller has checked the packet and chosen the session (§6.8.6 up to the choice), calls `transmitDue` when
 * `nextDeadlineMs` has come, and `expire` once it has read all that had arrived by then. No echo function, no
 * authentication, no demand mode of our own; the peer's is honored.
 */
import { assert } from '../result.ts';
import {
  bfdDiagnostic,
  bfdState,
  controlPacketBytes,
  diagnosticText,
  emptyControlPacket,
  writeControlPacket,
} from './packet.ts';
import type { BfdState, ControlPacket } from './packet.ts';
import { PollSequence } from './poll.ts';
import type { BfdOutput, BfdSessionConfig } from './session-types.ts';

/** §6.8.3: Desired Min TX Interval is not less than this while the session is not up. */
export const slowIntervalMs = 1000;

/** §6.8.1: Required Min RX Interval of a peer that has said nothing yet: a microsecond. */
const initialRemoteMinRxMs = 0.001;

/** The state of a session and the rules by which it changes. */
export class BfdSession {
  readonly #config: BfdSessionConfig;
  readonly #output: BfdOutput;
  readonly #packet = emptyControlPacket();
  readonly #bytes = new Uint8Array(controlPacketBytes);
  readonly #poll: PollSequence;
  #state: BfdState = bfdState.down;
  #remoteState: BfdState = bfdState.down;
  #diagnostic: number = bfdDiagnostic.none;
  #remoteDiscriminator = 0;
  #remoteMinRxMs = initialRemoteMinRxMs;
  #remoteMinTxMs = 0;
  #remoteMultiplier = 0;
  #isRemoteDemand = false;
  #wantedMinTxMs: number;
  #lastTransmitMs = -Infinity;
  #nextTransmitMs = -Infinity;
  #scheduledIntervalMs = 0;
  #lastReceiveMs = -Infinity;
  #reason = 'no packet of the peer yet';

  constructor(config: BfdSessionConfig, output: BfdOutput) {
    assert(config.localDiscriminator !== 0, 'the discriminator of a session is not 0');
    this.#config = config;
    this.#output = output;
    this.#wantedMinTxMs = config.desiredMinTxMs;
    this.#poll = new PollSequence(Math.max(slowIntervalMs, config.desiredMinTxMs), config.requiredMinRxMs);
  }

  get state(): BfdState {
    return this.#state;
  }

  get remoteState(): BfdState {
    return this.#remoteState;
  }

  /** Why the state is as it is. */
  get reason(): string {
    return this.#reason;
  }

  /** Whether the peer is heard now, in whatever state. */
  get isPeerKnown(): boolean {
    return this.#remoteDiscriminator !== 0;
  }

  /** How often packets go now, before jitter (§6.8.7); 0 when the peer wants none. */
  transmitIntervalMs(): number {
    return this.#remoteMinRxMs === 0 ? 0 : Math.max(this.#poll.effectiveMinTxMs, this.#remoteMinRxMs);
  }

  /** After how long without a packet the peer is given up (§6.8.4); 0 while none has come. */
  detectionTimeMs(): number {
    return this.#remoteMultiplier * Math.max(this.#poll.effectiveMinRxMs, this.#remoteMinTxMs);
  }

  /** After how long without a packet of ours the peer gives us up, as far as it has said. */
  remoteDetectionTimeMs(): number {
    return this.#config.multiplier * Math.max(this.#poll.desiredMinTxMs, this.#remoteMinRxMs);
  }

  /** When `transmitDue` or `expire` has something to do; Infinity when never. */
  nextDeadlineMs(): number {
    const transmitMs = this.#maySendPeriodically() ? this.#nextTransmitMs : Infinity;
    return Math.min(transmitMs, this.#detectionDeadlineMs());
  }

  /** Sends the periodic packet if its time has come. */
  transmitDue(nowMs: number): void {
    if (nowMs >= this.#nextTransmitMs && this.#maySendPeriodically()) this.#transmit(nowMs);
  }

  /** Whether nothing has come for the detection time. */
  isDetectionDue(nowMs: number): boolean {
    return nowMs >= this.#detectionDeadlineMs();
  }

  /** Gives the peer up if nothing has come for the detection time (§6.8.4). */
  expire(nowMs: number): void {
    if (!this.isDetectionDue(nowMs)) return;
    const detectionTimeMs = this.detectionTimeMs();
    // What a peer said is forgotten with it, so that its successor starts as §6.8.1 says.
    this.#remoteDiscriminator = 0;
    this.#remoteMinRxMs = initialRemoteMinRxMs;
    this.#remoteMinTxMs = 0;
    this.#remoteMultiplier = 0;
    this.#isRemoteDemand = false;
    this.#remoteState = bfdState.down;
    this.#lastReceiveMs = -Infinity;
    if (this.#state === bfdState.init || this.#state === bfdState.up) {
      this.#enter(bfdState.down, nowMs, `nothing came for ${formatMs(detectionTimeMs)}`, {
        diagnostic: bfdDiagnostic.detectionTimeExpired,
      });
    } else this.#reschedule();
  }

  /** Takes a packet that is for this session (§6.8.6 from the setting of RemoteDiscr on). */
  receive(packet: ControlPacket, nowMs: number): void {
    this.#remoteDiscriminator = packet.myDiscriminator;
    this.#remoteState = packet.state;
    this.#isRemoteDemand = packet.isDemand;
    this.#remoteMinRxMs = packet.requiredMinRxMicroseconds / 1000;
    this.#remoteMinTxMs = packet.desiredMinTxMicroseconds / 1000;
    this.#remoteMultiplier = packet.multiplier;
    this.#lastReceiveMs = nowMs;
    if (packet.isFinal) this.#poll.finish();
    else this.#poll.seeClear();
    if (this.#state !== bfdState.adminDown) {
      this.#step(packet, nowMs);
      if (packet.isPoll) this.#answerPoll();
    }
    this.#startPoll();
    this.#reschedule();
  }

  /** Takes the session down on purpose: the peer shall not see it as a failure (§6.8.16). */
  disable(nowMs: number, reason: string): void {
    if (this.#state === bfdState.adminDown) return;
    this.#enter(bfdState.adminDown, nowMs, reason, { diagnostic: bfdDiagnostic.administrativelyDown });
  }

  /** Lets a session that was disabled come up again (§6.8.16). */
  enable(nowMs: number, reason: string): void {
    if (this.#state === bfdState.adminDown) this.#enter(bfdState.down, nowMs, reason, {});
  }

  /** Changes Desired Min TX while up: down at once, up once the peer has answered a poll (§6.8.3). */
  setDesiredMinTxMs(desiredMinTxMs: number): void {
    this.#wantedMinTxMs = desiredMinTxMs;
    this.#applyMinTx();
  }

  /** Changes Required Min RX: up at once, down once the peer has answered a poll (§6.8.3). */
  setRequiredMinRxMs(requiredMinRxMs: number): void {
    this.#poll.wantMinRx(requiredMinRxMs);
    this.#startPoll();
    this.#reschedule();
  }

  #step(packet: ControlPacket, nowMs: number): void {
    if (packet.state === bfdState.adminDown) {
      if (this.#state === bfdState.down) return;
      const reason = 'the peer is administratively down';
      this.#enter(bfdState.down, nowMs, reason, {
        diagnostic: bfdDiagnostic.neighborSignaledDown,
        isPeerAdminDown: true,
      });
    } else if (this.#state === bfdState.down) {
      if (packet.state === bfdState.down) this.#enter(bfdState.init, nowMs, 'the peer is there', {});
      else if (packet.state === bfdState.init) this.#enter(bfdState.up, nowMs, 'the peer hears us', {});
    } else if (this.#state === bfdState.init) {
      if (packet.state !== bfdState.down) this.#enter(bfdState.up, nowMs, 'the peer hears us', {});
    } else if (packet.state === bfdState.down) {
      const reason = `the peer says down: ${diagnosticText(packet.diagnostic)}`;
      this.#enter(bfdState.down, nowMs, reason, { diagnostic: bfdDiagnostic.neighborSignaledDown });
    }
  }

  /** Changes the state and says so to the peer at once (§6.8.7). */
  #enter(
    state: BfdState,
    nowMs: number,
    reason: string,
    { diagnostic, isPeerAdminDown = false }: { readonly diagnostic?: number; readonly isPeerAdminDown?: boolean },
  ): void {
    const previous = this.#state;
    this.#state = state;
    this.#reason = reason;
    if (diagnostic !== undefined) this.#diagnostic = diagnostic;
    else if (state === bfdState.up || previous === bfdState.adminDown) this.#diagnostic = bfdDiagnostic.none;
    if (state !== bfdState.up) this.#poll.cancel();
    this.#applyMinTx();
    if (this.#remoteMinRxMs > 0) this.#transmit(nowMs);
    this.#output.changed({ state, previous, isPeerAdminDown, reason });
  }

  #applyMinTx(): void {
    const isUp = this.#state === bfdState.up;
    this.#poll.wantMinTx(isUp ? this.#wantedMinTxMs : Math.max(slowIntervalMs, this.#wantedMinTxMs));
    this.#startPoll();
    this.#reschedule();
  }

  /** While not up nothing depends on an old value, so that new ones are told without a poll. */
  #startPoll(): void {
    if (this.#state === bfdState.up) this.#poll.start();
    else this.#poll.settle();
  }

  /** §6.8.7: periodic packets stop when the peer wants none, or when both are up and its demand mode is on. */
  #maySendPeriodically(): boolean {
    if (this.#remoteMinRxMs === 0) return false;
    const isDemandActive = this.#isRemoteDemand && this.#state === bfdState.up && this.#remoteState === bfdState.up;
    return !isDemandActive || this.#poll.isActive;
  }

  #detectionDeadlineMs(): number {
    return this.#remoteDiscriminator === 0 ? Infinity : this.#lastReceiveMs + this.detectionTimeMs();
  }

  /** Plans the next packet anew when the interval is another one, counted from the last packet. */
  #reschedule(): void {
    const intervalMs = this.transmitIntervalMs();
    if (intervalMs !== this.#scheduledIntervalMs) this.#schedule(intervalMs);
  }

  #schedule(intervalMs: number): void {
    this.#scheduledIntervalMs = intervalMs;
    this.#nextTransmitMs = this.#lastTransmitMs + this.#jitteredMs(intervalMs);
  }

  /** §6.8.7: 75 % to 100 % of the interval, or to 90 % when a single lost packet ends the session. */
  #jitteredMs(intervalMs: number): number {
    const leastMs = intervalMs * 0.75;
    const mostMs = (this.#config.multiplier === 1 ? intervalMs * 0.9 : intervalMs) - this.#config.timerSlackMs;
    return leastMs + Math.max(0, mostMs - leastMs) * this.#config.random();
  }

  #transmit(nowMs: number): void {
    this.#send(false);
    this.#lastTransmitMs = nowMs;
    this.#schedule(this.transmitIntervalMs());
  }

  /** At once and beside the periodic packets (§6.8.7). */
  #answerPoll(): void {
    this.#send(true);
  }

  #send(isFinal: boolean): void {
    const packet = this.#packet;
    packet.diagnostic = this.#diagnostic;
    packet.state = this.#state;
    packet.isPoll = this.#poll.isActive && !isFinal;
    packet.isFinal = isFinal;
    packet.multiplier = this.#config.multiplier;
    packet.myDiscriminator = this.#config.localDiscriminator;
    packet.yourDiscriminator = this.#remoteDiscriminator;
    packet.desiredMinTxMicroseconds = Math.round(this.#poll.desiredMinTxMs * 1000);
    packet.requiredMinRxMicroseconds = Math.round(this.#poll.requiredMinRxMs * 1000);
    writeControlPacket(packet, this.#bytes);
    this.#output.transmit(this.#bytes);
  }
}

function formatMs(durationMs: number): string {
  return `${Math.round(durationMs)} ms`;
}
