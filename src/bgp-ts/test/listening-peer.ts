/** A small BGP peer that listens, for tests without a daemon: it answers OPEN and KEEPALIVE and records all it gets. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { decodeMessage, encodeKeepalive, encodeOpen, Framer, parseAddress } from '../src/index.ts';
import type { Capability, Message } from '../src/index.ts';
import { EventLog } from './wait.ts';

/** How the peer presents itself. */
export interface ListeningPeerOptions {
  readonly asn: number;
  readonly holdTimeSeconds?: number;
  readonly capabilities?: readonly Capability[];
  /** With false, it says nothing by itself. */
  readonly doesHandshake?: boolean;
}

/** What the peer saw. */
export type Seen =
  | { readonly kind: 'connected'; readonly socket: Socket }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'fault'; readonly reason: string }
  /** `isReset`: by RST instead of FIN. */
  | { readonly kind: 'closed'; readonly isReset: boolean };

/** The peer; dispose of it to close. */
export class ListeningPeer implements AsyncDisposable {
  readonly log = new EventLog<Seen>();
  readonly #options: ListeningPeerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ListeningPeerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** Starts to listen on a free port of 127.0.0.1. */
  static async start(options: ListeningPeerOptions): Promise<ListeningPeer> {
    const peer = new ListeningPeer(options);
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the peer does not listen');
    return address.port;
  }

  /** The messages so far. */
  get messages(): readonly Message[] {
    return this.log.events.flatMap((seen) => (seen.kind === 'message' ? [seen.message] : []));
  }

  /** Waits for a message that matches. */
  async message(awaited: string, matches: (message: Message) => boolean): Promise<Message> {
    const seen = await this.log.find(awaited, (event) => event.kind === 'message' && matches(event.message));
    if (seen.kind !== 'message') throw new Error('the log gave something else');
    return seen.message;
  }

  /** Sends bytes on every open connection. */
  send(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const framer = new Framer();
    let isReset = false;
    this.#sockets.add(socket);
    this.log.add({ kind: 'connected', socket });
    socket.on('data', (bytes) => {
      for (const event of framer.push(bytes)) {
        if (event.kind === 'fault') {
          this.log.add({ kind: 'fault', reason: event.fault.reason });
          continue;
        }
        const decoded = decodeMessage(event.frame, { fourOctetAs: true, isExternal: true });
        if (decoded.ok) this.#onMessage(decoded.value, socket);
        else this.log.add({ kind: 'fault', reason: decoded.fault.reason });
      }
    });
    socket.on('error', () => (isReset = true));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.log.add({ kind: 'closed', isReset });
    });
  }

  #onMessage(message: Message, socket: Socket): void {
    if (message.kind === 'open' && this.#options.doesHandshake !== false) {
      socket.write(this.open());
      socket.write(encodeKeepalive());
    }
    this.log.add({ kind: 'message', message });
  }

  /** The OPEN that this peer sends. */
  open(): Uint8Array {
    const identifier = parseAddress('192.0.2.254');
    if (identifier === undefined) throw new Error('192.0.2.254 is an address');
    const { asn, holdTimeSeconds = 90 } = this.#options;
    const capabilities = this.#options.capabilities ?? [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'multiprotocol', afi: 2, safi: 1 },
      { kind: 'fourOctetAs', asn },
    ];
    return encodeOpen({ kind: 'open', myAs: asn > 0xffff ? 23456 : asn, holdTimeSeconds, identifier, capabilities });
  }
}
