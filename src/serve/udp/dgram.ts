/**
 * DNS over UDP on node:dgram: the portable way, one datagram at a time.
 *
 * Bound to a wildcard address, replies leave from the address that the system chooses, so listen on each address itself.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { familyOf } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { AnswerFunction } from '#dns/answer/answerer.ts';
import { maxMessageBytes } from '#dns/wire/constants.ts';
import { clientAddress } from '../client-address.ts';
import { listenFault } from '../listen-fault.ts';
import type { ListenAddress, ListenFault } from '../listen-fault.ts';
import type { UdpCounters, UdpListener } from './listener.ts';

/** How long replies under way may take to leave when closing. */
const closeLimitMs = 1000;

/** Opens a socket and answers what comes in. */
export async function listenUdp(
  listen: ListenAddress,
  answer: AnswerFunction,
): Promise<Result<UdpListener, ListenFault>> {
  const isIpv6 = familyOf(listen.address) === 6;
  const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ipv6Only: isIpv6 });
  try {
    await bind(socket, listen);
  } catch (error) {
    socket.close();
    return refuse(listenFault('UDP', listen, error));
  }
  return succeed(new DgramListener(socket, listen, answer));
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

class DgramListener implements UdpListener {
  readonly bound: ListenAddress;
  readonly counters: UdpCounters = { sendFailures: 0 };
  readonly #socket: Socket;
  readonly #answer: AnswerFunction;
  readonly #out = new Uint8Array(maxMessageBytes);
  #sending = 0;
  #isClosing = false;
  #allSent: (() => void) | undefined;

  constructor(socket: Socket, { address }: ListenAddress, answer: AnswerFunction) {
    this.#socket = socket;
    this.#answer = answer;
    this.bound = { address, port: socket.address().port };
    socket.on('message', (message, remote) => this.#onMessage(message, remote));
    // Errors of single datagrams, such as an unreachable client, say nothing about the socket.
    socket.on('error', () => this.counters.sendFailures++);
  }

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
    const address = clientAddress(remote.address);
    // A datagram from port 0 cannot be answered.
    if (this.#isClosing || address === undefined || remote.port === 0) return;
    const length = this.#answer(message, message.length, { address, transport: 'udp' }, this.#out);
    if (length === 0) return;
    this.#sending++;
    // The system may read the reply after this returns, so it gets a copy.
    this.#socket.send(this.#out.slice(0, length), remote.port, remote.address, (error) => {
      this.#sending--;
      if (error !== null) this.counters.sendFailures++;
      if (this.#sending === 0) this.#allSent?.();
    });
  }
}
