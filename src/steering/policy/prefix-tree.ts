/**
 * The longest prefix that holds an address, and how many of its bits that depends on. For the prefixes that a
 * configuration or a table of measurements names; places come from the room `geo`.
 */
import type { IpPrefix } from '#base/ip.ts';
import { prefixParts } from '#base/ip.ts';

/** Where a node's parts lie: its children for a bit of 0 and of 1, and its value. */
const valueAt = 2;
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

  /** Holds the number `value` at `prefix`, in place of one that is there. */
  add(prefix: IpPrefix, value: number): void {
    const { bytes, length } = prefixParts(prefix);
    const nodes = bytes.length === 4 ? this.#ipv4 : this.#ipv6;
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
    nodes[node + valueAt] = value;
  }

  /** The value of the longest prefix that holds an address of 4 or 16 octets, or -1. */
  find(address: Uint8Array): number {
    const nodes = address.length === 4 ? this.#ipv4 : this.#ipv6;
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

function bitAt(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0 ? 0 : 1;
}
