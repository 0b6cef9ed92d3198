/** A DNS client of tests: raw octets to one server over UDP and TCP, many queries under way, replies told by their ids. */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** How long a reply is waited for before the query goes out again, and how often it goes out. */
export interface Patience {
  readonly patienceMs: number;
  readonly attempts: number;
}

const defaultPatience: Patience = { patienceMs: 2000, attempts: 3 };

/** One server as it is asked. */
export interface DnsClient {
  /**
   * Sends a query, with an id of the client's own in its first two octets, until a reply with that id comes; undefined
   * when none comes.
   */
  ask(query: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined>;
  /**
   * Sends octets as they are, as one datagram or as one message on a connection of their own, then `control`, a query
   * that is answered. Gives what came before the answer to `control`, in order, or until the server closed the
   * connection: nothing is silence.
   */
  probe(octets: Uint8Array, control: Uint8Array, transport: 'udp' | 'tcp'): Promise<readonly Uint8Array[]>;
  close(): void;
}

/** Builds a client of the server at this address and port. */
export async function createDnsClient(
  address: string,
  port: number,
  patience: Patience = defaultPatience,
): Promise<DnsClient> {
  const udp = createSocket('udp4');
  udp.connect(port, address);
  await once(udp, 'connect');
  return new Client(udp, { address, port }, patience);
}

class Client implements DnsClient {
  readonly #udp: UdpSocket;
  readonly #server: { readonly address: string; readonly port: number };
  readonly #patience: Patience;
  readonly #waiting = new Map<number, (reply: Uint8Array) => void>();
  #tcp: Promise<Socket> | undefined;
  #lastId = 0;
  /** What comes over UDP goes here while octets are probed. */
  #probed: ((reply: Uint8Array) => void) | undefined;

  constructor(udp: UdpSocket, server: { readonly address: string; readonly port: number }, patience: Patience) {
    this.#udp = udp;
    this.#server = server;
    this.#patience = patience;
    udp.on('message', (reply) => (this.#probed ?? ((each) => this.#take(each)))(reply));
    // A port that is not open yet.
    udp.on('error', () => undefined);
  }

  async ask(query: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
    this.#lastId = (this.#lastId + 1) & 0xffff;
    const id = this.#lastId;
    const bytes = Buffer.from(query);
    bytes.writeUInt16BE(id, 0);
    for (let attempt = 0; attempt < this.#patience.attempts; attempt++) {
      const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
      const timer = setTimeout(resolve, this.#patience.patienceMs, undefined);
      this.#waiting.set(id, resolve);
      if (transport === 'udp') this.#udp.send(bytes);
      else (await this.#connection()).write(frame(bytes));
      const reply = await promise;
      clearTimeout(timer);
      this.#waiting.delete(id);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  async probe(octets: Uint8Array, control: Uint8Array, transport: 'udp' | 'tcp'): Promise<readonly Uint8Array[]> {
    const before: Uint8Array[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      reject(new Error('the query that follows the octets is not answered'));
    }, this.#patience.patienceMs * this.#patience.attempts);
    const take = (reply: Uint8Array): void => {
      if (reply[0] === control[0] && reply[1] === control[1]) resolve(undefined);
      else before.push(Uint8Array.from(reply));
    };
    const socket = transport === 'tcp' ? await this.#connect(take) : undefined;
    if (socket === undefined) {
      this.#probed = take;
      this.#udp.send(octets);
      this.#udp.send(control);
    } else {
      socket.once('close', () => resolve(undefined));
      socket.write(Buffer.concat([frame(octets), frame(control)]));
    }
    try {
      await promise;
      return before;
    } finally {
      clearTimeout(timer);
      this.#probed = undefined;
      socket?.destroy();
    }
  }

  close(): void {
    this.#udp.close();
    void this.#tcp?.then((socket) => socket.destroy());
  }

  #take(reply: Uint8Array): void {
    this.#waiting.get(((reply[0] ?? 0) << 8) | (reply[1] ?? 0))?.(reply);
  }

  /** The open connection; a new one where the server has closed the last. */
  async #connection(): Promise<Socket> {
    const open = await this.#tcp;
    if (open?.writable === true) return open;
    this.#tcp = this.#connect((reply) => {
      this.#take(reply);
    });
    return this.#tcp;
  }

  /** A connection whose messages go to `take`. */
  async #connect(take: (reply: Uint8Array) => void): Promise<Socket> {
    const socket = connect(this.#server.port, this.#server.address);
    await once(socket, 'connect');
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, Buffer.from(chunk)]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        take(Uint8Array.from(pending.subarray(2, end)));
        pending = pending.subarray(end);
      }
    });
    socket.on('error', () => undefined);
    return socket;
  }
}

/** A message with its length before it (RFC 1035 §4.2.2). */
function frame(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);
}
