/** Puts a bug into a method, for tests of what a bug costs. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

/** Lets a method throw where `breaks` says what, until `restore`. */
export function breakMethodOf(
  prototype: object,
  name: string,
  breaks: (self: unknown, args: readonly unknown[]) => string | undefined,
): { readonly restore: () => void } {
  const original: unknown = Reflect.get(prototype, name);
  assert.ok(typeof original === 'function');
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]): unknown {
    const error = breaks(this, args);
    if (error !== undefined) throw new Error(error);
    const result: unknown = Reflect.apply(original, this, args);
    return result;
  });
  return { restore: () => void Reflect.set(prototype, name, original) };
}

/** As `breakMethodOf`, and until the end of the test at the latest. */
export function breakMethod(
  context: TestContext,
  ...what: Parameters<typeof breakMethodOf>
): ReturnType<typeof breakMethodOf> {
  const broken = breakMethodOf(...what);
  context.after(broken.restore);
  return broken;
}
