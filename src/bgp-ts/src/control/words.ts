/**
 * The words of one line of the control language: `verb SUBJECT keyword value keyword value …`. Turns them into typed
 * fields; what the values mean is command.ts's business.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';

/** What stands after a keyword: one word, one whole number, one word of several that add up, or nothing at all. */
export type FieldKind = 'text' | 'number' | 'list' | 'flag';

/** The keywords that a verb knows. */
export type FieldKinds = ReadonlyMap<string, FieldKind>;

/** The fields of a line, by keyword; a line is short, so they are looked for one after the other. */
export class Fields {
  readonly #keywords: string[] = [];
  readonly #values: string[] = [];

  add(keyword: string, value: string): void {
    this.#keywords.push(keyword);
    this.#values.push(value);
  }

  has(keyword: string): boolean {
    return this.#keywords.includes(keyword);
  }

  text(keyword: string): string | undefined {
    const at = this.#keywords.indexOf(keyword);
    return at < 0 ? undefined : this.#values[at];
  }

  number(keyword: string): number | undefined {
    const text = this.text(keyword);
    return text === undefined ? undefined : Number(text);
  }

  /** The values of a keyword in their order; undefined where it was not given. */
  list(keyword: string): readonly string[] | undefined {
    if (!this.has(keyword)) return undefined;
    return this.#values.filter((_, at) => this.#keywords[at] === keyword);
  }
}

const space = 0x20;
const tab = 0x09;

/** Splits a line at spaces and tabs. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    const code = at === line.length ? space : line.charCodeAt(at);
    if (code !== space && code !== tab) continue;
    if (at > start) words.push(line.slice(start, at));
    start = at + 1;
  }
  return words;
}

/** Reads keywords and values from a word on; the fault names the word. */
export function readFields(words: readonly string[], start: number, kinds: FieldKinds): Result<Fields, string> {
  const fields = new Fields();
  for (let index = start; index < words.length; index++) {
    const keyword = words[index] ?? '';
    const kind = kinds.get(keyword);
    if (kind === undefined)
      return refuse(`unknown word "${keyword}", expected one of: ${[...kinds.keys()].join(', ')}`);
    if (kind !== 'list' && fields.has(keyword)) return refuse(`${keyword} is given twice`);
    if (kind === 'flag') {
      fields.add(keyword, '');
      continue;
    }
    const value = words[++index];
    if (value === undefined) return refuse(`${keyword} needs a value`);
    if (kind === 'number' && !/^\d{1,10}$/.test(value)) return refuse(`${keyword} "${value}" is not a whole number`);
    fields.add(keyword, value);
  }
  return succeed(fields);
}
