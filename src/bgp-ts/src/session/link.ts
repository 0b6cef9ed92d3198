/**
 * One TCP connection of a session from our OPEN to its end (RFC 4271 §8.2.2 from OpenSent on, RFC 6608, RFC 7313,
 * RFC 9687), as an engine. Whether it survives beside another one is asked of the session, its host.
 */
import { assertNever } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { errorCode, refreshSubtype } from '../wire/constants.ts';
import { familyCode, familyOfCode } from '../wire/family.ts';
import type { Family } from '../wire/family.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import type { Frame } from '../wire/framer.ts';
import { Framer } from '../wire/framer.ts';
import type { Message, RouteRefreshMessage } from '../wire/message.ts';
import { decodeMessage, encodeKeepalive, encodeRouteRefresh } from '../wire/message.ts';
import { encodeNotification } from '../wire/notification.ts';
import type { NotificationMessage } from '../wire/notification.ts';
import { encodeOpen } from '../wire/open.ts';
import type { OpenMessage } from '../wire/open.ts';
import { buildOpen, judgeOpen } from './negotiate.ts';
import { describeReceived } from './notice.ts';
import { linkDeadlineMs, unexpectedSubcode } from './state.ts';
import type { Established, LinkState, OpenConfirm, OpenSent } from './state.ts';
import { openSentHoldMs, restartHold, restartKeepalive, sendHoldMs, startHoldClock } from './timers.ts';
import type { SendWatch } from './timers.ts';
import type {
  ConnectionId,
  Negotiated,
  RefreshMark,
  SendEffect,
  SessionConfig,
  SessionEffect,
  SessionEvent,
} from './types.ts';

const idle: SendWatch = { kind: 'idle' };

/** What a connection asks and tells the session that it belongs to. */
export interface LinkHost {
  emit(effect: SessionEffect): void;
  /** The peer's OPEN is acceptable: why this connection is to be ended beside others (RFC 4271 §6.8), or undefined. */
  judgeCollision(link: Link, negotiated: Negotiated): MessageFault | undefined;
  /** The state is now `openConfirm`, so that losers of the collision are to be ended, or `established`. */
  advanced(link: Link, reason: string): void;
  /** The connection is closed, or will be by what was emitted; said once. */
  ended(link: Link, reason: string): void;
}

/** The engine of one connection. */
export class Link {
  readonly connection: ConnectionId;
  /** Whether we made the connection. */
  readonly isDialed: boolean;
  /** When the connection came up. */
  readonly startedMs: number;
  readonly #config: SessionConfig;
  readonly #host: LinkHost;
  #state: LinkState;
  #isEnded = false;

  constructor(
    { connection, localAddress, isDialed }: LinkOrigin,
    { config, host, nowMs }: { readonly config: SessionConfig; readonly host: LinkHost; readonly nowMs: number },
  ) {
    this.connection = connection;
    this.isDialed = isDialed;
    this.startedMs = nowMs;
    this.#config = config;
    this.#host = host;
    const holdDeadlineMs = nowMs + openSentHoldMs;
    this.#state = { kind: 'openSent', connection, localAddress, framer: new Framer(), holdDeadlineMs };
    this.#send(encodeOpen(buildOpen(config)));
  }

  /** The state, whose timers move while it lasts; after the end, the last one. */
  get state(): LinkState {
    return this.#state;
  }

  /** Whether the peer's OPEN was accepted, so that this connection counts in a collision. */
  get isConfirmed(): boolean {
    return this.#state.kind !== 'openSent';
  }

