/**
 * The words of one line of the control language: `verb SUBJECT keyword value keyword value …`. Turns them into typed
 * fields; what the values mean is command.ts's business.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';

/** What stands after a keyword: one word, one whole number, one word of several that add up, or nothing at all. */
export type FieldKind = 'text' | 'number' | 'list' | 'flag';

/** The keywords that a verb knows. */
export type FieldKinds = Readonly<Record<string, FieldKind>>;

/** The fields of a line, by keyword. */
export interface Fields {
  readonly texts: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlySet<string>;
}

/** Splits a line at spaces and tabs. */
export function splitWords(line: string): readonly string[] {
  return line.split(/[ \t]+/).filter((word) => word !== '');
}

/** Reads keywords and values; the fault names the word. */
export function readFields(words: readonly string[], kinds: FieldKinds): Result<Fields, string> {
  const texts = new Map<string, string>();
  const numbers = new Map<string, number>();
  const lists = new Map<string, string[]>();
  const flags = new Set<string>();
  for (let index = 0; index < words.length; index++) {
    const keyword = words[index] ?? '';
    const kind = Object.hasOwn(kinds, keyword) ? kinds[keyword] : undefined;
    if (kind === undefined) {
      return refuse(`unknown word "${keyword}", expected one of: ${Object.keys(kinds).join(', ')}`);
    }
    if (texts.has(keyword) || numbers.has(keyword) || flags.has(keyword)) return refuse(`${keyword} is given twice`);
    if (kind === 'flag') {
      flags.add(keyword);
      continue;
    }
    const value = words[++index];
    if (value === undefined) return refuse(`${keyword} needs a value`);
    if (kind === 'text') texts.set(keyword, value);
    else if (kind === 'list') lists.set(keyword, [...(lists.get(keyword) ?? []), value]);
    else if (/^\d{1,10}$/.test(value)) numbers.set(keyword, Number(value));
    else return refuse(`${keyword} "${value}" is not a whole number`);
  }
  return succeed({ texts, numbers, lists, flags });
}
