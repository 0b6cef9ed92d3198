/**
 * The old process's side of a handover: it offers its sockets on a Unix socket, and learns when another process answers
 * on them. Only root and this process's own user may take them.
 */
import { unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { encodeMessage, handoverVersion, LineReader, parseMessage } from './handover-messages.ts';
import type { DescribedSocket } from './handover-messages.ts';
import { errorCode } from './listen-fault.ts';
import type { ServerSockets } from './server-sockets.ts';
import { loadLibc } from './system/libc.ts';
import type { Libc } from './system/libc.ts';
import { maxUnixPathBytes } from './system/socket-address.ts';
import type { OpenSocket } from './system/sockets.ts';
import { connectUnix, peerUser, sendDescriptors } from './system/unix-socket.ts';

export interface HandoverOptions {
  /** Where the next process finds this one. */
  readonly path: string;
  /**
   * Called when another process asks for the sockets; gives them, perhaps after other things have ended here. Undefined
   * while there are none to give. Each call is followed by one of `onTaken` and `onAbandoned`.
   */
  readonly sockets: () => ServerSockets | undefined | Promise<ServerSockets | undefined>;
  /**
   * Called once, when another process answers on the sockets and the offer is over: time to drain. The path is free for
   * the other process by then.
   */
  readonly onTaken: () => void;
  /** The process that asked for the sockets did not get as far as answering: this one goes on, and still offers. */
  readonly onAbandoned?: (reason: string) => void;
  /** Called when somebody asked and `sockets` was not called: a stranger, a wrong word, or a second one at once. */
  readonly onRefused?: (reason: string) => void;
  /** How long another process may take from `take` to `answering`, in milliseconds. */
  readonly takeLimitMs?: number;
}

export interface HandoverOffer {
  /** Ends the offer and frees the path. */
  close(): Promise<void>;
}

/** Descriptors in one message: well under what the system allows. */
const descriptorsPerMessage = 128;

/** How long a process may be connected and say nothing. */
const silenceLimitMs = 60_000;

const defaultTakeLimitMs = 60_000;

/** Begins to offer. The fault says why not. */
export async function offerHandover(options: HandoverOptions): Promise<Result<HandoverOffer, string>> {
  const { path } = options;
  const libc = loadLibc();
  if (!libc.ok) return refuse(`sockets cannot be handed over: ${libc.fault}`);
  if (Buffer.byteLength(path) > maxUnixPathBytes) {
    return refuse(`the path of the handover socket is too long: ${path} has more than ${maxUnixPathBytes} octets`);
  }
  // A process that crashed leaves its path behind, where nobody listens.
  const probe = connectUnix(libc.value, path);
  if (probe.ok) {
    libc.value.close(probe.value);
    return refuse(`another process offers its sockets at ${path}`);
  }
  const offer = new Offer(libc.value, options);
  try {
    if (probe.fault.code === 'ECONNREFUSED') await unlink(path);
    await offer.listen();
  } catch (error) {
    return refuse(`cannot offer sockets at ${path}: ${errorCode(error)}`);
  }
  return succeed(offer);
}

class Offer implements HandoverOffer {
  readonly #libc: Libc;
  readonly #options: HandoverOptions;
  readonly #server: Server;
  /** Who has asked for the sockets and does not answer on them yet. */
  #taker: Socket | undefined;
  /** The owner is preparing its sockets, for this taker or for one that went away. */
  #isPreparing = false;
  readonly #connections = new Set<Socket>();

  constructor(libc: Libc, options: HandoverOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    const { path } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // The file has its mode from the first moment: whoever connects before it is changed would stay connected.
      const before = process.umask(0o177);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
      process.umask(before);
    });
    this.#server.on('error', (error) => this.#options.onRefused?.(error.message));
    this.#server.unref();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      // Closing also removes the path.
      this.#server.close(() => resolve());
    });
    for (const socket of this.#connections) if (socket !== this.#taker) socket.destroy();
    // What was written still leaves; a process that hangs is not waited for.
    this.#taker?.destroySoon();
    await closed;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const fd = descriptorOf(socket);
    const user = fd === undefined ? undefined : peerUser(this.#libc, fd);
    if (fd === undefined || (user !== 0 && user !== process.geteuid?.())) {
      socket.destroy();
      this.#options.onRefused?.(`a process of user ${user ?? 'unknown'} asked for the sockets`);
      return;
    }
    this.#connections.add(socket);
    socket.setTimeout(silenceLimitMs, () => this.#giveUp(socket));
    const lines = new LineReader();
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      for (const line of lines.push(chunk)) this.#hear(socket, fd, line);
    });
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#abandon(socket, 'it went away before it answered');
    });
  }

  #hear(socket: Socket, fd: number, line: string): void {
    const message = parseMessage(line);
    if (!message.ok) this.#refuse(socket, message.fault);
    else if (message.value.say === 'answering' && this.#taker === socket && !this.#isPreparing) this.#leave(socket);
    else if (message.value.say !== 'take') this.#refuse(socket, `"${message.value.say}" was not expected`);
    else if (message.value.version !== handoverVersion) this.#refuse(socket, 'it speaks another version');
    else if (this.#taker !== undefined || this.#isPreparing) {
      this.#refuse(socket, 'another process is taking the sockets');
    } else void this.#give(socket, fd);
  }

  /** Sends every socket once they may go; from then on this is the one process that may take them. */
  async #give(socket: Socket, fd: number): Promise<void> {
    this.#taker = socket;
    socket.setTimeout(this.#options.takeLimitMs ?? defaultTakeLimitMs);
    const sockets = await this.#prepare();
    // It may have gone away meanwhile, which was said then; its descriptor may be another file's by now.
    if (this.#taker !== socket || socket.destroyed) return;
    const fault = typeof sockets === 'string' ? sockets : this.#send(fd, sockets);
    if (fault === undefined) return;
    socket.end(encodeMessage({ say: 'refused', reason: fault }));
    this.#abandon(socket, fault);
  }

  /** The owner's sockets, or why there are none. */
  async #prepare(): Promise<ServerSockets | string> {
    this.#isPreparing = true;
    try {
      return (await this.#options.sockets()) ?? 'there are no sockets to hand over';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#isPreparing = false;
    }
  }

  /** Goes on without a process that took too long, and tells it so: it must not answer beside this one. */
  #giveUp(socket: Socket): void {
    const reason = 'it did not answer in time';
    socket.write(encodeMessage({ say: 'refused', reason }));
    socket.destroySoon();
    this.#abandon(socket, reason);
  }

  #abandon(socket: Socket, reason: string): void {
    if (this.#taker !== socket) return;
    this.#taker = undefined;
    this.#options.onAbandoned?.(reason);
  }

  /** Sends sockets with what they are; returns why it could not. */
  #send(fd: number, sockets: ServerSockets): string | undefined {
    const all = [...describe('udp', sockets.udp), ...describe('tcp', sockets.tcp)];
    let isLast = false;
    for (let from = 0; !isLast; from += descriptorsPerMessage) {
      const some = all.slice(from, from + descriptorsPerMessage);
      isLast = from + some.length >= all.length;
      const line = encodeMessage({ say: 'sockets', sockets: some.map(({ text }) => text), isLast });
      const sent = sendDescriptors(
        this.#libc,
        fd,
        line,
        some.map((each) => each.fd),
      );
      if (!sent.ok) return sent.fault.message;
    }
    return undefined;
  }

  #refuse(socket: Socket, reason: string): void {
    socket.end(encodeMessage({ say: 'refused', reason }));
    this.#options.onRefused?.(reason);
  }

  #leave(socket: Socket): void {
    // This removes the path, which the other process needs for its own offer.
    this.#server.close();
    this.#taker = undefined;
    socket.end(encodeMessage({ say: 'leaving' }));
    this.#options.onTaken();
  }
}

function describe(
  protocol: 'udp' | 'tcp',
  sockets: readonly OpenSocket[],
): readonly {
  readonly fd: number;
  readonly text: DescribedSocket;
}[] {
  return sockets.map(({ fd, bound }) => ({ fd, text: { protocol, address: bound.address, port: bound.port } }));
}

/** The descriptor under one of Node's sockets. Node names it nowhere; without it the offer refuses to give. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
