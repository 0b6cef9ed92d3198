/**
 * Master file text into entries of tokens (RFC 1035 §5.1): comments, parentheses and quoted strings.
 *
 * Escapes stay as written, since names and strings decode them differently. Meaning is given in master-file.ts.
 */
import type { RdataToken } from '../wire/rdata-fields.ts';
import type { ProblemList, TextPosition } from './problem.ts';

/** One word or quoted string. */
export interface Token extends RdataToken, TextPosition {}

/** The tokens of one record or directive. */
export interface Entry {
  readonly tokens: readonly [Token, ...Token[]];
  /** Whether the entry begins with blank space, so that its owner is the one before. */
  readonly hasBlankOwner: boolean;
}

/** Splits a file into entries; what cannot be read is reported and skipped. */
export function readEntries(file: string, text: string, problems: ProblemList): readonly Entry[] {
  const scanner = new Scanner(file, text, problems);
  return scanner.entries();
}

const wordEnd = /[\s;()"]/;

class Scanner {
  readonly #file: string;
  readonly #text: string;
  readonly #problems: ProblemList;
  readonly #entries: Entry[] = [];
  #tokens: Token[] = [];
  #hasBlankOwner = false;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  /** Where each open parenthesis stands. */
  readonly #open: TextPosition[] = [];

  constructor(file: string, text: string, problems: ProblemList) {
    this.#file = file;
    this.#text = text;
    this.#problems = problems;
  }

  entries(): readonly Entry[] {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at] ?? '');
    this.#endEntry();
    for (const position of this.#open) this.#problems.error(position, '"(" is never closed: expected ")"');
    return this.#entries;
  }

  #step(character: string): void {
    if (character === '\n') this.#newLine();
    else if (character === ';') this.#skipComment();
    else if (/\s/.test(character)) this.#skipBlank();
    else if (character === '(') this.#open.push(this.#takePosition());
    else if (character === ')') this.#close();
    else if (character === '"') this.#quoted();
    else this.#word();
  }

  #newLine(): void {
    this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
    if (this.#open.length === 0) this.#endEntry();
  }

  #endEntry(): void {
    const [first, ...rest] = this.#tokens;
    if (first !== undefined) this.#entries.push({ tokens: [first, ...rest], hasBlankOwner: this.#hasBlankOwner });
    this.#tokens = [];
    this.#hasBlankOwner = false;
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipBlank(): void {
    if (this.#at === this.#lineStart && this.#tokens.length === 0) this.#hasBlankOwner = true;
    this.#at++;
  }

  #close(): void {
    const position = this.#takePosition();
    if (this.#open.pop() === undefined) this.#problems.error(position, '")" closes nothing: expected "(" before it');
  }

  #quoted(): void {
    const position = this.#takePosition();
    const start = this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"' && this.#text[this.#at] !== '\n') {
      this.#at += this.#text[this.#at] === '\\' && this.#text[this.#at + 1] !== '\n' ? 2 : 1;
    }
    const end = Math.min(this.#at, this.#text.length);
    this.#tokens.push({ text: this.#text.slice(start, end), quoted: true, ...position });
    if (this.#text[this.#at] === '"') this.#at++;
    else this.#problems.error(position, 'the quoted string is not closed: expected " on the same line');
  }

  #word(): void {
    const start = this.#at;
    while (this.#at < this.#text.length && !wordEnd.test(this.#text[this.#at] ?? '')) {
      this.#at += this.#text[this.#at] === '\\' && this.#text[this.#at + 1] !== '\n' ? 2 : 1;
    }
    const end = Math.min(this.#at, this.#text.length);
    const position = { file: this.#file, line: this.#line, column: start - this.#lineStart + 1 };
    this.#tokens.push({ text: this.#text.slice(start, end), quoted: false, ...position });
  }

  /** The position of the character here, which is taken. */
  #takePosition(): TextPosition {
    this.#at++;
    return { file: this.#file, line: this.#line, column: this.#at - this.#lineStart };
  }
}
