/** The library `string` (Lua 5.1 reference, §5.4) without `dump`; strings are octets, and never longer than a machine allows. */
import { badArgument, integerArgument, libraryOf, numberArgument, stringArgument } from './arguments.ts';
import { LuaError } from './error.ts';
import type { Machine } from './machine.ts';
import { isText, textOf } from './operators.ts';
import type { Operators } from './operators.ts';
import { findPattern, isPlain, matchAt } from './patterns.ts';
import type { Capture, PatternMatch } from './patterns.ts';
import { formatText } from './string-format.ts';
import { isTrue, LuaFunction, LuaTable, typeName } from './value.ts';
import type { LuaValue, LuaValues } from './value.ts';

/** Fills the library; it is a parameter since the operators need it for methods of strings. */
export function stringLibrary(machine: Machine, operators: () => Operators): LuaTable {
  const made = (text: string): LuaValues => {
    machine.spendString(text.length);
    return [text];
  };
  return libraryOf('string.', {
    len: (args) => [stringArgument(args, 0, 'len').length],
    sub: (args) => {
      const text = stringArgument(args, 0, 'sub');
      const [from, to] = span(text, integerArgument(args, 1, 'sub'), integerArgument(args, 2, 'sub', -1));
      return made(text.slice(from, to));
    },
    upper: (args) => made(asciiCase(stringArgument(args, 0, 'upper'), /[a-z]+/g, (part) => part.toUpperCase())),
    lower: (args) => made(asciiCase(stringArgument(args, 0, 'lower'), /[A-Z]+/g, (part) => part.toLowerCase())),
    rep: (args) => {
      const text = stringArgument(args, 0, 'rep');
      const count = Math.max(0, integerArgument(args, 1, 'rep'));
      const separator = args[2] === undefined ? '' : stringArgument(args, 2, 'rep');
      machine.spendString(text.length * count + separator.length * Math.max(0, count - 1));
      if (text === '' && separator === '') return [''];
      return [(text + separator).repeat(Math.max(0, count - 1)) + (count > 0 ? text : '')];
    },
    reverse: (args) => made(reversed(stringArgument(args, 0, 'reverse'))),
    byte: (args) => {
      const text = stringArgument(args, 0, 'byte');
      const first = integerArgument(args, 1, 'byte', 1);
      const [from, to] = span(text, first, integerArgument(args, 2, 'byte', first));
      machine.spend(Math.max(0, to - from) / 8);
      return Array.from({ length: Math.max(0, to - from) }, (_, index) => text.charCodeAt(from + index));
    },
    char: (args) => {
      const codes = args.map((_, index) => integerArgument(args, index, 'char'));
      const wrong = codes.findIndex((code) => code < 0 || code > 255);
      if (wrong >= 0) throw badArgument(wrong, 'char', 'invalid value');
      return made(String.fromCharCode(...codes));
    },
    format: (args) => made(formatOf(machine, operators(), args)),
    find: (args) => find(machine, args),
    match: (args) => {
      const text = stringArgument(args, 0, 'match');
      const pattern = stringArgument(args, 1, 'match');
      const match = findPattern(machine, text, pattern, startOf(text, integerArgument(args, 2, 'match', 1)));
      return match === undefined ? [undefined] : capturesOf(text, match);
    },
    gmatch: (args) => [gmatch(machine, stringArgument(args, 0, 'gmatch'), stringArgument(args, 1, 'gmatch'))],
    gsub: (args) => gsub(machine, operators(), args),
  });
}

/** Lua's first and last, counted from 1 and from the end where negative, as indexes for `slice`. */
function span(text: string, first: number, last: number): readonly [from: number, to: number] {
  const from = first < 0 ? Math.max(0, text.length + first) : Math.max(0, first - 1);
  const to = last < 0 ? text.length + last + 1 : Math.min(text.length, last);
  return [from, Math.max(from, to)];
}

function startOf(text: string, first: number): number {
  return Math.max(0, first < 0 ? text.length + first : first - 1);
}

function reversed(text: string): string {
  let result = '';
  for (let index = text.length - 1; index >= 0; index--) result += text[index] ?? '';
  return result;
}

/** Letters of ASCII alone, as in the C locale. */
function asciiCase(text: string, letters: RegExp, convert: (part: string) => string): string {
  return text.replace(letters, convert);
}

