/** Assertions are for our own bugs only: they crash the process with what was believed. */

/** Throws when `condition` is false; `belief` says what was thought to hold. */
export function assert(condition: boolean, belief: string): asserts condition {
  if (!condition) throw new Error(`bug: ${belief} does not hold`);
}

/** Ends a `switch` over a closed union: the compiler refuses it while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`bug: unexpected value ${JSON.stringify(value)}`);
}

/** Returns `value`, which must be there; `what` names it in the crash. */
export function present<Value>(value: Value | undefined | null, what: string): Value {
  if (value === undefined || value === null) throw new Error(`bug: ${what} is missing`);
  return value;
}
