/**
 * The finite state machine of one BGP session (RFC 4271 §8, RFC 6608, RFC 9003, RFC 9687), as an engine: inputs in,
 * effects out, time as an argument. It dials and never accepts, so connections cannot collide. Read types.ts and state.ts first.
 *
 * Decisions where the RFC leaves room: no DelayOpen; after every failure it tries again by itself with a growing wait;
 * an UPDATE before the first KEEPALIVE is an error (5/2); whoever gets a NOTIFICATION answers nothing (§6.4).
 */
import type { Result } from '../result.ts';
import { assertNever } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { concatBytes } from '../wire/bytes.ts';
import { ceaseSubcode, errorCode } from '../wire/constants.ts';
import { familyOfCode } from '../wire/family.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import type { Frame } from '../wire/framer.ts';
import { Framer } from '../wire/framer.ts';
import type { Message } from '../wire/message.ts';
import { decodeMessage, encodeKeepalive } from '../wire/message.ts';
import { encodeNotification, encodeShutdownText, notificationName, shutdownTextOf } from '../wire/notification.ts';
import type { NotificationMessage } from '../wire/notification.ts';
import { encodeOpen } from '../wire/open.ts';
import { rejectedFault, resetFault } from './cease.ts';
import { buildOpen, judgeOpen } from './negotiate.ts';
import {
  describeNegotiated,
  stateDeadlineMs,
  stopReason,
  unexpectedSubcode,
  withHeard,
  withSent,
  withWritten,
} from './state.ts';
import type { OpenSent, SessionState, Talking } from './state.ts';
import { openSentHoldMs, retryDelayMs, startHoldClock } from './timers.ts';
import type {
  ConnectionId,
  Negotiated,
  SessionConfig,
  SessionEffect,
  SessionEvent,
  SessionInput,
  SessionStateName,
  StopHow,
} from './types.ts';

/** The engine of one session. */
export class Session {
  readonly #config: SessionConfig;
  #state: SessionState = { kind: 'stopped' };
  #effects: SessionEffect[] = [];
  #lastConnection: ConnectionId = 0;
  #failureCount = 0;

  constructor(config: SessionConfig) {
    this.#config = config;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Takes one input; `nowMs` is a monotonic clock's. Total for any bytes of the peer. */
  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#effects = [];
    switch (input.kind) {
      case 'start':
        if (this.#state.kind === 'stopped') this.#connect(nowMs, 'started');
        break;
      case 'stop':
        this.#stop(input.how);
        break;
      case 'reset':
        if (this.#state.kind !== 'stopped') this.#fail(resetFault(input.how, false), nowMs);
        break;
      case 'incoming':
        this.#refuseIncoming(input.connection);
        break;
      case 'connected':
        this.#onConnected(input.connection, input.localAddress, nowMs);
        break;
      case 'disconnected':
        if (this.#isCurrent(input.connection)) this.#retryLater(nowMs, input.reason);
        break;
      case 'received':
        this.#onReceived(input.connection, input.bytes, nowMs);
        break;
      case 'written':
        this.#onWritten(input.connection, input.pendingBytes, nowMs);
        break;
      case 'sendUpdates':
        this.#sendUpdates(input.messages, nowMs);
        break;
      case 'sendRefresh':
        break;
      case 'timer':
        this.#onTimer(nowMs);
        break;
      default:
        assertNever(input);
    }
    return this.#effects;
  }

  /** When the session next wants a `timer` input; undefined for never. */
  nextDeadlineMs(): number | undefined {
    return stateDeadlineMs(this.#state);
  }

  #onTimer(nowMs: number): void {
    const state = this.#state;
    switch (state.kind) {
      case 'stopped':
        return;
      case 'idle':
        if (nowMs >= state.retryDeadlineMs) this.#connect(nowMs, 'trying again');
        return;
      case 'connect':
        if (nowMs < state.connectDeadlineMs) return;
        this.#emit({ kind: 'close', connection: state.connection, afterFlush: false });
        this.#retryLater(nowMs, `no TCP connection within ${this.#config.connectTimeoutMs} ms`);
        return;
      case 'openSent':
        if (nowMs >= state.holdDeadlineMs) this.#failHoldTimer(nowMs, 'no OPEN from the peer');
        return;
      case 'openConfirm':
      case 'established':
        this.#onTalkingTimer(state, nowMs);
        return;
      default:
        assertNever(state);
    }
  }

  #onTalkingTimer(state: Talking, nowMs: number): void {
    const { holdClock, sendWatch } = state;
    if (sendWatch.kind === 'waiting' && nowMs >= sendWatch.deadlineMs) {
      // A NOTIFICATION would only queue behind what the peer does not take.
      this.#emit({ kind: 'close', connection: state.connection, afterFlush: false });
      this.#retryLater(nowMs, 'send hold timer expired: the peer stopped reading');
      return;
    }
    if (holdClock.kind === 'off') return;
    if (nowMs >= holdClock.holdDeadlineMs) {
      this.#failHoldTimer(nowMs, `nothing heard for ${state.negotiated.holdTimeMs / 1000} s`);
    } else if (nowMs >= holdClock.keepaliveDeadlineMs) {
      this.#sendTalking(state, encodeKeepalive(), nowMs);
    }
  }

  #connect(nowMs: number, reason: string): void {
    const connection = ++this.#lastConnection;
    const connectDeadlineMs = nowMs + this.#config.connectTimeoutMs;
    this.#enter({ kind: 'connect', connection, connectDeadlineMs }, reason);
    this.#emit({ kind: 'connect', connection });
  }

  #onConnected(connection: ConnectionId, localAddress: Address, nowMs: number): void {
    if (this.#state.kind !== 'connect' || !this.#isCurrent(connection)) return;
    const holdDeadlineMs = nowMs + openSentHoldMs;
    this.#emit({ kind: 'send', connection, bytes: encodeOpen(buildOpen(this.#config)) });
    this.#enter(
      { kind: 'openSent', connection, localAddress, framer: new Framer(), holdDeadlineMs },
      `TCP connection from ${localAddress} is up`,
    );
  }

