/**
 * Our intervals of one BFD session, and the poll sequence by which the peer learns of a change (RFC 5880 §6.5, §6.8.3).
 *
 * Advertised values stand in packets at once. What the peer must have heard of first (a longer Desired Min TX, a shorter
 * Required Min RX) takes effect with its Final. A change during a poll waits until that one is over and a packet with
 * the F bit clear has come: else nobody knew which poll a Final answers (§6.8.3, third choice).
 */
export class PollSequence {
  #wantedMinTxMs: number;
  #wantedMinRxMs: number;
  #desiredMinTxMs: number;
  #requiredMinRxMs: number;
  #effectiveMinTxMs: number;
  #effectiveMinRxMs: number;
  #phase: 'idle' | 'polling' | 'awaiting clear F' = 'idle';

  constructor(desiredMinTxMs: number, requiredMinRxMs: number) {
    this.#wantedMinTxMs = this.#desiredMinTxMs = this.#effectiveMinTxMs = desiredMinTxMs;
    this.#wantedMinRxMs = this.#requiredMinRxMs = this.#effectiveMinRxMs = requiredMinRxMs;
  }

  /** Whether periodic packets carry the P bit. */
  get isActive(): boolean {
    return this.#phase === 'polling';
  }

  /** As packets say it. */
  get desiredMinTxMs(): number {
    return this.#desiredMinTxMs;
  }

  get requiredMinRxMs(): number {
    return this.#requiredMinRxMs;
  }

  /** As our own timers use it. */
  get effectiveMinTxMs(): number {
    return this.#effectiveMinTxMs;
  }

  get effectiveMinRxMs(): number {
    return this.#effectiveMinRxMs;
  }

  wantMinTx(desiredMinTxMs: number): void {
    this.#wantedMinTxMs = desiredMinTxMs;
  }

  wantMinRx(requiredMinRxMs: number): void {
    this.#wantedMinRxMs = requiredMinRxMs;
  }

  /** Begins to tell what is wanted, if that is new and no other poll is in the way. */
  start(): void {
    if (this.#phase !== 'idle' || !this.#isNews()) return;
    this.#advertise();
    this.#effectiveMinTxMs = Math.min(this.#effectiveMinTxMs, this.#desiredMinTxMs);
    this.#effectiveMinRxMs = Math.max(this.#effectiveMinRxMs, this.#requiredMinRxMs);
    this.#phase = 'polling';
  }

  /** Puts what is wanted in force without a poll. */
  settle(): void {
    this.#advertise();
    this.#effectiveMinTxMs = this.#desiredMinTxMs;
    this.#effectiveMinRxMs = this.#requiredMinRxMs;
  }

  /** A packet with the F bit came. */
  finish(): void {
    if (this.#phase !== 'polling') return;
    this.#effectiveMinTxMs = this.#desiredMinTxMs;
    this.#effectiveMinRxMs = this.#requiredMinRxMs;
    this.#phase = 'awaiting clear F';
  }

  /** A packet without the F bit came. */
  seeClear(): void {
    if (this.#phase === 'awaiting clear F') this.#phase = 'idle';
  }

  /** The session is not up any more. */
  cancel(): void {
    this.#phase = 'idle';
  }

  #isNews(): boolean {
    return this.#wantedMinTxMs !== this.#desiredMinTxMs || this.#wantedMinRxMs !== this.#requiredMinRxMs;
  }

  #advertise(): void {
    this.#desiredMinTxMs = this.#wantedMinTxMs;
    this.#requiredMinRxMs = this.#wantedMinRxMs;
  }
}
