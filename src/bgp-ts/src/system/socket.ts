/**
 * A socket that is made and told options before Node takes it over by its number (`bind({ fd })`, `new Socket({ fd })`).
 *
 * Numbers and layouts are Linux's, the same on x86_64 and arm64: include/uapi headers, socket(7), ip(7), ipv6(7), tcp(7).
 */
import { refuse, succeed } from '../result.ts';
import type { Result } from '../result.ts';
import { addressBytes, familyOf } from '../wire/address.ts';
import type { Address } from '../wire/address.ts';
import { lastErrorName } from './libc.ts';
import type { Libc } from './libc.ts';

export const addressFamily = { ipv4: 2, ipv6: 10 } as const;

export const socketType = { stream: 1, datagram: 2, nonBlocking: 0x800, closeOnExec: 0x80000 } as const;

/** Level and number of an option, as setsockopt takes them, and its name for people. */
export interface SocketOption {
  readonly level: number;
  readonly number: number;
  readonly name: string;
}

export const socketOption = {
  reuseAddress: { level: 1, number: 2, name: 'SO_REUSEADDR' },
  reusePort: { level: 1, number: 15, name: 'SO_REUSEPORT' },
  bindToDevice: { level: 1, number: 25, name: 'SO_BINDTODEVICE' },
  attachFilter: { level: 1, number: 26, name: 'SO_ATTACH_FILTER' },
  ipv4TypeOfService: { level: 0, number: 1, name: 'IP_TOS' },
  ipv4TimeToLive: { level: 0, number: 2, name: 'IP_TTL' },
  ipv4MinimumTimeToLive: { level: 0, number: 21, name: 'IP_MINTTL' },
  tcpMd5Signature: { level: 6, number: 14, name: 'TCP_MD5SIG' },
  tcpMd5SignatureExtended: { level: 6, number: 32, name: 'TCP_MD5SIG_EXT' },
  ipv6UnicastHops: { level: 41, number: 16, name: 'IPV6_UNICAST_HOPS' },
  ipv6Only: { level: 41, number: 26, name: 'IPV6_V6ONLY' },
  ipv6TrafficClass: { level: 41, number: 67, name: 'IPV6_TCLASS' },
  ipv6MinimumHopCount: { level: 41, number: 73, name: 'IPV6_MINHOPCOUNT' },
} as const satisfies Readonly<Record<string, SocketOption>>;

/** Opens a socket that programs which are started do not inherit; the value is its number, which the caller closes. */
export function openSocket(libc: Libc, family: number, type: number): Result<number, string> {
  const fd = libc.socket(family, type | socketType.closeOnExec | socketType.nonBlocking, 0);
  return fd < 0 ? refuse(`socket: ${lastErrorName(libc)}`) : succeed(fd);
}

/** Sets an option to a 32-bit number or to octets. */
export function setSocketOption(
  libc: Libc,
  fd: number,
  option: SocketOption,
  value: number | Uint8Array,
): Result<void, string> {
  const bytes = typeof value === 'number' ? int32(value) : value;
  if (libc.setsockopt(fd, option.level, option.number, bytes, bytes.length) === 0) return succeed(undefined);
  return refuse(`${option.name}: ${lastErrorName(libc)}`);
}

/** Binds to an address and port; `scope` is the interface's index, for link-local IPv6. */
export function bindSocket(libc: Libc, fd: number, address: Address, port: number, scope = 0): Result<void, string> {
  const bytes = encodeSocketAddress(address, port, scope);
  if (libc.bind(fd, bytes, bytes.length) === 0) return succeed(undefined);
  return refuse(`bind to ${address} port ${port}: ${lastErrorName(libc)}`);
}

/** The name of a network interface as SO_BINDTODEVICE takes it. */
export function deviceName(device: string): Uint8Array {
  return new TextEncoder().encode(`${device}\0`);
}

/**
 * Lays out struct sockaddr_in (family u16, port u16 in network order, address at 4; 16 octets) or struct sockaddr_in6
 * (flow u32 at 4, address at 8, scope u32 at 24; 28 octets).
 */
export function encodeSocketAddress(address: Address, port: number, scope = 0): Uint8Array {
  const isIpv6 = familyOf(address) === 'ipv6-unicast';
  const bytes = new Uint8Array(isIpv6 ? 28 : 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIpv6 ? addressFamily.ipv6 : addressFamily.ipv4, true);
  view.setUint16(2, port);
  bytes.set(addressBytes(address), isIpv6 ? 8 : 4);
  if (isIpv6) view.setUint32(24, scope, true);
  return bytes;
}

/** A 32-bit integer as the system reads it. */
export function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