  /** When the connection wants `onTimer`; undefined for never. */
  nextDeadlineMs(): number | undefined {
    return linkDeadlineMs(this.#state);
  }

  /** Bytes of the peer. */
  receive(bytes: Uint8Array, nowMs: number): void {
    for (const event of this.#state.framer.push(bytes)) {
      if (event.kind === 'fault') this.fail(event.fault);
      else this.#onFrame(event.frame, nowMs);
      if (this.#isEnded) return;
    }
  }

  /** The system took bytes: the wait for the peer to read starts anew, or ends with the last byte. */
  onWritten(pendingBytes: number, nowMs: number): void {
    const state = this.#state;
    if (state.kind !== 'established') return;
    const deadlineMs = nowMs + sendHoldMs(this.#config, state.negotiated.holdTimeMs);
    state.sendWatch = pendingBytes === 0 ? idle : { kind: 'waiting', deadlineMs };
  }

  /** Does what is due. */
  onTimer(nowMs: number): void {
    const state = this.#state;
    switch (state.kind) {
      case 'openSent':
        if (nowMs >= state.holdDeadlineMs) this.#failHoldTimer('no OPEN from the peer');
        return;
      case 'openConfirm':
        if (nowMs >= state.confirmDeadlineMs) this.#failHoldTimer('no KEEPALIVE from the peer');
        else this.#onHoldClock(state, nowMs);
        return;
      case 'established':
        if (state.sendWatch.kind === 'waiting' && nowMs >= state.sendWatch.deadlineMs) this.#failSendHold();
        else this.#onHoldClock(state, nowMs);
        return;
      default:
        assertNever(state);
    }
  }

  /** Sends whole UPDATE messages; undefined where it is not established, or there are none. */
  sendUpdates(messages: Uint8Array, nowMs: number): SendEffect | undefined {
    if (this.#state.kind !== 'established' || messages.length === 0) return undefined;
    this.#afterSending(this.#state, nowMs);
    return { kind: 'send', connection: this.connection, bytes: messages };
  }

  /** Sends a ROUTE-REFRESH where the peer understands it. */
  sendRefresh(family: Family, mark: RefreshMark): void {
    const state = this.#state;
    if (state.kind !== 'established' || !state.negotiated.families.includes(family)) return;
    const { routeRefresh, enhancedRouteRefresh } = state.negotiated;
    if (mark === 'request' ? !routeRefresh : !enhancedRouteRefresh) return;
    this.#send(encodeRouteRefresh({ ...familyCode(family), subtype: refreshSubtype[mark] }));
  }

  /** Ends the connection with a NOTIFICATION. */
  fail(fault: MessageFault): void {
    const { code, subcode, data, reason } = fault;
    this.#send(encodeNotification({ code, subcode, data }));
    this.#report({ kind: 'notification', direction: 'sent', code, subcode, data, reason });
    this.close(reason);
  }

  /** Ends the connection and says nothing more; what was sent is delivered. */
  close(reason: string): void {
    if (this.#isEnded) return;
    this.#host.emit({ kind: 'close', connection: this.connection, afterFlush: true });
    this.onDisconnected(reason);
  }

  /** The connection is gone. */
  onDisconnected(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#host.ended(this, reason);
  }

  #onHoldClock(state: OpenConfirm | Established, nowMs: number): void {
    const { holdClock, negotiated } = state;
    if (holdClock.kind === 'off') return;
    if (nowMs >= holdClock.holdDeadlineMs) {
      this.#failHoldTimer(`nothing heard for ${negotiated.holdTimeMs / 1000} s`);
    } else if (nowMs >= holdClock.keepaliveDeadlineMs) {
      this.#send(encodeKeepalive());
      this.#afterSending(state, nowMs);
    }
  }

  #onFrame(frame: Frame, nowMs: number): void {
    const state = this.#state;
    const subcode = unexpectedSubcode(state.kind, frame.type);
    if (subcode !== undefined) {
      const reason = `message type ${frame.type} is not expected in ${state.kind}`;
      this.fail({ code: errorCode.finiteStateMachine, subcode, data: Uint8Array.of(frame.type), reason });
      return;
    }
    const decoded = decodeMessage(frame, decodeContext(state));
    if (!decoded.ok) this.fail(decoded.fault);
    else this.#onMessage(decoded.value, nowMs);
  }

  #onMessage(message: Message, nowMs: number): void {
    const state = this.#state;
    switch (message.kind) {
      case 'notification':
        this.#onNotification(message);
        return;
      case 'open':
        if (state.kind === 'openSent') this.#onOpen(state, message, nowMs);
        return;
      case 'keepalive':
        if (state.kind === 'openConfirm') this.#onConfirmed(state, nowMs);
        else if (state.kind === 'established') this.#heard(state, nowMs);
        return;
      case 'update':
        if (state.kind !== 'established') return;
        this.#heard(state, nowMs);
        this.#report({ kind: 'updateReceived', update: message });
        return;
      case 'routeRefresh':
        if (state.kind === 'established') this.#onRefresh(message, state.negotiated);
        return;
      default:
        assertNever(message);
    }
  }

  #onOpen(state: OpenSent, open: OpenMessage, nowMs: number): void {
    const judged = judgeOpen(open, this.#config);
    const negotiated = judged.ok ? judged.value : undefined;
    const fault = judged.ok ? this.#host.judgeCollision(this, judged.value) : judged.fault;
    if (fault !== undefined || negotiated === undefined) {
      if (fault !== undefined) this.fail(fault);
      return;
    }
    const { connection, localAddress, framer } = state;
    const { holdTimeMs, extendedMessages, enhancedRouteRefresh } = negotiated;
    framer.negotiate({ extendedMessages, enhancedRouteRefresh });
    this.#send(encodeKeepalive());
    const holdClock = startHoldClock(holdTimeMs, { nowMs, random: this.#config.random });
    const confirmDeadlineMs = nowMs + openSentHoldMs;
    const confirm = { connection, localAddress, framer, negotiated, holdClock, confirmDeadlineMs };
    this.#state = { kind: 'openConfirm', ...confirm };
    this.#host.advanced(this, `peer ${open.identifier} sent an acceptable OPEN`);
  }

  #onConfirmed(state: OpenConfirm, nowMs: number): void {
    const { connection, localAddress, framer, negotiated } = state;
    const holdClock = restartHold(state.holdClock, negotiated.holdTimeMs, nowMs);
    const up = { connection, localAddress, framer, negotiated, holdClock, sinceMs: nowMs, heardMs: nowMs };
    this.#state = { kind: 'established', ...up, sendWatch: { kind: 'idle' } };
    this.#host.advanced(this, '');
  }

  #onNotification(notification: NotificationMessage): void {
    const { code, subcode, data } = notification;
    this.#report({ kind: 'notification', direction: 'received', code, subcode, data, reason: '' });
    this.close(describeReceived(notification));
  }

  /** Without enhanced refresh the subtype is a reserved octet (RFC 2918 §3); with it, unknown ones are ignored. */
  #onRefresh(message: RouteRefreshMessage, negotiated: Negotiated): void {
    const family = familyOfCode(message);
    if (family === undefined || !negotiated.families.includes(family)) return;
    const subtype = negotiated.enhancedRouteRefresh ? message.subtype : refreshSubtype.request;
    if (subtype === refreshSubtype.request) this.#report({ kind: 'refreshRequested', family });
    else if (subtype === refreshSubtype.begin) this.#report({ kind: 'refreshMarked', family, mark: 'begin' });
    else if (subtype === refreshSubtype.end) this.#report({ kind: 'refreshMarked', family, mark: 'end' });
  }

  #heard(state: Established, nowMs: number): void {
    const holdClock = restartHold(state.holdClock, state.negotiated.holdTimeMs, nowMs);
    state.holdClock = holdClock;
    state.heardMs = nowMs;
  }

