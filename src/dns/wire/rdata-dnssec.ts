/**
 * Fields of DNSSEC and its kin: algorithms, times, type bitmaps, digests (RFC 4034, RFC 5155, RFC 8976, RFC 4398).
 *
 * Only the shape is judged here: whether a signature is valid or a digest matches is not.
 */
import { parseType, typeName } from './constants.ts';
import { integerText, parseInteger, RdataFault, unexpected } from './rdata-codec.ts';
import type { Field } from './rdata-codec.ts';
import { encode, hex, parseEncodedRest } from './rdata-encodings.ts';
import { u8, u16, u32 } from './rdata-fields.ts';

/** Mnemonics of the IANA registry "DNS Security Algorithm Numbers", with BIND's other spellings. */
const algorithms: ReadonlyMap<string, number> = new Map([
  ['RSAMD5', 1],
  ['DH', 2],
  ['DSA', 3],
  ['ECC', 4],
  ['RSASHA1', 5],
  ['DSA-NSEC3-SHA1', 6],
  ['NSEC3DSA', 6],
  ['RSASHA1-NSEC3-SHA1', 7],
  ['NSEC3RSASHA1', 7],
  ['RSASHA256', 8],
  ['RSASHA512', 10],
  ['ECC-GOST', 12],
  ['ECCGOST', 12],
  ['ECDSAP256SHA256', 13],
  ['ECDSAP384SHA384', 14],
  ['ED25519', 15],
  ['ED448', 16],
  ['INDIRECT', 252],
  ['PRIVATEDNS', 253],
  ['PRIVATEOID', 254],
]);

/** An algorithm: a mnemonic or a number is read, a number is written (RFC 4034 appendix A.1). */
export const algorithm: Field = {
  ...u8,
  parse(text) {
    text.out.u8(text.mnemonic(algorithms, 255, 'an algorithm such as 13 or ECDSAP256SHA256'));
  },
};

/** A record type (RFC 4034 §3.2, RFC 9859). */
export const type: Field = {
  ...u16,
  parse(text) {
    text.out.u16(typeOf(text.word('a record type')));
  },
  format: (wire) => typeName(wire.integer(2)),
};

function typeOf(word: string): number {
  const value = parseType(word);
  if (value === undefined) throw unexpected(word, 'a record type such as A or TYPE65280');
  return value;
}

const certificateTypes = new Map([
  ['PKIX', 1],
  ['SPKI', 2],
  ['PGP', 3],
  ['IPKIX', 4],
  ['ISPKI', 5],
  ['IPGP', 6],
  ['ACPKIX', 7],
  ['IACPKIX', 8],
  ['URI', 253],
  ['OID', 254],
]);
const certificateTypeNames = new Map([...certificateTypes].map(([text, value]) => [value, text]));

/** The type of a certificate (RFC 4398 §2.1). */
export const certificateType: Field = {
  ...u16,
  parse(text) {
    text.out.u16(text.mnemonic(certificateTypes, 0xffff, 'a certificate type such as PKIX or 1'));
  },
  format(wire) {
    const value = wire.integer(2);
    return certificateTypeNames.get(value) ?? String(value);
  },
};

const schemes = new Map([['NOTIFY', 1]]);

/** The scheme of a generalized notification (RFC 9859 §2.1). */
export const notifyScheme: Field = {
  ...u8,
  parse(text) {
    text.out.u8(text.mnemonic(schemes, 255, 'a scheme such as NOTIFY'));
  },
  format(wire) {
    const value = wire.integer(1);
    return value === 1 ? 'NOTIFY' : String(value);
  },
};

const protocols = new Map([['DNSSEC', 3]]);

/** The protocol of a key: 3 in all but KEY records (RFC 4034 §2.1.2). */
export const keyProtocol: Field = {
  ...u8,
  parse(text) {
    text.out.u8(text.mnemonic(protocols, 255, integerText(255)));
  },
};

const secondsPerDay = 86_400;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOfYear(year: number): number {
  return isLeap(year) ? 366 : 365;
}

