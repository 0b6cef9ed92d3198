/**
 * What a field of record data is to the rest of the house, and the cursors that its three directions work on.
 *
 * A field is stateless. Text faults are thrown as `RdataFault` and become values in rdata.ts; wire data is measured
 * before it is formatted, so formatting never sees octets that do not fit.
 */
import { ByteSink } from './byte-sink.ts';
import { decodeInto } from './character-string.ts';
import { rootName } from './name.ts';
import type { Name } from './name.ts';

/** One word or quoted string of a master file, its escapes as written. */
export interface RdataToken {
  readonly text: string;
  readonly quoted: boolean;
}

/** One field, or a few that only make sense together, between text and uncompressed wire form. */
export interface Field {
  /** Takes the field's tokens and appends its octets; throws `RdataFault`. */
  parse(text: TextCursor): void;
  /** Writes the field at the cursor as text and moves past it; empty where it has no text. */
  format(wire: WireCursor): string;
  /** Where the valid field that begins at `at` ends, or -1; it must not reach past `end`. */
  measure(bytes: Uint8Array, at: number, end: number): number;
  /** Whether it is a domain name that a message may compress (RFC 3597 §4). */
  readonly isCompressible?: boolean;
}

/** Carries a text fault to `parseRdata`; the token it is about is the cursor's `faultAt`. */
export class RdataFault extends Error {}

/** The tokens of one record, and the octets made of them so far. */
export class TextCursor {
  readonly out: ByteSink = new ByteSink();
  tokens: readonly RdataToken[] = [];
  origin: Name = rootName;
  /** The next token. */
  index = 0;
  /** The token that a fault is about. */
  faultAt = 0;
  readonly #scratch = new ByteSink();

  /** Begins another record. */
  start(tokens: readonly RdataToken[], origin: Name): void {
    this.tokens = tokens;
    this.origin = origin;
    this.index = 0;
    this.faultAt = 0;
    this.out.clear();
  }

  get isAtEnd(): boolean {
    return this.index >= this.tokens.length;
  }

  /** Takes the next token; `expected` says what should stand there. */
  take(expected: string): RdataToken {
    const token = this.tokens[this.index];
    this.faultAt = this.index;
    if (token === undefined) throw new RdataFault(`the data ends where ${expected} is expected`);
    this.index++;
    return token;
  }

  /** Takes the text of the next token. */
  word(expected: string): string {
    return this.take(expected).text;
  }

  /** Takes the next token as a whole number from 0 to `max`, in decimal. */
  integer(max: number, expected: string = integerText(max)): number {
    const text = this.word(expected);
    const value = parseInteger(text, max);
    if (value === undefined) throw unexpected(text, expected);
    return value;
  }

  /** Takes the next token as a mnemonic of `names`, or as a whole number from 0 to `max`. */
  mnemonic(names: ReadonlyMap<string, number>, max: number, expected: string): number {
    const text = this.word(expected);
    const value = names.get(text.toUpperCase()) ?? parseInteger(text, max);
    if (value === undefined) throw unexpected(text, expected);
    return value;
  }

  /** Decodes the escapes of a token's text; the octets are a copy. */
  decode(text: string): Uint8Array {
    this.#scratch.clear();
    if (!decodeInto(text, this.#scratch)) throw badEscape(text);
    return this.#scratch.copy();
  }
}

/** Valid record data and where reading stands. */
export class WireCursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Takes a number of `size` octets in network order. */
  integer(size: number): number {
    let value = 0;
    for (let count = 0; count < size; count++) value = value * 256 + (this.bytes[this.at++] ?? 0);
    return value;
  }

  /** Takes the next `length` octets. */
  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Takes all that is left. */
  rest(): Uint8Array {
    return this.take(this.bytes.length - this.at);
  }
}

/** Reads a whole number from 0 to `max` in decimal; undefined for anything else. */
export function parseInteger(text: string, max: number): number | undefined {
  if (text.length === 0 || text.length > 10) return undefined;
  let value = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= max ? value : undefined;
}

/** What a fault says where a number up to `max` is expected. */
export function integerText(max: number): string {
  return `a number from 0 to ${max}`;
}

/** The fault of a token that is something else than expected. */
export function unexpected(text: string, expected: string): RdataFault {
  return new RdataFault(`"${text}" is not ${expected}`);
}

/** The fault of a malformed escape. */
export function badEscape(text: string): RdataFault {
  return new RdataFault(`"${text}" has a backslash without a character or three digits up to 255 after it`);
}
