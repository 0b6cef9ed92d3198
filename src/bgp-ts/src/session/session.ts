/**
 * The finite state machine of one BGP session (RFC 4271 §8), as an engine: inputs and UPDATEs in, effects out, time as an
 * argument. It dials, takes connections of the peer, or both, and keeps one of them (collision.ts); what happens on a
 * connection is link.ts. `../../docs/session-events.md` names every event of the RFC. Read types.ts and state.ts first.
 *
 * Decisions where the RFC leaves room: no DelayOpen; after every failure it tries again by itself with a growing wait, in
 * which the peer may connect; an UPDATE before the first KEEPALIVE is an error (5/2); whoever gets a NOTIFICATION answers
 * nothing (§6.4); collisions are decided when an OPEN comes, against connections whose OPEN was accepted before.
 */
import { assert, assertNever } from '../result.ts';
import type { Address } from '../wire/address.ts';
import type { MessageFault } from '../wire/fault.ts';
import { encodeNotification } from '../wire/notification.ts';
import { collisionFault, rejectedFault, resetFault, stopFault } from './cease.ts';
import type { RestartTerms } from './cease.ts';
import { survivor } from './collision.ts';
import type { LinkHost, LinkOrigin } from './link.ts';
import { Link } from './link.ts';
import { describeNegotiated, dialDeadlineMs, earlier, stopReason } from './state.ts';
import type { Dial, Established, LinkState, SessionState } from './state.ts';
import { hasHeld, retryDelayMs } from './timers.ts';
import type {
  ConnectionId,
  Negotiated,
  SendEffect,
  SessionConfig,
  SessionEffect,
  SessionInput,
  SessionReset,
  SessionStateName,
  StopHow,
} from './types.ts';

const progress: readonly LinkState['kind'][] = ['openSent', 'openConfirm', 'established'];

/** Attempts of both sides that crossed are over so long after one of them was established. */
const collisionWindowMs = 10_000;

/** The engine of one session. */
export class Session {
  readonly #config: SessionConfig;
  readonly #dials: boolean;
  readonly #listens: boolean;
  readonly #host: LinkHost;
  #isStarted = false;
  #dial: Dial = { kind: 'none' };
  #links: readonly Link[] = [];
  #reported: SessionStateName = 'stopped';
  #effects: SessionEffect[] = [];
  #nowMs = 0;
  #lastConnection: ConnectionId = 0;
  #failureCount = 0;

