/** Values for outcomes that a caller must look at: a fault of a peer or a user is returned, never thrown. */
export type Result<Value, Fault> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: Fault };

/** Wraps a value as a success. */
export function succeed<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** Wraps a fault as a refusal. */
export function refuse<Fault>(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault };
}

/** Ends a `switch` over a closed union: the compiler refuses it while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`bug: unexpected value ${JSON.stringify(value)}`);
}

/** Throws when `condition` is false: for our own bugs only, never for bytes of a peer. */
export function assert(condition: boolean, belief: string): asserts condition {
  if (!condition) throw new Error(`bug: ${belief} does not hold`);
}
