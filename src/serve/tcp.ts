/**
 * DNS over TCP (RFC 7766): pipelined queries are answered in order, idle and slow connections are closed, and so are
 * those beyond the limits.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { assert } from '#base/assert.ts';
import { familyOf } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { maxMessageBytes } from '#dns/wire/constants.ts';
import { clientAddress } from './client-address.ts';
import { listenFault } from './listen-fault.ts';
import type { ListenAddress, ListenFault } from './listen-fault.ts';
import { frameMessage, MessageFramer } from './message-framer.ts';

/** What one listener spends on connections. */
export interface TcpLimits {
  /** Connections open at once; more are closed as they come. */
  readonly maxConnections: number;
  /** Of those, from one address. */
  readonly maxConnectionsPerClient: number;
  /** How long a connection may be silent, or take over one message or one reply (RFC 7766 §6.2.3). */
  readonly idleTimeoutMs: number;
}

export const defaultTcpLimits: TcpLimits = { maxConnections: 500, maxConnectionsPerClient: 50, idleTimeoutMs: 10_000 };

/** Counts of one listener; `open` goes up and down, the others only grow. */
export interface TcpCounters {
  open: number;
  accepted: number;
  /** Closed at once because of a limit. */
  refused: number;
  /** Closed for being silent or slow. */
  timedOut: number;
}

export interface TcpListener {
  /** The address that was bound, with the real port. */
  readonly bound: ListenAddress;
  readonly counters: Readonly<TcpCounters>;
  /** Stops accepting, lets written replies leave, and closes every connection; ends within a second. */
  close(): Promise<void>;
}

/** How long replies under way may take to leave when closing. */
const closeLimitMs = 1000;

/** Opens a listener and answers what comes in. */
export async function listenTcp(
  listen: ListenAddress,
  answer: AnswerFunction,
  limits: TcpLimits = defaultTcpLimits,
): Promise<Result<TcpListener, ListenFault>> {
  const server = createServer({ noDelay: true });
  const listener = new TcpServer(server, answer, limits);
  try {
    await bind(server, listen);
  } catch (error) {
    return refuse(listenFault('TCP', listen, error));
  }
  listener.setBound(listen.address);
  return succeed(listener);
}

function bind(server: Server, { address, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, ipv6Only: familyOf(address) === 6, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

class TcpServer implements TcpListener {
  readonly counters: TcpCounters = { open: 0, accepted: 0, refused: 0, timedOut: 0 };
  readonly #server: Server;
  readonly #answer: AnswerFunction;
  readonly #limits: TcpLimits;
  readonly #connections = new Set<Socket>();
  readonly #byClient = new Map<IpAddress, number>();
  readonly #out = new Uint8Array(maxMessageBytes);
  #bound: ListenAddress | undefined;

  constructor(server: Server, answer: AnswerFunction, limits: TcpLimits) {
    this.#server = server;
    this.#answer = answer;
    this.#limits = limits;
    server.on('connection', (socket) => this.#accept(socket));
  }

  get bound(): ListenAddress {
    assert(this.#bound !== undefined, 'a listener is bound');
    return this.#bound;
  }

  setBound(address: IpAddress): void {
    const bound: AddressInfo | string | null = this.#server.address();
    assert(bound !== null && typeof bound !== 'string', 'a listening server has an address');
    this.#bound = { address, port: bound.port };
    // Running out of descriptors fails one accept, not the listener.
    this.#server.on('error', () => this.counters.refused++);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#connections) socket.end();
    const limit = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, closeLimitMs);
    await closed;
    clearTimeout(limit);
  }

  #accept(socket: Socket): void {
    const address = clientAddress(socket.remoteAddress);
    const fromClient = address === undefined ? 0 : (this.#byClient.get(address) ?? 0);
    const { maxConnections, maxConnectionsPerClient } = this.#limits;
    if (address === undefined || this.#connections.size >= maxConnections || fromClient >= maxConnectionsPerClient) {
      this.counters.refused++;
      socket.on('error', ignoreBrokenConnection);
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    this.#byClient.set(address, fromClient + 1);
    this.counters.accepted++;
    this.counters.open++;
    socket.on('error', ignoreBrokenConnection);
    socket.once('close', () => this.#forget(socket, address));
    this.#serve(socket, address);
  }

  #forget(socket: Socket, address: IpAddress): void {
    this.#connections.delete(socket);
    this.counters.open--;
    const left = (this.#byClient.get(address) ?? 1) - 1;
    if (left === 0) this.#byClient.delete(address);
    else this.#byClient.set(address, left);
  }

  #serve(socket: Socket, address: IpAddress): void {
    const framer = new MessageFramer();
    const expire = (): void => {
      this.counters.timedOut++;
      socket.destroy();
    };
    let deadline = setTimeout(expire, this.#limits.idleTimeoutMs);
    const restart = (): void => {
      clearTimeout(deadline);
      deadline = setTimeout(expire, this.#limits.idleTimeoutMs);
    };
    const waiting: Uint8Array[] = [];
    // A client that does not read its replies is not read from, and its further queries wait.
    const work = (): void => {
      while (!socket.writableNeedDrain) {
        const message = waiting.shift();
        if (message === undefined) {
          socket.resume();
          return;
        }
        this.#reply(socket, message, address);
      }
      socket.pause();
    };
    socket.on('data', (chunk: Uint8Array) => {
      const messages = framer.push(chunk);
      // Only a whole message earns more time, so that single octets keep no connection open.
      if (messages.length > 0) restart();
      waiting.push(...messages);
      work();
    });
    socket.on('drain', () => {
      restart();
      work();
    });
    socket.once('close', () => clearTimeout(deadline));
  }

  #reply(socket: Socket, message: Uint8Array, address: IpAddress): void {
    const length = this.#answer(message, message.length, { address, transport: 'tcp' }, this.#out);
    if (length > 0 && socket.writable) socket.write(frameMessage(this.#out.subarray(0, length)));
  }
}

/** A connection's own end is no event of ours: its `close` follows and is handled. */
function ignoreBrokenConnection(): void {
  return;
}
