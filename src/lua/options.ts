/**
 * The options of `ifportup`, with the names and defaults of PowerDNS 5.1 and one of our own, `verdict` (R1).
 *
 * PowerDNS reads every value as a string, so `timeout=2` and `timeout='2'` are equal here too. An option or value that
 * is not known is refused, where PowerDNS ignores it.
 */
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { describeConstant } from './constant.ts';
import type { LuaConstant, LuaField } from './constant.ts';
import { LuaFault } from './fault.ts';
import { parseSelector, selectors } from './selector.ts';
import type { Selector } from './selector.ts';

export interface PortCheckOptions {
  readonly selector: Selector;
  /** Used when no set has an address that is up. */
  readonly backupSelector: Selector;
  readonly sourceAddress: IpAddress | undefined;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly minimumFailures: number;
  /** Fail while nothing is known of any address, instead of counting unknown as up. */
  readonly failOnIncompleteCheck: boolean;
  /** `verdict='probe'`: plain PowerDNS, also for addresses that are endpoints (R1). */
  readonly onlyProbe: boolean;
}

const defaults: PortCheckOptions = {
  selector: 'random',
  backupSelector: 'random',
  sourceAddress: undefined,
  timeoutMs: 2000,
  intervalMs: 5000,
  minimumFailures: 1,
  failOnIncompleteCheck: false,
  onlyProbe: false,
};

/** Longest time that a check may take or wait: an hour, after which a state says nothing. */
const maxSeconds = 3600;
const maxFailures = 1000;

type OptionReader = (field: LuaField, name: string) => Partial<PortCheckOptions>;

const readers: ReadonlyMap<string, OptionReader> = new Map<string, OptionReader>([
  ['selector', (field, name) => ({ selector: readSelector(field, name) })],
  ['backupSelector', (field, name) => ({ backupSelector: readSelector(field, name) })],
  ['source', (field, name) => ({ sourceAddress: readAddress(field, name) })],
  ['timeout', (field, name) => ({ timeoutMs: 1000 * readInteger(field, name, maxSeconds) })],
  ['interval', (field, name) => ({ intervalMs: 1000 * readInteger(field, name, maxSeconds) })],
  ['minimumFailures', (field, name) => ({ minimumFailures: readInteger(field, name, maxFailures) })],
  [
    'failOnIncompleteCheck',
    (field, name) => ({ failOnIncompleteCheck: readWord(field, name, ['false', 'true']) === 'true' }),
  ],
  ['verdict', (field, name) => ({ onlyProbe: readWord(field, name, ['endpoint', 'probe']) === 'probe' })],
]);

/** Reads the options table, which may be absent; throws `LuaFault` at what is not known. */
export function readPortCheckOptions(options: LuaConstant | undefined): PortCheckOptions {
  if (options === undefined || options.kind === 'nil') return defaults;
  if (options.kind !== 'table') {
    throw new LuaFault(
      `options are ${describeConstant(options)}: expected a table such as {selector='all'}`,
      options.offset,
    );
  }
  const [stray] = options.items;
  if (stray !== undefined)
    throw new LuaFault(`${describeConstant(stray)} has no name: expected options such as timeout=2`, stray.offset);
  let result = defaults;
  for (const [name, field] of options.fields) {
    const read = readers.get(name);
    if (read === undefined) {
      throw new LuaFault(`option "${name}" is not known: expected ${[...readers.keys()].join(', ')}`, field.keyOffset);
    }
    result = { ...result, ...read(field, name) };
  }
  return result;
}

function readText({ value }: LuaField, name: string): string {
  if (value.kind === 'string' || value.kind === 'number' || value.kind === 'boolean') return String(value.value);
  throw new LuaFault(`option "${name}" is ${describeConstant(value)}: expected a string`, value.offset);
}

function readSelector(field: LuaField, name: string): Selector {
  const text = readText(field, name);
  const selector = parseSelector(text);
  if (selector !== undefined) return selector;
  const why = text === 'pickclosest' ? 'needs location data, which is not loaded' : 'is not known';
  throw new LuaFault(`${name} "${text}" ${why}: expected ${selectors.join(', ')}`, field.value.offset);
}

function readAddress(field: LuaField, name: string): IpAddress {
  const text = readText(field, name);
  const address = parseIp(text);
  if (address === undefined) throw new LuaFault(`${name} "${text}" is not an IP address`, field.value.offset);
  return address;
}

function readInteger(field: LuaField, name: string, max: number): number {
  const text = readText(field, name);
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new LuaFault(`${name} "${text}" is not a whole number from 1 to ${max}`, field.value.offset);
}

function readWord(field: LuaField, name: string, words: readonly string[]): string {
  const text = readText(field, name);
  if (words.includes(text)) return text;
  throw new LuaFault(`${name} "${text}" is not known: expected ${words.join(' or ')}`, field.value.offset);
}
