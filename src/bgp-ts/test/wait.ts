/** Waiting in tests: for an event where there is one, else by bounded polling of a real daemon. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on a machine that is busy with other things, and shorter than a test may. */
export const patienceMs = 15_000;

/** Polls `probe` until it gives a value; fails after `deadlineMs` with what was awaited. */
export async function eventually<Value>(
  awaited: string,
  probe: () => Value | undefined | Promise<Value | undefined>,
  deadlineMs = patienceMs,
): Promise<Value> {
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    const value = await probe();
    if (value !== undefined) return value;
    await sleep(25);
  }
  throw new Error(`not seen within ${deadlineMs} ms: ${awaited}`);
}

/** Collects events and lets a test await the first one that matches, past or future. */
export class EventLog<Event> {
  readonly events: Event[] = [];
  readonly #waiters = new Set<() => void>();

  readonly add = (event: Event): void => {
    this.events.push(event);
    for (const check of [...this.#waiters]) check();
  };

  /** The first event from index `from` on that matches. */
  async find(awaited: string, matches: (event: Event) => boolean, from = 0, deadlineMs = patienceMs): Promise<Event> {
    const { promise, resolve, reject } = Promise.withResolvers<Event>();
    let index = from;
    const check = (): void => {
      for (; index < this.events.length; index++) {
        const event = this.events[index];
        if (event !== undefined && matches(event)) resolve(event);
      }
    };
    const late = new Error(`not seen within ${deadlineMs} ms: ${awaited}`);
    const timer = setTimeout(() => reject(late), deadlineMs);
    this.#waiters.add(check);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(check);
    }
  }
}
