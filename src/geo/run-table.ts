/**
 * Runs as a table in shared memory that any thread searches without allocation: an address's number, and how far around
 * it all addresses have the same (R15).
 *
 * A row is the first address of a run and its number. Words of addresses are stored with the highest bit flipped, so
 * that they are small integers whose order is that of the unsigned ones. The index (run-index.ts) tells by the first
 * word of an address what it has, or at which row to begin.
 */
import { findEntry, indexRows, leafNumber, leafScopeBits } from './run-index.ts';
import type { Runs } from './runs.ts';

/** What a thread is sent. */
export interface RunTableBuffers {
  readonly rows: SharedArrayBuffer;
  readonly index: SharedArrayBuffer;
}

const highestBit = 0x8000_0000 | 0;
/** Words of a row: the address and the number. */
const ipv4Row = 2;
const ipv6Row = 5;

/** Puts runs into a table; `renumber` gives their numbers in it, and neighbours that become equal are one run. */
export function freezeRuns(runs: Runs, renumber: Uint32Array): RunTableBuffers {
  const { words, starts, numbers } = runs;
  const rowWords = words + 1;
  let count = 0;
  let before = -1;
  for (let run = 0; run < runs.count; run++) {
    const number = renumber[numbers[run] ?? 0] ?? 0;
    if (number !== before) count++;
    before = number;
  }
  const buffer = new SharedArrayBuffer(count * rowWords * 4);
  const rows = new Int32Array(buffer);
  let at = 0;
  before = -1;
  for (let run = 0; run < runs.count; run++) {
    const number = renumber[numbers[run] ?? 0] ?? 0;
    if (number === before) continue;
    before = number;
    for (let word = 0; word < words; word++) rows[at++] = (starts[run * words + word] ?? 0) ^ highestBit;
    rows[at++] = number;
  }
  const scopeOf =
    words === 1
      ? (row: number, word: number) => ipv4ScopeBits(rows, row, word ^ highestBit)
      : (row: number, word: number) => ipv6ScopeBits(rows, row, word ^ highestBit, highestBit, highestBit, highestBit);
  return { rows: buffer, index: indexRows(rows, rowWords, scopeOf) };
}

/** A table of IPv4. `find` tells of one address, and `scopeBits` of the one that was found last. */
export class Ipv4Table {
  /** Bits that all addresses of the widest prefix of the same number share with the address. */
  scopeBits = 0;
  readonly #rows: Int32Array;
  readonly #index: Int32Array;
  readonly #last: number;

  constructor({ rows, index }: RunTableBuffers) {
    this.#rows = new Int32Array(rows);
    this.#index = new Int32Array(index);
    this.#last = this.#rows.length / ipv4Row - 1;
  }

