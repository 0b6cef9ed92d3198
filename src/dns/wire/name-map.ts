/**
 * Looking up names without building strings: suffix hashes of a name in one pass, and a map that is asked with them.
 */
import { maxLabelBytes, maxNameBytes } from './constants.ts';
import { equalNameAt, equalNames, lowerCase } from './name.ts';
import type { Name } from './name.ts';

const hashSeed = 0x811c9dc5;
const hashPrime = 0x01000193;

/** Where the labels of a name begin and the hash of each suffix; reused from name to name. */
export class LabelIndex {
  /** Labels without the root. */
  count = 0;
  /** Offset of label `i` from the name's start; `offsets[count]` is the root's. */
  readonly offsets = new Uint8Array(128);
  /** Hash of the suffix that begins at label `i`, ignoring case; signed, since V8 allocates for a number from 2^31 up. */
  readonly hashes = new Int32Array(128);

  /** Indexes the valid name at `offset`. */
  scan(bytes: Uint8Array, offset: number): void {
    let count = 0;
    let at = offset;
    for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
      this.offsets[count++] = at - offset;
      at += 1 + length;
    }
    this.#finish(bytes, offset, at, count);
  }

  /** Indexes what may be a name at `offset`; returns its octets, 0 when it is malformed, compressed or runs past `end`. */
  scanUntrusted(bytes: Uint8Array, offset: number, end: number): number {
    let count = 0;
    let at = offset;
    for (;;) {
      // One octet is left for the root: so the name has at most 127 labels.
      if (at >= end || at - offset >= maxNameBytes) return 0;
      const length = bytes[at] ?? 0;
      if (length === 0) break;
      if (length > maxLabelBytes) return 0;
      this.offsets[count++] = at - offset;
      at += 1 + length;
    }
    this.#finish(bytes, offset, at, count);
    return at + 1 - offset;
  }

  /** FNV-1a from the root leftwards, so that a suffix's hash is part of the way to the longer one's. */
  #finish(bytes: Uint8Array, offset: number, root: number, count: number): void {
    this.offsets[count] = root - offset;
    this.count = count;
    let hash = hashSeed;
    this.hashes[count] = hash;
    let end = root;
    for (let label = count - 1; label >= 0; label--) {
      const start = offset + (this.offsets[label] ?? 0);
      for (let index = start; index < end; index++) {
        hash = Math.imul(hash ^ (lowerCase[bytes[index] ?? 0] ?? 0), hashPrime);
      }
      this.hashes[label] = hash;
      end = start;
    }
  }
}

/** The hash of `*` directly below the name with the given hash. */
export function wildcardHash(parentHash: number): number {
  const hash = Math.imul(parentHash ^ 1, hashPrime);
  return Math.imul(hash ^ 0x2a, hashPrime);
}

interface NameMapEntry<Value> {
  readonly name: Name;
  value: Value;
  readonly next: NameMapEntry<Value> | undefined;
}

/** A map keyed by names, ignoring case, that is asked with bytes and a hash from `LabelIndex`. */
export class NameMap<Value> {
  readonly #buckets = new Map<number, NameMapEntry<Value>>();
  readonly #labels = new LabelIndex();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of the name at `offset` in `bytes`, whose hash the caller has. */
  lookup(bytes: Uint8Array, offset: number, hash: number): Value | undefined {
    let entry = this.#buckets.get(hash);
    while (entry !== undefined && !equalNameAt(bytes, offset, entry.name)) entry = entry.next;
    return entry?.value;
  }

  get(name: Name): Value | undefined {
    this.#labels.scan(name, 0);
    return this.lookup(name, 0, this.#labels.hashes[0] ?? 0);
  }

  set(name: Name, value: Value): void {
    this.#labels.scan(name, 0);
    const hash = this.#labels.hashes[0] ?? 0;
    const first = this.#buckets.get(hash);
    for (let entry = first; entry !== undefined; entry = entry.next) {
      if (!equalNames(entry.name, name)) continue;
      entry.value = value;
      return;
    }
    this.#buckets.set(hash, { name, value, next: first });
    this.#size++;
  }

  *values(): Generator<Value> {
    for (const first of this.#buckets.values()) {
      for (let entry: NameMapEntry<Value> | undefined = first; entry !== undefined; entry = entry.next) {
        yield entry.value;
      }
    }
  }
}
