/**
 * Constant Lua expressions as values: strings, numbers, booleans, nil and tables of them, each with its place.
 *
 * Strings hold one byte a character (luaparse's `pseudo-latin1`). Anything that must be computed per query is refused.
 */
import type { Expression, TableConstructorExpression, UnaryExpression } from 'luaparse';
import { LuaFault } from './fault.ts';

/** A constant and where it begins in the code. */
export type LuaConstant = { readonly offset: number } & (
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'nil' }
  | LuaTable
);

/** A table's list part and its named part, in the order written. */
export interface LuaTable {
  readonly kind: 'table';
  readonly offset: number;
  readonly items: readonly LuaConstant[];
  readonly fields: ReadonlyMap<string, LuaField>;
}

export interface LuaField {
  readonly keyOffset: number;
  readonly value: LuaConstant;
}

/** Where a node of luaparse begins; its types leave out the ranges that it was asked for. */
export function offsetOf(node: object): number {
  const range: unknown = 'range' in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === 'number' ? start : 0;
}

/** Evaluates a constant expression; throws `LuaFault` for any other. */
export function evaluateConstant(expression: Expression): LuaConstant {
  const offset = offsetOf(expression);
  switch (expression.type) {
    case 'StringLiteral':
      return { kind: 'string', value: expression.value, offset };
    case 'NumericLiteral':
      return { kind: 'number', value: expression.value, offset };
    case 'BooleanLiteral':
      return { kind: 'boolean', value: expression.value, offset };
    case 'NilLiteral':
      return { kind: 'nil', offset };
    case 'TableConstructorExpression':
      return evaluateTable(expression, offset);
    case 'UnaryExpression':
      return evaluateUnary(expression, offset);
    default:
      throw new LuaFault('this is not a constant: expected a string, a number or a table of them', offset);
  }
}

function evaluateUnary({ operator, argument }: UnaryExpression, offset: number): LuaConstant {
  const value = evaluateConstant(argument);
  if (operator === '-' && value.kind === 'number') return { kind: 'number', value: -value.value, offset };
  throw new LuaFault(`operator "${operator}" is not supported here: expected a constant`, offset);
}

function evaluateTable({ fields }: TableConstructorExpression, offset: number): LuaTable {
  const items: LuaConstant[] = [];
  const named = new Map<string, LuaField>();
  for (const field of fields) {
    const value = evaluateConstant(field.value);
    if (field.type === 'TableValue') {
      items.push(value);
      continue;
    }
    const keyOffset = offsetOf(field);
    const key = field.type === 'TableKeyString' ? field.key.name : stringKey(evaluateConstant(field.key));
    if (named.has(key)) throw new LuaFault(`"${key}" is given twice: expected it once`, keyOffset);
    named.set(key, { keyOffset, value });
  }
  return { kind: 'table', offset, items, fields: named };
}

function stringKey(key: LuaConstant): string {
  if (key.kind === 'string') return key.value;
  throw new LuaFault(`a key that is a ${key.kind} is not supported: expected a name`, key.offset);
}

/** Writes a constant as a message quotes it. */
export function describeConstant(constant: LuaConstant): string {
  if (constant.kind === 'table') return 'a table';
  return constant.kind === 'nil' ? 'nil' : `"${constant.value}"`;
}