  constructor(config: SessionConfig) {
    this.#config = config;
    this.#dials = config.connection !== 'passive';
    this.#listens = config.connection === 'passive' || config.connection === 'both';
    this.#host = {
      emit: (effect) => this.#effects.push(effect),
      judgeCollision: (link, negotiated) => this.#judgeCollision(link, negotiated),
      advanced: (link, reason) => this.#onAdvanced(link, reason),
      ended: (link, reason) => this.#onLinkEnded(link, reason),
    };
  }

  get state(): SessionState {
    const link = this.#leadingLink();
    if (link !== undefined) return link.state;
    const dial = this.#dial;
    if (!this.#isStarted) return { kind: 'stopped' };
    if (dial.kind === 'connecting') return { ...dial, kind: 'connect' };
    return { kind: this.#listens ? 'active' : 'idle', retryDeadlineMs: dialDeadlineMs(dial) };
  }

  /** Takes one input; `nowMs` is a monotonic clock's. Total for any bytes of the peer. */
  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    switch (input.kind) {
      case 'start':
        this.#start();
        break;
      case 'stop':
        this.#stop(input.how);
        break;
      case 'reset':
        this.#reset(input.how);
        break;
      case 'timer':
        this.#onTimer();
        break;
      case 'sendRefresh':
        for (const link of this.#links) link.sendRefresh(input.family, input.mark);
        break;
      default:
        this.#onConnectionInput(input);
    }
    return this.#effects;
  }

  /** Sends whole UPDATE messages: the effect to carry out; undefined, and nothing, unless Established. */
  sendUpdates(messages: Uint8Array, nowMs: number): SendEffect | undefined {
    for (const link of this.#links) {
      const sent = link.sendUpdates(messages, nowMs);
      if (sent !== undefined) return sent;
    }
    return undefined;
  }

  /** When the session next wants a `timer` input; undefined for never. */
  nextDeadlineMs(): number | undefined {
    let deadlineMs = dialDeadlineMs(this.#dial);
    for (const link of this.#links) deadlineMs = earlier(deadlineMs, link.nextDeadlineMs());
    return deadlineMs;
  }

  #onConnectionInput(input: Extract<SessionInput, { readonly connection: ConnectionId }>): void {
    const link = this.#links.find(({ connection }) => connection === input.connection);
    switch (input.kind) {
      case 'incoming':
        this.#onIncoming(input.connection, input.localAddress);
        break;
      case 'connected':
        if (this.#isDialing(input.connection)) this.#onDialed(input.connection, input.localAddress);
        break;
      case 'disconnected':
        if (this.#isDialing(input.connection)) this.#onAttemptEnded(input.reason);
        else link?.onDisconnected(input.reason);
        break;
      case 'received':
        link?.receive(input.bytes, this.#nowMs);
        break;
      case 'written':
        link?.onWritten(input.pendingBytes, this.#nowMs);
        break;
      default:
        assertNever(input);
    }
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#dials) this.#connect('started');
    else this.#reportState('started, the peer is to connect');
  }

  #stop(how: StopHow): void {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#failureCount = 0;
    const reason = stopReason(how);
    for (const link of this.#links) {
      const fault = stopFault(how, restartTerms(this.#config, link).hasNotification);
      if (fault === undefined) link.close(reason);
      else link.fail(fault);
    }
    this.#abandonAttempt();
    this.#reportState(reason);
  }

  #reset(how: SessionReset): void {
    if (this.#dial.kind === 'connecting') {
      this.#abandonAttempt();
      this.#onAttemptEnded(resetFault(how, restartTerms(this.#config)).reason);
    }
    for (const link of this.#links) link.fail(resetFault(how, restartTerms(this.#config, link)));
    // A reset is also the way out of a state that a bug left half made: an attempt follows in any case.
    this.#retryLater();
  }

  #onTimer(): void {
    const dial = this.#dial;
    if (dial.kind === 'waiting' && this.#nowMs >= dial.retryDeadlineMs) this.#connect('trying again');
    if (dial.kind === 'connecting' && this.#nowMs >= dial.connectDeadlineMs) {
      this.#abandonAttempt();
      this.#onAttemptEnded(`no TCP connection within ${this.#config.connectTimeoutMs} ms`);
    }
    for (const link of this.#links) link.onTimer(this.#nowMs);
  }

  /** Dials, unless a connection of the peer has come so far that another one would only collide with it. */
  #connect(reason: string): void {
    this.#dial = { kind: 'none' };
    if (this.#links.some((link) => link.isConfirmed)) return;
    const connection = ++this.#lastConnection;
    const connectDeadlineMs = this.#nowMs + this.#config.connectTimeoutMs;
    this.#dial = { kind: 'connecting', connection, connectDeadlineMs };
    this.#reportState(reason);
    this.#host.emit({ kind: 'connect', connection });
  }

  #isDialing(connection: ConnectionId): boolean {
    return this.#dial.kind === 'connecting' && this.#dial.connection === connection;
  }

  /** Ends what is dialled; the wait for a next attempt is over too. */
  #abandonAttempt(): void {
    const dial = this.#dial;
    this.#dial = { kind: 'none' };
    if (dial.kind === 'connecting') {
      this.#host.emit({ kind: 'close', connection: dial.connection, afterFlush: false });
    }
  }

  #onAttemptEnded(reason: string): void {
    this.#dial = { kind: 'none' };
    this.#retryLater();
    this.#reportState(reason);
  }

  #onDialed(connection: ConnectionId, localAddress: Address): void {
    this.#dial = { kind: 'none' };
    this.#addLink({ connection, localAddress, isDialed: true }, `TCP connection from ${localAddress} is up`);
  }

  #onIncoming(connection: ConnectionId, localAddress: Address): void {
    if (!this.#isStarted || !this.#listens) {
      const { code, subcode, data } = rejectedFault;
      this.#host.emit({ kind: 'send', connection, bytes: encodeNotification({ code, subcode, data }) });
      this.#host.emit({ kind: 'close', connection, afterFlush: true });
      return;
    }
    const given = this.#links.find((link) => !link.isDialed && !link.isConfirmed);
    this.#addLink({ connection, localAddress, isDialed: false }, `peer connected to ${localAddress}`);
    given?.fail(collisionFault('the peer made a newer connection'));
  }

  #addLink(origin: LinkOrigin, reason: string): void {
    const link = new Link(origin, { config: this.#config, host: this.#host, nowMs: this.#nowMs });
    this.#links = [...this.#links, link];
    this.#reportState(reason);
  }

  /** Why the newer connection is to be ended; undefined when it wins against every other one. */
  #judgeCollision(newer: Link, negotiated: Negotiated): MessageFault | undefined {
    for (const older of this.#rivals(newer)) {
      if (older.state.kind === 'established') {
        if (isTakeover(older.state, newer, negotiated)) continue;
        return collisionFault('another connection is established');
      }
      const kept = survivor({
        localIdentifier: this.#config.routerId,
        localAsn: this.#config.localAsn,
        peerIdentifier: negotiated.peerIdentifier,
        peerAsn: this.#config.peerAsn,
        isOlderDialed: older.isDialed,
        isNewerDialed: newer.isDialed,
      });
      if (kept === 'older') return collisionFault('another connection is kept');
    }
    return undefined;
  }

  /** Connections whose OPEN was accepted before. */
  #rivals(newer: Link): readonly Link[] {
    return this.#links.filter((link) => link !== newer && link.isConfirmed);
  }

  #onAdvanced(link: Link, reason: string): void {
    const { state } = link;
    if (state.kind !== 'established') {
      for (const loser of this.#rivals(link)) endLoser(loser);
      this.#reportState(reason);
      return;
    }
    this.#abandonAttempt();
    const { negotiated, localAddress } = state;
    this.#reportState(describeNegotiated(negotiated));
    this.#host.emit({ kind: 'event', event: { kind: 'established', negotiated, localAddress } });
  }

  #onLinkEnded(link: Link, reason: string): void {
    this.#links = this.#links.filter((other) => other !== link);
    const { state } = link;
    if (state.kind === 'established' && hasHeld(this.#config, this.#nowMs - state.sinceMs)) this.#failureCount = 0;
    this.#retryLater();
    this.#reportState(reason);
  }

  /** Sets the next attempt, where we dial and nothing is under way that may still succeed. */
  #retryLater(): void {
    const isUnderWay = this.#dial.kind !== 'none' || this.#links.some((link) => link.isDialed || link.isConfirmed);
    if (!this.#isStarted || !this.#dials || isUnderWay) return;
    const retryDeadlineMs = this.#nowMs + retryDelayMs(this.#config, this.#failureCount);
    this.#failureCount++;
    this.#dial = { kind: 'waiting', retryDeadlineMs };
  }

  #leadingLink(): Link | undefined {
    if (this.#links.length < 2) return this.#links[0];
    return this.#links.reduce<Link | undefined>((leader, link) => {
      const isFurther = leader === undefined || rank(link) > rank(leader);
      return isFurther ? link : leader;
    }, undefined);
  }

  #reportState(reason: string): void {
    const established = this.#links.filter((link) => link.state.kind === 'established');
    assert(established.length <= 1, 'at most one connection is established');
    const from = this.#reported;
    const to = this.state.kind;
    if (from === to) return;
    this.#reported = to;
    this.#host.emit({ kind: 'event', event: { kind: 'stateChanged', from, to, reason } });
  }
}

