/**
 * IPv4 addresses inside IPv6 addresses: such a client is where its IPv4 address is.
 *
 * IPv4-mapped `::ffff:0:0/96` and IPv4-compatible `::/96` (RFC 4291 §2.5.5), IPv4-translated `::ffff:0:0:0/96` (SIIT,
 * RFC 2765 §2.1), the well-known prefix of NAT64 `64:ff9b::/96` (RFC 6052 §2.1), Teredo `2001::/32` (RFC 4380 §4: the
 * client's address in the last 32 bits, each inverted), 6to4 `2002::/16` (RFC 3056 §2: in bits 16 to 47).
 *
 * Not unwrapped: `64:ff9b:1::/48` (RFC 8215), where every network chooses its own length of prefix and whose addresses
 * are seen inside that network only; ISATAP (RFC 5214), whose IPv4 address may be private while the prefix before it
 * says where the network is.
 */
import { formatIp, parsePrefix, prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** A part of IPv6 whose addresses hold one of IPv4 each. */
export interface Embedding {
  /** Its first address as four words of 32 bits, and its length in bits. */
  readonly words: readonly [number, number, number, number];
  readonly length: number;
  /** The bit, from 0, at which the IPv4 address begins: all of it lies in one word, or 6to4's in two halves. */
  readonly at: 16 | 96;
  /** Whether its bits stand inverted. */
  readonly isInverted: boolean;
}

const compatible: Embedding = { words: [0, 0, 0, 0], length: 96, at: 96, isInverted: false };
const mapped: Embedding = { words: [0, 0, 0xffff, 0], length: 96, at: 96, isInverted: false };
const translated: Embedding = { words: [0, 0, 0xffff_0000, 0], length: 96, at: 96, isInverted: false };
const nat64: Embedding = { words: [0x0064_ff9b, 0, 0, 0], length: 96, at: 96, isInverted: false };
const teredo: Embedding = { words: [0x2001_0000, 0, 0, 0], length: 32, at: 96, isInverted: true };
const sixToFour: Embedding = { words: [0x2002_0000, 0, 0, 0], length: 16, at: 16, isInverted: false };

/** All of them, in the order of their addresses. */
export const embeddings: readonly Embedding[] = [compatible, mapped, translated, nat64, teredo, sixToFour];

/** Their prefixes. */
export const embeddingPrefixes: readonly IpPrefix[] = embeddings.map(({ words, length }) => {
  const address = formatIp(Uint8Array.from(words.flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word])));
  return present(parsePrefix(`${address}/${length}`), 'a prefix');
});

/** The embedding that an address given as signed 32-bit words is of; undefined where it is IPv6 alone. */
export function embeddingOf(word0: number, word1: number, word2: number): Embedding | undefined {
  if (word0 === 0) {
    if (word1 !== 0) return undefined;
    if (word2 === 0) return compatible;
    if (word2 === 0xffff) return mapped;
    return word2 === -0x1_0000 ? translated : undefined;
  }
  if (word0 === 0x2001_0000) return teredo;
  if (word0 >> 16 === 0x2002) return sixToFour;
  return word0 === 0x0064_ff9b && word1 === 0 && word2 === 0 ? nat64 : undefined;
}

/** The IPv4 address in an address of an embedding, as a signed 32-bit word. */
export function embeddedIpv4(embedding: Embedding, word0: number, word1: number, word3: number): number {
  if (embedding.at === 16) return (word0 << 16) | (word1 >>> 16);
  return embedding.isInverted ? ~word3 : word3;
}

/** The 32-bit word at an octet of an address, signed. */
export function wordAt(address: Uint8Array, at: number): number {
  return (
    ((address[at] ?? 0) << 24) | ((address[at + 1] ?? 0) << 16) | ((address[at + 2] ?? 0) << 8) | (address[at + 3] ?? 0)
  );
}

/** The 4 octets of the IPv4 address that an address of 4 or 16 octets is or holds, or else the address itself. */
export function unwrapAddress(address: Uint8Array): Uint8Array {
  if (address.length === 4) return address;
  const embedding = embeddingOf(wordAt(address, 0), wordAt(address, 4), wordAt(address, 8));
  if (embedding === undefined) return address;
  const word = embeddedIpv4(embedding, wordAt(address, 0), wordAt(address, 4), wordAt(address, 12));
  return Uint8Array.of(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
}

/**
 * The prefix of IPv4 that a prefix inside an embedding stands for; other prefixes as they are. Refused is what lies in
 * an embedding but selects by more or by less than the IPv4 address.
 */
export function unwrapPrefix(prefix: IpPrefix): Result<IpPrefix, string> {
  const { bytes, length } = prefixParts(prefix);
  if (bytes.length === 4) return succeed(prefix);
  const embedding = embeddingOf(wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8));
  if (embedding === undefined || length < embedding.length) return succeed(prefix);
  const { at } = embedding;
  if (length < at || length > at + 32)
    return refuse(`${prefix}: only the IPv4 address inside counts here: expected /${at} to /${at + 32}`);
  const octets = unwrapAddress(bytes);
  // The host bits of an inverted address are ones.
  for (let bit = length - at; bit < 32; bit++) octets[bit >> 3] = (octets[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  return succeed(present(parsePrefix(`${formatIp(octets)}/${length - at}`), 'a prefix of IPv4'));
}
