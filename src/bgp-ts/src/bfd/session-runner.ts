/**
 * One BFD session on real time: the engine, its sender, and one timer. Before a peer is given up, all that has arrived is
 * read, so that a pause of this process does not look like a failure of the peer; how late the timer comes is counted,
 * and told to the peer as a longer Desired Min TX when it is chronic (RFC 5880 §6.8.3, §6.8.4).
 *
 * A bug that is thrown in a session costs it what led to the bug, and no other session anything. Where it comes back the
 * session says AdminDown, which is no failure (RFC 5882 §4.2), rests, and starts anew.
 */
import type { Result } from '../result.ts';
import { AdminDownRepeater } from './admin-down.ts';
import type { BfdSender, SenderEvents } from './datagram.ts';
import { describeChange, describeFault, describeSession } from './describe.ts';
import type { EngineView } from './describe.ts';
import { FaultRest, FaultTolerance } from './fault-rest.ts';
import { LatenessGuard } from './lateness.ts';
import type { BfdSettings } from './options.ts';
import { bfdState } from './packet.ts';
import type { BfdState, ControlPacket } from './packet.ts';
import type { BfdOutput, BfdStateChange } from './session-types.ts';
import { BfdSession } from './session.ts';
import type { BfdEvent, BfdSnapshot } from './types.ts';

/** So much of the interval is left to timers that come late: Node's count whole milliseconds. */
const timerSlackMs = 5;

/** libuv reads at most so many datagrams of one socket in a turn: fewer in a turn mean that all are read. */
const datagramsOfTurn = 32;

/** Longer than this no AdminDown is said to a peer that was removed. */
const maxFarewellMs = 10_000;

/** What a session is given. */
export interface SessionParts {
  readonly settings: BfdSettings;
  readonly discriminator: number;
  readonly random: () => number;
  readonly onEvent: (event: BfdEvent) => void;
  /** How many datagrams the session's listener has had. */
  readonly receivedCount: () => number;
  /** Opens listener and sender, which it gives by `sendBy`; the fault is a sentence. */
  readonly openSockets: () => Result<void, string>;
  /** How long after a fault of the sockets they are opened anew. */
  readonly reopenMs: number;
  /** How long it rests after a bug, the first time. */
  readonly faultRestMs: number;
}