/** Days of a month, counted from 1. */
function daysOfMonth(year: number, month: number): number {
  return (monthDays[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
}

/** Seconds since 1970 of `YYYYMMDDHHmmSS`; undefined where that is no time, or not one of 32 bits. */
function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  if (year < 1970 || year > 2106 || day < 1 || day > daysOfMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  let days = day - 1;
  for (let each = 1970; each < year; each++) days += daysOfYear(each);
  for (let each = 1; each < month; each++) days += daysOfMonth(year, each);
  const seconds = days * secondsPerDay + hour * 3600 + minute * 60 + second;
  return seconds <= 0xffff_ffff ? seconds : undefined;
}

function formatTimestamp(seconds: number): string {
  let days = Math.floor(seconds / secondsPerDay);
  let year = 1970;
  for (; days >= daysOfYear(year); year++) days -= daysOfYear(year);
  let month = 1;
  for (; days >= daysOfMonth(year, month); month++) days -= daysOfMonth(year, month);
  const rest = seconds % secondsPerDay;
  const parts = [month, days + 1, Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  return `${year}${parts.map((part) => String(part).padStart(2, '0')).join('')}`;
}

/**
 * A time of a signature: `YYYYMMDDHHmmSS`, or seconds since 1970 (RFC 4034 §3.2).
 *
 * Without a clock it is the one between 1970 and 2106; RFC 4034 §3.1.5 compares in serial arithmetic.
 */
export const timestamp: Field = {
  ...u32,
  parse(text) {
    const expected = 'a time such as 20260131235959, 1970 to 2106, or in seconds since 1970';
    const word = text.word(expected);
    const seconds = word.length === 14 ? parseTimestamp(word) : parseInteger(word, 0xffff_ffff);
    if (seconds === undefined) throw unexpected(word, expected);
    text.out.u32(seconds);
  },
  format: (wire) => formatTimestamp(wire.integer(4)),
};

/** The types of a bitmap to the end of the data (RFC 4034 §4.1.2); whether there may be none. */
function typeBitmap(mayBeEmpty: boolean): Field {
  return {
    parse(text) {
      if (!mayBeEmpty && text.isAtEnd) text.take('a record type');
      const types: number[] = [];
      while (!text.isAtEnd) types.push(typeOf(text.word('a record type')));
      types.sort((a, b) => a - b);
      let lengthAt = -1;
      let window = -1;
      for (const value of types) {
        if (value >> 8 !== window) {
          window = value >> 8;
          text.out.u8(window);
          lengthAt = text.out.reserve(1);
          text.out.bytes[lengthAt] = 0;
        }
        const bitAt = lengthAt + 1 + ((value & 0xff) >> 3);
        while (text.out.length <= bitAt) text.out.u8(0);
        text.out.bytes[bitAt] = (text.out.bytes[bitAt] ?? 0) | (0x80 >> (value & 7));
        text.out.bytes[lengthAt] = text.out.length - lengthAt - 1;
      }
    },
    format(wire) {
      const names: string[] = [];
      while (wire.at < wire.bytes.length) {
        const window = wire.integer(1);
        const octets = wire.take(wire.integer(1));
        for (let bit = 0; bit < octets.length * 8; bit++) {
          if (((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) names.push(typeName(window * 256 + bit));
        }
      }
      return names.join(' ');
    },
    measure(bytes, at, end) {
      if (at === end) return mayBeEmpty ? at : -1;
      for (let lastWindow = -1; at < end;) {
        const window = bytes[at] ?? 0;
        const length = bytes[at + 1] ?? 0;
        const next = at + 2 + length;
        // Windows ascend, have 1 to 32 octets, and no zeros behind their last type.
        if (window <= lastWindow || length === 0 || length > 32 || next > end || bytes[next - 1] === 0) return -1;
        lastWindow = window;
        at = next;
      }
      return at;
    },
  };
}

/** The types of NSEC, which are never none. */
export const types: Field = typeBitmap(false);
/** The types of NSEC3 and CSYNC, which may be none (RFC 5155 §3.2.1). */
export const typesOrNone: Field = typeBitmap(true);

/**
 * The type of a digest and the digest itself, in hexadecimal to the end of the data.
 *
 * A type in `lengths` has just as many octets, any other at least `minBytes`.
 */
export function digest(
  lengths: Readonly<Record<number, number>>,
  { minBytes = 1, names = new Map<string, number>() }: { minBytes?: number; names?: ReadonlyMap<string, number> } = {},
): Field {
  const fits = (digestType: number, length: number): boolean =>
    lengths[digestType] === undefined ? length >= minBytes : length === lengths[digestType];
  return {
    parse(text) {
      const digestType = text.mnemonic(names, 255, 'the number of a digest type');
      text.out.u8(digestType);
      if (text.isAtEnd) text.take('a digest in hexadecimal');
      const length = parseEncodedRest(text, hex);
      if (fits(digestType, length)) return;
      const expected = lengths[digestType] === undefined ? `at least ${minBytes}` : `${lengths[digestType] ?? 0}`;
      throw new RdataFault(`a digest of type ${digestType} has ${expected} octets, this one has ${length}`);
    },
    format(wire) {
      return `${wire.integer(1)} ${encode(hex, wire.rest())}`;
    },
    measure: (bytes, at, end) => (at < end && fits(bytes[at] ?? 0, end - at - 1) ? end : -1),
  };
}

/** Mnemonics of delegation signer digests that BIND reads. */
export const digestNames: ReadonlyMap<string, number> = new Map([
  ['SHA-1', 1],
  ['SHA1', 1],
  ['SHA-256', 2],
  ['SHA256', 2],
  ['GOST', 3],
  ['SHA-384', 4],
  ['SHA384', 4],
]);
