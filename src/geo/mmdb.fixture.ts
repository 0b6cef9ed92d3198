/** Writes small and large MaxMind DB files for tests and benchmarks: values are written plainly, equal ones once. */
import { assert } from '#base/assert.ts';
import { prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';

/** A value to write: numbers that are unsigned 32-bit integers become `uint32`, others `double`. */
export type FixtureValue = string | number | bigint | boolean | readonly FixtureValue[] | FixtureMap;
export interface FixtureMap {
  readonly [key: string]: FixtureValue;
}

const encoder = new TextEncoder();

function head(type: number, size: number): number[] {
  const extended = type > 7;
  const control = (extended ? 0 : type) << 5;
  const more = extended ? [type - 7] : [];
  if (size < 29) return [control | size, ...more];
  if (size < 285) return [control | 29, ...more, size - 29];
  if (size < 65_821) return [control | 30, ...more, (size - 285) >> 8, (size - 285) & 255];
  const rest = size - 65_821;
  return [control | 31, ...more, rest >> 16, (rest >> 8) & 255, rest & 255];
}

/** The octets of a value. */
export function encodeValue(value: FixtureValue): number[] {
  if (typeof value === 'string') {
    const octets = [...encoder.encode(value)];
    return [...head(2, octets.length), ...octets];
  }
  if (typeof value === 'boolean') return head(14, value ? 1 : 0);
  if (typeof value === 'bigint') return integer(value > 0xffff_ffff_ffff_ffffn ? 10 : 9, value);
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return integer(6, BigInt(value));
    return [...head(3, 8), ...new Uint8Array(new Float64Array([value]).buffer).reverse()];
  }
  if (Array.isArray(value))
    return [...head(11, value.length), ...value.flatMap((item: FixtureValue) => encodeValue(item))];
  const entries = Object.entries(value);
  return [...head(7, entries.length), ...entries.flatMap(([key, item]) => [...encodeValue(key), ...encodeValue(item)])];
}

function integer(type: number, value: bigint): number[] {
  const octets: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) octets.unshift(Number(rest & 255n));
  return [...head(type, octets.length), ...octets];
}

/** The octets of metadata, whose numbers are of the types that readers insist on. */
function encodeMetadata(metadata: FixtureMap): number[] {
  const types = new Map([
    ['node_count', 6],
    ['build_epoch', 9],
  ]);
  const entries = Object.entries(metadata).flatMap(([key, value]) => {
    const encoded = typeof value === 'number' ? integer(types.get(key) ?? 5, BigInt(value)) : encodeValue(value);
    return [...encodeValue(key), ...encoded];
  });
  return [...head(7, Object.keys(metadata).length), ...entries];
}

/** The records of a tree under construction: nodes from 0, nothing -1, values as -2 and below. */
export class FixtureTree {
  readonly bits: 32 | 128;
  records = new Int32Array(1 << 12).fill(-1);
  nodeCount = 1;

  constructor(bits: 32 | 128) {
    this.bits = bits;
  }