function formatOf(machine: Machine, operators: Operators, args: LuaValues): string {
  const format = stringArgument(args, 0, 'format');
  machine.spendString(format.length);
  let index = 0;
  return formatText(format, {
    number: () => numberArgument(args, ++index, 'format'),
    text: () => {
      if (++index >= args.length) throw badArgument(index, 'format', 'string expected, got no value');
      return operators.toText(args[index]);
    },
  });
}

function find(machine: Machine, args: LuaValues): LuaValues {
  const text = stringArgument(args, 0, 'find');
  const pattern = stringArgument(args, 1, 'find');
  const from = startOf(text, integerArgument(args, 2, 'find', 1));
  if (from > text.length) return [undefined];
  if (isTrue(args[3]) || isPlain(pattern)) {
    machine.spend(text.length >> 6);
    const at = text.indexOf(pattern, from);
    return at < 0 ? [undefined] : [at + 1, at + pattern.length];
  }
  const match = findPattern(machine, text, pattern, from);
  return match === undefined ? [undefined] : [match.start + 1, match.end, ...match.captures];
}

/** What parentheses held, or the whole match where there are none. */
function capturesOf(text: string, match: PatternMatch): readonly Capture[] {
  return match.captures.length === 0 ? [text.slice(match.start, match.end)] : match.captures;
}

function gmatch(machine: Machine, text: string, pattern: string): LuaFunction {
  let at = 0;
  return new LuaFunction('gmatch iterator', () => {
    for (; at <= text.length; at++) {
      // Other than in find, `^` is no anchor here: it would stop at once.
      const match = matchAt(machine, text, pattern.startsWith('^') ? `%${pattern}` : pattern, at);
      if (match === undefined) continue;
      at = match.end === match.start ? match.end + 1 : match.end;
      return capturesOf(text, match);
    }
    return [undefined];
  });
}

function gsub(machine: Machine, operators: Operators, args: LuaValues): LuaValues {
  const text = stringArgument(args, 0, 'gsub');
  const pattern = stringArgument(args, 1, 'gsub');
  const replacement = args[2];
  const expansionSteps = isText(replacement) ? textOf(replacement).length >> 6 : 0;
  const limit = integerArgument(args, 3, 'gsub', text.length + 1);
  const isKnown = isText(replacement) || replacement instanceof LuaTable || replacement instanceof LuaFunction;
  if (!isKnown) throw badArgument(2, 'gsub', 'string/function/table expected');
  let result = '';
  let count = 0;
  let at = 0;
  while (count < limit) {
    const match = matchAt(machine, text, pattern, at);
    if (match !== undefined) {
      count++;
      machine.spend(expansionSteps);
      result += replacementOf(operators, replacement, text, match);
      machine.spendString(result.length);
    }
    if (match !== undefined && match.end > at) at = match.end;
    else if (at < text.length) result += text[at++] ?? '';
    else break;
    if (pattern.startsWith('^')) break;
  }
  result += text.slice(at);
  machine.spendString(result.length);
  return [result, count];
}

function replacementOf(
  operators: Operators,
  replacement: string | number | LuaTable | LuaFunction,
  text: string,
  match: PatternMatch,
): string {
  const whole = text.slice(match.start, match.end);
  const captures = capturesOf(text, match);
  let value: LuaValue;
  if (isText(replacement)) return expandReplacement(textOf(replacement), whole, captures);
  if (replacement instanceof LuaTable) value = operators.index(replacement, captures[0]);
  else value = operators.callOne(replacement, captures);
  if (value === undefined || value === false) return whole;
  if (isText(value)) return textOf(value);
  throw new LuaError(`invalid replacement value (a ${typeName(value)})`);
}

/** `%0` is the match, `%1` to `%9` are captures, and `%` before anything else is that character. */
function expandReplacement(text: string, whole: string, captures: readonly Capture[]): string {
  return text.replace(/%([\s\S]?)/g, (_, next: string) => {
    if (!/\d/.test(next)) return next;
    if (next === '0') return whole;
    const capture = captures[Number(next) - 1];
    if (capture === undefined) throw new LuaError('invalid capture index in replacement string');
    return textOf(capture);
  });
}
