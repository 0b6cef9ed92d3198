/**
 * The sockets of a DNS server, opened with the options that a DNS server needs.
 *
 * UDP (RFC 1035 §4.2.1, RFC 6891 §6.2.5): one SO_REUSEPORT socket for each thread; ICMP about the path's MTU is not
 * believed; on wildcard addresses each datagram tells the address that it came to. TCP (RFC 7766): small segments.
 */
import { getSystemErrorName } from 'node:util';
import { familyOf } from '#base/ip.ts';
import type { Family, IpAddress } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ListenAddress } from '../listen-fault.ts';
import {
  addressFamily,
  descriptorCommand,
  ipv6MinimumMtuBytes,
  ipv6SocketAddress,
  pathMtuDiscoveryOmit,
  socketOption,
  socketType,
} from './layout.ts';
import type { Libc } from './libc.ts';
import { decodeSocketAddress, encodeSocketAddress } from './socket-address.ts';

/** An open socket. Whoever holds this closes it; threads may use the number meanwhile. */
export interface OpenSocket {
  readonly fd: number;
  /** What it is bound to, with the real port. */
  readonly bound: ListenAddress;
}

/** A call that the system refused. */
export class SystemError extends Error {
  /** The system's name of it, such as `EADDRINUSE`. */
  readonly code: string;

