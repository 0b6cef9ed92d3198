/**
 * The fields that record data is made of, each between text, wire form and message (RFC 1035 §3.3, RFC 8659 §4.1).
 *
 * Which fields a type has is in rdata.ts. Text faults are thrown as `RdataFault` and become values there.
 */
import { assertNever } from '#base/assert.ts';
import { familyOf, formatIp, ipBytes, parseIp } from '#base/ip.ts';
import { decodeEscapes, encodeEscapes } from './character-string.ts';
import { expandName } from './message-name.ts';
import { copyName, formatName, parseName } from './name.ts';
import type { Name } from './name.ts';
import { parseTtl } from './ttl.ts';

/** The closed set of fields; `text` takes the rest of the data as one string without a length. */
export type FieldKind =
  'name' | 'u8' | 'u16' | 'u32' | 'duration' | 'ipv4' | 'ipv6' | 'string' | 'strings' | 'tag' | 'text';

/** One word or quoted string of a master file, its escapes as written. */
export interface RdataToken {
  readonly text: string;
  readonly quoted: boolean;
}

/** Carries a text fault to `parseRdata`; the token it is about is the cursor's. */
export class RdataFault extends Error {}

interface TextCursor {
  readonly tokens: readonly RdataToken[];
  readonly origin: Name;
  readonly bytes: number[];
  index: number;
}

interface WireCursor {
  readonly bytes: Uint8Array;
  at: number;
}

interface MessageCursor {
  readonly message: Uint8Array;
  readonly end: number;
  readonly bytes: number[];
  at: number;
}

/** A CAA tag (RFC 8659 §4.1). */
const tagPattern = /^[0-9a-zA-Z]{1,255}$/;

const integerBytes = { u8: 1, u16: 2, u32: 4, duration: 4 } as const;

/** Reads one field's tokens and appends its bytes; throws `RdataFault`. */
export function parseField(kind: FieldKind, cursor: TextCursor): void {
  if (kind === 'strings') {
    do parseField('string', cursor);
    while (cursor.index < cursor.tokens.length);
    return;
  }
  const token = cursor.tokens[cursor.index];
  if (token === undefined) throw new RdataFault(`the data ends where ${describeField(kind)} is expected`);
  cursor.bytes.push(...fieldBytes(kind, token, cursor.origin));
  cursor.index++;
}

function fieldBytes(
  kind: Exclude<FieldKind, 'strings'>,
  token: RdataToken,
  origin: Name,
): readonly number[] | Uint8Array {
  switch (kind) {
    case 'name':
      return nameBytes(token, origin);
    case 'u8':
    case 'u16':
    case 'u32':
    case 'duration':
      return integerField(kind, token.text);
    case 'ipv4':
    case 'ipv6': {
      const address = parseIp(token.text);
      if (address === undefined || familyOf(address) !== (kind === 'ipv4' ? 4 : 6)) throw unexpected(kind, token);
      return ipBytes(address);
    }
    case 'string': {
      const bytes = stringBytes(token);
      if (bytes.length > 255) throw new RdataFault(`a string is at most 255 octets, this one has ${bytes.length}`);
      return [bytes.length, ...bytes];
    }
    case 'tag': {
      if (!tagPattern.test(token.text)) throw unexpected(kind, token);
      return [token.text.length, ...stringBytes(token)];
    }
    case 'text':
      return stringBytes(token);
    default:
      return assertNever(kind);
  }
}

function nameBytes(token: RdataToken, origin: Name): Uint8Array {
  if (token.text === '@') return origin;
  const name = parseName(token.text, origin);
  if (!name.ok) throw new RdataFault(`"${token.text}" is not a name: ${name.fault}`);
  return name.value;
}

function integerField(kind: keyof typeof integerBytes, text: string): readonly number[] {
  const size = integerBytes[kind];
  const value = kind === 'duration' ? parseTtl(text) : /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  if (value === undefined || value >= 2 ** (8 * size)) throw unexpected(kind, { text, quoted: false });
  return Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * (size - 1 - index))) & 0xff);
}

