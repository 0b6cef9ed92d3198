/** One call of a function while it runs, and what its parts are compiled to. */
import type { LuaValue, LuaValues } from './value.ts';

/** A variable that outlives its function, since another one captured it. */
export interface Box {
  value: LuaValue;
}

/** The variables of one call. */
export interface Frame {
  /** By slot: locals that no inner function captures. */
  readonly values: LuaValue[];
  /** By slot: locals that one captures; each execution of a declaration makes a new one. */
  readonly boxes: Box[];
  /** Variables of outer functions, in the order of the function's `upvalues`. */
  readonly upvalues: readonly Box[];
  readonly varargs: LuaValues;
  /** What `return` gave. */
  results: LuaValues;
  /** Where `goto` goes. */
  label: string;
}

/** An expression that gives one value. */
export type Evaluate = (frame: Frame) => LuaValue;

/** An expression that gives any number of values, or several expressions together. */
export type EvaluateAll = (frame: Frame) => LuaValues;

/** Puts a value where a variable or field is. */
export type Store = (frame: Frame, value: LuaValue) => void;

/** How a statement ended. */
export const ended = { normally: 0, byBreak: 1, byReturn: 2, byGoto: 3 } as const;
export type Ended = (typeof ended)[keyof typeof ended];

export type Execute = (frame: Frame) => Ended;

export const noValues: LuaValues = [];
