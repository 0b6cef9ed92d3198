/**
 * The index of a table of runs: by the first bits of an address's first word, between which rows it is to be searched.
 * Addresses crowd in few parts of the space, those of IPv6 above all, so a part with many rows has an index of its own
 * over the bits that come next.
 *
 * Layout, in words: the number of bits (n); 2^n + 1 rows, each the last row that begins at or before the first address
 * with those bits; 2^n places of the parts' own indexes, 0 for none; those indexes, each again its bits and its rows.
 */

const highestBit = 0x8000_0000 | 0;
const maxBits = 16;
/** Parts with more rows than this have an index of their own. */
const fewRows = 8;

/** Indexes rows of `rowWords` words, the first of each the first word of an address with its highest bit flipped. */
export function indexRows(rows: Int32Array, rowWords: number): SharedArrayBuffer {
  const count = rows.length / rowWords;
  const bits = bitsFor(count);
  const buckets = 1 << bits;
  const placesAt = 2 + buckets;
  // A part of n rows takes up to 2n + 2 words.
  const index = new Uint32Array(placesAt + buckets + 3 * count);
  index[0] = bits;
  fillBounds(index, 1, buckets, { rows, rowWords, low: 0, high: count - 1, from: 0, shift: 32 - bits });
  let length = placesAt + buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const low = index[1 + bucket] ?? 0;
    const high = index[2 + bucket] ?? 0;
    if (high - low <= fewRows) continue;
    const partBits = Math.min(bitsFor(high - low), 32 - bits);
    const from = bucket << (32 - bits);
    index[placesAt + bucket] = length;
    index[length] = partBits;
    fillBounds(index, length + 1, 1 << partBits, { rows, rowWords, low, high, from, shift: 32 - bits - partBits });
    length += 2 + (1 << partBits);
  }
  const buffer = new SharedArrayBuffer(length * 4);
  new Uint32Array(buffer).set(index.subarray(0, length));
  return buffer;
}

/** Where in the index the two rows stand, side by side, between which an address with this first word belongs. */
export function findRows(index: Uint32Array, word: number): number {
  const bits = index[0] ?? 0;
  const bucket = word >>> (32 - bits);
  const place = index[2 + (1 << bits) + bucket] ?? 0;
  if (place === 0) return 1 + bucket;
  return place + 1 + ((word << bits) >>> (32 - (index[place] ?? 0)));
}

function bitsFor(count: number): number {
  return Math.min(Math.max(Math.ceil(Math.log2(count)), 1), maxBits);
}

interface Part {
  readonly rows: Int32Array;
  readonly rowWords: number;
  /** The first and the last row in question. */
  readonly low: number;
  readonly high: number;
  /** The first word of the first address, and how many of its bits are in one bucket. */
  readonly from: number;
  readonly shift: number;
}

/** Writes the rows of a part's buckets to the index at `at`, and after them the last row. */
function fillBounds(index: Uint32Array, at: number, buckets: number, part: Part): void {
  const { rows, rowWords, low, high, from, shift } = part;
  let row = low;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = (from + bucket * 2 ** shift) ^ highestBit;
    while (row < high && beginsAtOrBefore(rows, (row + 1) * rowWords, rowWords - 1, first)) row++;
    index[at + bucket] = row;
  }
  index[at + buckets] = high;
}

/** Whether a row's address is at most the one that has `first` and then zeros. */
function beginsAtOrBefore(rows: Int32Array, at: number, words: number, first: number): boolean {
  const start = rows[at] ?? 0;
  if (start !== first) return start < first;
  for (let word = 1; word < words; word++) if (rows[at + word] !== highestBit) return false;
  return true;
}