function stringBytes(token: RdataToken): readonly number[] {
  const decoded = decodeEscapes(token.text);
  if ('faultIndex' in decoded) {
    throw new RdataFault(`"${token.text}" has a backslash without a character or three digits up to 255 after it`);
  }
  return decoded.map(({ byte }) => byte);
}

function unexpected(kind: FieldKind, token: RdataToken): RdataFault {
  return new RdataFault(`"${token.text}" is not ${describeField(kind)}`);
}

const fieldDescriptions: Readonly<Record<FieldKind, string>> = {
  name: 'a name',
  u8: 'a number from 0 to 255',
  u16: 'a number from 0 to 65535',
  u32: 'a number from 0 to 4294967295',
  duration: 'a time in seconds, such as 3600 or 1h',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  string: 'a string',
  strings: 'a string',
  tag: 'a tag of letters and digits, such as issue',
  text: 'a string',
};

function describeField(kind: FieldKind): string {
  return fieldDescriptions[kind];
}

/** Writes one field of valid wire data as text and moves past it. */
export function formatField(kind: FieldKind, cursor: WireCursor): string {
  const { bytes } = cursor;
  switch (kind) {
    case 'name': {
      const name = copyName(bytes, cursor.at, bytes.length);
      cursor.at += name?.length ?? 0;
      return name === undefined ? '' : formatName(name);
    }
    case 'u8':
    case 'u16':
    case 'u32':
    case 'duration':
      return String(take(cursor, integerBytes[kind]).reduce((value, byte) => value * 256 + byte, 0));
    case 'ipv4':
      return formatIp(take(cursor, 4));
    case 'ipv6':
      return formatIp(take(cursor, 16));
    case 'string':
      return quote(takeString(cursor));
    case 'strings': {
      const strings: string[] = [];
      while (cursor.at < bytes.length) strings.push(quote(takeString(cursor)));
      return strings.join(' ');
    }
    case 'tag':
      return encodeEscapes(takeString(cursor), '"; ');
    case 'text':
      return quote(take(cursor, bytes.length - cursor.at));
    default:
      return assertNever(kind);
  }
}

function take(cursor: WireCursor, length: number): Uint8Array {
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

function takeString(cursor: WireCursor): Uint8Array {
  const length = cursor.bytes[cursor.at++] ?? 0;
  return take(cursor, length);
}

function quote(bytes: Uint8Array): string {
  return `"${encodeEscapes(bytes, '"')}"`;
}

/** Copies one field out of a message, names expanded; false when it does not fit before `end`. */
export function copyField(kind: FieldKind, cursor: MessageCursor): boolean {
  switch (kind) {
    case 'name': {
      const expanded = expandName(cursor.message, cursor.at, cursor.end);
      if (expanded === undefined) return false;
      cursor.bytes.push(...expanded.name);
      cursor.at = expanded.next;
      return true;
    }
    case 'u8':
    case 'u16':
    case 'u32':
    case 'duration':
      return copyBytes(cursor, integerBytes[kind]);
    case 'ipv4':
      return copyBytes(cursor, 4);
    case 'ipv6':
      return copyBytes(cursor, 16);
    case 'string':
      return copyString(cursor);
    case 'tag':
      return copyTag(cursor);
    case 'strings': {
      do if (!copyString(cursor)) return false;
      while (cursor.at < cursor.end);
      return true;
    }
    case 'text':
      return copyBytes(cursor, cursor.end - cursor.at);
    default:
      return assertNever(kind);
  }
}

function copyString(cursor: MessageCursor): boolean {
  return cursor.at < cursor.end && copyBytes(cursor, 1 + (cursor.message[cursor.at] ?? 0));
}

function copyTag(cursor: MessageCursor): boolean {
  const start = cursor.at + 1;
  return copyString(cursor) && tagPattern.test(String.fromCharCode(...cursor.message.subarray(start, cursor.at)));
}

function copyBytes(cursor: MessageCursor, length: number): boolean {
  if (cursor.at + length > cursor.end) return false;
  for (let count = 0; count < length; count++) cursor.bytes.push(cursor.message[cursor.at++] ?? 0);
  return true;
}
