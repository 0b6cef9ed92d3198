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
  return prefix.endsWith(prefix.includes(':') ? `/${networkBits.ipv6}` : `/${networkBits.ipv4}`);
}

/** A network or an aggregate as two words: its first four octets, and its kind (table.ts) with the next two octets. */
export interface NetworkKey {
  readonly first: number;
  readonly second: number;
}

/** What the upper half of a key's second word says. */
export const networkKind = { network4: 1, aggregate4: 2, network6: 3, aggregate6: 4 } as const;

/** The key of a network or an aggregate. */
export function networkKey(prefix: IpPrefix): NetworkKey {
  const { bytes, length } = prefixParts(prefix);
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = bytes;
  const ofIpv4 = length === networkBits.ipv4 ? networkKind.network4 : networkKind.aggregate4;
  const ofIpv6 = length === networkBits.ipv6 ? networkKind.network6 : networkKind.aggregate6;
  const isIpv4 = bytes.length === 4;
  return {
    first: ((b0 << 24) | (b1 << 16) | (b2 << 8) | (isIpv4 ? 0 : b3)) >>> 0,
    second: ((isIpv4 ? ofIpv4 : ofIpv6) << 16) | (isIpv4 ? 0 : (b4 << 8) | b5),
  };
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
