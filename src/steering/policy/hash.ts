/**
 * How clients are told apart where the same client is to get the same answer: a hash of the leading bits of its address,
 * and how it falls on each member. Equal on every machine, so that all coordinators lead a client to the same place.
 */
import type { ClientPrefixBits } from './model.ts';

/** Mixes 32 bits so that each depends on all (the finalizer of MurmurHash3, public domain). */
export function mixBits(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit hash of text, such as a member's name (FNV-1a, mixed). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mixBits(hash);
}

/** A 32-bit hash of the first `bits` of an address of 4 or 16 octets. */
export function hashPrefix(address: Uint8Array, bits: number): number {
  let hash = 0x811c9dc5 ^ address.length;
  for (let index = 0, left = bits; left > 0; index++, left -= 8) {
    const octet = address[index] ?? 0;
    hash = Math.imul(hash ^ (left >= 8 ? octet : octet & (0xff00 >> left)), 0x01000193);
  }
  return mixBits(hash);
}

/** The bits of this address that are the client's identity. */
export function prefixBitsOf(address: Uint8Array, { ipv4, ipv6 }: ClientPrefixBits): number {
  return address.length === 4 ? ipv4 : ipv6;
}
