/**
 * The networks by which round trips are kept: /24 of IPv4 and /48 of IPv6, and the /16 and /32 that speak for those of
 * which nothing is known. They are also what answers that follow measurements are scoped to (R15).
 */
import { formatIp, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';

/** Bits of an address that name its network. */
export const networkBits = { ipv4: 24, ipv6: 48 } as const;

/** Bits of an address that name the networks around it. */
export const aggregateBits = { ipv4: 16, ipv6: 32 } as const;

const mappedHead = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The network of an address of 4 or 16 octets; an IPv4-mapped one counts as IPv4. */
export function networkOf(address: Uint8Array): IpPrefix {
  const octets = isMapped(address) ? address.slice(12) : address;
  return prefixOf(octets, octets.length === 4 ? networkBits.ipv4 : networkBits.ipv6);
}

/** The aggregate that a network lies in. */
export function aggregateOf(network: IpPrefix): IpPrefix {
  const { bytes } = prefixParts(network);
  return prefixOf(bytes, bytes.length === 4 ? aggregateBits.ipv4 : aggregateBits.ipv6);
}

/** Whether a prefix is one of those that round trips are kept by. */
export function isNetwork(prefix: IpPrefix): boolean {
  const { bytes, length } = prefixParts(prefix);
  return length === (bytes.length === 4 ? networkBits.ipv4 : networkBits.ipv6);
}

function isMapped(address: Uint8Array): boolean {
  return address.length === 16 && mappedHead.every((octet, index) => address[index] === octet);
}

/** `bits` is a multiple of 8. */
function prefixOf(octets: Uint8Array, bits: number): IpPrefix {
  const head = new Uint8Array(octets.length);
  head.set(octets.slice(0, bits / 8));
  // Its host bits are zero and its text is canonical.
  return `${formatIp(head)}/${bits}` as IpPrefix;
}
