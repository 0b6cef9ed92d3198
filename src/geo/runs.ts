/**
 * Runs: all addresses of a family, cut where something changes. A run begins at an address, ends before the next one,
 * and has a number. Two layers of runs are combined into one by numbering the pairs that occur.
 */
import { assert } from '#base/assert.ts';

/** Sorted runs without gaps: the first begins at address 0, neighbours have different numbers. */
export interface Runs {
  /** 32-bit words of an address: 1 for IPv4, 4 for IPv6. */
  readonly words: 1 | 4;
  readonly count: number;
  /** The first address of each run, `words` to each, the highest word first. */
  readonly starts: Uint32Array;
  readonly numbers: Uint32Array;
}

/** Collects runs in the order of their addresses. */
export class RunsBuilder {
  readonly words: 1 | 4;
  #count = 0;
  #starts: Uint32Array;
  #numbers: Uint32Array;

  constructor(words: 1 | 4) {
    this.words = words;
    this.#starts = new Uint32Array(64 * words);
    this.#numbers = new Uint32Array(64);
  }

  /** Begins a run at an address, `words` words of `from` at `at`; nothing where the number is that of the run before. */
  append(from: Uint32Array, at: number, number: number): void {
    const count = this.#count;
    if (count > 0 && this.#numbers[count - 1] === number) return;
    if (count === this.#numbers.length) this.#grow();
    for (let word = 0; word < this.words; word++) this.#starts[count * this.words + word] = from[at + word] ?? 0;
    this.#numbers[count] = number;
    this.#count = count + 1;
  }

  finish(): Runs {
    const { words } = this;
    const count = this.#count;
    assert(count > 0, 'runs cover all addresses');
    return {
      words,
      count,
      starts: this.#starts.subarray(0, count * words),
      numbers: this.#numbers.subarray(0, count),
    };
  }

  #grow(): void {
    const starts = new Uint32Array(this.#starts.length * 2);
    starts.set(this.#starts);
    this.#starts = starts;
    const numbers = new Uint32Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

/** Runs of which each has one number of `below` and one of `above`, numbered by `pair`. */
export function combineRuns(below: Runs, above: Runs, pair: (below: number, above: number) => number): Runs {
  assert(below.words === above.words, 'the layers are of one family');
  const { words } = below;
  const builder = new RunsBuilder(words);
  let low = 0;
  let high = 0;
  while (low < below.count || high < above.count) {
    const order = compareStarts(below, low, above, high);
    const isBelow = order <= 0;
    const isAbove = order >= 0;
    const { starts } = isBelow ? below : above;
    const at = (isBelow ? low : high) * words;
    if (isBelow) low++;
    if (isAbove) high++;
    builder.append(starts, at, pair(below.numbers[low - 1] ?? 0, above.numbers[high - 1] ?? 0));
  }
  return builder.finish();
}

/** Negative where the run of `one` begins first, 0 where both begin together; what is past the end begins last. */
function compareStarts(one: Runs, oneIndex: number, other: Runs, otherIndex: number): number {
  if (oneIndex === one.count) return 1;
  if (otherIndex === other.count) return -1;
  for (let word = 0; word < one.words; word++) {
    const left = one.starts[oneIndex * one.words + word] ?? 0;
    const right = other.starts[otherIndex * other.words + word] ?? 0;
    if (left !== right) return left - right;
  }
  return 0;
}
