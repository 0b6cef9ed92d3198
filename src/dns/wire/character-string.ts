/**
 * Escapes of the master file format (RFC 1035 §5.1): `\DDD` is the byte with that decimal number, `\X` is X itself.
 * Text outside ASCII becomes its UTF-8 bytes.
 */

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
    if (text[index] === '\\') {
      const decimal = /^\d{3}/.exec(text.slice(index + 1, index + 4))?.[0];
      const next = text[index + 1];
      if (next === undefined || (decimal === undefined && /\d/.test(next))) return { faultIndex: index };
      const byte = decimal === undefined ? next.charCodeAt(0) : Number(decimal);
      if (byte > 255) return { faultIndex: index };
      bytes.push({ byte, index, escaped: true });
      index += decimal === undefined ? 2 : 4;
    } else {
      const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
      for (const byte of utf8.encode(character)) bytes.push({ byte, index, escaped: false });
      index += character.length;
    }
  }
  return bytes;
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
