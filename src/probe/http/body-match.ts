/**
 * Whether a body holds what a check expects.
 *
 * A pattern may be written so that it runs for ever on some body, and a body may be written so on purpose: of the body
 * at most 64 KiB are searched, and the search is ended after a timeout.
 */
import vm from 'node:vm';
import type { BodyExpectation } from '#health/check-kind.ts';

/** How much of a body a pattern sees, in octets. */
export const maxPatternBytes = 65_536;

/** How long a search may take where nothing else is said. */
export const defaultPatternTimeoutMs = 50;

/** Why the body is not as expected; undefined where it is. */
export function bodyFault(
  body: Buffer,
  expected: BodyExpectation,
  patternTimeoutMs: number = defaultPatternTimeoutMs,
): string | undefined {
  const shown = expected.value.length > 60 ? `${expected.value.slice(0, 57)}...` : expected.value;
  if (expected.kind === 'text') return body.includes(expected.value) ? undefined : `the body lacks '${shown}'`;
  try {
    const text = body.subarray(0, maxPatternBytes).toString();
    const isMatch = searchWithin(patternTimeoutMs, new RegExp(expected.value, 'u'), text);
    return isMatch ? undefined : `the body does not match /${shown}/`;
  } catch (error) {
    // An error of the other context is no Error of this one.
    const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    const isTimeout = code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return isTimeout ? `/${shown}/ took more than ${patternTimeoutMs}ms on the body` : `/${shown}/ is not a pattern`;
  }
}

/** Whether a fault is that the search was ended before it had found or excluded a match. */
export function isSearchTooLong(fault: string | undefined): boolean {
  return fault !== undefined && /\/ took more than \d+ms on the body$/.test(fault);
}

const sandbox: { pattern: RegExp | undefined; text: string } = { pattern: undefined, text: '' };
let search: vm.Script | undefined;
let inside: vm.Context | undefined;

/** Node ends a script that runs too long, within a search too; nothing else does. */
function searchWithin(timeoutMs: number, pattern: RegExp, text: string): boolean {
  search ??= new vm.Script('pattern.test(text)');
  inside ??= vm.createContext(sandbox);
  sandbox.pattern = pattern;
  sandbox.text = text;
  try {
    return search.runInContext(inside, { timeout: timeoutMs }) === true;
  } finally {
    sandbox.text = '';
  }
}