/** A running session. */
export class SessionRunner implements BfdOutput, SenderEvents {
  readonly settings: BfdSettings;
  readonly discriminator: number;
  readonly #parts: SessionParts;
  #engine: BfdSession;
  readonly #guard = new LatenessGuard();
  readonly #adminDown: AdminDownRepeater;
  readonly #rests: FaultRest;
  readonly #tolerance = new FaultTolerance();
  #sender: BfdSender | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #socketFault: string | undefined;
  #isStarted = false;
  #armedMs = Infinity;
  #isDraining = false;
  #life: 'running' | 'resting' | 'leaving' | 'closed' = 'running';
  /** As it was told last: an engine that throws may be between two states. */
  #toldState: BfdState = bfdState.down;
  #faultCount = 0;
  #fault = '';
  #sinceUnixMs = Date.now();
  #packetsSent = 0;
  #packetsReceived = 0;
  #packetsDropped = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.discriminator = parts.discriminator;
    const { discriminator, random, faultRestMs } = parts;
    const { intervalMs, multiplier } = parts.settings;
    const transmit = (packet: Uint8Array): void => this.transmit(packet);
    this.#adminDown = new AdminDownRepeater({ discriminator, multiplier, intervalMs, random, transmit });
    this.#rests = new FaultRest(faultRestMs);
    this.#engine = this.#createEngine();
  }

  /** Opens the sockets, and again after a while where that fails. */
  open(): void {
    try {
      const opened = this.#parts.openSockets();
      if (!opened.ok) this.failed(opened.fault);
    } catch (error) {
      this.fail(error);
      this.failed('its sockets cannot be opened');
    }
  }

  /**
   * A bug was met on behalf of this session: it goes on, or says AdminDown and starts anew after a rest. One that comes
   * while it rests, as with each packet of a peer that goes on sending, is only counted.
   */
  fail(error: unknown): void {
    if (this.#life === 'closed') return;
    if (this.#life === 'resting') {
      this.#faultCount++;
      return;
    }
    clearTimeout(this.#timer);
    this.#armedMs = Infinity;
    this.#isDraining = false;
    if (this.#mayGoOn()) this.#goOn(error);
    else this.#rest(error);
  }

  /** Gives it a sender, in place of one that it has; it closes it with itself. */
  sendBy(sender: BfdSender): void {
    this.#sender?.close();
    this.#sender = sender;
  }

  ready(): void {
    this.#isStarted = true;
    try {
      this.#arm();
    } catch (error) {
      this.fail(error);
    }
  }

  /** A fault is told once, and again when it is another one. */
  failed(text: string): void {
    if (this.#life !== 'running') return;
    if (text !== this.#socketFault) this.#report(text);
    this.#socketFault = text;
    this.#reopenTimer ??= setTimeout(this.#reopen, this.#parts.reopenMs);
  }

  sent(error: Error | null): void {
    if (error === null) this.#packetsSent++;
    // A closed port says that the peer has no BFD yet, which the state tells better.
    if (error === null || error.message.includes('ECONNREFUSED')) this.#socketFault = undefined;
    else this.failed(`cannot send to ${this.settings.address}: ${error.message}`);
  }

  /** Takes a packet that is for this session. */
  receive(packet: ControlPacket): void {
    if (this.#life !== 'running' && this.#life !== 'resting') return;
    if (packet.isAuthenticated) {
      this.drop();
      return;
    }
    this.#packetsReceived++;
    this.#adminDown.hear(packet);
    if (this.#life === 'resting') return;
    try {
      this.#engine.receive(packet, performance.now());
      this.#arm();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Counts a packet of this peer that was no good. */
  drop(): void {
    this.#packetsDropped++;
  }

  /** Says AdminDown for as long as the peer needs to hear it, or `mostMs`, then closes (§6.8.16); no event comes of it. */
  async leave(mostMs = maxFarewellMs): Promise<void> {
    const farewellMs = this.#sayFarewell();
    if (farewellMs > 0) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      setTimeout(resolve, Math.min(mostMs, farewellMs), undefined);
      await promise;
    }
    this.close();
  }

  /** Ends at once and says nothing. */
  close(): void {
    if (this.#life === 'closed') return;
    this.#life = 'closed';
    clearTimeout(this.#timer);
    clearTimeout(this.#reopenTimer);
    clearTimeout(this.#restTimer);
    this.#adminDown.stop();
    this.#sender?.close();
  }

  snapshot(): BfdSnapshot {
    try {
      if (this.#life === 'running') return this.#describe(this.#engine);
    } catch (error) {
      this.#tellFault(error, 'it cannot be shown');
    }
    return this.#describe({
      state: this.#toldState,
      remoteState: this.#adminDown.peerState,
      reason: this.#fault,
      transmitIntervalMs: () => 0,
      detectionTimeMs: () => 0,
    });
  }

  transmit(packet: Uint8Array): void {
    this.#sender?.send(packet);
  }

  changed({ state, isPeerAdminDown, reason }: BfdStateChange): void {
    this.#tellState(state, reason, isPeerAdminDown);
  }

  #createEngine(): BfdSession {
    const { settings, discriminator, random } = this.#parts;
    const { intervalMs, multiplier } = settings;
    const desiredMinTxMs = intervalMs * this.#guard.factor;
    const times = { desiredMinTxMs, requiredMinRxMs: intervalMs, multiplier, timerSlackMs };
    return new BfdSession({ localDiscriminator: discriminator, ...times, random }, this);
  }

  /** An engine that is in another state than was told was in the middle of a change, and is not to be trusted. */
  #mayGoOn(): boolean {
    if (this.#life !== 'running' || this.#engine.state !== this.#toldState) return false;
    return this.#tolerance.allows(performance.now());
  }

  #goOn(error: unknown): void {
    this.#tellFault(error, 'what led to it is left out, and the session goes on');
    try {
      this.#arm();
    } catch (next) {
      this.fail(next);
    }
  }

  #rest(error: unknown): void {
    this.#adminDown.start();
    if (this.#life === 'leaving') {
      this.#tellFault(error, 'it leaves all the same');
      return;
    }
    this.#life = 'resting';
    const restMs = this.#rests.begin(performance.now());
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(this.#startAnew, restMs);
    this.#tellFault(error, `it is AdminDown, and starts anew in ${restMs / 1000} s`);
    this.#tellState(bfdState.adminDown, this.#fault);
  }

  readonly #startAnew = (): void => {
    if (this.#life !== 'resting') return;
    this.#adminDown.stop();
    try {
      this.#life = 'running';
      this.#engine = this.#createEngine();
      this.#tellState(bfdState.down, 'it starts anew after a bug of this program');
      this.open();
      this.#arm();
    } catch (error) {
      this.fail(error);
    }
  };

  /** Returns for how long it is to be said; 0 where nobody hears it. */
  #sayFarewell(): number {
    if (this.#life !== 'running') return 0;
    try {
      if (!this.#engine.isPeerKnown) return 0;
      this.#life = 'leaving';
      this.#engine.disable(performance.now(), 'the session is removed');
      this.#arm();
      return this.#engine.remoteDetectionTimeMs();
    } catch (error) {
      this.#life = 'leaving';
      this.fail(error);
      return maxFarewellMs;
    }
  }

  #describe(engine: EngineView): BfdSnapshot {
    return describeSession(this.settings, engine, {
      ...(this.#socketFault !== undefined && { reason: this.#socketFault }),
      sinceUnixMs: this.#sinceUnixMs,
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      packetsDropped: this.#packetsDropped,
      lateTicks: this.#guard.lateTicks,
      faultCount: this.#faultCount,
    });
  }

  #tellState(state: BfdState, reason: string, isPeerAdminDown = false): void {
    const previous = this.#toldState;
    this.#toldState = state;
    this.#sinceUnixMs = Date.now();
    if (this.#life !== 'running' && this.#life !== 'resting') return;
    this.#parts.onEvent(describeChange(this.settings.name, { state, previous, isPeerAdminDown, reason }));
  }

  #tellFault(error: unknown, outcome: string): void {
    const fault = describeFault(this.settings.name, error, ++this.#faultCount, outcome);
    this.#fault = `a bug of this program was met: ${fault.error}`;
    this.#parts.onEvent(fault);
  }

  #arm(): void {
    if (!this.#isStarted || this.#isDraining || this.#life === 'resting' || this.#life === 'closed') return;
    const nowMs = performance.now();
    const deadlineMs = Math.max(nowMs, this.#engine.nextDeadlineMs());
    // A timer that is too early only arms the next one; most packets move nothing but the detection time.
    if (this.#armedMs <= deadlineMs) return;
    clearTimeout(this.#timer);
    this.#armedMs = deadlineMs;
    this.#timer = deadlineMs === Infinity ? undefined : setTimeout(this.#onTimer, Math.ceil(deadlineMs - nowMs));
  }

  /** While the session is up, or sends again, what failed was passing. */
  readonly #reopen = (): void => {
    this.#reopenTimer = undefined;
    if (this.#life === 'running' && this.#socketFault !== undefined && this.#engine.state !== bfdState.up) this.open();
  };

  readonly #onTimer = (): void => {
    try {
      const nowMs = performance.now();
      this.#noteLateness(nowMs - this.#armedMs, nowMs);
      this.#armedMs = Infinity;
      this.#engine.transmitDue(nowMs);
      if (this.#engine.isDetectionDue(nowMs)) {
        this.#isDraining = true;
        this.#drainThenExpire();
      } else this.#arm();
    } catch (error) {
      this.fail(error);
    }
  };

  /** Timers come before reading in a turn of the event loop, and immediates after it. */
  #drainThenExpire(): void {
    const before = this.#parts.receivedCount();
    setImmediate(() => {
      if (this.#life === 'resting' || this.#life === 'closed') return;
      if (this.#parts.receivedCount() - before >= datagramsOfTurn) {
        this.#drainThenExpire();
        return;
      }
      this.#isDraining = false;
      try {
        this.#engine.expire(performance.now());
        this.#arm();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  #noteLateness(latenessMs: number, nowMs: number): void {
    const { intervalMs } = this.settings;
    const before = this.#guard.factor;
    this.#guard.tick(latenessMs, Math.max(intervalMs, this.#engine.transmitIntervalMs()), nowMs);
    const { factor } = this.#guard;
    if (factor === before) return;
    this.#engine.setDesiredMinTxMs(intervalMs * factor);
    const cause = factor > before ? 'our own timer comes late again and again' : 'our own timer comes in time again';
    this.#report(`${cause}, so that Desired Min TX is ${intervalMs * factor} ms now`);
  }

  #report(clause: string): void {
    this.#parts.onEvent({ kind: 'error', text: `BFD session ${this.settings.name}: ${clause}` });
  }
}
