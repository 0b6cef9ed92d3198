/**
 * How many checks of one sort run at a time, and who is next: so many quick ones, and besides them so many slow ones, so
 * that targets which do not answer never keep the others waiting. Pure.
 *
 * A run that takes longer than `slowAfterMs` leaves its place among the quick; a check that was slow last time takes a
 * slow place from its start. Whoever waits is served in the order in which it fell due.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';

/** Places of one lane. */
export interface LaneLimits {
  readonly quick: number;
  readonly slow: number;
  readonly slowAfterMs: number;
}

/** One check as a lane sees it. */
export interface LaneItem {
  /** Whether its last run was slow, so that it now takes a slow place. */
  isSlow: boolean;
  /** Where the present run is counted; undefined while it does not run. */
  place: 'quick' | 'slow' | undefined;
  /** Grows with each run. */
  starts: number;
}

interface Quick<Item> {
  readonly item: Item;
  readonly run: number;
  readonly startedAt: MonoMs;
}

export class Lane<Item extends LaneItem> {
  readonly #limits: LaneLimits;
  readonly #waiting = { quick: new Fifo<Item>(), slow: new Fifo<Item>() };
  readonly #running = { quick: 0, slow: 0 };
  /** Runs in quick places in the order of their start, among them some that have ended. */
  readonly #quick = new Fifo<Quick<Item>>();

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get hasWaiting(): boolean {
    return this.#waiting.quick.length + this.#waiting.slow.length > 0;
  }

  enter(item: Item): void {
    this.#waiting[item.isSlow ? 'slow' : 'quick'].push(item);
  }

  /** The next check to run now, which then has a place; undefined while there is none or no place. */
  next(nowMs: MonoMs): Item | undefined {
    this.#moveSlow(nowMs);
    for (const kind of ['quick', 'slow'] as const) {
      if (this.#running[kind] >= this.#limits[kind]) continue;
      const item = this.#waiting[kind].shift();
      if (item === undefined) continue;
      item.place = kind;
      item.starts++;
      this.#running[kind]++;
      if (kind === 'quick') this.#quick.push({ item, run: item.starts, startedAt: nowMs });
      return item;
    }
    return undefined;
  }

  /** Takes a check's place back; it ran so long. */
  leave(item: Item, durationMs: number): void {
    if (item.place === undefined) return;
    this.#running[item.place]--;
    item.place = undefined;
    item.isSlow = durationMs > this.#limits.slowAfterMs;
  }

  /** When a place becomes free although no run ends. */
  nextDeadlineMs(): MonoMs | undefined {
    const first = this.#quick.first;
    if (first === undefined || this.#waiting.quick.length === 0 || this.#running.slow >= this.#limits.slow) {
      return undefined;
    }
    return after(first.startedAt, this.#limits.slowAfterMs);
  }

  #moveSlow(nowMs: MonoMs): void {
    for (let first = this.#quick.first; first !== undefined; first = this.#quick.first) {
      const { item, run, startedAt } = first;
      const isOver = item.starts !== run || item.place !== 'quick';
      if (!isOver) {
        if (nowMs - startedAt < this.#limits.slowAfterMs || this.#running.slow >= this.#limits.slow) return;
        item.place = 'slow';
        this.#running.quick--;
        this.#running.slow++;
      }
      this.#quick.shift();
    }
  }
}

/** A queue whose both ends cost O(1) on average. */
class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
