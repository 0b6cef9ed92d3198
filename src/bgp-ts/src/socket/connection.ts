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

/** How long a peer has, after an end, to take each piece of what was sent before, and then to close its side. */
const lingerMs = 1000;

/** A connection that owns its socket. */
export class NodeConnection implements Connection {
  readonly #socket: Socket;
  readonly #events: Omit<ConnectionEvents, 'connected'>;
  readonly #queue = new SendQueue();
  readonly #short = new ShortPieces();
  #isEnding = false;
  #linger: NodeJS.Timeout | undefined;
  readonly #onTaken = (error?: Error | null): void => {
    if (error !== undefined && error !== null) return;
    this.#noteTaken();
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
    this.#startLinger();
    this.#pump();
  }

  destroy(): void {
    this.#isEnding = true;
    this.#socket.destroy();
  }

  /** Gives the system pieces, one at a time, for as long as it takes them at once. */
  #pump(): void {
    for (let piece = this.#queue.next(); piece !== undefined; piece = this.#queue.next()) {
      // The one before is taken, so that nobody reads its copy any more.
      this.#socket.write(piece.length > maxShortBytes ? piece : this.#short.copy(piece));
      // Its error, and then its end, are told by events.
      if (this.#socket.errored !== null || this.#socket.destroyed) return;
      if (this.#socket.writableLength > 0) {
        // It has its turn when the piece is taken. A callback of each piece would cost those that are taken at once, too.
        this.#socket.write(nothing, this.#onTaken);
        return;
      }
      this.#noteTaken();
    }
    if (this.#isEnding && this.#queue.pendingBytes === 0) this.#socket.end();
  }

  #noteTaken(): void {
    this.#queue.taken();
    // A slow peer that reads on gets the NOTIFICATION, too, behind what it has to read first.
    if (this.#isEnding) this.#startLinger();
    this.#events.written(this.#queue.pendingBytes);
  }

  #startLinger(): void {
    clearTimeout(this.#linger);
    const linger = setTimeout(() => {
      // After a stall of this thread, what the peer took and sent meanwhile is seen to first: late is not dead.
      setImmediate(() => {
        if (this.#linger === linger) this.#socket.destroy();
      });
    }, lingerMs);
    this.#linger = linger;
  }
}

const nothing = new Uint8Array(0);

/** The longest piece that is copied. */
const maxShortBytes = 1024;

/**
 * The short pieces of one connection as the `Buffer`s that Node writes: one memory for all of them, since making one for
 * each costs more than the copy. A piece is there until the next.
 */
class ShortPieces {
  readonly #memory = Buffer.allocUnsafeSlow(maxShortBytes);
  /** Its beginning, by length: there are few different ones. */
  readonly #beginnings = new Map<number, Buffer>();

  copy(piece: Uint8Array): Buffer {
    const { length } = piece;
    const copy = this.#beginnings.get(length) ?? this.#begin(length);
    for (let at = 0; at < length; at++) copy[at] = piece[at] ?? 0;
    return copy;
  }

  #begin(length: number): Buffer {
    const beginning = this.#memory.subarray(0, length);
    this.#beginnings.set(length, beginning);
    return beginning;
  }
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
