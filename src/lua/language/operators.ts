/** What operators do with values, and with the metamethods of tables (Lua 5.1 reference, §2.5 and §2.8). */
import type { Machine } from './machine.ts';
import { formatNumber, parseNumber } from './numbers.ts';
import { isTrue, LuaError, LuaFunction, LuaObject, LuaTable, typeName } from './value.ts';
import type { LuaValue, LuaValues } from './value.ts';

/** `__index` of a table in the table of a table …: a ring of them must end. */
const maxIndexSteps = 100;

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';

const arithmeticEvents = {
  '+': '__add',
  '-': '__sub',
  '*': '__mul',
  '/': '__div',
  '%': '__mod',
  '^': '__pow',
} as const;

/** The operators, over one machine's steps and the methods of strings. */
export class Operators {
  readonly #machine: Machine;
  readonly #stringMethods: LuaTable;

  constructor(machine: Machine, stringMethods: LuaTable) {
    this.#machine = machine;
    this.#stringMethods = stringMethods;
  }

  /** Calls a value; `what` names it in the message where it is none to call. */
  call(callee: LuaValue, args: LuaValues, what = 'a value'): LuaValues {
    if (callee instanceof LuaFunction) {
      const machine = this.#machine;
      machine.enter();
      // Whatever a function does with a string, it goes through it.
      for (const value of args) if (typeof value === 'string') machine.spend(value.length >> 6);
      const results = callee.call(args);
      machine.leave();
      return results;
    }
    const handler = metamethod(callee, '__call');
    if (handler === undefined) throw new LuaError(`attempt to call ${what} (a ${typeName(callee)} value)`);
    // A table may be its own handler, so that this goes down like any call.
    this.#machine.enter();
    const results = this.call(handler, [callee, ...args], what);
    this.#machine.leave();
    return results;
  }

  /** Calls, and gives the first result alone. */
  callOne(callee: LuaValue, args: LuaValues): LuaValue {
    return this.call(callee, args)[0];
  }

  index(base: LuaValue, key: LuaValue): LuaValue {
    let from = base;
    for (let step = 0; step < maxIndexSteps; step++) {
      let handler: LuaValue;
      if (from instanceof LuaTable) {
        const value = from.get(key);
        if (value !== undefined || from.metatable === undefined) return value;
        handler = from.metatable.get('__index');
        if (handler === undefined) return undefined;
      } else if (typeof from === 'string') {
        return this.#stringMethods.get(key);
      } else if (from instanceof LuaObject) {
        const method = typeof key === 'string' ? from.methods.get(key) : undefined;
        if (method !== undefined) return method;
        throw new LuaError(`a ${from.kind} has no method ${describe(key)}`);
      } else {
        throw new LuaError(`attempt to index a ${typeName(from)} value with ${describe(key)}`);
      }
      if (handler instanceof LuaFunction) return this.callOne(handler, [from, key]);
      from = handler;
    }
    throw new LuaError("'__index' chain too long");
  }

  setIndex(base: LuaValue, key: LuaValue, value: LuaValue): void {
    let target = base;
    for (let step = 0; step < maxIndexSteps; step++) {
      if (!(target instanceof LuaTable))
        throw new LuaError(`attempt to index a ${typeName(target)} value with ${describe(key)}`);
      const handler = target.metatable === undefined ? undefined : target.metatable.get('__newindex');
      if (handler === undefined || target.get(key) !== undefined) {
        target.set(key, value);
        return;
      }
      if (handler instanceof LuaFunction) {
        this.call(handler, [target, key, value]);
        return;
      }
      target = handler;
    }
    throw new LuaError("'__newindex' chain too long");
  }

