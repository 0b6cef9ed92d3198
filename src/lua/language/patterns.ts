/**
 * Lua patterns (Lua 5.1 reference, §5.4.1), matched by backtracking with a step of the machine for every turn, so that
 * no pattern runs long.
 */
import { LuaError } from './error.ts';
import type { Machine } from './machine.ts';

/** What a capture is worth: a text, or for `()` a position from 1. */
export type Capture = string | number;

/** A match: from `start` to before `end`, and what the parentheses held. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly captures: readonly Capture[];
}

const maxCaptures = 32;
/** Levels of the matcher's own recursion. */
const maxDepth = 200;
const specials = '^$*+?.([%-';

/** Whether a pattern is plain text. */
export function isPlain(pattern: string): boolean {
  for (const character of pattern) if (specials.includes(character)) return false;
  return true;
}

/** The first match at or after `from`; undefined where there is none. Throws `LuaError` for a malformed pattern. */
export function findPattern(machine: Machine, text: string, pattern: string, from: number): PatternMatch | undefined {
  const isAnchored = pattern.startsWith('^');
  for (let start = from; start <= text.length; start++) {
    const match = matchAt(machine, text, pattern, start);
    if (match !== undefined || isAnchored) return match;
  }
  return undefined;
}

/** The match that begins at `start`, if there is one; a leading `^` is skipped. */
export function matchAt(machine: Machine, text: string, pattern: string, start: number): PatternMatch | undefined {
  const matcher = new Matcher(machine, text, pattern);
  const end = matcher.match(start, pattern.startsWith('^') ? 1 : 0);
  return end < 0 ? undefined : { start, end, captures: matcher.captures() };
}

const open = -1;
const position = -2;

class Matcher {
  readonly #machine: Machine;
  readonly #text: string;
  readonly #pattern: string;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #depth = 0;

  constructor(machine: Machine, text: string, pattern: string) {
    this.#machine = machine;
    this.#text = text;
    this.#pattern = pattern;
  }

