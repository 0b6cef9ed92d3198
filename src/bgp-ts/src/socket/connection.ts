/**
 * A connection on Node's sockets: bytes out by a queue, bytes in as they come, an end with FIN that reads on. Knows
 * nothing of BGP and nothing of how the socket was made.
 */
import type { Socket } from 'node:net';
import type { Address } from '../wire/address.ts';
import { parseAddress } from '../wire/address.ts';
import { SendQueue } from './send-queue.ts';
import { canPass } from './settings.ts';
import type { Connection, ConnectionEvents } from './transport.ts';

/** How long a peer has to close its side after we ended ours, and to take what was sent before. */
export const lingerMs = 1000;

/** A connection that owns its socket. */
export class NodeConnection implements Connection {
  readonly #socket: Socket;
  readonly #events: Omit<ConnectionEvents, 'connected'>;
  readonly #queue = new SendQueue();
  #isEnding = false;
  #linger: NodeJS.Timeout | undefined;
  readonly #onTaken = (error?: Error | null): void => {
    if (error !== undefined && error !== null) return;
    this.#queue.taken();
    this.#events.written(this.#queue.pendingBytes);
    this.#pump();
  };

  /** `events` get what happens from the next turn on. */
  constructor(socket: Socket, events: Omit<ConnectionEvents, 'connected'>) {
    this.#socket = socket;
    this.#events = events;
    let reason = 'the peer closed the connection';
    let local: 'local' | undefined;
    // Data is read to the end also after we ended our side: unread data would turn our FIN into a RST, and a RST can
    // overtake the NOTIFICATION before it.
    socket.on('data', (bytes) => events.received(bytes));
    // A peer that ended its side has left (RFC 4271 §8.1.4). Node would first wait for it to take what we sent.
    socket.on('end', () => {
      if (!this.#isEnding) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.message;
      if (isLocal(error)) local = 'local';
    });
    socket.on('close', () => {
      clearTimeout(this.#linger);
      events.closed(reason, local);
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#queue.push(bytes);
    this.#pump();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#pump();
  }

  destroy(): void {
    this.#isEnding = true;
    this.#socket.destroy();
  }

  #pump(): void {
    const piece = this.#queue.next();
    if (piece === undefined) {
      if (this.#isEnding && this.#queue.pendingBytes === 0) this.#socket.end();
      return;
    }
    this.#socket.write(piece.length > pooledBytes ? piece : pooled(piece), this.#onTaken);
  }
}

/** Shorter pieces are copied into Node's pool: memory of their own costs the system more than the copy. */
const pooledBytes = 1024;

function pooled(piece: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(piece.length);
  buffer.set(piece);
  return buffer;
}

/** The address that Node names, without a zone; undefined when the connection is gone. */
export function addressIn(text: string | undefined): Address | undefined {
  return parseAddress(text?.replace(/%.*$/, '') ?? '');
}

/** The link that Node names with a link-local address. */
export function zoneIn(text: string | undefined): string | undefined {
  return /%(.+)$/.exec(text ?? '')?.[1];
}

/** Whether this host is the cause: a source address that is not there, descriptors that are used up. */
function isLocal({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === 'EADDRNOTAVAIL' || ((syscall === 'bind' || syscall === 'socket') && canPass(code ?? ''));
}
