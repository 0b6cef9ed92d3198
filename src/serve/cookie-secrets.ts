/**
 * Where the secrets of DNS cookies come from (RFC 9018 §5): computed from a shared master and the time, or from a file.
 *
 * Either way all sites of a name hold the same secrets without a word between them, so a cookie that one anycast
 * site gave is good at the next. Does not read files, hold a clock or say when to change.
 */
import { createHmac } from 'node:crypto';
import { assert } from '#base/assert.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** Octets of a secret (SipHash-2-4's key). */
const secretBytes = 16;

/** A master shorter than this could be guessed from the cookies that it leads to. */
export const minMasterBytes = 16;

/** A period shorter than a cookie's longest life would end cookies early. */
export const minPeriodSeconds = 3600;

/**
 * The secrets in force at `unixSeconds`, in the order in which a CookieJar wants them: the current period's signs; those
 * of the period before and after are verified too, so that neither a change nor a clock that is ahead costs a cookie.
 *
 * `master` has at least 16 octets, `periodSeconds` is an integer of at least 3600. Secret n is the first 16 octets of
 * HMAC-SHA256(master, "fairlead dns cookie" | n as 8 octets, big-endian), n = floor(unixSeconds / periodSeconds).
 */
export function deriveCookieSecrets(
  master: Uint8Array,
  unixSeconds: number,
  periodSeconds: number,
): readonly Uint8Array[] {
  assert(master.length >= minMasterBytes, `a cookie master of at least ${minMasterBytes} octets`);
  assertPeriod(periodSeconds);
  const period = Math.floor(unixSeconds / periodSeconds);
  return [period, period - 1, period + 1].map((number) => periodSecret(master, number));
}

/** When the secrets change next, in Unix seconds: later than `unixSeconds` by at most `periodSeconds`. */
export function nextCookieSecretsAt(unixSeconds: number, periodSeconds: number): number {
  assertPeriod(periodSeconds);
  return (Math.floor(unixSeconds / periodSeconds) + 1) * periodSeconds;
}

function assertPeriod(periodSeconds: number): void {
  assert(
    Number.isSafeInteger(periodSeconds) && periodSeconds >= minPeriodSeconds,
    `a cookie period of whole seconds, at least ${minPeriodSeconds}`,
  );
}

function periodSecret(master: Uint8Array, period: number): Uint8Array {
  const number = Buffer.alloc(8);
  number.writeBigInt64BE(BigInt(period));
  const digest = createHmac('sha256', master).update('fairlead dns cookie').update(number).digest();
  return Uint8Array.from(digest.subarray(0, secretBytes));
}

/**
 * Reads the text of a secret file: one secret of 32 hex digits a line, the first signs, all verify; `#` begins a comment.
 *
 * Refused with one `file:line:column: …` for every fault. No message repeats what stands in the file.
 */
export function parseCookieSecrets(text: string, file: string): Result<readonly Uint8Array[], readonly string[]> {
  const secrets: Uint8Array[] = [];
  const lineOf = new Map<string, number>();
  const problems: string[] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const content = source.replace(/#.*$/, '').trimEnd();
    const column = content.search(/\S/) + 1;
    if (column === 0) continue;
    const digits = content.slice(column - 1);
    const line = index + 1;
    const fault = secretFault(digits);
    const key = digits.toLowerCase();
    const earlier = lineOf.get(key);
    if (fault !== undefined) {
      problems.push(`${file}:${line}:${column + fault.offset}: ${fault.message}`);
    } else if (earlier !== undefined) {
      problems.push(`${file}:${line}:${column}: the same secret as on line ${earlier}, expected each once`);
    } else {
      lineOf.set(key, line);
      secrets.push(Uint8Array.from(Buffer.from(digits, 'hex')));
    }
  }
  if (problems.length === 0 && secrets.length === 0) {
    problems.push(`${file}:1:1: no secret in the file, expected lines of 32 hex digits`);
  }
  return problems.length === 0 ? succeed(secrets) : refuse(problems);
}

/** What keeps `digits` from being a secret, and how far into it; undefined where it is one. */
function secretFault(digits: string): { readonly offset: number; readonly message: string } | undefined {
  const offset = digits.search(/[^0-9a-fA-F]/);
  if (offset >= 0) return { offset, message: 'no hex digit here, expected 32 hex digits and nothing else' };
  if (digits.length !== secretBytes * 2) {
    return { offset: 0, message: `a secret of ${digits.length} hex digits, expected 32` };
  }
  return undefined;
}