  /** Lets a network lead to a value (by number, from 0), or with a negative number of n to node -n - 1. */
  insert(octets: Uint8Array, length: number, value: number): void {
    let node = 0;
    const bitAt = (depth: number): number => ((octets[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1;
    const offset = this.bits === 128 && octets.length === 4 ? 96 : 0;
    for (let depth = 0; depth < offset + length; depth++) {
      const slot = node * 2 + (depth < offset ? 0 : bitAt(depth - offset));
      if (depth === offset + length - 1) this.records[slot] = value < 0 ? -value - 1 : -2 - value;
      else node = this.#child(slot);
    }
  }

  /** The node of `::/96`. */
  ipv4Node(): number {
    let node = 0;
    for (let depth = 0; depth < 96; depth++) node = this.#child(node * 2);
    return node;
  }

  #child(slot: number): number {
    const record = this.records[slot] ?? -1;
    if (record >= 0) return record;
    if (this.nodeCount * 2 === this.records.length) {
      const larger = new Int32Array(this.records.length * 2).fill(-1);
      larger.set(this.records);
      this.records = larger;
    }
    const node = this.nodeCount++;
    // A network around it holds what is not named below.
    this.records.fill(record, node * 2, node * 2 + 2);
    this.records[slot] = node;
    return node;
  }
}

/** What a file is made of; networks within others come after them. */
export interface FixtureMmdb {
  readonly networks: readonly (readonly [IpPrefix, FixtureValue])[];
  readonly ipVersion?: 4 | 6;
  readonly recordBits?: 24 | 28 | 32;
  /** Prefixes of IPv6 that lead to the node of IPv4. */
  readonly aliases?: readonly IpPrefix[];
  readonly metadata?: FixtureMap;
}

/** The octets of a file. */
export function buildMmdb({
  networks,
  ipVersion = 6,
  recordBits = 24,
  aliases = [],
  metadata,
}: FixtureMmdb): Uint8Array {
  const tree = new FixtureTree(ipVersion === 6 ? 128 : 32);
  const values = new Map<string, number>();
  const octets: number[][] = [];
  for (const [prefix, value] of networks) {
    const encoded = encodeValue(value);
    const key = encoded.join();
    if (!values.has(key)) {
      values.set(key, octets.length);
      octets.push(encoded);
    }
    const { bytes, length } = prefixParts(prefix);
    tree.insert(bytes, length, values.get(key) ?? 0);
  }
  for (const alias of aliases) {
    const { bytes, length } = prefixParts(alias);
    tree.insert(bytes, length, -tree.ipv4Node() - 1);
  }
  return assembleMmdb(tree, octets, recordBits, metadata);
}

/** Puts a tree and its encoded values together. */
export function assembleMmdb(
  tree: FixtureTree,
  values: readonly (readonly number[])[],
  recordBits: 24 | 28 | 32,
  metadata: FixtureMap = {},
): Uint8Array {
  const { nodeCount } = tree;
  const offsets: number[] = [];
  let dataOctets = 0;
  for (const value of values) {
    offsets.push(dataOctets);
    dataOctets += value.length;
  }
  const trailer = [
    ...[0xab, 0xcd, 0xef, ...encoder.encode('MaxMind.com')],
    ...encodeMetadata({
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1_700_000_000,
      database_type: 'Test',
      description: {},
      ip_version: tree.bits === 128 ? 6 : 4,
      languages: [],
      node_count: nodeCount,
      record_size: recordBits,
      ...metadata,
    }),
  ];
  const treeOctets = (nodeCount * recordBits) / 4;
  const file = new Uint8Array(treeOctets + 16 + dataOctets + trailer.length);
  for (let node = 0; node < nodeCount; node++) {
    const [left = 0, right = 0] = [0, 1].map((side) => {
      const record = tree.records[node * 2 + side] ?? -1;
      if (record >= 0) return record;
      return record === -1 ? nodeCount : nodeCount + 16 + (offsets[-2 - record] ?? 0);
    });
    assert(Math.max(left, right) < 2 ** recordBits, 'records hold their numbers');
    writeNode(file, (node * recordBits) / 4, left, right, recordBits);
  }
  for (const [index, value] of values.entries()) file.set(value, treeOctets + 16 + (offsets[index] ?? 0));
  file.set(trailer, treeOctets + 16 + dataOctets);
  return file;
}

function writeNode(file: Uint8Array, at: number, left: number, right: number, recordBits: 24 | 28 | 32): void {
  if (recordBits === 32) {
    new DataView(file.buffer).setUint32(at, left);
    new DataView(file.buffer).setUint32(at + 4, right);
    return;
  }
  const octets = (value: number): number[] => [(value >> 16) & 255, (value >> 8) & 255, value & 255];
  const middle = recordBits === 28 ? [((left >> 24) << 4) | (right >> 24)] : [];
  file.set([...octets(left), ...middle, ...octets(right)], at);
}
