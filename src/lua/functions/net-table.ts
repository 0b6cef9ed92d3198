/**
 * Networks in an order, of which the first that holds an address decides; told with how far the decision reaches, which
 * is the widest prefix around the address in which every address gets the same (R15).
 *
 * A binary tree for each family, in which equal halves are merged. Networks of one family hold no address of the other.
 */
import { parseIpBytes } from '#base/ip.ts';

export interface Network {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Reads `address` or `address/length`, its host bits ignored as in PowerDNS; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const bytes = parseIpBytes(match?.[1] ?? '');
  if (bytes === undefined) return undefined;
  const length = match?.[2] === undefined ? bytes.length * 8 : Number(match[2]);
  return length <= bytes.length * 8 ? { bytes, length } : undefined;
}

/** Whether an address of 4 or 16 octets lies in a network. */
export function isInNetwork({ bytes, length }: Network, address: Uint8Array): boolean {
  if (address.length !== bytes.length) return false;
  for (let at = 0; at * 8 < length; at++) {
    const mask = length - at * 8 >= 8 ? 0xff : 0xff & (0xff00 >> (length - at * 8));
    if (((address[at] ?? 0) & mask) !== ((bytes[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** A leaf's class, or two halves. */
type Tree = number | readonly [zero: Tree, one: Tree];

export class NetTable {
  /** Two words for each node: where the halves go on, or the complement of their class. */
  readonly #nodes: Int32Array;
  readonly #four: number;
  readonly #six: number;
  /** Of the last `find`. */
  scopeBits = 0;

  /** `sets` in the order in which they are tried; `none` is the class of what is in no set. */
  constructor(sets: readonly (readonly Network[])[], none: number) {
    let [four, six]: readonly [Tree, Tree] = [none, none];
    // What is painted later covers what was before.
    for (let index = sets.length - 1; index >= 0; index--) {
      for (const network of sets[index] ?? []) {
        if (network.bytes.length === 4) four = paint(four, network, 0, index);
        else six = paint(six, network, 0, index);
      }
    }
    const words: number[] = [];
    this.#four = flatten(four, words);
    this.#six = flatten(six, words);
    this.#nodes = Int32Array.from(words);
  }

  /** The index of the first set that holds an address of 4 or 16 octets. */
  find(address: Uint8Array): number {
    let at = address.length === 4 ? this.#four : this.#six;
    let depth = 0;
    while (at >= 0) {
      at = this.#nodes[at + (((address[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1)] ?? -1;
      depth++;
    }
    this.scopeBits = depth;
    return ~at;
  }
}

/** Where a tree lies among the words, or the complement of its class. */
function flatten(tree: Tree, words: number[]): number {
  if (typeof tree === 'number') return ~tree;
  const at = words.length;
  words.push(0, 0);
  words[at] = flatten(tree[0], words);
  words[at + 1] = flatten(tree[1], words);
  return at;
}

function paint(tree: Tree, network: Network, depth: number, value: number): Tree {
  if (depth === network.length || tree === value) return value;
  let [zero, one]: readonly [Tree, Tree] = typeof tree === 'number' ? [tree, tree] : tree;
  if ((((network.bytes[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1) === 0)
    zero = paint(zero, network, depth + 1, value);
  else one = paint(one, network, depth + 1, value);
  return zero === one ? zero : [zero, one];
}
