/**
 * Arguments of the house's functions as plain values, each with its place: from constant code (constant-finder.ts) or
 * from what code computed.
 *
 * Strings hold one byte a character (luaparse's `pseudo-latin1`).
 */
import { LuaFault } from './fault.ts';
import { formatNumber } from './language/numbers.ts';
import { LuaFunction, LuaTable } from './language/value.ts';
import type { LuaValue, LuaObject } from './language/value.ts';

/** A value and where it begins in the code. */
export type LuaConstant = { readonly offset: number } & (
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'nil' }
  | { readonly kind: 'object'; readonly value: LuaObject | LuaFunction }
  | ConstantTable
);

/** A table's list part and its named part, in the order written. */
export interface ConstantTable {
  readonly kind: 'table';
  readonly offset: number;
  readonly items: readonly LuaConstant[];
  readonly fields: ReadonlyMap<string, ConstantField>;
}

export interface ConstantField {
  readonly keyOffset: number;
  readonly value: LuaConstant;
}

/** How deep tables of arguments may be: deeper ones are rings. */
const maxDepth = 8;

/** What code computed, as an argument; `offset` is where the call stands. Throws `LuaFault` for what is no argument. */
export function constantOf(value: LuaValue, offset: number, depth = 0): LuaConstant {
  if (depth > maxDepth) throw new LuaFault('a table is nested too deeply', offset);
  if (value === undefined) return { kind: 'nil', offset };
  if (typeof value === 'string') return { kind: 'string', value, offset };
  if (typeof value === 'number') return { kind: 'number', value, offset };
  if (typeof value === 'boolean') return { kind: 'boolean', value, offset };
  if (!(value instanceof LuaTable)) return { kind: 'object', value, offset };
  const items: LuaConstant[] = [];
  const fields = new Map<string, ConstantField>();
  for (let entry = value.next(undefined); entry !== undefined; entry = value.next(entry[0])) {
    const [key, content] = entry;
    const constant = constantOf(content, offset, depth + 1);
    if (typeof key === 'number' && key === items.length + 1) items.push(constant);
    else if (typeof key === 'string') fields.set(key, { keyOffset: offset, value: constant });
    else throw new LuaFault('a key of a table is no name and not the next number', offset);
  }
  return { kind: 'table', offset, items, fields };
}

/** The value that a constant is in code. */
export function valueOf(constant: LuaConstant): LuaValue {
  switch (constant.kind) {
    case 'nil':
      return undefined;
    case 'table': {
      const table = LuaTable.of(constant.items.map(valueOf));
      for (const [key, field] of constant.fields) table.set(key, valueOf(field.value));
      return table;
    }
    default:
      return constant.value;
  }
}

/** A text that is equal for equal constants, whatever their places; undefined where objects are in it. */
export function constantKey(constant: LuaConstant): string | undefined {
  switch (constant.kind) {
    case 'nil':
      return 'n';
    case 'object':
      return undefined;
    case 'table': {
      const parts: string[] = [];
      const named = [...constant.fields].map(([name, field]) => [name, field.value] as const);
      for (const [name, value] of [...constant.items.map((item) => ['', item] as const), ...named]) {
        const key = constantKey(value);
        if (key === undefined) return undefined;
        parts.push(`${JSON.stringify(name)}:${key}`);
      }
      return `{${parts.join(',')}}`;
    }
    default:
      return JSON.stringify(constant.value);
  }
}

/** Writes a constant as a message quotes it. */
export function describeConstant(constant: LuaConstant): string {
  switch (constant.kind) {
    case 'table':
      return 'a table';
    case 'nil':
      return 'nil';
    case 'object':
      return constant.value instanceof LuaFunction ? 'a function' : `a ${constant.value.kind}`;
    case 'number':
      return `"${formatNumber(constant.value)}"`;
    default:
      return `"${constant.value}"`;
  }
}

/** A string, or a number as one: PowerDNS takes one for the other. */
export function textOfConstant(constant: LuaConstant | undefined): string | undefined {
  if (constant?.kind === 'string') return constant.value;
  return constant?.kind === 'number' ? formatNumber(constant.value) : undefined;
}
