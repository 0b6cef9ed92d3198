/** `dblookup(name, type)`: the records that a zone here has at a name, as texts. */
import { parseType } from '#dns/wire/constants.ts';
import { parseName } from '#dns/wire/name.ts';
import { formatRdata } from '#dns/wire/rdata.ts';
import type { Computed, LuaCall } from '../call.ts';
import { describeConstant } from '../constant.ts';
import type { LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { LuaTable } from '../language/value.ts';
import { noRecords } from '../records.ts';
import { noMoreArguments, requiredArgument } from './values.ts';

const usage = "dblookup('www.example.org', pdns.A)";

/** Prepares a call; throws `LuaFault`. */
export function prepareDbLookup(call: LuaCall): Computed {
  const owner = requiredArgument(call, 0, usage);
  const type = readType(requiredArgument(call, 1, usage));
  noMoreArguments(call, 2);
  const name = owner.kind === 'string' ? parseName(owner.value) : undefined;
  if (name?.ok !== true) {
    throw new LuaFault(`${describeConstant(owner)} is not a name: expected ${usage}`, owner.offset);
  }
  const { records = noRecords } = call;
  return {
    kind: 'value',
    evaluate: () => {
      const table = new LuaTable();
      for (const [index, data] of records.lookup(name.value, type).entries()) {
        table.set(index + 1, formatRdata(type, data));
      }
      return table;
    },
  };
}

/** A type by its number, such as `pdns.A`, or by its name. */
function readType(constant: LuaConstant): number {
  const { kind } = constant;
  const type =
    kind === 'number' ? constant.value : kind === 'string' ? parseType(constant.value.toUpperCase()) : undefined;
  if (type !== undefined && Number.isInteger(type) && type > 0 && type <= 0xffff) return type;
  throw new LuaFault(`${describeConstant(constant)} is not a record type: expected ${usage}`, constant.offset);
}