  #onReceived(connection: ConnectionId, bytes: Uint8Array, nowMs: number): void {
    const state = this.#state;
    if (!this.#isCurrent(connection) || !('framer' in state)) return;
    for (const event of state.framer.push(bytes)) {
      if (event.kind === 'fault') this.#fail(event.fault, nowMs);
      else this.#onFrame(event.frame, nowMs);
      if (!this.#isCurrent(connection)) return;
    }
  }

  #onFrame(frame: Frame, nowMs: number): void {
    const state = this.#state;
    if (!('framer' in state)) return;
    const subcode = unexpectedSubcode(state.kind, frame.type);
    if (subcode !== undefined) this.#failUnexpected(subcode, frame.type, nowMs);
    else if (state.kind === 'openSent') this.#onOpenSentFrame(state, frame, nowMs);
    else this.#onTalkingFrame(state, frame, nowMs);
  }

  #onOpenSentFrame(state: OpenSent, frame: Frame, nowMs: number): void {
    const message = this.#decode(frame, undefined, nowMs);
    if (message?.kind === 'notification') this.#onNotification(message, nowMs);
    if (message?.kind !== 'open') return;
    const judged = judgeOpen(message, this.#config);
    if (!judged.ok) {
      this.#fail(judged.fault, nowMs);
      return;
    }
    const { connection, localAddress, framer } = state;
    const { holdTimeMs } = judged.value;
    this.#emit({ kind: 'send', connection, bytes: encodeKeepalive() });
    this.#enter(
      {
        kind: 'openConfirm',
        connection,
        localAddress,
        framer,
        negotiated: judged.value,
        holdClock: startHoldClock(holdTimeMs, nowMs, this.#config.random),
        sendWatch: { kind: 'idle' },
      },
      `peer ${message.identifier} sent an acceptable OPEN`,
    );
  }

