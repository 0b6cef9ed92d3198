/**
 * The peer of every daemon in this benchmark: accepts sessions on any loopback address, keeps them alive, counts what
 * it is told and notes when. It decides and stores nothing, so that what it costs is the same for all.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { monotonicMs } from '#base/clock.ts';
import { countPrefixes, isOpen, keepalive, keepaliveType, messages, notificationOf, open } from './wire.ts';

/** The AS number of every peer. */
export const receiverAsn = 65_000;

/** How a receiver holds its sessions. */
export interface ReceiverOptions {
  readonly holdTimeSeconds: number;
}

/** What a receiver has been told, in total over all sessions. */
export interface Told {
  readonly announced: number;
  readonly withdrawn: number;
}

/** Listens on a port of its own on every loopback address. */
export class Receiver {
  readonly #server: Server;
  readonly #holdTimeSeconds: number;
  readonly #established = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  #told: Told = { announced: 0, withdrawn: 0 };
  #changedAtMs = 0;
  #lost = 0;
  #keepalives = 0;
  #notifications: string[] = [];

  private constructor({ holdTimeSeconds }: ReceiverOptions) {
    this.#holdTimeSeconds = holdTimeSeconds;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(options: ReceiverOptions): Promise<Receiver> {
    const receiver = new Receiver(options);
    receiver.#server.listen({ port: 0, host: '0.0.0.0', backlog: 1024 });
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('bug: the receiver does not listen');
    return address.port;
  }

  /** Sessions that are up now. */
  get sessions(): number {
    return this.#established.size;
  }

  /** Sessions that were up and ended. */
  get lost(): number {
    return this.#lost;
  }

  /** KEEPALIVEs that have come. */
  get keepalives(): number {
    return this.#keepalives;
  }

  get told(): Told {
    return this.#told;
  }

  /** What NOTIFICATIONs came, as `code/subcode`. */
  get notifications(): readonly string[] {
    return this.#notifications;
  }

  /** When `told` last changed: the time at which the bytes were read, before they were looked at. */
  get changedAtMs(): number {
    return this.#changedAtMs;
  }

  /** Resolves when `isThere` says so; asked after each change. Rejects after the limit. */
  async until(what: string, isThere: () => boolean, limitMs: number): Promise<void> {
    if (isThere()) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const check = (): void => {
      if (isThere()) resolve(undefined);
    };
    const seen = (): string => `${this.sessions} sessions, told ${JSON.stringify(this.#told)}`;
    const limit = setTimeout(() => reject(new Error(`not within ${limitMs} ms: ${what}; now ${seen()}`)), limitMs);
    this.#waiting.add(check);
    try {
      await promise;
    } finally {
      clearTimeout(limit);
      this.#waiting.delete(check);
    }
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#established) socket.destroy();
  }

  #serve(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    const [a = 127, b = 0, c = 0, d = 1] = (socket.localAddress ?? '').split('.').map(Number);
    socket.on('data', (bytes) => {
      const atMs = monotonicMs();
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let end = 0;
      for (const place of messages(all)) {
        end = place.end;
        const { announced, withdrawn } = countPrefixes(all, place);
        if (announced + withdrawn > 0) {
          this.#told = { announced: this.#told.announced + announced, withdrawn: this.#told.withdrawn + withdrawn };
          this.#changedAtMs = atMs;
        } else if (isOpen(place)) {
          socket.write(open(receiverAsn, this.#holdTimeSeconds, [a, b, c, d]));
          socket.write(keepalive);
        } else if (place.type === keepaliveType) this.#keep(socket);
        const notification = notificationOf(all, place);
        if (notification !== undefined) this.#notifications.push(notification);
      }
      rest = all.subarray(end);
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#established.delete(socket)) this.#lost++;
      this.#wake();
    });
  }

  /** The first KEEPALIVE makes the session; from then on ours go out at a third of the hold time. */
  #keep(socket: Socket): void {
    this.#keepalives++;
    if (this.#established.has(socket)) return;
    this.#established.add(socket);
    if (this.#holdTimeSeconds === 0) return;
    const timer = setInterval(() => socket.write(keepalive), (this.#holdTimeSeconds * 1000) / 3);
    socket.once('close', () => clearInterval(timer));
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
