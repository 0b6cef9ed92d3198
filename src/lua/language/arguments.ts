/** Arguments of the standard functions, each read as a type or refused with Lua's own words. */
import { LuaError } from './error.ts';
import { isText, textOf, toNumber } from './operators.ts';
import { LuaFunction, LuaTable, typeName } from './value.ts';
import type { LuaValue, LuaValues } from './value.ts';

/** The fault of an argument, counted from 0. */
export function badArgument(index: number, name: string, message: string): LuaError {
  return new LuaError(`bad argument #${index + 1} to '${name}' (${message})`);
}

function expected(index: number, name: string, type: string, value: LuaValue): LuaError {
  return badArgument(index, name, `${type} expected, got ${value === undefined ? 'no value' : typeName(value)}`);
}

/** A string, or a number as one. */
export function stringArgument(args: LuaValues, index: number, name: string): string {
  const value = args[index];
  if (isText(value)) return textOf(value);
  throw expected(index, name, 'string', value);
}

/** A number, or a string that reads as one. */
export function numberArgument(args: LuaValues, index: number, name: string, fallback?: number): number {
  const value = args[index];
  if (value === undefined && fallback !== undefined) return fallback;
  const number = toNumber(value);
  if (number !== undefined) return number;
  throw expected(index, name, 'number', value);
}

/** A number without its fraction. */
export function integerArgument(args: LuaValues, index: number, name: string, fallback?: number): number {
  const number = Math.trunc(numberArgument(args, index, name, fallback));
  return Number.isNaN(number) ? 0 : number;
}

export function tableArgument(args: LuaValues, index: number, name: string): LuaTable {
  const value = args[index];
  if (value instanceof LuaTable) return value;
  throw expected(index, name, 'table', value);
}

/** Any value, nil too, that is given. */
export function anyArgument(args: LuaValues, index: number, name: string): LuaValue {
  if (index >= args.length) throw badArgument(index, name, 'value expected');
  return args[index];
}

/** A frozen table of functions by their names. */
export function libraryOf(
  prefix: string,
  functions: Readonly<Record<string, (args: LuaValues) => LuaValues>>,
): LuaTable {
  const table = new LuaTable();
  for (const [name, call] of Object.entries(functions)) table.set(name, new LuaFunction(`${prefix}${name}`, call));
  return table;
}
