/** One text that records are read from, as UTF-8 octets; lines and columns are computed only when they are asked for. */
import type { TextPosition } from './problem.ts';

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const lineFeed = 0x0a;
/** Octets of a short word. */
const shortBytes = 24;
/** Octets whose lines are counted to estimate those of the whole text. */
const sampledBytes = 1 << 16;

/** A named text. Offsets count octets from 0. */
export class SourceText {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Where each line begins; made when a position is first asked for. */
  #lineStarts: Uint32Array | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.bytes = utf8.encode(text);
  }

  /** About how many lines there are, from those at the beginning. */
  estimateLines(): number {
    const sample = this.bytes.subarray(0, sampledBytes);
    let lines = 1;
    for (const octet of sample) if (octet === lineFeed) lines++;
    return Math.ceil((lines * this.bytes.length) / Math.max(sample.length, 1));
  }

  /** Line and column of an octet; columns count characters, not octets. */
  positionOf(offset: number): TextPosition {
    const starts = (this.#lineStarts ??= lineStarts(this.bytes));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    let column = 1;
    for (let at = starts[low] ?? 0; at < offset; at++) if (isCharacterStart(this.bytes[at + 1] ?? 0)) column++;
    return { file: this.file, line: low + 1, column };
  }
}

/** The text of some octets of a source. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  // A decoder costs more to call than a word takes to read.
  if (end - start > shortBytes) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Whether an octet is not one of the further ones of a UTF-8 sequence (RFC 3629 §3). */
function isCharacterStart(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}

function lineStarts(bytes: Uint8Array): Uint32Array {
  let lines = 1;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  const starts = new Uint32Array(lines);
  let line = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) starts[++line] = at + 1;
  return starts;
}
