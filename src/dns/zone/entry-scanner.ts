/**
 * Octets of a master file into entries of tokens (RFC 1035 §5.1): comments, parentheses and quoted strings.
 *
 * The tokens of one entry are columns that the next entry overwrites, so that a million records make no objects here.
 * Escapes stay as written, since names and strings decode them differently. A carriage return ends a line as a line
 * feed does, so files of every system are read. Meaning is given in record-reader.ts.
 */
import { decodeText } from './source-text.ts';

/** What a token is written like; bits of `flags`. */
export const tokenFlag = {
  quoted: 1,
  /** It has a backslash. */
  escaped: 2,
} as const;

/** Is told what cannot be read, and at which octet. */
export type ScanReport = (offset: number, message: string) => void;

/** What an octet does outside of quotes. */
const octetKind = { word: 0, blank: 1, newline: 2, comment: 3, open: 4, close: 5, quote: 6, escape: 7 } as const;
const kinds = new Uint8Array(256);
kinds[0x20] = kinds[0x09] = octetKind.blank;
kinds[0x0a] = kinds[0x0d] = octetKind.newline;
kinds[0x3b] = octetKind.comment;
kinds[0x28] = octetKind.open;
kinds[0x29] = octetKind.close;
kinds[0x22] = octetKind.quote;
kinds[0x5c] = octetKind.escape;

/** Goes through the entries of one text. */
export class EntryScanner {
  readonly bytes: Uint8Array;
  /** Tokens of the entry at hand. */
  count = 0;
  /** First octet of each token; of a quoted one, the first within the quotes. */
  starts: Uint32Array = new Uint32Array(64);
  /** The octet after each token's last. */
  ends: Uint32Array = new Uint32Array(64);
  flags: Uint8Array = new Uint8Array(64);
  /** Whether the entry begins with blank space, so that its owner is the one before. */
  hasBlankOwner = false;
  readonly #report: ScanReport;
  #at: number;
  /** Where each open parenthesis stands. */
  readonly #open: number[] = [];

  constructor(bytes: Uint8Array, report: ScanReport, start = 0) {
    this.bytes = bytes;
    this.#report = report;
    this.#at = start;
  }

  /** Scans the next entry that has tokens; false at the end of the text. */
  next(): boolean {
    const { bytes } = this;
    this.count = 0;
    let entryStart = this.#at;
    this.hasBlankOwner = false;
    while (this.#at < bytes.length) {
      const at = this.#at;
      switch (kinds[bytes[at] ?? 0]) {
        case octetKind.blank:
          if (at === entryStart) this.hasBlankOwner = true;
          this.#at++;
          break;
        case octetKind.newline:
          this.#at++;
          if (this.#open.length > 0) break;
          if (this.count > 0) return true;
          entryStart = this.#at;
          this.hasBlankOwner = false;
          break;
        case octetKind.comment:
          while (this.#at < bytes.length && kinds[bytes[this.#at] ?? 0] !== octetKind.newline) this.#at++;
          break;
        case octetKind.open:
          this.#open.push(this.#at++);
          break;
        case octetKind.close:
          if (this.#open.pop() === undefined) this.#report(at, '")" closes nothing: expected "(" before it');
          this.#at++;
          break;
        case octetKind.quote:
          this.#quoted();
          break;
        default:
          this.#word();
      }
    }
    for (const offset of this.#open.splice(0)) this.#report(offset, '"(" is never closed: expected ")"');
    return this.count > 0;
  }

  /** Takes all octets as one token, whatever they are. */
  takeWhole(): void {
    this.count = 0;
    this.#push(0, this.bytes.length, this.bytes.includes(0x5c) ? tokenFlag.escaped : 0);
    this.#at = this.bytes.length;
  }

  /** The text of a token, its escapes as written. */
  text(token: number): string {
    return token < this.count ? decodeText(this.bytes, this.starts[token] ?? 0, this.ends[token] ?? 0) : '';
  }

  isQuoted(token: number): boolean {
    return ((this.flags[token] ?? 0) & tokenFlag.quoted) !== 0;
  }

  /** Where a token stands, its opening quote included. */
  offsetOf(token: number): number {
    return (this.starts[token] ?? 0) - (this.isQuoted(token) ? 1 : 0);
  }

  #word(): void {
    const { bytes } = this;
    const start = this.#at;
    let at = start;
    let flags = 0;
    for (; at < bytes.length; at++) {
      const kind = kinds[bytes[at] ?? 0];
      if (kind === octetKind.word) continue;
      if (kind !== octetKind.escape) break;
      flags = tokenFlag.escaped;
      if (kinds[bytes[at + 1] ?? 0] !== octetKind.newline) at++;
    }
    this.#at = Math.min(at, bytes.length);
    this.#push(start, this.#at, flags);
  }

  #quoted(): void {
    const { bytes } = this;
    const start = this.#at + 1;
    let at = start;
    let flags: number = tokenFlag.quoted;
    for (; at < bytes.length; at++) {
      const kind = kinds[bytes[at] ?? 0];
      if (kind === octetKind.quote || kind === octetKind.newline) break;
      if (kind !== octetKind.escape) continue;
      flags |= tokenFlag.escaped;
      if (kinds[bytes[at + 1] ?? 0] !== octetKind.newline) at++;
    }
    const end = Math.min(at, bytes.length);
    this.#push(start, end, flags);
    const isClosed = kinds[bytes[end] ?? 0] === octetKind.quote;
    this.#at = isClosed ? end + 1 : end;
    if (!isClosed) this.#report(start - 1, 'the quoted string is not closed: expected " on the same line');
  }

  #push(start: number, end: number, flags: number): void {
    const token = this.count++;
    if (token >= this.starts.length) this.#grow();
    this.starts[token] = start;
    this.ends[token] = end;
    this.flags[token] = flags;
  }

  #grow(): void {
    const { starts, ends, flags } = this;
    this.starts = new Uint32Array(starts.length * 2);
    this.ends = new Uint32Array(ends.length * 2);
    this.flags = new Uint8Array(flags.length * 2);
    this.starts.set(starts);
    this.ends.set(ends);
    this.flags.set(flags);
  }
}