  /** The number of an address that is given as a 32-bit word, signed or not. */
  find(address: number): number {
    const entry = findEntry(this.#index, address);
    if (entry < 0) {
      this.scopeBits = leafScopeBits(entry);
      return leafNumber(entry);
    }
    const rows = this.#rows;
    const word = address ^ highestBit;
    let low = entry;
    let high = low;
    // Doubled steps find where to stop; there are few rows behind most entries, but there may be all.
    for (let step = 1; high < this.#last && (rows[(high + 1) * ipv4Row] ?? 0) <= word; step *= 2) {
      low = high + 1;
      high = Math.min(high + step, this.#last);
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((rows[middle * ipv4Row] ?? 0) <= word) low = middle;
      else high = middle - 1;
    }
    this.scopeBits = ipv4ScopeBits(rows, low, word);
    return rows[low * ipv4Row + 1] ?? 0;
  }
}

/** A table of IPv6, as `Ipv4Table`. */
export class Ipv6Table {
  /** Bits that all addresses of the widest prefix of the same number share with the address. */
  scopeBits = 0;
  readonly #rows: Int32Array;
  readonly #index: Int32Array;
  readonly #last: number;

  constructor({ rows, index }: RunTableBuffers) {
    this.#rows = new Int32Array(rows);
    this.#index = new Int32Array(index);
    this.#last = this.#rows.length / ipv6Row - 1;
  }

  /** The number of an address that is given as four 32-bit words, signed or not. */
  find(address0: number, address1: number, address2: number, address3: number): number {
    const entry = findEntry(this.#index, address0);
    if (entry < 0) {
      this.scopeBits = leafScopeBits(entry);
      return leafNumber(entry);
    }
    const rows = this.#rows;
    const word0 = address0 ^ highestBit;
    const word1 = address1 ^ highestBit;
    const word2 = address2 ^ highestBit;
    const word3 = address3 ^ highestBit;
    let low = entry;
    let high = low;
    for (let step = 1; high < this.#last && this.#begins(high + 1, word0, word1, word2, word3); step *= 2) {
      low = high + 1;
      high = Math.min(high + step, this.#last);
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#begins(middle, word0, word1, word2, word3)) low = middle;
      else high = middle - 1;
    }
    this.scopeBits = ipv6ScopeBits(rows, low, word0, word1, word2, word3);
    return rows[low * ipv6Row + 4] ?? 0;
  }

  /** Whether a row begins at an address or before it. */
  #begins(row: number, word0: number, word1: number, word2: number, word3: number): boolean {
    const rows = this.#rows;
    const at = row * ipv6Row;
    if (rows[at] !== word0) return (rows[at] ?? 0) < word0;
    if (rows[at + 1] !== word1) return (rows[at + 1] ?? 0) < word1;
    if (rows[at + 2] !== word2) return (rows[at + 2] ?? 0) < word2;
    return (rows[at + 3] ?? 0) <= word3;
  }
}

/** The bits of the widest prefix in a row's run around an address of it, whose word is as rows have theirs. */
function ipv4ScopeBits(rows: Int32Array, row: number, word: number): number {
  const at = row * ipv4Row;
  const bits = row === 0 ? 0 : Math.clz32(word ^ ((rows[at] ?? 0) - 1)) + 1;
  if (at + ipv4Row >= rows.length) return bits;
  return Math.max(bits, Math.clz32(word ^ (rows[at + ipv4Row] ?? 0)) + 1);
}

/** As `ipv4ScopeBits`. */
function ipv6ScopeBits(
  rows: Int32Array,
  row: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): number {
  const at = row * ipv6Row;
  const before = row === 0 ? 0 : 1 + sharedBitsBefore(rows, at, word0, word1, word2, word3);
  if (at + ipv6Row >= rows.length) return before;
  return Math.max(before, 1 + sharedBits(rows, at + ipv6Row, 0, word0, word1, word2, word3));
}

/** How many bits an address shares with the one before a row's. */
function sharedBitsBefore(
  rows: Int32Array,
  at: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): number {
  // Taking one away borrows from a word where all words after it are zero.
  let borrows = 1;
  if (rows[at + 3] === highestBit) borrows = rows[at + 2] !== highestBit ? 2 : rows[at + 1] !== highestBit ? 3 : 4;
  return sharedBits(rows, at, borrows, word0, word1, word2, word3);
}

/** How many bits an address shares with a row's, from each of whose last `borrows` words one is taken. */
function sharedBits(
  rows: Int32Array,
  at: number,
  borrows: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): number {
  let difference = word0 ^ ((rows[at] ?? 0) - (borrows > 3 ? 1 : 0));
  if (difference !== 0) return Math.clz32(difference);
  difference = word1 ^ ((rows[at + 1] ?? 0) - (borrows > 2 ? 1 : 0));
  if (difference !== 0) return 32 + Math.clz32(difference);
  difference = word2 ^ ((rows[at + 2] ?? 0) - (borrows > 1 ? 1 : 0));
  if (difference !== 0) return 64 + Math.clz32(difference);
  return 96 + Math.clz32(word3 ^ ((rows[at + 3] ?? 0) - (borrows > 0 ? 1 : 0)));
}
