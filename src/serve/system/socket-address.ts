/** Socket addresses as Linux lays them out (system/layout.ts): struct sockaddr_in, sockaddr_in6 and sockaddr_un. */
import { assert } from '#base/assert.ts';
import { familyOf, formatIp, ipBytes } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { addressFamily, ipv4SocketAddress, ipv6SocketAddress, unixSocketAddress } from './layout.ts';

/** The longest path of a Unix socket, in octets without its end. */
export const maxUnixPathBytes = unixSocketAddress.bytes - unixSocketAddress.pathAt - 1;

/** Encodes an address and port. */
export function encodeSocketAddress(address: IpAddress, port: number): Uint8Array {
  const isIpv6 = familyOf(address) === 6;
  const layout = isIpv6 ? ipv6SocketAddress : ipv4SocketAddress;
  const bytes = new Uint8Array(layout.bytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIpv6 ? addressFamily.ipv6 : addressFamily.ipv4, true);
  view.setUint16(layout.portAt, port);
  bytes.set(ipBytes(address), layout.addressAt);
  return bytes;
}

/** Reads what getsockname wrote for an IPv4 or IPv6 socket; undefined for any other family. */
export function decodeSocketAddress(
  bytes: Uint8Array,
): { readonly address: IpAddress; readonly port: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, true);
  const isIpv6 = family === addressFamily.ipv6;
  if (!isIpv6 && family !== addressFamily.ipv4) return undefined;
  const layout = isIpv6 ? ipv6SocketAddress : ipv4SocketAddress;
  const address = formatIp(bytes.slice(layout.addressAt, layout.addressAt + (isIpv6 ? 16 : 4)));
  return { address, port: view.getUint16(layout.portAt) };
}

/** Encodes the path of a Unix socket of at most `maxUnixPathBytes` octets. */
export function encodeUnixAddress(path: string): Uint8Array {
  const encoded = new TextEncoder().encode(path);
  assert(encoded.length <= maxUnixPathBytes, 'the path of a Unix socket fits its address');
  const bytes = new Uint8Array(unixSocketAddress.pathAt + encoded.length + 1);
  new DataView(bytes.buffer).setUint16(0, addressFamily.unix, true);
  bytes.set(encoded, unixSocketAddress.pathAt);
  return bytes;
}
