/** What the publisher and the client of `bench/flips.ts` share: counts of publications, and when each began. */

const headerWords = 4;
const begunWord = 0;
const finishedWord = 1;
const stopWord = 2;

/** The shared memory; hand `buffer` to another thread and build it over that there. */
export class FlipClock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Milliseconds of the monotonic clock at which each publication began. */
  readonly #begunMs: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, headerWords);
    this.#begunMs = new Float64Array(buffer, headerWords * 4);
  }

  static create(publications: number): FlipClock {
    return new FlipClock(new SharedArrayBuffer(headerWords * 4 + publications * 8));
  }

  get capacity(): number {
    return this.#begunMs.length;
  }

  begin(publication: number, nowMs: number): void {
    this.#begunMs[publication] = nowMs;
    Atomics.store(this.#words, begunWord, publication);
  }

  finish(publication: number): void {
    Atomics.store(this.#words, finishedWord, publication);
  }

  begunMs(publication: number): number {
    return this.#begunMs[publication] ?? 0;
  }

  get begun(): number {
    return Atomics.load(this.#words, begunWord);
  }

  get finished(): number {
    return Atomics.load(this.#words, finishedWord);
  }

  stop(): void {
    Atomics.store(this.#words, stopWord, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, stopWord) !== 0;
  }
}
