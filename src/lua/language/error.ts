/** How code ends when it does not end well. */
import type { LuaValue } from './value.ts';

/** An error that the code raised or ran into; `pcall` catches it. */
export class LuaError extends Error {
  readonly value: LuaValue;

  constructor(value: LuaValue) {
    super(typeof value === 'string' || typeof value === 'number' ? String(value) : 'an error object without a text');
    this.value = value;
  }
}

/** The code used more than it may: nothing in it catches this. */
export class LuaLimit extends Error {}
