/**
 * ICMP echo without privileges (RFC 792, RFC 4443 §4.1): Linux's datagram ICMP sockets, for the groups that
 * `net.ipv4.ping_group_range` names. Node opens no such socket itself; libc does, through koffi, and Node then reads it
 * like UDP. One socket for each family serves all checks.
 *
 * Where it is not permitted the check says so, and is no evidence. Source addresses are not supported.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { familyOf } from '#base/ip.ts';
import type { Family, IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { unable } from './outcome.ts';
import { isOwnFault } from './probe-error.ts';
import type { Cancel, Outcome } from './outcome.ts';

const tokenBytes = 16;
const headerBytes = 8;
const echoRequest = { 4: 8, 6: 128 } as const;
const echoReply = { 4: 0, 6: 129 } as const;
// Linux: AF_INET, AF_INET6; IPPROTO_ICMP, IPPROTO_ICMPV6.
const socketFamily = { 4: 2, 6: 10 } as const;
const protocol = { 4: 1, 6: 58 } as const;
const sockDgram = 2;
const sockCloseOnExec = 0o2000000;
// The kernel ignores it for ICMP, and Node refuses 0.
const anyPort = 1;

export class IcmpRunner {
  readonly #sockets = new Map<Family, Socket>();
  /** Who waits for which token. */
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  start(address: IpAddress, done: (outcome: Outcome) => void): Cancel {
    const family = familyOf(address);
    const token = randomBytes(tokenBytes);
    const key = token.toString('hex');
    const end = (outcome: Outcome): void => {
      if (this.#waiting.delete(key)) done(outcome);
    };
    this.#waiting.set(key, end);
    const socket = this.#socketFor(family);
    if (socket.ok) {
      socket.value.send(echoMessage(family, token), anyPort, address, (error) => {
        if (error !== null) end(unsent(error, address));
      });
    } else {
      setImmediate(end, unable(`ICMP is not permitted here: ${socket.fault}`));
    }
    return () => {
      this.#waiting.delete(key);
    };
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socketFor(family: Family): Result<Socket, string> {
    const known = this.#sockets.get(family);
    if (known !== undefined) return succeed(known);
    const opened = openIcmpSocket(family);
    // What is refused now, for want of descriptors or by a sysctl, may be had at the next run.
    if (!opened.ok) return opened;
    const socket = opened.value;
    this.#sockets.set(family, socket);
    socket.unref();
    socket.on('message', (message) => {
      if (message[0] !== echoReply[family]) return;
      const key = message.toString('hex', headerBytes, headerBytes + tokenBytes);
      this.#waiting.get(key)?.({ passed: true, reason: 'echo reply' });
    });
    socket.on('error', () => {
      this.#sockets.delete(family);
      socket.close();
    });
    return opened;
  }
}

/** A firewall of this machine, or its want of buffers, says nothing of the target (R3). */
function unsent(error: Error, address: IpAddress): Outcome {
  const reason = `echo to ${address} cannot be sent: ${error.message}`;
  return isOwnFault(error) ? unable(reason) : { passed: false, reason };
}

/** Type, code, and zeros where the kernel writes checksum and identifier; then the token. */
function echoMessage(family: Family, token: Uint8Array): Uint8Array {
  const message = new Uint8Array(headerBytes + tokenBytes);
  message[0] = echoRequest[family];
  message.set(token, headerBytes);
  return message;
}

/** What is used of koffi, whose own types are `any`: two functions of libc, and `errno`. */
interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): unknown };
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

interface Libc {
  readonly koffi: Koffi;
  readonly open: (family: number, type: number, protocol: number) => number;
}

let libc: Libc | undefined;

function loadLibc(): Libc {
  // koffi's package gives this shape; there is nothing to check it by before the first call.
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  // What koffi makes takes and returns what is declared here.
  return { koffi, open: koffi.load(null).func('socket', 'int', ['int', 'int', 'int']) as Libc['open'] };
}

function openIcmpSocket(family: Family): Result<Socket, string> {
  if (process.platform !== 'linux') return refuse(`the system is ${process.platform}, not Linux`);
  try {
    libc ??= loadLibc();
    const { koffi, open } = libc;
    const fd = open(socketFamily[family], sockDgram | sockCloseOnExec, protocol[family]);
    if (fd < 0) {
      const { errno } = koffi.os;
      const number = koffi.errno();
      const name = Object.keys(errno).find((key) => errno[key] === number) ?? `error ${number}`;
      return refuse(`${name}, see net.ipv4.ping_group_range`);
    }
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.bind({ fd, exclusive: true });
    return succeed(socket);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
