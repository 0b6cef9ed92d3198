/**
 * What code may use while it runs for one query: steps, depth, and the length of strings.
 *
 * A step is a statement, a call, a turn of a loop or of the pattern matcher, and each 64 octets of a string that is made.
 * PowerDNS counts instructions of its virtual machine instead (`lua-records-exec-limit`, 1,000), and only those that
 * LuaJIT does not compile.
 */
import { LuaError, LuaLimit } from './error.ts';

/** Steps that one query may take. */
export const defaultStepLimit = 10_000;

/** The longest string: as much as record data can be, and more than any code needs. */
export const maxStringBytes = 65_535;

/** Calls within calls: far below what the stack bears. */
const maxDepth = 100;

export class Machine {
  readonly #limit: number;
  #left = 0;
  /** Calls within calls now; `pcall` puts it back after an error. */
  depth = 0;
  /** The line that runs, for messages. */
  line = 1;

  constructor(stepLimit: number = defaultStepLimit) {
    this.#limit = stepLimit;
  }

  /** Begins a query. */
  start(): void {
    this.#left = this.#limit;
    this.depth = 0;
    this.line = 1;
  }

  /** Takes steps; throws `LuaLimit` when none are left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new LuaLimit(`the code took more than ${this.#limit} steps`);
  }

  /** Takes the steps of a string that is made, and refuses one that is too long. */
  spendString(length: number): void {
    if (length > maxStringBytes) throw new LuaLimit(`a string is at most ${maxStringBytes} octets here`);
    this.spend(length >> 6);
  }

  /** Goes into a call. */
  enter(): void {
    this.spend(1);
    if (++this.depth > maxDepth) {
      throw new LuaError('stack overflow');
    }
  }

  /** Comes back from a call, also by an error. */
  leave(): void {
    this.depth--;
  }
}
