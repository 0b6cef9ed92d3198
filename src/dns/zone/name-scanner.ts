/**
 * Names of a master file from octets straight into wire form (RFC 1035 §5.1), with the hash that `LabelIndex` gives.
 *
 * Only names without escapes are read here; what is refused is left to `parseName`, which also says why.
 */
import { maxLabelBytes, maxNameBytes } from '../wire/constants.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { lowerCase, rootName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';

const dot = 0x2e;
const at = 0x40;
/** The prime of FNV-1a with 32 bits, with which `LabelIndex` hashes. */
const hashPrime = 0x01000193;

/** The hash of a name as `LabelIndex` computes it. */
export function hashName(name: Name): number {
  const labels = new LabelIndex();
  labels.scan(name, 0);
  return labels.hashes[0] ?? 0;
}

const rootHash = hashName(rootName);

/** The hash of the name that `label`, without its length, makes with the suffix that hashes to `suffixHash`. */
function hashLabel(suffixHash: number, label: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(suffixHash ^ (end - start), hashPrime);
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (lowerCase[label[index] ?? 0] ?? 0), hashPrime);
  }
  return hash;
}

/**
 * Reads the unescaped name from `start` to `end` of `bytes` into `target` at `offset`, completed with `origin`.
 *
 * Returns its octets; 0 when it is not a name or `target` could not hold one of 255 octets.
 */
export function scanName(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
  origin: Name,
): number {
  if (end - start === 1) {
    if (bytes[start] === at) return copyInto(origin, target, offset);
    if (bytes[start] === dot) return copyInto(rootName, target, offset);
  }
  // A name's text has at most one octet less than its wire form.
  if (end - start >= maxNameBytes || end === start || offset + maxNameBytes > target.length) return 0;
  let lengthAt = offset;
  let to = offset + 1;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte !== dot) {
      target[to++] = byte;
      continue;
    }
    const length = to - lengthAt - 1;
    if (length === 0 || length > maxLabelBytes) return 0;
    target[lengthAt] = length;
    lengthAt = to++;
  }
  const length = to - lengthAt - 1;
  if (length === 0) {
    target[lengthAt] = 0;
    return to - offset;
  }
  if (length > maxLabelBytes || to - offset + origin.length > maxNameBytes) return 0;
  target[lengthAt] = length;
  copyInto(origin, target, to);
  return to - offset + origin.length;
}

function copyInto(name: Name, target: Uint8Array, offset: number): number {
  for (let index = 0; index < name.length; index++) target[offset + index] = name[index] ?? 0;
  return name.length;
}

/** Reads owner names under an origin, each into the same place. */
export class OwnerScanner {
  /** The name read last, from its first octet. */
  readonly bytes: Uint8Array = new Uint8Array(maxNameBytes);
  /** Its hash. */
  hash = 0;
  #origin: Name = rootName;
  #originHash = rootHash;
  readonly #labelStarts = new Uint8Array(maxNameBytes);

  get origin(): Name {
    return this.#origin;
  }

  set origin(name: Name) {
    this.#origin = name;
    this.#originHash = hashName(name);
  }

  /** Reads the unescaped name from `start` to `end`; false when it is not one. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    const length = scanName(bytes, start, end, this.bytes, 0, this.#origin);
    if (length === 0) return false;
    const isAbsolute = bytes[end - 1] === dot;
    this.#hash(length, isAbsolute ? rootName.length : this.#origin.length, isAbsolute ? rootHash : this.#originHash);
    return true;
  }

  /** Takes a name that was parsed elsewhere. */
  take(name: Name): void {
    this.bytes.set(name);
    this.#hash(name.length, rootName.length, rootHash);
  }

  /** Hashes the labels before the last `suffixBytes` octets from right to left. */
  #hash(length: number, suffixBytes: number, suffixHash: number): void {
    const { bytes } = this;
    let count = 0;
    for (let index = 0; index < length - suffixBytes; index += 1 + (bytes[index] ?? 0)) {
      this.#labelStarts[count++] = index;
    }
    let hash = suffixHash;
    for (let end = length - suffixBytes; count > 0;) {
      const start = this.#labelStarts[--count] ?? 0;
      hash = hashLabel(hash, bytes, start + 1, end);
      end = start;
    }
    this.hash = hash;
  }
}
