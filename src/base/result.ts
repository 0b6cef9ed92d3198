/**
 * Values for outcomes that a caller must look at: a peer's or a user's fault is returned, never thrown.
 * Our own bugs are asserted instead (assert.ts).
 */
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
