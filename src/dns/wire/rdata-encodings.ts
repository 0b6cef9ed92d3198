/**
 * Octets as hexadecimal, base32hex and base64 text (RFC 4648 §4, §7, §8), and the fields that are written so.
 *
 * One decoder serves all three, since they differ in alphabet and padding only. It is strict: padding where it belongs,
 * and no bits left over.
 */
import { RdataFault } from './rdata-codec.ts';
import type { Field, TextCursor } from './rdata-codec.ts';
import { within } from './rdata-fields.ts';
import type { ByteSink } from './byte-sink.ts';

/** How octets are written as text. */
export interface Encoding {
  /** What a fault calls such text. */
  readonly title: string;
  readonly alphabet: string;
  readonly bitsPerDigit: number;
  /** Digits, padding included, that stand for whole octets; 1 where there is no padding. */
  readonly padTo: number;
  /** The value of each ASCII code, 255 where it is no digit. */
  readonly values: Uint8Array;
}

function encoding(
  title: string,
  alphabet: string,
  bitsPerDigit: number,
  padTo: number,
  ignoresCase: boolean,
): Encoding {
  const values = new Uint8Array(128).fill(255);
  for (let index = 0; index < alphabet.length; index++) {
    values[alphabet.charCodeAt(index)] = index;
    if (ignoresCase) values[alphabet.toLowerCase().charCodeAt(index)] = index;
  }
  return { title, alphabet, bitsPerDigit, padTo, values };
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const hex: Encoding = encoding('hexadecimal', '0123456789ABCDEF', 4, 1, true);
export const base32hex: Encoding = encoding('base32hex', `0123456789${letters.slice(0, 22)}`, 5, 1, true);
export const base64: Encoding = encoding('base64', `${letters}${letters.toLowerCase()}0123456789+/`, 6, 4, false);

/** Writes octets as text without blanks. */
export function encode({ alphabet, bitsPerDigit, padTo }: Encoding, bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let count = 0;
  const mask = (1 << bitsPerDigit) - 1;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= bitsPerDigit;) {
      count -= bitsPerDigit;
      text += alphabet.charAt((bits >> count) & mask);
    }
  }
  if (count > 0) text += alphabet.charAt((bits << (bitsPerDigit - count)) & mask);
  while (text.length % padTo !== 0) text += '=';
  return text;
}

/** Decodes text over any number of pieces. */
class Decoder {
  readonly #encoding: Encoding;
  readonly #out: ByteSink;
  #bits = 0;
  #bitCount = 0;
  #digits = 0;
  #padding = 0;

  constructor(encoding: Encoding, out: ByteSink) {
    this.#encoding = encoding;
    this.#out = out;
  }

  /** Appends the octets of one piece; false at a character that does not belong there. */
  piece(text: string): boolean {
    const { values, bitsPerDigit, padTo } = this.#encoding;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code === 0x3d && padTo > 1) {
        this.#padding++;
        continue;
      }
      const value = values[code] ?? 255;
      if (value === 255 || this.#padding > 0) return false;
      this.#bits = ((this.#bits << bitsPerDigit) | value) & 0xffff;
      this.#bitCount += bitsPerDigit;
      this.#digits++;
      if (this.#bitCount < 8) continue;
      this.#bitCount -= 8;
      this.#out.u8((this.#bits >> this.#bitCount) & 0xff);
    }
    return true;
  }

  /** Whether what was read is whole: the padding is right, and what is left over is less than a digit of zeros. */
  get isWhole(): boolean {
    const { bitsPerDigit, padTo } = this.#encoding;
    const left = this.#bits & ((1 << this.#bitCount) - 1);
    const missing = (padTo - (this.#digits % padTo)) % padTo;
    return this.#bitCount < bitsPerDigit && left === 0 && this.#padding === missing;
  }
}

/** Decodes one piece of text to `out`; false when it is malformed. */
export function decode(encoding: Encoding, text: string, out: ByteSink): boolean {
  const decoder = new Decoder(encoding, out);
  return decoder.piece(text) && decoder.isWhole;
}

/** Takes one token and appends its octets. */
export function parseEncoded(text: TextCursor, encoding: Encoding, expected: string): void {
  const word = text.word(expected);
  if (!decode(encoding, word, text.out)) throw new RdataFault(`"${word}" is not ${expected} in ${encoding.title}`);
}

/** Takes all tokens that are left and appends their octets; returns how many those are. */
export function parseEncodedRest(text: TextCursor, encoding: Encoding): number {
  const start = text.out.length;
  const decoder = new Decoder(encoding, text.out);
  while (!text.isAtEnd) {
    const word = text.word(encoding.title);
    if (!decoder.piece(word)) throw new RdataFault(`"${word}" is not ${encoding.title}`);
  }
  if (!decoder.isWhole) throw new RdataFault(`the ${encoding.title} data is cut short`);
  return text.out.length - start;
}

/** Octets to the end of the data, over any number of tokens, at least `minBytes`. */
export function encodedRest(encoding: Encoding, minBytes: number): Field {
  return {
    parse(text) {
      if (minBytes > 0 && text.isAtEnd) text.take(`${encoding.title} data`);
      const length = parseEncodedRest(text, encoding);
      if (length < minBytes) throw new RdataFault(`the data must have at least ${minBytes} octets, this has ${length}`);
    },
    format: (wire) => encode(encoding, wire.rest()),
    measure: (_, at, end) => (end - at >= minBytes ? end : -1),
  };
}

/** An NSEC3 salt: a length and as many octets, written `-` where there are none (RFC 5155 §3.3). */
export const salt: Field = {
  parse(text) {
    const lengthAt = text.out.reserve(1);
    text.out.bytes[lengthAt] = 0;
    if (text.tokens[text.index]?.text === '-') {
      text.index++;
      return;
    }
    parseEncoded(text, hex, 'a salt');
    setLength(text, lengthAt);
  },
  format(wire) {
    const length = wire.integer(1);
    return length === 0 ? '-' : encode(hex, wire.take(length));
  },
  measure: (bytes, at, end) => (at < end ? within(at + 1 + (bytes[at] ?? 0), end) : -1),
};

/** An NSEC3 hash: a length and as many octets, at least one (RFC 5155 §3.3). */
export const hash: Field = {
  parse(text) {
    const lengthAt = text.out.reserve(1);
    parseEncoded(text, base32hex, 'a hash');
    setLength(text, lengthAt);
  },
  format: (wire) => encode(base32hex, wire.take(wire.integer(1))),
  measure: (bytes, at, end) => (at < end && bytes[at] !== 0 ? within(at + 1 + (bytes[at] ?? 0), end) : -1),
};

/** Writes how many octets were appended since the length octet at `lengthAt`, 1 to 255. */
export function setLength(text: TextCursor, lengthAt: number): void {
  const length = text.out.length - lengthAt - 1;
  if (length === 0 || length > 255) throw new RdataFault(`1 to 255 octets are expected, this has ${length}`);
  text.out.bytes[lengthAt] = length;
}
