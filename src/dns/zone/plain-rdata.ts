/**
 * The data of the most frequent types from a master file's octets straight into wire form: A, AAAA, NS, CNAME, PTR, MX,
 * SRV and TXT (RFC 1035 §3.3, RFC 2782, RFC 3596 §2.2).
 *
 * What is not written plainly (escapes, `\#`, mixed notations, faults) is left to `parseRdata`, whose results these
 * functions equal.
 */
import { maxNameBytes, recordType } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import { tokenFlag } from './entry-scanner.ts';
import type { EntryScanner } from './entry-scanner.ts';
import { scanName } from './name-scanner.ts';

const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;
const backslash = 0x5c;

/**
 * Writes the data that the tokens from `first` on stand for into `target`; returns its octets, 0 where `parseRdata` has
 * to do it. `target` holds at least 65,535 octets.
 */
export function plainRdata(
  type: number,
  tokens: EntryScanner,
  first: number,
  origin: Name,
  target: Uint8Array,
): number {
  const start = tokens.starts[first] ?? 0;
  const end = tokens.ends[first] ?? 0;
  const count = tokens.count - first;
  if (count < 1) return 0;
  switch (type) {
    case recordType.A:
      return count === 1 ? plainIpv4(tokens.bytes, start, end, target) : 0;
    case recordType.AAAA:
      return count === 1 ? plainIpv6(tokens.bytes, start, end, target) : 0;
    case recordType.NS:
    case recordType.CNAME:
    case recordType.PTR:
      return count === 1 ? plainName(tokens, first, origin, target, 0) : 0;
    case recordType.MX:
      return count === 2 ? plainTarget(tokens, first, 1, origin, target) : 0;
    case recordType.SRV:
      return count === 4 ? plainTarget(tokens, first, 3, origin, target) : 0;
    case recordType.TXT:
      return plainTxt(tokens, first, target);
    default:
      return 0;
  }
}

function plainIpv4(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let at = start; at <= end; at++) {
    const byte = at < end ? (bytes[at] ?? 0) : dot;
    const digit = byte - zero;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is refused: some parsers read it as octal.
      if (digits > 0 && value === 0) return 0;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return 0;
    } else {
      if (byte !== dot || digits === 0 || part === 4) return 0;
      target[part++] = value;
      value = 0;
      digits = 0;
    }
  }
  return part === 4 ? 4 : 0;
}

function plainIpv6(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let groups = 0;
  /** How many groups stand before `::`; none yet where negative. */
  let gap = -1;
  let at = start;
  if (bytes[at] === colon) {
    if (bytes[at + 1] !== colon || at + 2 > end) return 0;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    let value = 0;
    const groupStart = at;
    for (let digit = hexDigit(bytes[at] ?? 0); at < end && digit >= 0; digit = hexDigit(bytes[++at] ?? 0)) {
      value = value * 16 + digit;
    }
    if (at === groupStart || at - groupStart > 4 || groups === 8) return 0;
    target[groups * 2] = value >> 8;
    target[groups * 2 + 1] = value;
    groups++;
    if (at === end) break;
    if (bytes[at++] !== colon || at === end) return 0;
    if (bytes[at] !== colon) continue;
    if (gap >= 0) return 0;
    gap = groups;
    at++;
  }
  if (gap < 0) return groups === 8 ? 16 : 0;
  if (groups >= 8) return 0;
  const moved = (groups - gap) * 2;
  for (let index = 1; index <= moved; index++) target[16 - index] = target[groups * 2 - index] ?? 0;
  for (let index = gap * 2; index < 16 - moved; index++) target[index] = 0;
  return 16;
}

function hexDigit(byte: number): number {
  if (byte >= zero && byte <= zero + 9) return byte - zero;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function plainName(tokens: EntryScanner, token: number, origin: Name, target: Uint8Array, offset: number): number {
  if (((tokens.flags[token] ?? 0) & tokenFlag.escaped) !== 0) return 0;
  return scanName(tokens.bytes, tokens.starts[token] ?? 0, tokens.ends[token] ?? 0, target, offset, origin);
}

/** So many numbers of 16 bits, and a name. */
function plainTarget(tokens: EntryScanner, first: number, numbers: number, origin: Name, target: Uint8Array): number {
  for (let index = 0; index < numbers; index++) {
    const value = plainU16(tokens.bytes, tokens.starts[first + index] ?? 0, tokens.ends[first + index] ?? 0);
    if (value < 0) return 0;
    target[index * 2] = value >> 8;
    target[index * 2 + 1] = value;
  }
  const length = plainName(tokens, first + numbers, origin, target, numbers * 2);
  return length === 0 ? 0 : length + numbers * 2;
}

function plainU16(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 5) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 0xffff ? value : -1;
}

function plainTxt(tokens: EntryScanner, first: number, target: Uint8Array): number {
  if (tokens.bytes[tokens.starts[first] ?? 0] === backslash) return 0;
  let to = 0;
  for (let token = first; token < tokens.count; token++) {
    const start = tokens.starts[token] ?? 0;
    const length = (tokens.ends[token] ?? 0) - start;
    const isEscaped = ((tokens.flags[token] ?? 0) & tokenFlag.escaped) !== 0;
    if (isEscaped || length > 255 || to + maxNameBytes > 0xffff) return 0;
    target[to++] = length;
    for (let index = 0; index < length; index++) target[to++] = tokens.bytes[start + index] ?? 0;
  }
  return to;
}
