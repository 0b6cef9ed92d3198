/**
 * A binary heap of things that fall due: the earliest is on top, and of those due together the first in order. Putting
 * in and taking out cost O(log n). Pure.
 */
import type { MonoMs } from '#base/time.ts';

/** What can fall due; its instant must not change while it is in a heap. */
export interface Due {
  dueAt: MonoMs;
  readonly order: number;
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}

export class DueHeap<Item extends Due> {
  readonly #items: Item[] = [];

  /** The earliest, or undefined. */
  get top(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the earliest out. */
  pop(): Item | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = items[below];
      const right = items[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        below += 1;
      }
      if (child === undefined || !isBefore(child, last)) break;
      items[at] = child;
      at = below;
    }
    items[at] = last;
    return top;
  }
}
