/**
 * Domain names in uncompressed wire form: length-prefixed labels ended by the root (RFC 1035 §3.1), at most 255 octets.
 *
 * Case is kept as written and ignored in every comparison (RFC 4343). Looking names up is in name-map.ts, compression in
 * writer.ts and message.ts.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { ByteSink } from './byte-sink.ts';
import { decodeInto, encodeEscapes } from './character-string.ts';
import { maxLabelBytes, maxNameBytes } from './constants.ts';

declare const nameBrand: unique symbol;

/** A valid name in uncompressed wire form, its case as written. */
export type Name = Uint8Array & { readonly [nameBrand]: true };

/** The root, `.`. */
export const rootName = Uint8Array.of(0) as Name;

/** ASCII lower case by byte (RFC 4343 §3). */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

const dot = 0x2e;
/** The name being parsed. */
const parsed = new ByteSink();

/** Parses text such as `www.example.com.`; a name without its last dot is completed with `origin`, or with the root. */
export function parseName(text: string, origin: Name = rootName): Result<Name, string> {
  if (text === '.') return succeed(rootName);
  parsed.clear();
  parsed.u8(0);
  let lengthAt = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === dot) {
      if (lengthAt === parsed.length - 1) return refuse('a label must not be empty');
      lengthAt = parsed.length;
      parsed.u8(0);
      if (index === text.length - 1) return parsedName();
      continue;
    }
    if (code < 0x80 && code !== 0x5c) parsed.u8(code);
    else {
      const size = appendUnusual(text, index);
      if (size === 0) return refuse(`a backslash must be followed by a character or three digits up to 255`);
      index += size - 1;
    }
    const length = parsed.length - lengthAt - 1;
    if (length > maxLabelBytes) return refuse(`a label is at most ${maxLabelBytes} octets`);
    parsed.bytes[lengthAt] = length;
  }
  if (lengthAt === parsed.length - 1) return refuse('a name must not be empty');
  parsed.append(origin);
  return parsedName();
}

/** Appends the octets of the escape or the character outside ASCII at `index`; its length, 0 when it is malformed. */
function appendUnusual(text: string, index: number): number {
  const isEscape = text[index] === '\\';
  const isDecimal = isEscape && /^\d{3}/.test(text.slice(index + 1, index + 4));
  const point = text.codePointAt(isEscape ? index + 1 : index) ?? 0;
  const size = isDecimal ? 4 : (isEscape ? 1 : 0) + (point > 0xffff ? 2 : 1);
  return decodeInto(text.slice(index, index + size), parsed) ? size : 0;
}

function parsedName(): Result<Name, string> {
  if (parsed.length > maxNameBytes)
    return refuse(`a name is at most ${maxNameBytes} octets, this one has ${parsed.length}`);
  return succeed(parsed.copy() as Name);
}

/** Writes a name with its last dot, escaping what a master file would misread. */
export function formatName(name: Name): string {
  if (name.length === 1) return '.';
  let text = '';
  for (let at = 0; at < name.length - 1;) {
    const length = name[at] ?? 0;
    text += `${encodeEscapes(name.subarray(at + 1, at + 1 + length), ' ."();@$')}.`;
    at += 1 + length;
  }
  return text;
}

/** The octets of the uncompressed name at `offset`; 0 when it is malformed, compressed or runs past `end`. */
export function measureName(bytes: Uint8Array, offset: number, end: number): number {
  for (let at = offset; at < end;) {
    const length = bytes[at] ?? 0;
    if (length > maxLabelBytes) return 0;
    at += 1 + length;
    if (at - offset > maxNameBytes || at > end) return 0;
    if (length === 0) return at - offset;
  }
  return 0;
}

/** Copies the uncompressed name at `offset` out of a larger buffer; undefined when there is none. */
export function copyName(bytes: Uint8Array, offset: number, end: number): Name | undefined {
  const length = measureName(bytes, offset, end);
  return length === 0 ? undefined : (bytes.slice(offset, offset + length) as Name);
}

/** Whether the valid name at `offset` in `bytes` equals `name`, ignoring case. */
export function equalNameAt(bytes: Uint8Array, offset: number, name: Name): boolean {
  // Length octets are at most 63, below the letters, so folding them changes nothing.
  for (let at = 0; at < name.length; at++) {
    if (lowerCase[bytes[offset + at] ?? 0] !== lowerCase[name[at] ?? 0]) return false;
  }
  return true;
}

/** Whether two names are equal, ignoring case. */
export function equalNames(a: Name, b: Name): boolean {
  return a.length === b.length && equalNameAt(a, 0, b);
}

/** Whether `name` is `ancestor` or lies below it. */
export function isWithin(name: Name, ancestor: Name): boolean {
  for (let at = 0; name.length - at >= ancestor.length;) {
    if (name.length - at === ancestor.length) return equalNameAt(name, at, ancestor);
    at += 1 + (name[at] ?? 0);
  }
  return false;
}

/** The name without its first label; the root's parent is the root. */
export function parentName(name: Name): Name {
  return name.length === 1 ? name : (name.slice(1 + (name[0] ?? 0)) as Name);
}

/** Whether the first label is the lone asterisk of a wildcard (RFC 4592 §2.1.1). */
export function isWildcard(name: Name): boolean {
  return name[0] === 1 && name[1] === 0x2a;
}

/** `name` with its suffix `from` replaced by `to`; undefined when that is too long (RFC 6672 §2.2). */
export function replaceSuffix(name: Name, from: Name, to: Name): Name | undefined {
  const kept = name.length - from.length;
  if (kept + to.length > maxNameBytes) return undefined;
  const result = new Uint8Array(kept + to.length);
  result.set(name.subarray(0, kept));
  result.set(to, kept);
  return result as Name;
}

/** A copy of the valid name at `at`. */
export function nameFrom(bytes: Uint8Array, at: number): Name {
  let end = at;
  while ((bytes[end] ?? 0) !== 0) end += 1 + (bytes[end] ?? 0);
  return bytes.slice(at, end + 1) as Name;
}

/** Whether two valid names are equal, ignoring case. */
export function equalNamesAt(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (;;) {
    const length = a[aAt] ?? 0;
    if (length !== b[bAt]) return false;
    if (length === 0) return true;
    for (let index = 1; index <= length; index++) {
      if (lowerCase[a[aAt + index] ?? 0] !== lowerCase[b[bAt + index] ?? 0]) return false;
    }
    aAt += 1 + length;
    bAt += 1 + length;
  }
}
