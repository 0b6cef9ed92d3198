/**
 * The search tree of a MaxMind DB file, format 2.0: nodes of two records, each of 24, 28 or 32 bits. A record is a node,
 * or nothing, or the place of a value. In a tree of IPv6 the IPv4 addresses are `::/96`, and several networks may lead
 * to one node: files lead `2002::/16` and its like to the node of IPv4.
 */
import { MmdbFault } from './mmdb-cursor.ts';

/** Zeros between the tree and the data. */
export const separatorOctets = 16;

/** Four times what the largest files have, which count their IPv4 networks under several prefixes of IPv6. */
const maxNetworks = 1 << 26;

/** What a lookup met: the value's octet in the file, undefined where the file knows nothing, and the network's length. */
export interface TreeMatch {
  readonly valueAt: number | undefined;
  readonly length: number;
}

/** What a walk stands on: the first address as 32-bit words of which the first `words` count, and the value there. */
export type NetworkVisitor = (first: Uint32Array, valueAt: number | undefined) => void;

/** Networks at which a walk of IPv6 goes no deeper: four words and a length each. */
export interface WalkStop {
  readonly words: readonly number[];
  readonly length: number;
}

export class MmdbTree {
  /** Bits of the addresses: 32 or 128. */
  readonly bits: number;
  readonly nodeCount: number;
  /** Octets of the tree, without the separator. */
  readonly octets: number;
  readonly #bytes: Uint8Array;
  readonly #recordBits: number;
  readonly #nodeOctets: number;
  /** The node of 0.0.0.0/0, or the record that covers all of IPv4; undefined before it was looked up. */
  #ipv4Record: number | undefined;
  #ipv4Length = 0;

  constructor(bytes: Uint8Array, nodeCount: number, recordBits: number, bits: number) {
    this.#bytes = bytes;
    this.#recordBits = recordBits;
    this.#nodeOctets = recordBits / 4;
    this.nodeCount = nodeCount;
    this.bits = bits;
    this.octets = nodeCount * this.#nodeOctets;
  }

