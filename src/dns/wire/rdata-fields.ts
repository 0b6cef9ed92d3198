/**
 * The plain fields of record data: names, numbers, addresses and strings (RFC 1035 §3.3, RFC 8659 §4.1).
 *
 * Which fields a type has is in rdata-layouts.ts; fields with a syntax of their own are in the files beside this one.
 */
import { formatIp, parseIpv4Into, parseIpv6Into } from '#base/ip.ts';
import { decodeInto, encodeEscapes } from './character-string.ts';
import { copyName, formatName, measureName, parseName } from './name.ts';
import { badEscape, integerText, parseInteger, RdataFault, unexpected } from './rdata-codec.ts';
import type { Field, RdataToken, TextCursor, WireCursor } from './rdata-codec.ts';
import { parseTtl } from './ttl.ts';

export type { RdataToken } from './rdata-codec.ts';

/** Takes a name, completed with the origin, and appends it. */
export function parseNameField(text: TextCursor): void {
  const token = text.take('a name');
  if (token.text === '@') {
    text.out.append(text.origin);
    return;
  }
  const name = parseName(token.text, text.origin);
  if (!name.ok) throw new RdataFault(`"${token.text}" is not a name: ${name.fault}`);
  text.out.append(name.value);
}

/** Writes the name at the cursor. */
export function formatNameField(wire: WireCursor): string {
  const name = copyName(wire.bytes, wire.at, wire.bytes.length);
  wire.at += name?.length ?? 0;
  return name === undefined ? '' : formatName(name);
}

/** A name that a message must not compress (RFC 3597 §4): those of all types after RFC 1035. */
export const wholeName: Field = {
  parse: parseNameField,
  format: formatNameField,
  measure(bytes, at, end) {
    const length = measureName(bytes, at, end);
    return length === 0 ? -1 : at + length;
  },
};

/** A name of a type that senders may, or once did, compress. */
export const name: Field = { ...wholeName, isCompressible: true };

function integerField(size: 1 | 2 | 4): Field {
  const max = 256 ** size - 1;
  const expected = integerText(max);
  return {
    parse(text) {
      const value = text.integer(max, expected);
      if (size === 4) text.out.u32(value);
      else if (size === 2) text.out.u16(value);
      else text.out.u8(value);
    },
    format: (wire) => String(wire.integer(size)),
    measure: (_, at, end) => within(at + size, end),
  };
}

/** Numbers of one, two and four octets. */
export const u8: Field = integerField(1);
export const u16: Field = integerField(2);
export const u32: Field = integerField(4);

/** `at`, or -1 where it is past `end`. */
export function within(at: number, end: number): number {
  return at <= end ? at : -1;
}

/** Seconds, also written with units as in `1h30m`. */
export const duration: Field = {
  ...u32,
  parse(text) {
    const expected = 'a time in seconds, such as 3600 or 1h';
    const word = text.word(expected);
    const seconds = parseInteger(word, 0xffff_ffff) ?? parseTtl(word);
    if (seconds === undefined) throw unexpected(word, expected);
    text.out.u32(seconds);
  },
};

/** An IPv4 address. */
export const ipv4: Field = {
  parse(text) {
    const word = text.word('an IPv4 address');
    const at = text.out.reserve(4);
    if (!parseIpv4Into(word, text.out.bytes, at)) throw unexpected(word, 'an IPv4 address');
  },
  format: (wire) => formatIp(wire.take(4)),
  measure: (_, at, end) => within(at + 4, end),
};

/** An IPv6 address. */
export const ipv6: Field = {
  parse(text) {
    const word = text.word('an IPv6 address');
    const at = text.out.reserve(16);
    if (!parseIpv6Into(word, text.out.bytes, at)) throw unexpected(word, 'an IPv6 address');
  },
  format: (wire) => formatIp(wire.take(16)),
  measure: (_, at, end) => within(at + 16, end),
};

/** Appends a token's text behind a length octet. */
function appendString(text: TextCursor, token: RdataToken): void {
  const lengthAt = text.out.reserve(1);
  if (!decodeInto(token.text, text.out)) throw badEscape(token.text);
  const length = text.out.length - lengthAt - 1;
  if (length > 255) throw new RdataFault(`a string is at most 255 octets, this one has ${length}`);
  text.out.bytes[lengthAt] = length;
}

function measureString(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? within(at + 1 + (bytes[at] ?? 0), end) : -1;
}

/** Writes octets in quotes. */
export function quote(bytes: Uint8Array): string {
  return `"${encodeEscapes(bytes, '"')}"`;
}

/** A string of up to 255 octets (RFC 1035 §3.3). */
export const string: Field = {
  parse: (text) => appendString(text, text.take('a string')),
  format: (wire) => quote(wire.take(wire.integer(1))),
  measure: measureString,
};

/** A string that may be missing at the end of the data. */
export const optionalString: Field = {
  parse(text) {
    if (!text.isAtEnd) string.parse(text);
  },
  format: (wire) => (wire.at < wire.bytes.length ? string.format(wire) : ''),
  measure: (bytes, at, end) => (at === end ? at : measureString(bytes, at, end)),
};

/** Strings to the end of the data, at least one. */
export const strings: Field = {
  parse(text) {
    do string.parse(text);
    while (!text.isAtEnd);
  },
  format(wire) {
    const written: string[] = [];
    while (wire.at < wire.bytes.length) written.push(string.format(wire));
    return written.join(' ');
  },
  measure(bytes, at, end) {
    do at = measureString(bytes, at, end);
    while (at >= 0 && at < end);
    return at;
  },
};

/** A string whose octets all are in the given ASCII characters, at least one. */
function restrictedString(isAllowed: (code: number) => boolean, expected: string): Field {
  return {
    parse(text) {
      const token = text.take(expected);
      const start = text.out.length;
      appendString(text, token);
      if (this.measure(text.out.bytes, start, text.out.length) < 0) throw unexpected(token.text, expected);
    },
    format: (wire) => encodeEscapes(wire.take(wire.integer(1)), '"; '),
    measure(bytes, at, end) {
      const next = measureString(bytes, at, end);
      if (next <= at + 1) return -1;
      for (let index = at + 1; index < next; index++) if (!isAllowed(bytes[index] ?? 0)) return -1;
      return next;
    },
  };
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** A CAA tag (RFC 8659 §4.1). */
export const tag: Field = restrictedString(
  (code) => isDigit(code) || isLetter(code),
  'a tag of letters and digits, such as issue',
);

/** An X.121 address (RFC 1183 §3.1). */
export const digits: Field = restrictedString(isDigit, 'a string of digits');

function textField(minBytes: 0 | 1): Field {
  return {
    parse(text) {
      const token = text.take('a string');
      const start = text.out.length;
      if (!decodeInto(token.text, text.out)) throw badEscape(token.text);
      if (text.out.length - start < minBytes) throw new RdataFault('the string must not be empty');
    },
    format: (wire) => quote(wire.rest()),
    measure: (_, at, end) => (end - at >= minBytes ? end : -1),
  };
}

/** The rest of the data as one string without a length. */
export const text: Field = textField(0);
/** The same, not empty. */
export const filledText: Field = textField(1);
