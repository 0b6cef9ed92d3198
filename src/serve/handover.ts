/**
 * The new process's side of a handover: it takes the sockets of the process before it, so that no query is lost while
 * one follows the other. What waits in a socket's queue goes with the socket.
 */
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { parseIp } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { encodeMessage, handoverVersion, LineReader, parseMessage } from './handover-messages.ts';
import type { DescribedSocket, HandoverMessage } from './handover-messages.ts';
import type { ServerSockets } from './server-sockets.ts';
import { loadLibc } from './system/libc.ts';
import type { Libc } from './system/libc.ts';
import { maxUnixPathBytes } from './system/socket-address.ts';
import { boundAddress } from './system/sockets.ts';
import type { OpenSocket } from './system/sockets.ts';
import { connectUnix, receiveDescriptors, sendDescriptors } from './system/unix-socket.ts';

/** Sockets of another process that still answers on them. They are this process's own as well now. */
export interface TakenSockets {
  readonly sockets: ServerSockets;
  /**
   * Tells the other process that this one answers; resolves when that one leaves, with its path free, or has died. The
   * fault says why it goes on instead: then this process is the one that has to leave.
   */
  confirm(): Promise<Result<void, string>>;
  /** Leaves everything to the other process. The sockets are the caller's to close. */
  abandon(): void;
}

const defaultLimitMs = 5000;
/** How often to look for an answer that has not come. */
const lookMs = 5;

/**
 * Asks the process that offers its sockets at `path`. Undefined when there is none; the fault says why one did not
 * give them within `limitMs`.
 */
export async function takeOver(
  path: string,
  limitMs: number = defaultLimitMs,
): Promise<Result<TakenSockets | undefined, string>> {
  const libc = loadLibc();
  if (!libc.ok || Buffer.byteLength(path) > maxUnixPathBytes) return succeed(undefined);
  const connected = connectUnix(libc.value, path);
  if (!connected.ok) {
    const { code } = connected.fault;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return succeed(undefined);
    return refuse(`cannot ask for sockets at ${path}: ${code}`);
  }
  const fd = connected.value;
  const asking = new Asking(libc.value, fd);
  const sockets = await asking.ask(performance.now() + limitMs);
  if (sockets.ok) return succeed(new Taken(fd, sockets.value));
  asking.close();
  return refuse(`no sockets came from ${path}: ${sockets.fault}`);
}

/** The conversation until all sockets are here. */
class Asking {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #lines = new LineReader();
  readonly #decoder = new TextDecoder();
  /** Descriptors that have come and are not yet described. */
  readonly #descriptors: number[] = [];
  readonly #udp: OpenSocket[] = [];
  readonly #tcp: OpenSocket[] = [];

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  async ask(deadlineMs: number): Promise<Result<ServerSockets, string>> {
    const take = encodeMessage({ say: 'take', version: handoverVersion });
    const sent = sendDescriptors(this.#libc, this.#fd, take, []);
    if (!sent.ok) return refuse(sent.fault.message);
    while (performance.now() < deadlineMs) {
      const received = receiveDescriptors(this.#libc, this.#fd);
      if (!received.ok) return refuse(received.fault.message);
      if (received.value === 'end') return refuse('the other process closed the connection');
      if (received.value === 'again') {
        await setTimeout(lookMs);
        continue;
      }
      this.#descriptors.push(...received.value.descriptors);
      for (const line of this.#lines.push(this.#decoder.decode(received.value.bytes, { stream: true }))) {
        const heard = this.#hear(line);
        if (!heard.ok) return heard;
        if (heard.value === 'complete') return succeed({ udp: this.#udp, tcp: this.#tcp });
      }
    }
    return refuse('the other process did not answer in time');
  }

  /** Closes everything that came. */
  close(): void {
    for (const { fd } of [...this.#udp, ...this.#tcp]) this.#libc.close(fd);
    for (const fd of [...this.#descriptors, this.#fd]) this.#libc.close(fd);
  }

  #hear(line: string): Result<'complete' | 'more', string> {
    const message = parseMessage(line);
    if (!message.ok) return message;
    const { value } = message;
    if (value.say === 'refused') return refuse(value.reason);
    if (value.say !== 'sockets') return refuse(`"${value.say}" was not expected`);
    return this.#keep(value);
  }

  #keep({
    sockets,
    isLast,
  }: Extract<HandoverMessage, { readonly say: 'sockets' }>): Result<'complete' | 'more', string> {
    for (const described of sockets) {
      const fd = this.#descriptors.shift();
      if (fd === undefined) return refuse('a socket was described that did not come');
      const bound = boundAddress(this.#libc, fd);
      if (bound === undefined || bound.address !== parseIp(described.address) || bound.port !== described.port) {
        this.#libc.close(fd);
        return refuse(`a socket that came is not ${text(described)}`);
      }
      (described.protocol === 'udp' ? this.#udp : this.#tcp).push({ fd, bound });
    }
    return succeed(isLast ? 'complete' : 'more');
  }
}

class Taken implements TakenSockets {
  readonly sockets: ServerSockets;
  readonly #socket: Socket;
  readonly #outcome = Promise.withResolvers<Result<void, string>>();

  constructor(fd: number, sockets: ServerSockets) {
    this.sockets = sockets;
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on('error', () => undefined);
    this.#socket.setEncoding('utf8');
    const lines = new LineReader();
    // Heard from the beginning: it may give up, or die, long before this process answers.
    this.#socket.on('data', (chunk: string) => {
      for (const line of lines.push(chunk)) this.#hear(line);
    });
    // Its end without a word: it answers no longer.
    this.#socket.once('close', () => this.#outcome.resolve(succeed(undefined)));
  }

  confirm(): Promise<Result<void, string>> {
    if (!this.#socket.destroyed) {
      this.#socket.setTimeout(defaultLimitMs, () => this.#socket.destroy());
      this.#socket.write(encodeMessage({ say: 'answering' }));
    }
    return this.#outcome.promise;
  }

  #hear(line: string): void {
    const message = parseMessage(line);
    const isRefused = message.ok && message.value.say === 'refused';
    this.#outcome.resolve(isRefused ? refuse(message.value.reason) : succeed(undefined));
    this.#socket.destroy();
  }

  abandon(): void {
    this.#socket.destroy();
  }
}

function text({ protocol, address, port }: DescribedSocket): string {
  return `${protocol} ${address} port ${port}`;
}