  /**
   * Visits every node once, and returns where in the file the values stand that networks have. Throws `MmdbFault` where
   * a network is longer than an address or its value outside of `dataOctets`.
   */
  check(dataOctets: number): ReadonlySet<number> {
    const values = new Set<number>();
    /** Of nodes that were visited: how many bits the longest network below has, and 0 before. */
    const heights = new Uint8Array(this.nodeCount);
    /** And how many networks: nodes that many lead to can make a small file expand without measure. */
    const counts = new Float64Array(this.nodeCount);
    const visit = (node: number, depth: number): number => {
      if (depth >= this.bits)
        throw new MmdbFault(
          'a network longer than an address, or nodes in a circle,',
          node * this.#nodeOctets,
          `at most ${this.bits} bits`,
        );
      const known = heights[node] ?? 0;
      if (known > 0) {
        if (depth + known <= this.bits) return known;
        throw new MmdbFault('a network longer than an address', node * this.#nodeOctets, `at most ${this.bits} bits`);
      }
      let height = 1;
      let networks = 0;
      for (let side = 0; side < 2; side++) {
        const record = this.#record(node, side);
        if (record < this.nodeCount) {
          height = Math.max(height, 1 + visit(record, depth + 1));
          networks += counts[record] ?? 0;
        } else {
          networks++;
          if (record > this.nodeCount) values.add(this.#checkedValue(record, node, dataOctets));
        }
      }
      heights[node] = height;
      counts[node] = networks;
      return height;
    };
    visit(0, 0);
    const networks = counts[0] ?? 0;
    if (networks > maxNetworks) throw new MmdbFault(`a tree of ${networks} networks`, 0, `at most ${maxNetworks}`);
    return values;
  }

  #checkedValue(record: number, node: number, dataOctets: number): number {
    const offset = record - this.nodeCount - separatorOctets;
    if (offset >= 0 && offset < dataOctets) return this.#valueAt(record);
    const least = this.nodeCount + separatorOctets;
    throw new MmdbFault(`a tree record of ${record}`, node * this.#nodeOctets, `${least} to ${least + dataOctets - 1}`);
  }

  /** Looks up 4 or 16 octets; addresses of IPv6 have no match in a tree of IPv4. The length counts in the address's bits. */
  find(address: Uint8Array): TreeMatch {
    const isIpv4 = address.length === 4;
    if (!isIpv4 && this.bits === 32) return { valueAt: undefined, length: 0 };
    let record = isIpv4 ? this.#ipv4Start() : 0;
    let length = 0;
    while (record < this.nodeCount) {
      record = this.#record(record, ((address[length >> 3] ?? 0) >> (7 - (length & 7))) & 1);
      length++;
    }
    return { valueAt: record === this.nodeCount ? undefined : this.#valueAt(record), length };
  }

  /** Visits all networks of IPv4 in the order of their addresses, those without a value too. */
  walkIpv4(visitor: NetworkVisitor): void {
    this.#walk(this.#ipv4Start(), 0, new Uint32Array(1), visitor, []);
  }

  /** Visits all networks of IPv6 in the order of their addresses; those at which it stops count as without a value. */
  walkIpv6(stops: readonly WalkStop[], visitor: NetworkVisitor): void {
    this.#walk(this.bits === 32 ? this.nodeCount : 0, 0, new Uint32Array(4), visitor, stops);
  }

  #walk(record: number, depth: number, first: Uint32Array, visitor: NetworkVisitor, stops: readonly WalkStop[]): void {
    const isStop = stops.length > 0 && stops.some(({ words, length }) => length === depth && isAt(first, words));
    if (record >= this.nodeCount || isStop) {
      visitor(first, isStop || record === this.nodeCount ? undefined : this.#valueAt(record));
      return;
    }
    const word = depth >> 5;
    const mask = 0x8000_0000 >>> (depth & 31);
    // Only the stops below this node matter below it: there are none in almost all of the tree.
    const below =
      stops.length === 0
        ? stops
        : stops.filter(({ words, length }) => length > depth && sharesBits(first, words, depth));
    this.#walk(this.#record(record, 0), depth + 1, first, visitor, below);
    first[word] = (first[word] ?? 0) | mask;
    this.#walk(this.#record(record, 1), depth + 1, first, visitor, below);
    first[word] = (first[word] ?? 0) & ~mask;
  }

  #ipv4Start(): number {
    if (this.#ipv4Record === undefined) {
      let record = 0;
      for (; this.bits === 128 && this.#ipv4Length < 96 && record < this.nodeCount; this.#ipv4Length++)
        record = this.#record(record, 0);
      this.#ipv4Record = record;
    }
    return this.#ipv4Record;
  }

  #valueAt(record: number): number {
    return this.octets + record - this.nodeCount;
  }

  /** The left (0) or right (1) record of a node. */
  #record(node: number, side: number): number {
    const bytes = this.#bytes;
    const at = node * this.#nodeOctets;
    if (this.#recordBits === 24) {
      const first = at + side * 3;
      return ((bytes[first] ?? 0) << 16) | ((bytes[first + 1] ?? 0) << 8) | (bytes[first + 2] ?? 0);
    }
    if (this.#recordBits === 28) {
      const middle = bytes[at + 3] ?? 0;
      const first = at + side * 4;
      const high = side === 0 ? middle >> 4 : middle & 15;
      return (high << 24) | ((bytes[first] ?? 0) << 16) | ((bytes[first + 1] ?? 0) << 8) | (bytes[first + 2] ?? 0);
    }
    const first = at + side * 4;
    return (
      (bytes[first] ?? 0) * 0x100_0000 +
      (((bytes[first + 1] ?? 0) << 16) | ((bytes[first + 2] ?? 0) << 8) | (bytes[first + 3] ?? 0))
    );
  }
}

function isAt(first: Uint32Array, words: readonly number[]): boolean {
  return words.every((word, index) => word === first[index]);
}

/** Whether the first `depth` bits are equal. */
function sharesBits(first: Uint32Array, words: readonly number[], depth: number): boolean {
  return words.every((word, index) => {
    const bits = Math.min(Math.max(depth - index * 32, 0), 32);
    return bits === 0 || (((first[index] ?? 0) ^ word) >>> 0) >>> (32 - bits) === 0;
  });
}
