/**
 * The substitution of NAPTR records (RFC 3402 §3.2): nothing, or `!expression!replacement!` with any delimiter.
 *
 * The extended regular expression inside it is not judged.
 */
import { RdataFault } from './rdata-codec.ts';
import type { Field } from './rdata-codec.ts';
import { string } from './rdata-fields.ts';

const backslash = 0x5c;
const ignoreCase = 0x69;

/** Whether the octets from `start` to `end` are a substitution; an `i` may stand behind the last delimiter. */
function isSubstitution(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  const delimiter = bytes[start] ?? 0;
  const isDigit = delimiter >= 0x30 && delimiter <= 0x39;
  if (delimiter === 0 || delimiter === backslash || delimiter === ignoreCase || isDigit) return false;
  let count = 1;
  let at = start + 1;
  for (; at < end && count < 3; at++) {
    const code = bytes[at] ?? 0;
    if (code === backslash) at++;
    else if (code === delimiter) count++;
  }
  while (at < end && bytes[at] === ignoreCase) at++;
  return count === 3 && at === end;
}

/** A string that is a substitution. */
export const substitution: Field = {
  ...string,
  parse(text) {
    const start = text.out.length;
    string.parse(text);
    if (isSubstitution(text.out.bytes, start + 1, text.out.length)) return;
    const word = text.tokens[text.faultAt]?.text ?? '';
    throw new RdataFault(`"${word}" is not empty or a substitution such as !^.*$!sip:info@example.com!`);
  },
  measure(bytes, at, end) {
    const next = string.measure(bytes, at, end);
    return next >= 0 && isSubstitution(bytes, at + 1, next) ? next : -1;
  },
};
