/**
 * Values of Lua 5.1 as LuaJIT has it, without coroutines, threads and FFI.
 *
 * nil is undefined, a number is a double, and a string holds one byte a character. What is an object of the house (a name,
 * an address) is a `LuaObject`: Lua's userdata.
 */
import { LuaTable } from './table.ts';

export { LuaError, LuaLimit } from './error.ts';
export { LuaTable } from './table.ts';

/** Everything that a variable can hold. */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction | LuaObject;

/** What is given to a function, and what it gives. */
export type LuaValues = readonly LuaValue[];

/** A function, of the code or of the house. */
export class LuaFunction {
  readonly name: string;
  readonly call: (args: LuaValues) => LuaValues;

  constructor(name: string, call: (args: LuaValues) => LuaValues) {
    this.name = name;
    this.call = call;
  }
}

/** Userdata: an object with methods and no fields. */
export abstract class LuaObject {
  /** What messages call it. */
  abstract readonly kind: string;
  /** Its methods by name; the object is their first argument. */
  abstract readonly methods: ReadonlyMap<string, LuaFunction>;
  /** What `tostring` gives. */
  abstract toText(): string;

  /** What `==` gives for another object. */
  equals(other: LuaObject): boolean {
    return this === other;
  }

  /** What `<` gives for another object; undefined where there is no order. */
  isBefore(other: LuaObject): boolean | undefined {
    return other === this ? false : undefined;
  }
}

/** The name of a value's type, as `type` gives it. */
export function typeName(value: LuaValue): string {
  if (value === undefined) return 'nil';
  if (value instanceof LuaTable) return 'table';
  if (value instanceof LuaFunction) return 'function';
  return value instanceof LuaObject ? 'userdata' : typeof value;
}

/** Everything but nil and false is true. */
export function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}
