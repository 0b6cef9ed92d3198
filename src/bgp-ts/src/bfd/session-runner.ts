/**
 * One BFD session on real time: the engine, its sender, and one timer. Before a peer is given up, all that has arrived is
 * read, so that a pause of this process does not look like a failure of the peer; how late the timer comes is counted,
 * and told to the peer as a longer Desired Min TX when it is chronic (RFC 5880 §6.8.3, §6.8.4).
 */
import type { Result } from '../result.ts';
import type { BfdSender, SenderEvents } from './datagram.ts';
import { LatenessGuard } from './lateness.ts';
import type { BfdSettings } from './options.ts';
import { bfdState } from './packet.ts';
import type { BfdState, ControlPacket } from './packet.ts';
import type { BfdOutput, BfdStateChange } from './session-types.ts';
import { BfdSession } from './session.ts';
import type { BfdEvent, BfdSnapshot, BfdStateName } from './types.ts';

/** So much of the interval is left to timers that come late: Node's count whole milliseconds. */
const timerSlackMs = 5;

/** libuv reads at most so many datagrams of one socket in a turn: fewer in a turn mean that all are read. */
const datagramsOfTurn = 32;

/** Longer than this no AdminDown is said to a peer that was removed. */
const maxFarewellMs = 10_000;

const stateNames = {
  [bfdState.adminDown]: 'adminDown',
  [bfdState.down]: 'down',
  [bfdState.init]: 'init',
  [bfdState.up]: 'up',
} as const satisfies Readonly<Record<BfdState, BfdStateName>>;

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
}

/** A running session. */
export class SessionRunner implements BfdOutput, SenderEvents {
  readonly settings: BfdSettings;
  readonly discriminator: number;
  readonly #parts: SessionParts;
  readonly #engine: BfdSession;
  readonly #guard = new LatenessGuard();
  #sender: BfdSender | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;
  #socketFault: string | undefined;
  #isStarted = false;
  #armedMs = Infinity;
  #isDraining = false;
  #life: 'running' | 'leaving' | 'closed' = 'running';
  #sinceUnixMs = Date.now();
  #packetsSent = 0;
  #packetsReceived = 0;
  #packetsDropped = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.discriminator = parts.discriminator;
    const { intervalMs, multiplier } = parts.settings;
    this.#engine = new BfdSession(
      {
        localDiscriminator: parts.discriminator,
        desiredMinTxMs: intervalMs,
        requiredMinRxMs: intervalMs,
        multiplier,
        timerSlackMs,
        random: parts.random,
      },
      this,
    );
  }

  /** Opens the sockets, and again after a while where that fails. */
  open(): void {
    const opened = this.#parts.openSockets();
    if (!opened.ok) this.failed(opened.fault);
  }

  /** Gives it a sender, in place of one that it has; it closes it with itself. */
  sendBy(sender: BfdSender): void {
    this.#sender?.close();
    this.#sender = sender;
  }

  ready(): void {
    this.#isStarted = true;
    this.#arm();
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
    if (this.#life !== 'running') return;
    if (packet.isAuthenticated) {
      this.drop();
      return;
    }
    this.#packetsReceived++;
    this.#engine.receive(packet, performance.now());
    this.#arm();
  }

  /** Counts a packet of this peer that was no good. */
  drop(): void {
    this.#packetsDropped++;
  }

  /** Says AdminDown for as long as the peer needs to hear it, or `mostMs`, then closes (§6.8.16); no event comes of it. */
  async leave(mostMs = maxFarewellMs): Promise<void> {
    const isHeard = this.#life === 'running' && this.#engine.isPeerKnown;
    if (isHeard) {
      this.#life = 'leaving';
      this.#engine.disable(performance.now(), 'the session is removed');
      this.#arm();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      setTimeout(resolve, Math.min(mostMs, this.#engine.remoteDetectionTimeMs()), undefined);
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
    this.#sender?.close();
  }

  snapshot(): BfdSnapshot {
    const engine = this.#engine;
    return {
      name: this.settings.name,
      address: this.settings.address,
      state: stateNames[engine.state],
      peerState: stateNames[engine.remoteState],
      reason: this.#socketFault ?? engine.reason,
      sinceUnixMs: this.#sinceUnixMs,
      transmitIntervalMs: engine.transmitIntervalMs(),
      detectionTimeMs: engine.detectionTimeMs(),
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      packetsDropped: this.#packetsDropped,
      lateTicks: this.#guard.lateTicks,
    };
  }

  transmit(packet: Uint8Array): void {
    this.#sender?.send(packet);
  }

  changed(change: BfdStateChange): void {
    this.#sinceUnixMs = Date.now();
    if (this.#life !== 'running') return;
    const { name } = this.settings;
    const state = stateNames[change.state];
    const previous = stateNames[change.previous];
    const { isPeerAdminDown, reason } = change;
    const text = `BFD session ${name} is ${state}, was ${previous}: ${reason}`;
    this.#parts.onEvent({ kind: 'bfdState', session: name, state, previous, isPeerAdminDown, reason, text });
  }

  #arm(): void {
    if (!this.#isStarted || this.#isDraining || this.#life === 'closed') return;
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
    if (this.#socketFault !== undefined && this.#engine.state !== bfdState.up) this.open();
  };

  readonly #onTimer = (): void => {
    const nowMs = performance.now();
    this.#noteLateness(nowMs - this.#armedMs, nowMs);
    this.#armedMs = Infinity;
    this.#engine.transmitDue(nowMs);
    if (this.#engine.isDetectionDue(nowMs)) {
      this.#isDraining = true;
      this.#drainThenExpire();
    } else this.#arm();
  };

  /** Timers come before reading in a turn of the event loop, and immediates after it. */
  #drainThenExpire(): void {
    const before = this.#parts.receivedCount();
    setImmediate(() => {
      if (this.#life === 'closed') return;
      if (this.#parts.receivedCount() - before >= datagramsOfTurn) {
        this.#drainThenExpire();
        return;
      }
      this.#isDraining = false;
      this.#engine.expire(performance.now());
      this.#arm();
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