  constructor(call: string, errorNumber: number) {
    const code = getSystemErrorName(-errorNumber);
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** How large the kernel's queues of one UDP socket are, in octets, and whether others may share its port. */
export interface UdpSocketOptions {
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  /** `sole` refuses an address that any other socket has; `shared` joins this user's sockets that share theirs. */
  readonly sharing: 'sole' | 'shared';
}

/** How long a receive waits for a first datagram: the time within which an idle worker sees that it shall stop. */
export const receiveWaitMs = 100;

/** Opens a UDP socket that further sockets of this user may join. */
export function openUdpSocket(
  libc: Libc,
  listen: ListenAddress,
  options: UdpSocketOptions,
): Result<OpenSocket, SystemError> {
  return open(libc, listen, socketType.datagram, (socket) => {
    const { isIpv6 } = socket;
    if (isIpv6) socket.require(socketOption.ipv6Only, 1);
    if (options.sharing === 'shared') socket.require(socketOption.reusePort, 1);
    socket.require(socketOption.receiveTimeout, { milliseconds: receiveWaitMs });
    if (isWildcard(listen.address)) {
      socket.require(isIpv6 ? socketOption.ipv6ReceivePacketInfo : socketOption.ipv4PacketInfo, 1);
    }
    const discovery = isIpv6 ? socketOption.ipv6PathMtuDiscovery : socketOption.ipv4PathMtuDiscovery;
    socket.require(discovery, pathMtuDiscoveryOmit);
    if (isIpv6) socket.wish(socketOption.ipv6Mtu, ipv6MinimumMtuBytes);
    // With the privilege, beyond the system's limit; else as far as that goes.
    const { receiveBufferBytes, sendBufferBytes } = options;
    if (!socket.wish(socketOption.receiveBufferForce, receiveBufferBytes)) {
      socket.wish(socketOption.receiveBuffer, receiveBufferBytes);
    }
    if (!socket.wish(socketOption.sendBufferForce, sendBufferBytes)) {
      socket.wish(socketOption.sendBuffer, sendBufferBytes);
    }
    socket.bind();
    // Set after binding, so that the bind itself failed where another program has the address.
    if (options.sharing === 'sole') socket.require(socketOption.reusePort, 1);
  });
}

/** Opens a listening TCP socket whose connections have segments of at most `maximumSegmentBytes`. */
export function openTcpListener(
  libc: Libc,
  listen: ListenAddress,
  options: { readonly maximumSegmentBytes: number; readonly backlog: number },
): Result<OpenSocket, SystemError> {
  return open(libc, listen, socketType.stream, (socket) => {
    socket.require(socketOption.reuseAddress, 1);
    if (socket.isIpv6) socket.require(socketOption.ipv6Only, 1);
    socket.wish(socketOption.tcpMaximumSegment, options.maximumSegmentBytes);
    socket.bind();
    socket.listen(options.backlog);
  });
}

/** A second descriptor of the same socket, to be closed by itself. */
export function duplicate(libc: Libc, fd: number): number {
  const copy = libc.fcntl(fd, descriptorCommand.duplicateCloseOnExec, 0);
  if (copy < 0) throw new SystemError('fcntl', libc.errorNumber());
  return copy;
}

/** What a socket that came from elsewhere is bound to; undefined when it is no IPv4 or IPv6 socket. */
export function boundAddress(libc: Libc, fd: number): ListenAddress | undefined {
  const bytes = new Uint8Array(ipv6SocketAddress.bytes);
  if (libc.getsockname(fd, bytes, uint32(bytes.length)) < 0) return undefined;
  return decodeSocketAddress(bytes);
}

/** Whether an address stands for all of a family. */
export function isWildcard(address: IpAddress): boolean {
  return address === '0.0.0.0' || address === '::';
}

type Option = { readonly level: number; readonly name: number };

/** One socket while it is being opened: a refusal is thrown, and `open` returns it. */
class OpeningSocket {
  readonly fd: number;
  readonly isIpv6: boolean;
  readonly #libc: Libc;
  readonly #listen: ListenAddress;

  constructor(libc: Libc, listen: ListenAddress, family: Family, type: number) {
    this.#libc = libc;
    this.#listen = listen;
    this.isIpv6 = family === 6;
    const domain = this.isIpv6 ? addressFamily.ipv6 : addressFamily.ipv4;
    this.fd = this.#check('socket', libc.socket(domain, type | socketType.closeOnExec, 0));
  }

  /** Sets an option; false when the system does not. */
  wish({ level, name }: Option, value: number | { readonly milliseconds: number }): boolean {
    const bytes = typeof value === 'number' ? uint32(value) : timeValue(value.milliseconds);
    return this.#libc.setsockopt(this.fd, level, name, bytes, bytes.length) === 0;
  }

  require(option: Option, value: number | { readonly milliseconds: number }): void {
    if (!this.wish(option, value)) throw new SystemError('setsockopt', this.#libc.errorNumber());
  }

  bind(): void {
    const address = encodeSocketAddress(this.#listen.address, this.#listen.port);
    this.#check('bind', this.#libc.bind(this.fd, address, address.length));
  }

  listen(backlog: number): void {
    this.#check('listen', this.#libc.listen(this.fd, backlog));
  }

  bound(): ListenAddress {
    const bytes = new Uint8Array(ipv6SocketAddress.bytes);
    this.#check('getsockname', this.#libc.getsockname(this.fd, bytes, uint32(bytes.length)));
    return { address: this.#listen.address, port: decodeSocketAddress(bytes)?.port ?? this.#listen.port };
  }

  #check(call: string, returned: number): number {
    if (returned < 0) throw new SystemError(call, this.#libc.errorNumber());
    return returned;
  }
}

function open(
  libc: Libc,
  listen: ListenAddress,
  type: number,
  prepare: (socket: OpeningSocket) => void,
): Result<OpenSocket, SystemError> {
  let socket: OpeningSocket | undefined;
  try {
    socket = new OpeningSocket(libc, listen, familyOf(listen.address), type);
    prepare(socket);
    return succeed({ fd: socket.fd, bound: socket.bound() });
  } catch (error) {
    if (socket !== undefined) libc.close(socket.fd);
    if (error instanceof SystemError) return refuse(error);
    throw error;
  }
}

/** A 32-bit integer as the system reads it. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** struct timeval: seconds i64 at 0, microseconds i64 at 8. */
function timeValue(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(milliseconds / 1000)), true);
  view.setBigInt64(8, BigInt((milliseconds % 1000) * 1000), true);
  return bytes;
}