  #onTalkingFrame(state: Talking, frame: Frame, nowMs: number): void {
    const message = this.#decode(frame, state.negotiated, nowMs);
    if (message === undefined) return;
    switch (message.kind) {
      case 'notification':
        this.#onNotification(message, nowMs);
        return;
      case 'keepalive':
        this.#onKeepalive(state, nowMs);
        return;
      case 'update':
        this.#heard(state, nowMs);
        this.#report({ kind: 'updateReceived', update: message });
        return;
      case 'routeRefresh': {
        const family = familyOfCode(message);
        if (family === undefined || !state.negotiated.families.includes(family)) return;
        this.#report({ kind: 'refreshRequested', family });
        return;
      }
      case 'open':
        return;
      default:
        assertNever(message);
    }
  }

  #onKeepalive(state: Talking, nowMs: number): void {
    const heard = this.#heard(state, nowMs);
    if (state.kind === 'established') return;
    this.#failureCount = 0;
    const { negotiated, localAddress } = state;
    this.#enter({ ...heard, kind: 'established' }, describeNegotiated(negotiated));
    this.#report({ kind: 'established', negotiated, localAddress });
  }

  #heard(state: Talking, nowMs: number): Talking {
    const heard = withHeard(state, nowMs);
    this.#state = heard;
    return heard;
  }

  #onNotification(notification: NotificationMessage, nowMs: number): void {
    const { code, subcode, data } = notification;
    this.#report({ kind: 'notification', direction: 'received', code, subcode, data, reason: '' });
    const text = shutdownTextOf(notification);
    const suffix = text === undefined ? '' : `: "${text}"`;
    this.#closeConnection();
    this.#retryLater(nowMs, `peer sent ${notificationName(code, subcode)}${suffix}`);
  }

  #onWritten(connection: ConnectionId, pendingBytes: number, nowMs: number): void {
    const state = this.#state;
    if (!this.#isCurrent(connection) || !('sendWatch' in state)) return;
    this.#state = withWritten(state, this.#config, { nowMs, pendingBytes });
  }

  #sendUpdates(messages: readonly Uint8Array[], nowMs: number): void {
    if (this.#state.kind !== 'established' || messages.length === 0) return;
    this.#sendTalking(this.#state, concatBytes(messages), nowMs);
  }

  #sendTalking(state: Talking, bytes: Uint8Array, nowMs: number): void {
    this.#emit({ kind: 'send', connection: state.connection, bytes });
    this.#state = withSent(state, this.#config, nowMs);
  }

  #stop(how: StopHow): void {
    if (this.#state.kind === 'stopped') return;
    if (how.mode === 'administrative') {
      const data = encodeShutdownText(how.text);
      this.#notify({ code: errorCode.cease, subcode: ceaseSubcode.administrativeShutdown, data, reason: how.text });
    } else if (how.mode === 'deconfigured') {
      const reason = 'peer was removed';
      this.#notify({ code: errorCode.cease, subcode: ceaseSubcode.peerDeconfigured, data: noData, reason });
    }
    this.#closeConnection();
    this.#failureCount = 0;
    this.#enter({ kind: 'stopped' }, stopReason(how));
  }

  #failHoldTimer(nowMs: number, detail: string): void {
    const reason = `hold timer expired: ${detail}`;
    this.#fail({ code: errorCode.holdTimer, subcode: 0, data: noData, reason }, nowMs);
  }

  #failUnexpected(subcode: number, type: number, nowMs: number): void {
    const reason = `message type ${type} is not expected in ${this.#state.kind}`;
    this.#fail({ code: errorCode.finiteStateMachine, subcode, data: Uint8Array.of(type), reason }, nowMs);
  }

  #fail(fault: MessageFault, nowMs: number): void {
    this.#notify(fault);
    this.#closeConnection();
    this.#retryLater(nowMs, fault.reason);
  }

  #refuseIncoming(connection: ConnectionId): void {
    const { code, subcode, data } = rejectedFault;
    this.#emit({ kind: 'send', connection, bytes: encodeNotification({ code, subcode, data }) });
    this.#emit({ kind: 'close', connection, afterFlush: true });
  }

  /** Sends a NOTIFICATION where the peer can read one: after our OPEN. */
  #notify(fault: MessageFault): void {
    if (!('framer' in this.#state)) return;
    const { code, subcode, data, reason } = fault;
    const bytes = encodeNotification({ code, subcode, data });
    this.#emit({ kind: 'send', connection: this.#state.connection, bytes });
    this.#report({ kind: 'notification', direction: 'sent', code, subcode, data, reason });
  }

  #closeConnection(): void {
    if (!('connection' in this.#state)) return;
    this.#emit({ kind: 'close', connection: this.#state.connection, afterFlush: 'framer' in this.#state });
  }

  #retryLater(nowMs: number, reason: string): void {
    const retryDeadlineMs = nowMs + retryDelayMs(this.#config, this.#failureCount);
    this.#failureCount++;
    this.#enter({ kind: 'idle', retryDeadlineMs }, reason);
  }

  #decode(frame: Frame, negotiated: Negotiated | undefined, nowMs: number): Message | undefined {
    const context = {
      fourOctetAs: negotiated?.fourOctetAs ?? true,
      isExternal: negotiated?.isExternal ?? true,
    };
    const decoded: Result<Message, MessageFault> = decodeMessage(frame, context);
    if (decoded.ok) return decoded.value;
    this.#fail(decoded.fault, nowMs);
    return undefined;
  }

  #isCurrent(connection: ConnectionId): boolean {
    return 'connection' in this.#state && this.#state.connection === connection;
  }

  #enter(state: SessionState, reason: string): void {
    const from: SessionStateName = this.#state.kind;
    this.#state = state;
    this.#report({ kind: 'stateChanged', from, to: state.kind, reason });
  }

  #report(event: SessionEvent): void {
    this.#emit({ kind: 'event', event });
  }

  #emit(effect: SessionEffect): void {
    this.#effects.push(effect);
  }
}
