/** Fills one hash table of an image (image-layout.ts): slots of two words, hash and place, open addressing. */
import { spread } from './records.ts';

/** Entries that are put in at once. */
const waitingEntries = 64;

/** Puts entries into the table at word `at`, of `mask` + 1 slots of which enough are free. */
export class TableWriter {
  readonly #words: Uint32Array;
  readonly #at: number;
  readonly #mask: number;
  /** Entries that are not in the table yet, and the first slot that may be free for each. */
  readonly #hashes = new Int32Array(waitingEntries);
  readonly #places = new Uint32Array(waitingEntries);
  readonly #slots = new Uint32Array(waitingEntries);
  #waiting = 0;

  constructor(words: Uint32Array, at: number, mask: number) {
    this.#words = words;
    this.#at = at;
    this.#mask = mask;
  }

  /** Adds an entry, which is in the table after `flush` at the latest. */
  add(hash: number, place: number): void {
    this.#hashes[this.#waiting] = hash;
    this.#places[this.#waiting] = place;
    if (++this.#waiting === waitingEntries) this.flush();
  }

  /**
   * Puts in what waits. The slots of a large table lie in memory that no cache holds: asked for one right after the
   * other, they come together; asked for entry by entry, each would be waited for alone.
   */
  flush(): void {
    for (let index = 0; index < this.#waiting; index++) {
      const slot = spread(this.#hashes[index] ?? 0) & this.#mask;
      this.#slots[index] = this.#isTaken(slot) ? (slot + 1) & this.#mask : slot;
    }
    for (let index = 0; index < this.#waiting; index++) {
      let slot = this.#slots[index] ?? 0;
      while (this.#isTaken(slot)) slot = (slot + 1) & this.#mask;
      this.#words[this.#at + slot * 2] = this.#hashes[index] ?? 0;
      this.#words[this.#at + slot * 2 + 1] = this.#places[index] ?? 0;
    }
    this.#waiting = 0;
  }

  /** No place is word 0, where the header is. */
  #isTaken(slot: number): boolean {
    return (this.#words[this.#at + slot * 2 + 1] ?? 0) !== 0;
  }
}
