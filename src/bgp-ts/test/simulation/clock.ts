/** Virtual time and seeded chance for the two-speaker simulation: events happen in the order of their instants. */

/** Draws that can be replayed from their seed (splitmix32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }
}

/** Far more than any seed needs. */
const maxEvents = 1_000_000;

interface Scheduled {
  readonly atMs: number;
  readonly act: () => void;
}

/** The queue of what is to happen. */
export class VirtualClock {
  nowMs = 0;
  #eventCount = 0;
  readonly #queue: Scheduled[] = [];

  /** Lets `act` happen `delayMs` from now; equal instants keep their order. */
  after(delayMs: number, act: () => void): void {
    const atMs = this.nowMs + delayMs;
    let index = this.#queue.length;
    // The queue is short; the next event stands at its end.
    while (index > 0 && (this.#queue[index - 1]?.atMs ?? 0) <= atMs) index--;
    this.#queue.splice(index, 0, { atMs, act });
  }

  /** Lets all happen that is due until `endMs`, which then is now. */
  runUntil(endMs: number): void {
    for (let next = this.#queue.at(-1); next !== undefined && next.atMs <= endMs; next = this.#queue.at(-1)) {
      this.#queue.pop();
      this.nowMs = next.atMs;
      if (++this.#eventCount > maxEvents)
        throw new Error(`more than ${maxEvents} events: somebody is busy for nothing`);
      next.act();
    }
    this.nowMs = endMs;
  }
}