  /** The next KEEPALIVE is due later, and an established peer has to take what was sent in time. */
  #afterSending(state: OpenConfirm | Established, nowMs: number): void {
    const { holdTimeMs } = state.negotiated;
    state.holdClock = restartKeepalive(state.holdClock, holdTimeMs, { nowMs, random: this.#config.random });
    if (state.kind === 'openConfirm' || state.sendWatch.kind === 'waiting') return;
    state.sendWatch = { kind: 'waiting', deadlineMs: nowMs + sendHoldMs(this.#config, holdTimeMs) };
  }

  #failHoldTimer(detail: string): void {
    this.fail({ code: errorCode.holdTimer, subcode: 0, data: noData, reason: `hold timer expired: ${detail}` });
  }

  /** RFC 9687 §3.2: the NOTIFICATION is tried, and arrives only if the peer reads on. */
  #failSendHold(): void {
    const reason = 'send hold timer expired: the peer stopped reading';
    this.fail({ code: errorCode.sendHoldTimer, subcode: 0, data: noData, reason });
  }

  #send(bytes: Uint8Array): void {
    this.#host.emit({ kind: 'send', connection: this.connection, bytes });
  }

  #report(event: SessionEvent): void {
    this.#host.emit({ kind: 'event', event });
  }
}

/** Which connection it is. */
export interface LinkOrigin {
  readonly connection: ConnectionId;
  readonly localAddress: Address;
  readonly isDialed: boolean;
}

function decodeContext(state: LinkState): Parameters<typeof decodeMessage>[1] {
  return state.kind === 'openSent' ? { fourOctetAs: true, isExternal: true } : state.negotiated;
}
