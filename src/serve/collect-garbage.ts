/**
 * Frees what a serving thread no longer holds, at once.
 *
 * Answering allocates nothing, so a thread may never collect by itself; and V8 does not count shared memory as
 * pressure to do so. Each image that was replaced would then stay in memory for good.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Collects all garbage of this thread, which takes a few milliseconds. */
export function collectGarbage(): void {
  collect ??= loadCollector();
  collect();
}

/**
 * V8 gives the function to contexts that are made while the flag is set. The flag is the whole process's, and other
 * threads may be just here, so it is never taken back.
 */
function loadCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : undefined');
  return typeof found === 'function' ? () => void Reflect.apply(found, undefined, []) : () => undefined;
}
