/**
 * One connection to an HTTP server, plain or TLS, and the exchange that it carries: one request, one response at a time.
 *
 * It settles as soon as what is wanted is in; a connection that is to be kept then takes in the rest of the body, so that
 * the next request finds it idle. A body that does not end soon costs the connection, not the result.
 */
import net from 'node:net';
import { formatHostPort } from '#base/ip.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { connectOptions } from '../connect.ts';
import type { Outcome } from '../outcome.ts';
import { closedWithoutAnswer, failedBy } from '../probe-error.ts';
import { connectTls, expiryWarning } from '../tls.ts';
import type { TlsWishes } from '../tls.ts';
import { ResponseReader } from './response-reader.ts';

/** How a connection by TLS is made. */
export interface HttpTls extends TlsWishes {
  readonly expiryWarningMs: number | undefined;
}

/** One request as it is sent, and what is wanted of the response. */
export interface HttpRequest {
  /** Head and body, in octets of Latin-1. */
  readonly text: string;
  readonly isHead: boolean;
  /** How much of the body is waited for and given back; 0 settles with the head. */
  readonly bodyBytes: number;
  /** Whether the connection is to be kept after this exchange. */
  readonly keep: boolean;
}

/** How an exchange ended. */
export type Ended =
  | { readonly kind: 'response'; readonly response: ResponseReader; readonly warning: string | undefined }
  /** `isUnheard`: nothing had come back, as when a kept connection was closed meanwhile. */
  | { readonly kind: 'failed'; readonly outcome: Outcome; readonly isUnheard: boolean };

/** A body that is read only so that its connection can be kept. */
const longestLeftoverBytes = 65_536;

// Handed to every socket: what is read is used up before the next read, so one buffer serves them all.
const readBuffer = Buffer.allocUnsafeSlow(65_536);

const faultWords = {
  'not HTTP': 'did not answer in HTTP',
  'head too long': 'sent a head of more than 32 KiB',
  'bad chunk': 'sent a body whose chunks do not parse',
  'bad length': 'sent a Content-Length that is no number',
};

export class HttpConnection {
  readonly #check: CheckDefinition;
  readonly #socket: net.Socket;
  #reader: ResponseReader | undefined;
  #request: HttpRequest | undefined;
  #onEnded: ((ended: Ended) => void) | undefined;
  #warning: string | undefined;

  /** Connects to the check's address and port, by TLS where that is wished for. */
  constructor(check: CheckDefinition, wishes: HttpTls | undefined) {
    this.#check = check;
    this.#socket = wishes === undefined ? this.#openPlain(check) : this.#openTls(check, wishes);
    // The arrow functions hold nothing but the connection: thousands of them are kept.
    this.#socket.on('error', (error) => {
      this.#fail(failedBy(error, this.#check));
    });
    this.#socket.on('close', () => {
      this.#closed();
    });
  }

  /** Whether another request may be sent now. */
  get isIdle(): boolean {
    return this.#reader === undefined && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends a request; `onEnded` is called once, later. */
  send(request: HttpRequest, onEnded: (ended: Ended) => void): void {
    this.#request = request;
    this.#onEnded = onEnded;
    this.#reader = new ResponseReader(!request.isHead, request.bodyBytes);
    this.#socket.write(request.text, 'latin1');
  }

  /** Closes it; an exchange under way is not told. */
  destroy(): void {
    this.#onEnded = undefined;
    this.#socket.destroy();
  }

  #openPlain(check: CheckDefinition): net.Socket {
    return net.connect({
      ...connectOptions(check),
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#read(readBuffer.subarray(0, length));
          return true;
        },
      },
    });
  }

  #openTls(check: CheckDefinition, wishes: HttpTls): net.Socket {
    const socket = connectTls(check, { ...wishes, protocols: ['http/1.1'] });
    socket.once('secureConnect', () => {
      this.#warning = expiryWarning(socket, wishes.expiryWarningMs);
    });
    socket.on('data', (bytes: Buffer) => {
      this.#read(bytes);
    });
    return socket;
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader;
    const request = this.#request;
    if (reader === undefined || request === undefined) {
      // Nobody asked for this.
      this.destroy();
      return;
    }
    reader.push(bytes);
    if (reader.fault !== undefined) {
      this.#fail({ passed: false, reason: `${this.#target()} ${faultWords[reader.fault]}` });
      return;
    }
    if (this.#onEnded !== undefined && (request.bodyBytes === 0 ? reader.hasHead : reader.hasKeptBody)) this.#settle();
    if (this.#onEnded === undefined) this.#finish(reader, request);
  }

  /** After the exchange: an idle connection again, or none. */
  #finish(reader: ResponseReader, request: HttpRequest): void {
    if (this.#reader !== reader) return;
    if (request.keep && reader.mayPersist) {
      // An idle connection is one of thousands: it holds nothing of what it has carried.
      this.#reader = undefined;
      this.#request = undefined;
    } else if (!request.keep || reader.isDone || reader.bodyBytes > longestLeftoverBytes) this.#socket.destroy();
  }

  #settle(): void {
    const onEnded = this.#onEnded;
    const response = this.#reader;
    this.#onEnded = undefined;
    if (response !== undefined) onEnded?.({ kind: 'response', response, warning: this.#warning });
  }

  #closed(): void {
    this.#reader?.end();
    if (this.#reader?.isDone === true) this.#settle();
    else if (this.#reader?.hasHead === true) {
      this.#fail({ passed: false, reason: `${this.#target()} closed the connection within the body` });
    } else this.#fail({ passed: false, reason: closedWithoutAnswer(this.#check) });
  }

  #fail(outcome: Outcome): void {
    const onEnded = this.#onEnded;
    this.destroy();
    onEnded?.({ kind: 'failed', outcome, isUnheard: this.#reader?.hasBegun !== true });
  }

  #target(): string {
    return formatHostPort(this.#check.address, this.#check.port);
  }
}