function rank(link: Link): number {
  return progress.indexOf(link.state.kind);
}

/** RFC 4724 §5: an established one ends without a NOTIFICATION, since the peer that restarted knows nothing of it. */
function endLoser(loser: Link): void {
  if (loser.state.kind === 'established') loser.close('the peer restarted');
  else loser.fail(collisionFault('another connection is kept'));
}

/** Without a connection nothing was agreed on. */
function restartTerms({ gracefulRestart }: SessionConfig, link?: Link): RestartTerms {
  const agreed = link?.state.kind === 'established' ? link.state.negotiated.gracefulRestart : undefined;
  const isForwardingPreserved = gracefulRestart?.isForwardingPreserved ?? true;
  return { hasNotification: agreed?.hasNotification === true, isForwardingPreserved };
}

/**
 * The peer started anew since the old connection (RFC 4724 §4.2, §5): its R bit was not set then and is now, or it
 * connects long after that one was established, on which nothing came since. A peer that is alive has no reason to
 * connect then; attempts that only crossed the old connection come sooner.
 */
function isTakeover(older: Established, newer: Link, negotiated: Negotiated): boolean {
  const before = older.negotiated.gracefulRestart;
  const now = negotiated.gracefulRestart;
  if (before === undefined || now === undefined) return false;
  if (now.isPeerRestarting && !before.isPeerRestarting) return true;
  return newer.startedMs >= older.sinceMs + collisionWindowMs && older.heardMs < newer.startedMs;
}
