/** The library `table` (Lua 5.1 reference, §5.5): insert, remove, concat, sort, maxn. */
import { badArgument, integerArgument, libraryOf, stringArgument, tableArgument } from './arguments.ts';
import { LuaError } from './error.ts';
import { maxStringBytes } from './machine.ts';
import type { Machine } from './machine.ts';
import { isText, textOf } from './operators.ts';
import type { Operators } from './operators.ts';
import { isTrue, typeName } from './value.ts';
import type { LuaTable, LuaValue, LuaValues } from './value.ts';

export function tableLibrary(machine: Machine, operators: Operators): LuaTable {
  return libraryOf('table.', {
    insert: (args) => {
      const table = tableArgument(args, 0, 'insert');
      const end = table.length + 1;
      if (args.length === 2) table.set(end, args[1]);
      else if (args.length === 3) insertAt(machine, table, integerArgument(args, 1, 'insert'), args[2]);
      else throw new LuaError("wrong number of arguments to 'insert'");
      return [];
    },
    remove: (args) => {
      const table = tableArgument(args, 0, 'remove');
      if (table.length === 0) return [];
      return [removeAt(machine, table, integerArgument(args, 1, 'remove', table.length))];
    },
    concat: (args) => [concat(machine, args)],
    sort: (args) => {
      sort(machine, operators, args);
      return [];
    },
    maxn: (args) => [tableArgument(args, 0, 'maxn').length],
    getn: (args) => [tableArgument(args, 0, 'getn').length],
  });
}

function insertAt(machine: Machine, table: LuaTable, at: number, value: LuaValue): void {
  for (let index = table.length; index >= at && index >= 1; index--) {
    machine.spend(1 / 8);
    table.set(index + 1, table.get(index));
  }
  table.set(at, value);
}

function removeAt(machine: Machine, table: LuaTable, at: number): LuaValue {
  const end = table.length;
  if (at < 1 || at > end) return undefined;
  const removed = table.get(at);
  for (let index = at; index < end; index++) {
    machine.spend(1 / 8);
    table.set(index, table.get(index + 1));
  }
  table.set(end, undefined);
  return removed;
}

function concat(machine: Machine, args: LuaValues): string {
  const table = tableArgument(args, 0, 'concat');
  const separator = args[1] === undefined ? '' : stringArgument(args, 1, 'concat');
  const from = integerArgument(args, 2, 'concat', 1);
  const to = integerArgument(args, 3, 'concat', table.length);
  let text = '';
  for (let index = from; index <= to; index++) {
    machine.spend(1 / 8);
    const value = table.get(index);
    if (!isText(value))
      throw new LuaError(`invalid value (${typeName(value)}) at index ${index} in table for 'concat'`);
    text += textOf(value);
    if (index < to) text += separator;
    if (text.length > maxStringBytes) break;
  }
  machine.spendString(text.length);
  return text;
}

/** Merge sort: an order function that contradicts itself gives some order, and ends. */
function sort(machine: Machine, operators: Operators, args: LuaValues): void {
  const table = tableArgument(args, 0, 'sort');
  const order = args[1];
  const values = table.list.slice();
  if (values.includes(undefined)) throw badArgument(0, 'sort', 'the list has holes');
  const isLess = (a: LuaValue, b: LuaValue): boolean => {
    machine.spend(1);
    return order === undefined ? operators.isLess(a, b) : isTrue(operators.callOne(order, [a, b]));
  };
  values.sort((a, b) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0));
  for (const [index, value] of values.entries()) table.set(index + 1, value);
}
