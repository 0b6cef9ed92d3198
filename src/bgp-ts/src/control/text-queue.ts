/**
 * Lines on their way to a reader that may take none: so many are told without being seen, as many again wait, and older
 * ones are lost and counted. Pure.
 */

/** So many lines are on their way, and wait, at most. */
const defaultMostTexts = 10_000;

/**
 * After so many lines, far fewer than those, their teller hears that they were seen. If it heard of each, it would wake
 * between two changes, and the next one would take it a quarter longer (measured).
 */
export const seenAtTexts = 1000;

/** Lines for one reader. */
export class TextQueue {
  readonly #tell: (texts: readonly string[]) => void;
  readonly #mostTexts: number;
  #texts: string[] = [];
  #unseenCount = 0;
  #lostCount = 0;

  constructor(tell: (texts: readonly string[]) => void, mostTexts = defaultMostTexts) {
    this.#tell = tell;
    this.#mostTexts = mostTexts;
  }

  /** Keeps a line for the next `flush`; returns whether it is the first of those. */
  add(text: string): boolean {
    this.#texts.push(text);
    // Old ones are dropped many at a time: shifting a long list for each would be slow.
    if (this.#texts.length >= 2 * this.#mostTexts) this.#drop();
    return this.#texts.length === 1;
  }

  /** Tells what waits, unless too much of what was told before was not seen. */
  flush(): void {
    if (this.#texts.length === 0 || this.#unseenCount >= this.#mostTexts) return;
    this.#drop();
    const texts = this.#lostCount === 0 ? this.#texts : [this.#describeLost(), ...this.#texts];
    this.#texts = [];
    this.#lostCount = 0;
    this.#unseenCount += texts.length;
    this.#tell(texts);
  }

  /** So many lines were seen. */
  seen(count: number): void {
    this.#unseenCount -= count;
    this.flush();
  }

  /** Tells what waits, seen or not. */
  end(): void {
    this.#unseenCount = 0;
    this.flush();
  }

  #drop(): void {
    const surplus = this.#texts.length - this.#mostTexts;
    if (surplus <= 0) return;
    this.#texts = this.#texts.slice(surplus);
    this.#lostCount += surplus;
  }

  #describeLost(): string {
    return `${this.#lostCount} lines were lost here, since nobody took them`;
  }
}