  captures(): readonly Capture[] {
    return this.#starts.map((start, index) => {
      const length = this.#lengths[index] ?? open;
      if (length === position) return start + 1;
      if (length === open) throw new LuaError('unfinished capture');
      return this.#text.slice(start, start + length);
    });
  }

  /** Where the match of the pattern from `p` that begins at `s` ends; -1 for none. */
  match(s: number, p: number): number {
    if (++this.#depth > maxDepth) throw new LuaError('pattern too complex');
    const end = this.#match(s, p);
    this.#depth--;
    return end;
  }

  #match(s: number, p: number): number {
    const pattern = this.#pattern;
    for (;;) {
      this.#machine.spend(1);
      if (p === pattern.length) return s;
      const character = pattern[p];
      if (character === '(')
        return pattern[p + 1] === ')' ? this.#open(s, p + 2, position) : this.#open(s, p + 1, open);
      if (character === ')') return this.#close(s, p + 1);
      if (character === '$' && p + 1 === pattern.length) return s === this.#text.length ? s : -1;
      if (character === '%') {
        const next = pattern[p + 1] ?? '';
        if (next === 'b') return this.#balance(s, p + 2);
        if (next === 'f') {
          const after = this.#frontier(s, p + 2);
          if (after < 0) return -1;
          p = after;
          continue;
        }
        if (/\d/.test(next)) {
          const end = this.#matchBack(s, next);
          if (end < 0) return -1;
          s = end;
          p += 2;
          continue;
        }
      }
      const after = this.#classEnd(p);
      const suffix = pattern[after];
      if (suffix === '*') return this.#longest(s, p, after, 0);
      if (suffix === '+') return this.#longest(s, p, after, 1);
      if (suffix === '-') return this.#shortest(s, p, after);
      const isMatch = this.#matchesOne(s, p, after);
      if (suffix === '?') {
        if (isMatch) {
          const end = this.match(s + 1, after + 1);
          if (end >= 0) return end;
        }
        p = after + 1;
        continue;
      }
      if (!isMatch) return -1;
      s++;
      p = after;
    }
  }

  #longest(s: number, p: number, after: number, least: number): number {
    let count = 0;
    while (this.#matchesOne(s + count, p, after)) {
      this.#machine.spend(1);
      count++;
    }
    for (; count >= least; count--) {
      const end = this.match(s + count, after + 1);
      if (end >= 0) return end;
    }
    return -1;
  }

  #shortest(s: number, p: number, after: number): number {
    for (let at = s; ; at++) {
      const end = this.match(at, after + 1);
      if (end >= 0) return end;
      if (!this.#matchesOne(at, p, after)) return -1;
    }
  }

  #open(s: number, p: number, length: number): number {
    if (this.#starts.length >= maxCaptures) throw new LuaError('too many captures');
    this.#starts.push(s);
    this.#lengths.push(length);
    const end = this.match(s, p);
    if (end < 0) {
      this.#starts.pop();
      this.#lengths.pop();
    }
    return end;
  }

  #close(s: number, p: number): number {
    const index = this.#lengths.lastIndexOf(open);
    if (index < 0) throw new LuaError('invalid pattern capture');
    this.#lengths[index] = s - (this.#starts[index] ?? 0);
    const end = this.match(s, p);
    if (end < 0) this.#lengths[index] = open;
    return end;
  }

  #balance(s: number, p: number): number {
    const [opening, closing] = [this.#pattern[p], this.#pattern[p + 1]];
    if (opening === undefined || closing === undefined) throw new LuaError('unbalanced pattern');
    if (this.#text[s] !== opening) return -1;
    let level = 1;
    for (let at = s + 1; at < this.#text.length; at++) {
      this.#machine.spend(1);
      if (this.#text[at] === closing) {
        if (--level === 0) return this.match(at + 1, p + 2);
      } else if (this.#text[at] === opening) level++;
    }
    return -1;
  }

  /** Where the pattern goes on after `%f[set]`, if here is where the set begins to match; else -1. */
  #frontier(s: number, p: number): number {
    if (this.#pattern[p] !== '[') throw new LuaError("missing '[' after '%f' in pattern");
    const end = this.#classEnd(p);
    const before = s === 0 ? 0 : this.#text.charCodeAt(s - 1);
    const here = s < this.#text.length ? this.#text.charCodeAt(s) : 0;
    return !this.#isInSet(before, p, end - 1) && this.#isInSet(here, p, end - 1) ? end : -1;
  }

  #matchBack(s: number, digit: string): number {
    const index = Number(digit) - 1;
    const length = this.#lengths[index] ?? open;
    if (length < 0) throw new LuaError('invalid capture index');
    const start = this.#starts[index] ?? 0;
    this.#machine.spend(length >> 6);
    return this.#text.startsWith(this.#text.slice(start, start + length), s) ? s + length : -1;
  }

  /** Where the single-character class at `p` ends. */
  #classEnd(p: number): number {
    const pattern = this.#pattern;
    if (pattern[p] === '%') {
      if (p + 1 >= pattern.length) throw new LuaError("malformed pattern (ends with '%')");
      return p + 2;
    }
    if (pattern[p] !== '[') return p + 1;
    let at = pattern[p + 1] === '^' ? p + 2 : p + 1;
    do {
      if (at >= pattern.length) throw new LuaError("malformed pattern (missing ']')");
      at += pattern[at] === '%' ? 2 : 1;
    } while (pattern[at] !== ']');
    this.#machine.spend((at - p) >> 6);
    return at + 1;
  }

  #matchesOne(s: number, p: number, after: number): boolean {
    if (s >= this.#text.length) return false;
    const code = this.#text.charCodeAt(s);
    const character = this.#pattern[p];
    if (character === '.') return true;
    if (character === '%') return isInClass(code, this.#pattern[p + 1] ?? '');
    if (character === '[') return this.#isInSet(code, p, after - 1);
    return this.#pattern.charCodeAt(p) === code;
  }

  /** Whether an octet is in the set from `[` at `p` to `]` at `last`. */
  #isInSet(code: number, p: number, last: number): boolean {
    const pattern = this.#pattern;
    this.#machine.spend((last - p) >> 6);
    const isNegated = pattern[p + 1] === '^';
    for (let at = p + (isNegated ? 2 : 1); at < last; at++) {
      if (pattern[at] === '%') {
        at++;
        if (isInClass(code, pattern[at] ?? '')) return !isNegated;
      } else if (pattern[at + 1] === '-' && at + 2 < last) {
        if (pattern.charCodeAt(at) <= code && code <= pattern.charCodeAt(at + 2)) return !isNegated;
        at += 2;
      } else if (pattern.charCodeAt(at) === code) return !isNegated;
    }
    return isNegated;
  }
}

const classes: Readonly<Record<string, RegExp>> = {
  a: /[A-Za-z]/,

  c: /[\x00-\x1f\x7f]/,
  d: /[0-9]/,
  g: /[\x21-\x7e]/,
  l: /[a-z]/,
  p: /[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/,
  s: /[ \t\n\v\f\r]/,
  u: /[A-Z]/,
  w: /[A-Za-z0-9]/,
  x: /[A-Fa-f0-9]/,

  z: /\x00/,
};

/** Whether an octet is in the class of a letter after `%`; other characters stand for themselves. */
function isInClass(code: number, letter: string): boolean {
  const known = classes[letter.toLowerCase()];
  if (known === undefined) return letter.charCodeAt(0) === code;
  const isMatch = known.test(String.fromCharCode(code));
  return letter === letter.toLowerCase() ? isMatch : !isMatch;
}
