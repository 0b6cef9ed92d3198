/**
 * DNS over UDP on node:dgram: the portable way, one datagram at a time, where batches cannot be had.
 *
 * Bound to a wildcard address, replies leave from the address that the system chooses, so listen on each address itself.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { familyOf, ipBytes } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { clientAddress } from '../client-address.ts';
import { count, counter } from '../counters.ts';
import { listenFault } from '../listen-fault.ts';
import type { ListenAddress, ListenFault } from '../listen-fault.ts';
import { createClient } from '../thread-answerer.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { datagramBytes } from './region.ts';

/** How long replies under way may take to leave when closing. */
const closeLimitMs = 1000;

/** The answering side, and what is to be looked at before each query. */
export interface DatagramAnswering {
  readonly answer: AnswerFunction;
  readonly beforeQuery: () => void;
  readonly counters: Float64Array;
}

/** Opens a socket and answers what comes in. */
export async function listenDgram(
  listen: ListenAddress,
  answering: DatagramAnswering,
): Promise<Result<DgramListener, ListenFault>> {
  const isIpv6 = familyOf(listen.address) === 6;
  const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ipv6Only: isIpv6 });
  try {
    await bind(socket, listen);
  } catch (error) {
    socket.close();
    return refuse(listenFault('UDP', listen, error));
  }
  return succeed(new DgramListener(socket, listen, answering));
}

function bind(socket: Socket, { address, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** One open socket. */
export class DgramListener {
  /** The address that was bound, with the real port. */
  readonly bound: ListenAddress;
  readonly #socket: Socket;
  readonly #answering: DatagramAnswering;
  readonly #client = createClient('udp');
  readonly #out = new Uint8Array(datagramBytes);
  #sending = 0;
  #isClosing = false;
  #allSent: (() => void) | undefined;

  constructor(socket: Socket, { address }: ListenAddress, answering: DatagramAnswering) {
    this.#socket = socket;
    this.#answering = answering;
    this.bound = { address, port: socket.address().port };
    socket.on('message', (message, remote) => this.#onMessage(message, remote));
    // Errors of single datagrams, such as an unreachable client, say nothing about the socket.
    socket.on('error', () => count(answering.counters, counter.receiveFailures));
  }

  /** Stops reading, lets replies under way leave, and closes; ends within a second. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await this.#sent();
    await new Promise<void>((resolve) => {
      this.#socket.close(resolve);
    });
  }

  /** Resolves when no reply is under way, or when that takes too long. */
  #sent(): Promise<void> {
    if (this.#sending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, closeLimitMs);
      this.#allSent = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }

  #onMessage(message: Uint8Array, remote: RemoteInfo): void {
    const { answer, beforeQuery, counters } = this.#answering;
    if (this.#isClosing) return;
    count(counters, counter.received);
    count(counters, counter.batches);
    const address = clientAddress(remote.address);
    if (address === undefined || remote.port === 0 || message.length > datagramBytes) {
      count(counters, counter.discarded);
      return;
    }
    beforeQuery();
    const client = this.#client;
    client.address = ipBytes(address);
    client.unixMs = Date.now();
    const length = answer(message, message.length, client, this.#out);
    if (length > 0) this.#send(this.#out.slice(0, length), remote);
  }

  /** Takes a reply of its own, since the system may read it after this returns. */
  #send(reply: Uint8Array, remote: RemoteInfo): void {
    const { counters } = this.#answering;
    this.#sending++;
    this.#socket.send(reply, remote.port, remote.address, (error) => {
      this.#sending--;
      count(counters, error === null ? counter.answered : counter.sendFailures);
      if (this.#sending === 0) this.#allSent?.();
    });
  }
}
