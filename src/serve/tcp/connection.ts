/**
 * One TCP connection: whole messages in, their replies out in the same order (RFC 7766 §6.2.1, §7).
 *
 * A client that does not read its replies is not read from. A client that has closed its side gets what is owed to it.
 * A zone transfer goes out message by message, as fast as the client reads.
 */
import type { Socket } from 'node:net';
import { frameMessage, MessageFramer } from '../message-framer.ts';

/** Fills the reply to a message into a frame of its own; undefined for no reply, an iterator for a transfer. */
export type ReplyFunction = (
  message: Uint8Array,
  address: Uint8Array,
  idleTimeoutMs: number,
) => Uint8Array | Iterator<Uint8Array> | undefined;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly reply: ReplyFunction;
  /** How long the connection may be silent from now on, and what replies say of that. */
  readonly patience: () => { readonly idleTimeoutMs: number; readonly statedMs: number };
  /** A message was received or a reply was taken. */
  readonly onActive: (connection: Connection) => void;
  readonly onSent: () => void;
  readonly onTimeout: () => void;
  readonly onClose: (connection: Connection) => void;
}

/** Messages that one connection may have answered before others get their turn. */
const turnMessages = 64;

export class Connection {
  /** The client's 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #framer = new MessageFramer();
  #waiting: Uint8Array[] = [];
  #transfer: Iterator<Uint8Array> | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineMs = -1;
  #isTurnDue = false;
  #hasClientEnded = false;

  constructor(socket: Socket, address: Uint8Array, host: ConnectionHost) {
    this.address = address;
    this.#socket = socket;
    this.#host = host;
    this.#allow(host.patience().idleTimeoutMs);
    socket.on('error', ignoreBrokenConnection);
    socket.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.once('end', () => this.#onClientEnd());
    socket.once('close', () => this.#onClose());
  }

  /** Sends what is written and closes; the client's further messages are not read. */
  end(): void {
    this.#socket.end();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Uint8Array): void {
    const messages = this.#framer.push(chunk);
    // Only a whole message earns more time, so that single octets keep no connection open.
    if (messages.length === 0) return;
    this.#noteActivity();
    for (const message of messages) this.#waiting.push(message);
    if (!this.#isTurnDue) this.#work();
  }

  #onDrain(): void {
    this.#noteActivity();
    if (!this.#isTurnDue) this.#work();
  }

  #onClientEnd(): void {
    this.#hasClientEnded = true;
    if (!this.#isTurnDue && !this.#socket.writableNeedDrain) this.#work();
  }

  #onClose(): void {
    clearTimeout(this.#deadline);
    this.#waiting = [];
    this.#transfer?.return?.();
    this.#transfer = undefined;
    this.#host.onClose(this);
  }

  /** Answers what waits, as far as the client reads and a turn goes. */
  #work(): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const waiting = this.#waiting;
    let next = 0;
    let isDone = false;
    socket.cork();
    for (let sent = 0; sent < turnMessages && !socket.writableNeedDrain && !isDone; sent++) {
      if (this.#transfer !== undefined) this.#sendOfTransfer(this.#transfer);
      else {
        const message = waiting[next];
        if (message === undefined) isDone = true;
        else this.#answer(message);
        next++;
      }
    }
    socket.uncork();
    this.#waiting = waiting.slice(next);
    if (isDone) this.#waitForMore();
    else this.#waitForTurn();
  }

  #waitForMore(): void {
    if (this.#hasClientEnded) this.#socket.end();
    else this.#socket.resume();
  }

  /** The client has to read first (`drain` follows), or others have their turn. */
  #waitForTurn(): void {
    this.#socket.pause();
    if (this.#socket.writableNeedDrain) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      // What was sent meanwhile may have filled the queue; then `drain` goes on.
      if (!this.#socket.writableNeedDrain) this.#work();
    });
  }

  #answer(message: Uint8Array): void {
    const { statedMs } = this.#host.patience();
    const reply = this.#host.reply(message, this.address, statedMs);
    if (reply === undefined) return;
    if (reply instanceof Uint8Array) this.#write(reply);
    else this.#transfer = reply;
  }

  #sendOfTransfer(transfer: Iterator<Uint8Array>): void {
    const next = transfer.next();
    if (next.done === true) this.#transfer = undefined;
    else this.#write(frameMessage(next.value));
  }

  #write(frame: Uint8Array): void {
    this.#socket.write(frame);
    this.#host.onSent();
  }

  #noteActivity(): void {
    this.#host.onActive(this);
    this.#allow(this.#host.patience().idleTimeoutMs);
  }

  /** Closes the connection unless something happens within the time. */
  #allow(timeoutMs: number): void {
    if (this.#deadline !== undefined && timeoutMs === this.#deadlineMs) {
      this.#deadline.refresh();
      return;
    }
    clearTimeout(this.#deadline);
    this.#deadlineMs = timeoutMs;
    this.#deadline = setTimeout(() => {
      this.#host.onTimeout();
      this.#socket.destroy();
    }, timeoutMs);
  }
}

/** A connection's own end is no event of ours: its `close` follows and is handled. */
function ignoreBrokenConnection(): void {
  return;
}
