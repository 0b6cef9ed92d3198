/**
 * `$GENERATE`: one line that stands for many, as BIND has it (BIND 9 ARM, "$GENERATE Directive").
 *
 * Here are its range and its templates; record-reader.ts reads the records that they make.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';

/** At most so many records a line: all of an IPv4 /16. Each is held like a written one, and more is a slip of the pen. */
export const maxGenerated = 65_536;
/** The widest field: no name or string that a record may have is longer. */
const maxWidth = 255;
/** BIND's counters are below 2^31. */
const maxCounter = 0x7fff_ffff;

/** The numbers `start`, `start + step` … up to `stop`. */
export interface GenerateRange {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

type Piece = string | { readonly delta: number; readonly width: number; readonly base: string };

/** Text with places for the number. */
export type Template = readonly Piece[];

/** Parses `start-stop` or `start-stop/step`. */
export function parseRange(text: string): Result<GenerateRange, string> {
  const expected = 'expected a range such as 1-254 or 0-100/2';
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text);
  if (match === null) return refuse(`"${text}" is not a range: ${expected}`);
  const [start, stop, step] = [Number(match[1]), Number(match[2]), Number(match[3] ?? '1')];
  if (stop > maxCounter || step > maxCounter) return refuse(`"${text}" goes beyond ${maxCounter}: ${expected}`);
  if (start > stop) return refuse(`"${text}" ends before it begins: ${expected}`);
  if (step === 0) return refuse(`"${text}" never ends: expected a step of at least 1`);
  const records = Math.floor((stop - start) / step) + 1;
  if (records > maxGenerated) {
    return refuse(`"${text}" makes ${records} records: expected at most ${maxGenerated} a line`);
  }
  return succeed({ start, stop, step });
}

/**
 * Parses text in which `$` is the number, `${offset,width,base}` the number plus an offset, padded with zeros to a
 * width, in base d, o, x, X or in nibbles n, N; `$$` is a dollar sign, and what follows a backslash stays as it is.
 */
export function parseTemplate(text: string): Result<Template, string> {
  const pieces: Piece[] = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const next = text[at + 1];
    if (text[at] === '\\') {
      plain += text.slice(at, at + 2);
      at += 2;
    } else if (text[at] !== '$') {
      plain += text[at++] ?? '';
    } else if (next === '$') {
      plain += '$';
      at += 2;
    } else {
      const field = next === '{' ? parseField(text.slice(at)) : { delta: 0, width: 0, base: 'd', length: 1 };
      if (field === undefined) {
        const end = text.indexOf('}', at);
        const written = end < 0 ? text.slice(at) : text.slice(at, end + 1);
        return refuse(`"${written}" is not a field: expected one such as $, \${-1}, \${0,3} or \${0,2,x}`);
      }
      const { length, ...piece } = field;
      pieces.push(plain, piece);
      plain = '';
      at += length;
    }
  }
  return succeed([...pieces, plain]);
}

function parseField(text: string): { delta: number; width: number; base: string; length: number } | undefined {
  const match = /^\$\{([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?\}/.exec(text);
  if (match === null) return undefined;
  const [delta, width] = [Number(match[1]), Number(match[2] ?? '0')];
  if (Math.abs(delta) > maxCounter || width > maxWidth) return undefined;
  return { delta, width, base: match[3] ?? 'd', length: match[0].length };
}

/** The text for one number; undefined where a field becomes negative in a base that has no sign, or leaves its range. */
export function expandTemplate(template: Template, counter: number): string | undefined {
  let text = '';
  for (const piece of template) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    const value = counter + piece.delta;
    if (Math.abs(value) > maxCounter || (value < 0 && piece.base !== 'd')) return undefined;
    text += formatNumber(value, piece.width, piece.base);
  }
  return text;
}

function formatNumber(value: number, width: number, base: string): string {
  switch (base) {
    case 'o':
      return value.toString(8).padStart(width, '0');
    case 'x':
      return value.toString(16).padStart(width, '0');
    case 'X':
      return value.toString(16).toUpperCase().padStart(width, '0');
    case 'n':
      return nibbles(value, width);
    case 'N':
      return nibbles(value, width).toUpperCase();
    default:
      return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0');
  }
}

/** Hexadecimal digits, the lowest first, a dot between them; the width counts the dots too. */
function nibbles(value: number, width: number): string {
  let text = '';
  let rest = value;
  let left = width;
  do {
    text += (rest & 0xf).toString(16);
    rest >>>= 4;
    if (left > 0) left--;
    if (left > 0 || rest !== 0) {
      text += '.';
      if (left > 0) left--;
    }
  } while (rest !== 0 || left > 0);
  return text;
}
