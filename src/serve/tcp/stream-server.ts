/**
 * All TCP connections of a DNS server under common limits (RFC 7766 §6.2, RFC 7828, RFC 9210 §4).
 *
 * It answers from one thread; the listening sockets are its own or handed to it as descriptors.
 */
import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions, Server, Socket } from 'node:net';
import { familyOf, ipBytes } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { maxMessageBytes } from '#dns/wire/constants.ts';
import { clientAddress } from '../client-address.ts';
import { count, counter } from '../counters.ts';
import { listenFault } from '../listen-fault.ts';
import type { ListenAddress, ListenFault } from '../listen-fault.ts';
import { createClient } from '../thread-answerer.ts';
import type { ThreadAnswerer } from '../thread-answerer.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection.ts';
import { clientKey, idleTimeoutMs } from './limits.ts';
import type { TcpLimits } from './limits.ts';
import type { RoundTripCollector } from './round-trips.ts';

/** How long replies under way may take to leave when closing. */
const closeLimitMs = 1000;

/** Connections that wait to be accepted, of each listener; the system's limit may be lower. */
export const listenBacklog = 1024;

/** The answering side, and what is to be looked at before each query. */
export interface StreamAnswering {
  readonly answerer: Pick<ThreadAnswerer, 'answer' | 'transfer'>;
  readonly beforeQuery: () => void;
  readonly counters: Float64Array;
  readonly limits: TcpLimits;
  /** Looks at each connection that is taken. */
  readonly roundTrips?: RoundTripCollector;
}

export class StreamServer {
  readonly #answering: StreamAnswering;
  readonly #servers = new Set<Server>();
  /** In the order of their last activity. */
  readonly #connections = new Set<Connection>();
  readonly #byClient = new Map<string, number>();
  readonly #client = createClient('tcp');
  readonly #frame = new Uint8Array(2 + maxMessageBytes);
  readonly #out = this.#frame.subarray(2);
  readonly #host: ConnectionHost;
  #isDraining = false;
  #onEmpty: (() => void) | undefined;

  constructor(answering: StreamAnswering) {
    this.#answering = answering;
    const { counters } = answering;
    this.#host = {
      reply: (message, address, statedMs) => this.#reply(message, address, statedMs),
      patience: () => this.#patience(),
      onActive: (connection) => this.#touch(connection),
      onSent: () => count(counters, counter.tcpAnswered),
      onTimeout: () => count(counters, counter.timedOut),
      onClose: (connection) => this.#forget(connection),
    };
  }

  /** Accepts on a socket that listens already; the descriptor is closed with this. */
  async listenOn(fd: number): Promise<void> {
    await this.#listen({ fd, backlog: listenBacklog });
  }

  /** Opens a listener, and returns its address with the real port. */
  async listen(listen: ListenAddress): Promise<Result<ListenAddress, ListenFault>> {
    const { address, port } = listen;
    const isIpv6 = familyOf(address) === 6;
    try {
      const server = await this.#listen({ host: address, port, ipv6Only: isIpv6, exclusive: true });
      return succeed({ address, port: boundPort(server.address()) ?? port });
    } catch (error) {
      return refuse(listenFault('TCP', listen, error));
    }
  }

  /** Stops accepting, asks clients to close (RFC 7828), and resolves when all have, or when `deadlineMs` has passed. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    await this.#empty(deadlineMs);
    await this.close();
  }

  /** Stops accepting, lets written replies leave, and closes every connection; ends within a second or so. */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    for (const connection of this.#connections) connection.end();
    await this.#empty(closeLimitMs);
    for (const connection of this.#connections) connection.destroy();
  }

  #listen(options: ListenOptions & { readonly fd?: number }): Promise<Server> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.on('connection', (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        // Running out of descriptors fails one accept, not the listener.
        server.on('error', () => count(this.#answering.counters, counter.refused));
        this.#servers.add(server);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    const { counters, limits } = this.#answering;
    const text = clientAddress(socket.remoteAddress);
    const address = text === undefined ? undefined : ipBytes(text);
    const fromClient = address === undefined ? 0 : (this.#byClient.get(clientKey(address)) ?? 0);
    if (address === undefined || fromClient >= limits.maxConnectionsPerClient) {
      count(counters, counter.refused);
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    if (this.#connections.size >= limits.maxConnections) this.#evict();
    this.#answering.roundTrips?.note(socket, address);
    count(counters, counter.accepted);
    count(counters, counter.open);
    this.#byClient.set(clientKey(address), fromClient + 1);
    this.#connections.add(new Connection(socket, address, this.#host));
  }

  /** Closes the connection that has been idle for longest. */
  #evict(): void {
    for (const longestIdle of this.#connections) {
      count(this.#answering.counters, counter.evicted);
      this.#forget(longestIdle);
      longestIdle.destroy();
      return;
    }
  }

  /** Takes a connection out of the books; once, though its end may be known twice. */
  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    count(this.#answering.counters, counter.open, -1);
    const key = clientKey(connection.address);
    const left = (this.#byClient.get(key) ?? 1) - 1;
    if (left === 0) this.#byClient.delete(key);
    else this.#byClient.set(key, left);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #touch(connection: Connection): void {
    if (this.#connections.delete(connection)) this.#connections.add(connection);
  }

  #patience(): { readonly idleTimeoutMs: number; readonly statedMs: number } {
    const timeoutMs = idleTimeoutMs(this.#answering.limits, this.#connections.size);
    return { idleTimeoutMs: timeoutMs, statedMs: this.#isDraining ? 0 : timeoutMs };
  }

  #reply(message: Uint8Array, address: Uint8Array, statedMs: number): Uint8Array | Iterator<Uint8Array> | undefined {
    const { answerer, beforeQuery, counters } = this.#answering;
    beforeQuery();
    count(counters, counter.tcpReceived);
    const client = this.#client;
    client.address = address;
    client.unixMs = Date.now();
    client.idleTimeoutMs = statedMs;
    const transfer = answerer.transfer(message, message.length, client);
    if (transfer !== undefined) {
      count(counters, counter.transfers);
      return transfer;
    }
    const length = answerer.answer(message, message.length, client, this.#out);
    if (length === 0) return undefined;
    this.#frame[0] = length >> 8;
    this.#frame[1] = length & 0xff;
    return this.#frame.slice(0, 2 + length);
  }

  /** Resolves when no connection is open, or after `limitMs`. */
  async #empty(limitMs: number): Promise<void> {
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const limit = setTimeout(() => resolve(undefined), limitMs);
    this.#onEmpty = () => resolve(undefined);
    await promise;
    clearTimeout(limit);
    this.#onEmpty = undefined;
  }
}

function boundPort(address: AddressInfo | string | null): number | undefined {
  return address === null || typeof address === 'string' ? undefined : address.port;
}
