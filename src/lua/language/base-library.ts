/**
 * The basic functions (Lua 5.1 reference, §5.1) that need no system, no loading of code and no other environment.
 *
 * Left out: dofile, load, loadfile, loadstring, require, module, print, collectgarbage, getfenv, setfenv, newproxy, and
 * the libraries io, os, debug, package, coroutine, ffi, jit.
 */
import type { Prng } from '#base/prng.ts';
import { anyArgument, badArgument, integerArgument, stringArgument, tableArgument } from './arguments.ts';
import { bitLibrary } from './bit-library.ts';
import { LuaError } from './error.ts';
import type { Machine } from './machine.ts';
import { mathLibrary } from './math-library.ts';
import { parseInBase } from './numbers.ts';
import { metamethod, Operators, toNumber } from './operators.ts';
import { stringLibrary } from './string-library.ts';
import { tableLibrary } from './table-library.ts';
import { isTrue, LuaFunction, LuaTable, typeName } from './value.ts';
import type { LuaValue, LuaValues } from './value.ts';

/** A machine's standard library by the names of its globals, and the operators that go with it. */
export interface StandardLibrary {
  readonly operators: Operators;
  readonly globals: ReadonlyMap<string, LuaValue>;
}

/** Builds the library; its tables are frozen, since a query must not see what another one changed. */
export function standardLibrary(machine: Machine, prng: Prng): StandardLibrary {
  const strings: LuaTable = stringLibrary(machine, () => operators);
  const operators: Operators = new Operators(machine, strings);
  const libraries = {
    string: strings,
    table: tableLibrary(machine, operators),
    math: mathLibrary(prng),
    bit: bitLibrary(),
  };
  const globals = new Map<string, LuaValue>(Object.entries(libraries));
  for (const table of Object.values(libraries)) table.isFrozen = true;
  const functions = { ...plainFunctions(machine, operators), ...protectedCalls(machine, operators) };
  for (const [name, call] of Object.entries(functions)) globals.set(name, new LuaFunction(name, call));
  const next = globals.get('next');
  globals.set('pairs', new LuaFunction('pairs', (args) => [next, tableArgument(args, 0, 'pairs'), undefined]));
  return { operators, globals };
}

type Functions = Readonly<Record<string, (args: LuaValues) => LuaValues>>;

function plainFunctions(machine: Machine, operators: Operators): Functions {
  const nextItem = new LuaFunction('ipairs iterator', (args) => {
    const index = integerArgument(args, 1, 'ipairs') + 1;
    const value = operators.index(args[0], index);
    return value === undefined ? [undefined] : [index, value];
  });
  return {
    type: (args) => [typeName(anyArgument(args, 0, 'type'))],
    tostring: (args) => [operators.toText(anyArgument(args, 0, 'tostring'))],
    tonumber: (args) => [tonumber(machine, args)],
    next: (args) => {
      const entry = tableArgument(args, 0, 'next').next(args[1]);
      return entry ?? [undefined];
    },
    ipairs: (args) => [nextItem, tableArgument(args, 0, 'ipairs'), 0],
    select: (args) => {
      if (args[0] === '#') return [args.length - 1];
      const from = integerArgument(args, 0, 'select');
      const first = from < 0 ? args.length + from : from;
      if (first < 1) throw badArgument(0, 'select', 'index out of range');
      return args.slice(first);
    },
    unpack: (args) => unpack(machine, args),
    rawget: (args) => [tableArgument(args, 0, 'rawget').get(args[1])],
    rawset: (args) => {
      const table = tableArgument(args, 0, 'rawset');
      table.set(args[1], args[2]);
      return [table];
    },
    rawequal: (args) => [args[0] === args[1]],
    getmetatable: (args) => {
      const table = args[0] instanceof LuaTable ? args[0].metatable : undefined;
      return [metamethod(args[0], '__metatable') ?? table];
    },
    setmetatable: (args) => {
      const table = tableArgument(args, 0, 'setmetatable');
      if (table.isFrozen) throw new LuaError('attempt to change a standard library');
      if (metamethod(table, '__metatable') !== undefined) throw new LuaError('cannot change a protected metatable');
      table.metatable = args[1] === undefined ? undefined : tableArgument(args, 1, 'setmetatable');
      return [table];
    },
  };
}

function protectedCalls(machine: Machine, operators: Operators): Functions {
  return {
    error: (args) => {
      const [value] = args;
      const isPlaced = typeof value === 'string' && args[1] !== 0;
      throw new LuaError(isPlaced ? `line ${machine.line}: ${value}` : value);
    },
    assert: (args) => {
      if (isTrue(anyArgument(args, 0, 'assert'))) return args;
      throw new LuaError(args.length > 1 ? args[1] : 'assertion failed!');
    },
    pcall: (args) => protect(machine, () => operators.call(args[0], args.slice(1))),
    xpcall: (args) => {
      const results = protect(machine, () => operators.call(args[0], []));
      return results[0] === true ? results : [false, ...operators.call(args[1], results.slice(1))];
    },
  };
}

function protect(machine: Machine, run: () => LuaValues): LuaValues {
  const depth = machine.depth;
  try {
    return [true, ...run()];
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    machine.depth = depth;
    return [false, error.value];
  }
}

function tonumber(machine: Machine, args: LuaValues): number | undefined {
  const value = anyArgument(args, 0, 'tonumber');
  // Digits are read one by one, which takes longer than making them did.
  if (typeof value === 'string') machine.spend(value.length >> 3);
  const base = integerArgument(args, 1, 'tonumber', 10);
  if (base === 10) return toNumber(value);
  if (base < 2 || base > 36) throw badArgument(1, 'tonumber', 'base out of range');
  return parseInBase(stringArgument(args, 0, 'tonumber'), base);
}

function unpack(machine: Machine, args: LuaValues): LuaValues {
  const table = tableArgument(args, 0, 'unpack');
  const from = integerArgument(args, 1, 'unpack', 1);
  const to = integerArgument(args, 2, 'unpack', table.length);
  const values: LuaValue[] = [];
  for (let index = from; index <= to; index++) {
    machine.spend(1 / 8);
    values.push(table.get(index));
  }
  return values;
}
