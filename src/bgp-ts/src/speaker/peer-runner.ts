/**
 * The adapter between a peer's engine and the system: one TCP connection at a time, one timer, inputs one after the
 * other. Owns sockets and the clock; decides nothing.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { assertNever } from '../result.ts';
import type { ConnectionId, StopHow } from '../session/types.ts';
import { parseAddress } from '../wire/address.ts';
import type { Peer, PeerEffect, PeerInput } from './peer.ts';
import type { OnSpeakerEvent } from './types.ts';

/** How long a peer has to close its side after we ended ours. */
const lingerMs = 1000;

/** The longest wait that `setTimeout` takes. */
const maxTimeoutMs = 0x7fff_ffff;

/** Runs one peer. */
export class PeerRunner {
  readonly peer: Peer;
  readonly #onEvent: OnSpeakerEvent;
  readonly #sockets = new Map<ConnectionId, Socket>();
  readonly #queue: PeerInput[] = [];
  readonly #closed = Promise.withResolvers<undefined>();
  #isBusy = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(peer: Peer, onEvent: OnSpeakerEvent) {
    this.peer = peer;
    this.#onEvent = onEvent;
  }

  /** Takes an input; one that comes up while another is worked on waits its turn. */
  take(input: PeerInput): void {
    this.#queue.push(input);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of this.peer.step(next, performance.now())) this.#carryOut(effect);
      }
    } finally {
      this.#isBusy = false;
    }
    this.#armTimer();
    this.#settleStop();
  }

  /** Ends the session for good; resolves when its sockets are closed, at most `lingerMs` later. */
  stop(how: StopHow): Promise<void> {
    this.#isStopped = true;
    this.take({ kind: 'stop', how });
    return this.#closed.promise;
  }

  #carryOut(effect: PeerEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.#connect(effect.connection);
        break;
      case 'send':
        this.#send(effect.connection, effect.bytes);
        break;
      case 'close':
        this.#close(effect.connection, effect.afterFlush);
        break;
      case 'event':
        this.#onEvent(effect.event);
        break;
      default:
        assertNever(effect);
    }
  }

  #connect(connection: ConnectionId): void {
    const { address, port, localAddress } = this.peer.config;
    const source = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ host: address, port, noDelay: true, ...source });
    let reason = 'the peer closed the connection';
    socket.on('connect', () => {
      const local = parseAddress(socket.localAddress ?? '');
      if (local === undefined) socket.destroy(new Error('the connection has no local address'));
      else this.take({ kind: 'connected', connection, localAddress: local });
    });
    // Data is read to the end even after we ended our side: unread data would turn our FIN into a RST, and a RST can
    // overtake the NOTIFICATION before it.
    socket.on('data', (bytes) => this.take({ kind: 'received', connection, bytes }));
    socket.on('error', (error) => (reason = error.message));
    socket.on('close', () => {
      this.#sockets.delete(connection);
      this.take({ kind: 'disconnected', connection, reason });
    });
    this.#sockets.set(connection, socket);
  }

  #send(connection: ConnectionId, bytes: Uint8Array): void {
    const socket = this.#sockets.get(connection);
    socket?.write(bytes, (error) => {
      const isFailed = error !== undefined && error !== null;
      if (!isFailed) this.take({ kind: 'written', connection, pendingBytes: socket.writableLength });
    });
  }

  #close(connection: ConnectionId, afterFlush: boolean): void {
    const socket = this.#sockets.get(connection);
    if (!afterFlush) {
      socket?.destroy();
      return;
    }
    socket?.end();
    const linger = setTimeout(() => socket?.destroy(), lingerMs);
    socket?.on('close', () => clearTimeout(linger));
  }

  #armTimer(): void {
    clearTimeout(this.#timer);
    const deadlineMs = this.peer.nextDeadlineMs();
    if (deadlineMs === undefined) return;
    const delayMs = Math.min(maxTimeoutMs, Math.max(0, Math.ceil(deadlineMs - performance.now())));
    // After a stall of this thread, what the peer sent meanwhile is read before the timer is judged: late is not dead.
    this.#timer = setTimeout(() => setImmediate(() => this.take({ kind: 'timer' })), delayMs);
  }

  #settleStop(): void {
    if (this.#isStopped && this.#sockets.size === 0) this.#closed.resolve(undefined);
  }
}