  arithmetic(operator: Arithmetic, left: LuaValue, right: LuaValue): LuaValue {
    const a = toNumber(left);
    const b = toNumber(right);
    if (a !== undefined && b !== undefined) return compute(operator, a, b);
    return this.#binary(arithmeticEvents[operator], left, right, () => {
      const culprit = a === undefined ? left : right;
      return `attempt to perform arithmetic on a ${typeName(culprit)} value`;
    });
  }

  negate(value: LuaValue): LuaValue {
    const number = toNumber(value);
    if (number !== undefined) return -number;
    return this.#binary('__unm', value, value, () => `attempt to perform arithmetic on a ${typeName(value)} value`);
  }

  concat(left: LuaValue, right: LuaValue): LuaValue {
    if (isText(left) && isText(right)) {
      const joined = textOf(left) + textOf(right);
      this.#machine.spendString(joined.length);
      return joined;
    }
    return this.#binary('__concat', left, right, () => {
      const culprit = isText(left) ? right : left;
      return `attempt to concatenate a ${typeName(culprit)} value`;
    });
  }

  length(value: LuaValue): number {
    if (typeof value === 'string') return value.length;
    if (value instanceof LuaTable) return value.length;
    throw new LuaError(`attempt to get length of a ${typeName(value)} value`);
  }

  equals(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'string') this.#machine.spend(left.length >> 6);
    if (left === right) return true;
    if (left instanceof LuaObject && right instanceof LuaObject) return left.equals(right);
    if (!(left instanceof LuaTable) || !(right instanceof LuaTable)) return false;
    const handler = metamethod(left, '__eq');
    if (handler === undefined || handler !== metamethod(right, '__eq')) return false;
    return isTrue(this.callOne(handler, [left, right]));
  }

  isLess(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'number' && typeof right === 'number') return left < right;
    if (typeof left === 'string' && typeof right === 'string') return this.#compare(left, right) < 0;
    if (left instanceof LuaObject && right instanceof LuaObject) {
      const isBefore = left.isBefore(right);
      if (isBefore !== undefined) return isBefore;
    }
    return isTrue(this.#binary('__lt', left, right, () => comparing(left, right)));
  }

  isLessOrEqual(left: LuaValue, right: LuaValue): boolean {
    if (typeof left === 'number' && typeof right === 'number') return left <= right;
    if (typeof left === 'string' && typeof right === 'string') return this.#compare(left, right) <= 0;
    if (metamethod(left, '__le') === undefined && metamethod(right, '__le') === undefined)
      return !this.isLess(right, left);
    return isTrue(this.#binary('__le', left, right, () => comparing(left, right)));
  }

  #compare(left: string, right: string): number {
    this.#machine.spend(Math.min(left.length, right.length) >> 6);
    return left < right ? -1 : left === right ? 0 : 1;
  }

  /** What `tostring` gives. */
  toText(value: LuaValue): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return formatNumber(value);
    if (typeof value === 'boolean') return String(value);
    if (value === undefined) return 'nil';
    if (value instanceof LuaObject) return value.toText();
    const handler = metamethod(value, '__tostring');
    if (handler === undefined) return typeName(value);
    const text = this.callOne(handler, [value]);
    if (typeof text !== 'string') throw new LuaError("'tostring' must return a string to 'print'");
    return text;
  }

  #binary(event: string, left: LuaValue, right: LuaValue, message: () => string): LuaValue {
    const handler = metamethod(left, event) ?? metamethod(right, event);
    if (handler === undefined) throw new LuaError(message());
    return this.callOne(handler, [left, right]);
  }
}

/** The handler of an event in a value's metatable. */
export function metamethod(value: LuaValue, event: string): LuaValue {
  return value instanceof LuaTable && value.metatable !== undefined ? value.metatable.get(event) : undefined;
}

/** Whether it can be part of a string: a string or a number. */
export function isText(value: LuaValue): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** A string or number as a string. */
export function textOf(value: string | number): string {
  return typeof value === 'string' ? value : formatNumber(value);
}

/** A number, or a string that reads as one. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** Arithmetic on numbers; `%` has the sign of its right side, as in Lua. */
export function compute(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a - Math.floor(a / b) * b;
    case '^':
      return a ** b;
  }
}

function comparing(left: LuaValue, right: LuaValue): string {
  const [a, b] = [typeName(left), typeName(right)];
  return a === b ? `attempt to compare two ${a} values` : `attempt to compare ${a} with ${b}`;
}

function describe(key: LuaValue): string {
  return isText(key) ? `"${textOf(key)}"` : `a ${typeName(key)}`;
}
