/** `createReverse` and `createReverse6`: host names made of the addresses in names below in-addr.arpa and ip6.arpa. */
import { formatIp, parseIp, parseIpBytes } from '#base/ip.ts';
import type { Computed, LuaCall } from '../call.ts';
import { describeConstant, textOfConstant } from '../constant.ts';
import type { LuaConstant } from '../constant.ts';
import { LuaFault } from '../fault.ts';
import { labelsOf } from '../objects/labels.ts';
import type { Run } from '../run.ts';
import { noMoreArguments, requiredArgument } from './values.ts';

/** What PowerDNS answers where a name is too short, or spells no address. */
const unknown = 'unknown';
const error = 'error';

export function prepareCreateReverse(call: LuaCall): Computed {
  const { format, exceptions } = readArguments(call, "createReverse('%5%.example.com')", 6);
  const evaluate = ({ client }: Run): string => {
    const labels = labelsOf(client.name, client.nameAt);
    if (labels.length < 4) return unknown;
    const octets = labels.slice(0, 4).reverse();
    const numbers = octets.map((octet) => (/^\d{1,3}$/.test(octet) ? Number(octet) : 256));
    if (numbers.some((number) => number > 255)) return error;
    const exception = exceptions.get(numbers.join('.'));
    if (exception !== undefined) return exception;
    const hex = numbers.map((number) => number.toString(16).padStart(2, '0')).join('');
    return fill(format, [...octets, octets.join('-'), hex]);
  };
  return { kind: 'value', evaluate };
}

export function prepareCreateReverse6(call: LuaCall): Computed {
  const { format, exceptions } = readArguments(call, "createReverse6('%33%.example.com')", 41);
  const evaluate = ({ client }: Run): string => {
    const labels = labelsOf(client.name, client.nameAt);
    if (labels.length < 32) return unknown;
    const nibbles = labels.slice(0, 32).reverse();
    const quads = Array.from({ length: 8 }, (_, index) => nibbles.slice(index * 4, index * 4 + 4).join(''));
    const bytes = parseIpBytes(quads.join(':'));
    if (bytes === undefined) return error;
    const address = formatIp(bytes);
    const exception = exceptions.get(address);
    if (exception !== undefined) return exception;
    return fill(format, [...nibbles, dashed(address), ...quads]);
  };
  return { kind: 'value', evaluate };
}

/** The short form with dashes, never with one at an end or at the third place, where names must not have them. */
function dashed(address: string): string {
  let text = address.replaceAll(':', '-');
  if (text.endsWith('-')) text += '0';
  if (text.startsWith('-') || text.slice(2, 4) === '--') text = `0${text}`;
  return text;
}

function fill(format: string, values: readonly string[]): string {
  return format.replace(/%(?:(\d+)%|%)/g, (_, number?: string) =>
    number === undefined ? '%' : (values[Number(number) - 1] ?? ''),
  );
}

interface ReverseArguments {
  readonly format: string;
  /** Names by canonical addresses. */
  readonly exceptions: ReadonlyMap<string, string>;
}

function readArguments(call: LuaCall, usage: string, highest: number): ReverseArguments {
  const format = requiredArgument(call, 0, usage);
  noMoreArguments(call, 2);
  const text = textOfConstant(format);
  if (text === undefined)
    throw new LuaFault(`the format is ${describeConstant(format)}: expected ${usage}`, format.offset);
  for (const [place, number] of text.matchAll(/%(\d+)%|%/g)) {
    const value = Number(number ?? 0);
    if (place !== '%' && value >= 1 && value <= highest) continue;
    if (place === '%' && text.includes('%%')) continue;
    throw new LuaFault(`the format has "${place}": expected %1% to %${highest}%`, format.offset);
  }
  return { format: text, exceptions: readExceptions(call.args[1], usage) };
}

function readExceptions(constant: LuaConstant | undefined, usage: string): ReadonlyMap<string, string> {
  const exceptions = new Map<string, string>();
  if (constant === undefined || constant.kind === 'nil') return exceptions;
  if (constant.kind !== 'table' || constant.items.length > 0)
    throw new LuaFault(`the exceptions are not {['address']='name'}: expected them after ${usage}`, constant.offset);
  for (const [key, { keyOffset, value }] of constant.fields) {
    const address = parseIp(key);
    const name = textOfConstant(value);
    if (address === undefined) throw new LuaFault(`"${key}" is not an IP address`, keyOffset);
    if (name === undefined) throw new LuaFault(`${describeConstant(value)} is not a name`, value.offset);
    exceptions.set(address, name);
  }
  return exceptions;
}
