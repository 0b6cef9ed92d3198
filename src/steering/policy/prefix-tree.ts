/**
 * The longest prefix that holds an address, and how many of its bits that depends on. For the prefixes that a policy
 * names; places come from the room `geo`. As there, an IPv4 address inside IPv6 counts as IPv4.
 */
import type { IpPrefix } from '#base/ip.ts';
import { prefixParts } from '#base/ip.ts';
import { embeddingOf, embeddings, unwrapAddress, wordAt } from '#geo/addresses.ts';

/** Where a node's parts lie: its children for a bit of 0 and of 1, and its value. */
const valueAt = 2;
const nodeNumbers = 3;
const none = -1;

/** A tree over bits, one for each family. Built once; `find` makes nothing. */
export class PrefixTree {
  readonly #ipv4: number[] = [0, 0, none];
  readonly #ipv6: number[] = [0, 0, none];
  /**
   * Of the last `find`: the bits of the address that it depended on. All addresses that share them have the same
   * longest prefix.
   */
  scopeBits = 0;

  /** Holds the number `value` at `prefix`, in place of one that is there; of IPv4 inside IPv6 as IPv4 (unwrapPrefix). */
  add(prefix: IpPrefix, value: number): void {
    const { bytes, length } = prefixParts(prefix);
    // What lies beside a part of IPv6 that holds IPv4 must not share a scope with it.
    if (this.#ipv4.length + this.#ipv6.length === 2 * nodeNumbers) {
      for (const { words, length: bits } of embeddings) growTo(this.#ipv6, octetsOf(words), bits, none);
    }
    growTo(bytes.length === 4 ? this.#ipv4 : this.#ipv6, bytes, length, value);
  }

  /** The value of the longest prefix that holds an address of 4 or 16 octets, or -1. */
  find(address: Uint8Array): number {
    if (address.length === 4) return this.#findIn(this.#ipv4, address);
    const embedding = embeddingOf(wordAt(address, 0), wordAt(address, 4), wordAt(address, 8));
    if (embedding === undefined) return this.#findIn(this.#ipv6, address);
    const found = this.#findIn(this.#ipv4, unwrapAddress(address));
    this.scopeBits = this.scopeBits === 0 ? embedding.length : embedding.at + this.scopeBits;
    return found;
  }

  #findIn(nodes: readonly number[], address: Uint8Array): number {
    const bits = address.length * 8;
    let found = none;
    let node = 0;
    let bit = 0;
    for (; ; bit++) {
      const value = nodes[node + valueAt] ?? none;
      if (value !== none) found = value;
      const next = bit < bits ? (nodes[node + bitAt(address, bit)] ?? 0) : 0;
      if (next === 0) break;
      node = next;
    }
    const isLeaf = (nodes[node] ?? 0) === 0 && (nodes[node + 1] ?? 0) === 0;
    this.scopeBits = isLeaf ? bit : bit + 1;
    return found;
  }
}

/** Makes the nodes on the way to a prefix, and gives the last one a value unless that is none. */
function growTo(nodes: number[], bytes: Uint8Array, length: number, value: number): void {
  let node = 0;
  for (let bit = 0; bit < length; bit++) {
    const side = node + bitAt(bytes, bit);
    // Node 0 is the root, which is nobody's child.
    if ((nodes[side] ?? 0) === 0) {
      nodes[side] = nodes.length;
      nodes.push(0, 0, none);
    }
    node = nodes[side] ?? 0;
  }
  if (value !== none) nodes[node + valueAt] = value;
}

function octetsOf(words: readonly number[]): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word);
  return octets;
}

function bitAt(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0 ? 0 : 1;
}
