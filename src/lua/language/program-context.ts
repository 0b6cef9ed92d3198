/** What all parts of one program are compiled with. */
import type { Expression, FunctionDeclaration } from 'luaparse';
import type { Box, EvaluateAll, Frame } from './frame.ts';
import type { Machine } from './machine.ts';
import type { Operators } from './operators.ts';
import type { Resolution } from './bindings.ts';
import type { LuaFunction } from './value.ts';

/** A call as it is written. */
export interface WrittenCall {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly offset: number;
  readonly line: number;
}

export interface ProgramContext {
  readonly machine: Machine;
  readonly operators: Operators;
  readonly resolution: Resolution;
  /** The cell of a global; throws `LuaFault` at a name that nothing ever gives a value. */
  global(name: string, offset: number): Box;
  /** Compiles a call of a function of the house; undefined for any other. `args` evaluates its arguments. */
  compileCall(call: WrittenCall, args: EvaluateAll): EvaluateAll | undefined;
  /** Compiles a function's body; what it gives makes a closure of it. */
  compileFunction(node: FunctionDeclaration, name: string): (frame: Frame) => LuaFunction;
}
