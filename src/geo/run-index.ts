/**
 * The index of a table of runs: by the first bits of an address's first word, what all addresses with those bits have, or
 * at which row the search begins. Addresses crowd in few parts of the space, those of IPv6 above all, so a part with many
 * rows has an index of its own over the bits that come next.
 *
 * Layout, in words: the number of bits (n); 2^n entries; the indexes of parts, each again its bits and its entries.
 * Most of the space lies in runs that are wider than an entry, and costs one word to look up.
 */

const highestBit = 0x8000_0000 | 0;
const maxBits = 16;
/** Parts with more rows than this have an index of their own. */
const fewRows = 8;

/** An entry is negative where one run has all its addresses: then it holds the run's scope and number. */
const leafFlag = highestBit;
const leafNumberMask = 0xffff;
const leafScopeShift = 16;
const leafScopeMask = 0xff;
/** Otherwise this tells a part's index from a row, both below 2^30. */
const partFlag = 0x4000_0000;

/** How many bits all addresses of the widest prefix of a row's run share, around one in that run; 0 to 128. */
export type ScopeOf = (row: number, firstWord: number) => number;

/** Indexes rows of `rowWords` words, the first of each the first word of an address with its highest bit flipped. */
export function indexRows(rows: Int32Array, rowWords: number, scopeOf: ScopeOf): SharedArrayBuffer {
  const count = rows.length / rowWords;
  const bits = bitsFor(count);
  const buckets = 1 << bits;
  // A part of n rows takes up to 2n + 1 words.
  const index = new Int32Array(1 + buckets + 3 * count);
  index[0] = bits;
  const table: Table = { rows, rowWords, last: count - 1, scopeOf };
  const whole: Part = { low: 0, from: 0, shift: 32 - bits };
  const counts = fillEntries(index, 1, buckets, table, whole);
  let length = 1 + buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const inside = counts[bucket] ?? 0;
    if (inside <= fewRows) continue;
    const low = index[1 + bucket] ?? 0;
    const partBits = Math.min(bitsFor(inside), 32 - bits);
    const part: Part = { low, from: bucket * 2 ** (32 - bits), shift: 32 - bits - partBits };
    index[1 + bucket] = length | partFlag;
    index[length] = partBits;
    fillEntries(index, length + 1, 1 << partBits, table, part);
    length += 1 + (1 << partBits);
  }
  const buffer = new SharedArrayBuffer(length * 4);
  new Int32Array(buffer).set(index.subarray(0, length));
  return buffer;
}

/** The entry of an address with this first word: a leaf, which is negative, or the row at which to begin. */
export function findEntry(index: Int32Array, word: number): number {
  const bits = index[0] ?? 0;
  const entry = index[1 + (word >>> (32 - bits))] ?? 0;
  // A leaf has the sign, so that this compares both flags at once.
  if (entry < partFlag) return entry;
  const place = entry ^ partFlag;
  return index[place + 1 + ((word << bits) >>> (32 - (index[place] ?? 0)))] ?? 0;
}

/** The number of a leaf. */
export function leafNumber(entry: number): number {
  return entry & leafNumberMask;
}

/** The bits that the widest prefix of a leaf's run shares. */
export function leafScopeBits(entry: number): number {
  return (entry >>> leafScopeShift) & leafScopeMask;
}

function bitsFor(count: number): number {
  return Math.min(Math.max(Math.ceil(Math.log2(count)), 1), maxBits);
}

interface Table {
  readonly rows: Int32Array;
  readonly rowWords: number;
  readonly last: number;
  readonly scopeOf: ScopeOf;
}

/** Addresses that share first bits. */
interface Part {
  /** The last row that begins at or before the first of them. */
  readonly low: number;
  /** The first word of the first of them, unsigned, and how many of its bits are in one entry. */
  readonly from: number;
  readonly shift: number;
}

/** Writes a part's entries to the index at `at`, and returns how many rows begin inside of each. */
function fillEntries(index: Int32Array, at: number, buckets: number, table: Table, part: Part): Uint32Array {
  const { rows, rowWords, last, scopeOf } = table;
  const inside = new Uint32Array(buckets);
  let row = part.low;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = part.from + bucket * 2 ** part.shift;
    const first = (from | 0) ^ highestBit;
    while (row < last && beginsAtOrBefore(rows, (row + 1) * rowWords, rowWords - 1, first)) row++;
    let end = row;
    while (end < last && beginsBefore(rows[(end + 1) * rowWords] ?? 0, from + 2 ** part.shift)) end++;
    const number = rows[(row + 1) * rowWords - 1] ?? 0;
    const isLeaf = end === row && number <= leafNumberMask;
    index[at + bucket] = isLeaf ? leafFlag | (scopeOf(row, from | 0) << leafScopeShift) | number : row;
    inside[bucket] = end - row;
    // The last row that begins inside is at or before the next entry's first address.
    row = end;
  }
  return inside;
}

/** Whether a row's first word, as it is stored, is below an unsigned one, which may be 2^32. */
function beginsBefore(stored: number, word: number): boolean {
  return (stored ^ highestBit) >>> 0 < word;
}

/** Whether a row's address is at most the one that has `first` and then zeros. */
function beginsAtOrBefore(rows: Int32Array, at: number, words: number, first: number): boolean {
  const start = rows[at] ?? 0;
  if (start !== first) return start < first;
  for (let word = 1; word < words; word++) if (rows[at + word] !== highestBit) return false;
  return true;
}
