/** The snippets of a zone (`LUA LUA` records) that a record includes, each parsed once. */
import type { Chunk, Expression, Node } from 'luaparse';
import { equalNames, formatName, parseName } from '#dns/wire/name.ts';
import type { DynamicSource } from '#dns/zone/dynamic.ts';
import { LuaFault } from './fault.ts';
import { argumentsOf } from './language/expressions.ts';
import { offsetOf, parseText } from './language/parse.ts';
import type { TextPlace } from './language/parse.ts';

/** More snippets than any record needs. */
const maxSnippets = 100;

/** The chunks of a record: its own, and by label those that it includes. */
export interface ParsedCode {
  readonly main: Chunk;
  readonly included: ReadonlyMap<string, readonly Chunk[]>;
}

/** Parses a record's code and what it includes; throws `LuaFault`. */
export function parseCode(source: DynamicSource): ParsedCode {
  const isScript = source.code.startsWith(';');
  const text = isScript ? source.code.slice(1) : `return ${source.code}`;
  const included = new Map<string, readonly Chunk[]>();
  const waiting: Include[] = [];
  const collect = (node: Node): void => {
    const include = includeOf(node);
    if (include !== undefined) waiting.push(include);
  };
  const main = parseText(text, { about: '', shift: isScript ? 1 : -'return '.length, fixedOffset: undefined }, collect);
  for (let include = waiting.shift(); include !== undefined; include = waiting.shift()) {
    const { label, offset } = include;
    if (included.has(label)) continue;
    if (included.size >= maxSnippets) throw new LuaFault(`a record includes at most ${maxSnippets} snippets`, offset);
    const place: TextPlace = { about: `in the snippet "${label}": `, shift: 0, fixedOffset: offset };
    included.set(
      label,
      snippetsOf(source, include).map((code) => parseText(code.replace(/^;/, ''), place, collect)),
    );
  }
  return { main, included };
}

/** Parses a snippet by itself, for its faults. */
export function parseSnippet(code: string): void {
  const shift = code.startsWith(';') ? 1 : 0;
  parseText(code.slice(shift), { about: '', shift, fixedOffset: undefined }, () => undefined);
}

interface Include {
  readonly label: string;
  readonly offset: number;
}

function includeOf(node: Node): Include | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'StringCallExpression') return undefined;
  if (node.base.type !== 'Identifier' || node.base.name !== 'include') return undefined;
  return { label: labelOf(node), offset: offsetOf(node) };
}

/** The label of a call of `include`; throws `LuaFault` for one that is not written out. */
export function labelOf(call: Expression): string {
  const [label, extra] = argumentsOf(call);
  if (label?.type === 'StringLiteral' && extra === undefined) return label.value;
  throw new LuaFault(
    "include takes the label of a snippet: expected one written out, such as include('config')",
    offsetOf(call),
  );
}

function snippetsOf({ zone, snippets = [] }: DynamicSource, { label, offset }: Include): readonly string[] {
  const name = parseName(label, zone);
  if (!name.ok) throw new LuaFault(`include: "${label}" is not a name: ${name.fault}`, offset);
  const codes = snippets.filter(({ owner }) => equalNames(owner, name.value)).map(({ code }) => code);
  if (codes.length > 0) return codes;
  throw new LuaFault(`there is no snippet at ${formatName(name.value)}: expected a LUA LUA record there`, offset);
}
