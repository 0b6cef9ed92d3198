/**
 * Escapes of the master file format (RFC 1035 §5.1): `\DDD` is the octet with that decimal number, `\X` is X itself.
 * Text outside ASCII becomes its UTF-8 octets.
 */
import type { ByteSink } from './byte-sink.ts';

const utf8 = new TextEncoder();

/** One decoded byte and where in the text it began. */
export interface DecodedByte {
  readonly byte: number;
  readonly index: number;
  /** Whether it was written with a backslash, so that it has no special meaning. */
  readonly escaped: boolean;
}

/** Decodes text with escapes into bytes, each with its index; the index of the fault where an escape is malformed. */
export function decodeEscapes(text: string): readonly DecodedByte[] | { readonly faultIndex: number } {
  const bytes: DecodedByte[] = [];
  for (let index = 0; index < text.length;) {
    const escaped = text[index] === '\\';
    const decimal = escaped ? decimalEscapeAt(text, index) : -1;
    if (decimal === malformed) return { faultIndex: index };
    if (decimal >= 0) {
      bytes.push({ byte: decimal, index, escaped });
      index += 4;
    } else {
      const character = characterAt(text, escaped ? index + 1 : index);
      for (const byte of utf8.encode(character)) bytes.push({ byte, index, escaped });
      index += character.length + (escaped ? 1 : 0);
    }
  }
  return bytes;
}

/** Appends the octets of text with escapes to `sink`; false where an escape is malformed. */
export function decodeInto(text: string, sink: ByteSink): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80 && code !== backslash) {
      sink.u8(code);
      continue;
    }
    if (code === backslash) {
      const decimal = decimalEscapeAt(text, index);
      if (decimal === malformed) return false;
      if (decimal >= 0) {
        sink.u8(decimal);
        index += 3;
        continue;
      }
      index++;
    }
    const character = characterAt(text, index);
    sink.append(utf8.encode(character));
    index += character.length - 1;
  }
  return true;
}

const backslash = 0x5c;
/** What `decimalEscapeAt` gives for `\` at the end, before one or two digits alone, and before a number above 255. */
const malformed = -2;

/** The octet that the `\DDD` at `index` stands for; -1 for `\X`, `malformed` for neither. */
function decimalEscapeAt(text: string, index: number): number {
  const first = digitAt(text, index + 1);
  if (first < 0) return index + 1 < text.length ? -1 : malformed;
  const second = digitAt(text, index + 2);
  const third = digitAt(text, index + 3);
  const value = first * 100 + second * 10 + third;
  return second < 0 || third < 0 || value > 255 ? malformed : value;
}

function digitAt(text: string, index: number): number {
  const digit = text.charCodeAt(index) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index) ?? 0);
}

/** Writes bytes as text that `decodeEscapes` reads back; bytes in `special` get a backslash. */
export function encodeEscapes(bytes: Uint8Array, special: string): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) text += `\\${String(byte).padStart(3, '0')}`;
    else text += character === '\\' || special.includes(character) ? `\\${character}` : character;
  }
  return text;
}
