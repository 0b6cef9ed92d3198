/** Lists of values as functions take them: texts, addresses, and texts with weights. */
import type { Candidate, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import type { LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';

/** More values than any record needs. */
const maxValues = 1000;

/** A value with the part of clients that it is to get. */
export interface WeightedValue extends Candidate {
  readonly weight: number;
}

/** The argument at `index`, which must be there; throws `LuaFault`. */
export function requiredArgument({ args, name, offset }: LuaCall, index: number, usage: string): LuaConstant {
  const constant = args[index];
  if (constant !== undefined && constant.kind !== 'nil') return constant;
  throw new LuaFault(`${name}: an argument is missing: expected ${usage}`, constant?.offset ?? offset);
}

/** Refuses arguments after the first `count`. */
export function noMoreArguments({ args, name }: LuaCall, count: number): void {
  const extra = args[count];
  const words = ['no', 'one', 'two', 'three'][count] ?? String(count);
  if (extra !== undefined)
    throw new LuaFault(`${name} takes at most ${words} argument${count === 1 ? '' : 's'}`, extra.offset);
}

/** A list of texts, of which there is at least one; throws `LuaFault`. */
export function readValues(constant: LuaConstant, usage: string): readonly Candidate[] {
  const items = listItems(constant, 'the values are', usage);
  if (items.length === 0) throw new LuaFault(`there is no value: expected ${usage}`, constant.offset);
  return items.map((item) => {
    const text = textOfConstant(item);
    if (text === undefined)
      throw new LuaFault(`${describeConstant(item)} is not a value: expected a string`, item.offset);
    return { text, offset: item.offset };
  });
}

/** The list part of a table that has no other; throws `LuaFault`. */
export function listItems(constant: LuaConstant, what: string, usage: string): readonly LuaConstant[] {
  if (constant.kind !== 'table')
    throw new LuaFault(`${what} ${describeConstant(constant)}: expected ${usage}`, constant.offset);
  const [named] = constant.fields;
  if (named !== undefined) throw new LuaFault(`"${named[0]}" has no place here: expected ${usage}`, named[1].keyOffset);
  if (constant.items.length > maxValues)
    throw new LuaFault(`there are ${constant.items.length} values: expected at most ${maxValues}`, constant.offset);
  return constant.items;
}

/** A list of `{weight, value}`, of which at least one has a weight; throws `LuaFault`. */
export function readWeighted(constant: LuaConstant, usage: string): readonly WeightedValue[] {
  const items = listItems(constant, 'the values are', usage);
  const values = items.map((item) => {
    const [weight, value, extra] = listItems(item, 'a value is', usage);
    const text = textOfConstant(value);
    if (weight === undefined || value === undefined || text === undefined || extra !== undefined)
      throw new LuaFault(`a value is not {weight, value}: expected ${usage}`, item.offset);
    return { weight: readWeight(weight), text, offset: value.offset };
  });
  if (values.length === 0) throw new LuaFault(`there is no value: expected ${usage}`, constant.offset);
  if (values.every(({ weight }) => weight === 0))
    throw new LuaFault('the weights are all 0: expected one above', constant.offset);
  return values;
}

/** A weight from 0 to 1,000,000; a fraction is cut off, as in PowerDNS. */
function readWeight(constant: LuaConstant): number {
  const text = textOfConstant(constant) ?? '';
  const weight = /^\d{1,7}(?:\.\d*)?$/.test(text) ? Math.trunc(Number(text)) : -1;
  if (weight >= 0 && weight <= 1_000_000) return weight;
  throw new LuaFault(`weight ${describeConstant(constant)} is not a number from 0 to 1000000`, constant.offset);
}
