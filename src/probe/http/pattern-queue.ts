/**
 * Searches bodies for patterns one after another, each in a turn of its own of the event loop: hundreds of bodies on which
 * a pattern takes all its time may arrive together, and the main thread must not stand still for them.
 *
 * Checks whose last search took too long come after all others, so that a target that sends such bodies delays its own
 * kind alone.
 */
import type { CheckId } from '#health/check-definition.ts';
import type { BodyExpectation } from '#health/check-kind.ts';
import type { Cancel } from '../outcome.ts';
import { bodyFault, isSearchTooLong } from './body-match.ts';

interface Search {
  readonly check: CheckId;
  readonly body: Buffer;
  readonly expected: BodyExpectation;
  /** How long the search may take. */
  readonly timeoutMs: number;
  readonly done: (fault: string | undefined) => void;
}

export class PatternQueue {
  readonly #quick = new Set<Search>();
  readonly #slow = new Set<Search>();
  /** The checks whose last search took too long. */
  readonly #slowChecks = new Set<CheckId>();
  #turn: NodeJS.Immediate | undefined;

  /** Searches in a later turn, and then tells why the body is not as expected, as `bodyFault` does. */
  add(search: Search): Cancel {
    const queue = this.#slowChecks.has(search.check) ? this.#slow : this.#quick;
    queue.add(search);
    this.#arm();
    return () => {
      queue.delete(search);
    };
  }

  /** The check is no longer wanted. */
  forget(check: CheckId): void {
    this.#slowChecks.delete(check);
  }

  #arm(): void {
    if (this.#quick.size + this.#slow.size > 0) this.#turn ??= setImmediate(() => this.#next());
  }

  #next(): void {
    this.#turn = undefined;
    const queue = this.#quick.size > 0 ? this.#quick : this.#slow;
    const [search] = queue;
    // One that is added from here on waits for the next turn, after timers and sockets have had theirs.
    if (search !== undefined) {
      queue.delete(search);
      const fault = bodyFault(search.body, search.expected, search.timeoutMs);
      if (isSearchTooLong(fault)) this.#slowChecks.add(search.check);
      else this.#slowChecks.delete(search.check);
      search.done(fault);
    }
    this.#arm();
  }
}
