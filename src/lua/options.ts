/**
 * The options of functions that check health, with the names and defaults of PowerDNS 5.1 and some of our own: `rise`,
 * `onUnknown`, `verdict`, `expectStatus`, `method`, `regexmatch`, `tlsVerify`, and `port` and `url` for pickers.
 *
 * PowerDNS reads every value as a string, so `timeout=2` and `timeout='2'` are equal here too. An option or value that
 * is not known is refused, where PowerDNS ignores it.
 */
import { parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { StatusRange } from '#health/check-kind.ts';
import { describeConstant, textOfConstant } from './constant.ts';
import type { ConstantField, LuaConstant } from './constant.ts';
import { LuaFault } from './fault.ts';

/** `random` one, `all`, `hashed` one by the client's address, `pickclosest` the nearest one, `empty` none (NODATA). */
export const selectors = ['random', 'all', 'hashed', 'pickclosest', 'empty'] as const;
export type Selector = (typeof selectors)[number];

/**
 * What an address of which nothing is known yet counts as: `up`; `backup`, up where nothing is known to be; `down`; or
 * the answer is SERVFAIL while nothing is known of any.
 */
const unknownStates = ['up', 'backup', 'down', 'servfail'] as const;
export type UnknownState = (typeof unknownStates)[number];

const methods = ['GET', 'HEAD', 'POST', 'OPTIONS'] as const;

export interface CheckOptions {
  readonly selector: Selector;
  /** Used when no set has an address that is up. */
  readonly backupSelector: Selector;
  readonly sourceAddress: IpAddress | undefined;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly minimumFailures: number;
  readonly rise: number;
  readonly onUnknown: UnknownState;
  /** `verdict='probe'`: plain PowerDNS, also for addresses that are endpoints (R1). */
  readonly onlyProbe: boolean;
  readonly stringMatch: string | undefined;
  readonly regexMatch: string | undefined;
  readonly userAgent: string | undefined;
  readonly maxBodyBytes: number | undefined;
  readonly expectStatus: readonly StatusRange[];
  readonly method: (typeof methods)[number];
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly verifyTls: boolean;
  readonly port: number | undefined;
  readonly url: { readonly text: string; readonly offset: number } | undefined;
}

const defaults: CheckOptions = {
  selector: 'random',
  backupSelector: 'random',
  sourceAddress: undefined,
  timeoutMs: 2000,
  intervalMs: 5000,
  minimumFailures: 1,
  rise: 1,
  onUnknown: 'up',
  onlyProbe: false,
  stringMatch: undefined,
  regexMatch: undefined,
  userAgent: undefined,
  maxBodyBytes: undefined,
  expectStatus: [{ from: 200, to: 200 }],
  method: 'GET',
  headers: [],
  verifyTls: true,
  port: undefined,
  url: undefined,
};

/** Longest time that a check may take or wait: an hour, after which a state says nothing. */
const maxSeconds = 3600;
const maxStreak = 1000;
const maxBodyBytes = 16_777_216;

type OptionReader = (field: ConstantField, name: string) => Partial<CheckOptions>;
type OptionReaders = Readonly<Record<string, OptionReader>>;

const selectorOptions: OptionReaders = {
  selector: (field, name) => ({ selector: readWord(field, name, selectors) }),
  backupSelector: (field, name) => ({ backupSelector: readWord(field, name, selectors) }),
};

const checkOptions: OptionReaders = {
  source: (field, name) => ({ sourceAddress: readAddress(field, name) }),
  timeout: (field, name) => ({ timeoutMs: 1000 * readInteger(field, name, maxSeconds) }),
  interval: (field, name) => ({ intervalMs: 1000 * readInteger(field, name, maxSeconds) }),
  minimumFailures: (field, name) => ({ minimumFailures: readInteger(field, name, maxStreak) }),
  rise: (field, name) => ({ rise: readInteger(field, name, maxStreak) }),
  failOnIncompleteCheck: (field, name) => (readFlag(field, name) ? { onUnknown: 'servfail' } : {}),
  onUnknown: (field, name) => ({ onUnknown: readWord(field, name, unknownStates) }),
  verdict: (field, name) => ({ onlyProbe: readWord(field, name, ['endpoint', 'probe']) === 'probe' }),
};

const httpOptions: OptionReaders = {
  stringmatch: (field, name) => ({ stringMatch: readText(field, name) }),
  regexmatch: (field, name) => ({ regexMatch: readPattern(field, name) }),
  useragent: (field, name) => ({ userAgent: readText(field, name) }),
  byteslimit: (field, name) => ({ maxBodyBytes: readInteger(field, name, maxBodyBytes, 0) || undefined }),
  httpcode: (field, name) => ({ expectStatus: readStatuses(field, name) }),
  expectStatus: (field, name) => ({ expectStatus: readStatuses(field, name) }),
  method: (field, name) => ({ method: readWord(field, name, methods) }),
  headers: (field, name) => ({ headers: readHeaders(field, name) }),
  tlsVerify: (field, name) => ({ verifyTls: readFlag(field, name) }),
};

const targetOptions: OptionReaders = {
  port: (field, name) => ({ port: readInteger(field, name, 65_535) }),
  url: (field, name) => ({ url: { text: readText(field, name), offset: field.value.offset } }),
};

/** Which options a function takes. */
export const optionSets = {
  port: { ...selectorOptions, ...checkOptions },
  url: { ...selectorOptions, ...checkOptions, ...httpOptions },
  selfWeighted: { ...checkOptions, ...httpOptions },
  picker: { ...targetOptions, ...checkOptions, ...httpOptions },
} as const satisfies Readonly<Record<string, OptionReaders>>;

/** Reads the options table, which may be absent; throws `LuaFault` at what is not known. */
export function readOptions(options: LuaConstant | undefined, kind: keyof typeof optionSets): CheckOptions {
  if (options === undefined || options.kind === 'nil') return defaults;
  if (options.kind !== 'table') {
    throw new LuaFault(
      `options are ${describeConstant(options)}: expected a table such as {${kind === 'picker' ? 'port=443' : "selector='all'"}}`,
      options.offset,
    );
  }
  const [stray] = options.items;
  if (stray !== undefined)
    throw new LuaFault(`${describeConstant(stray)} has no name: expected options such as timeout=2`, stray.offset);
  const readers: OptionReaders = optionSets[kind];
  let result = defaults;
  for (const [name, field] of options.fields) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined) {
      throw new LuaFault(`option "${name}" is not known: expected ${Object.keys(readers).join(', ')}`, field.keyOffset);
    }
    result = { ...result, ...read(field, name) };
  }
  if (result.stringMatch !== undefined && result.regexMatch !== undefined)
    throw new LuaFault('stringmatch and regexmatch are both given: expected one of them', options.offset);
  return result;
}

function readText({ value }: ConstantField, name: string): string {
  const text = value.kind === 'boolean' ? String(value.value) : textOfConstant(value);
  if (text !== undefined) return text;
  throw new LuaFault(`option "${name}" is ${describeConstant(value)}: expected a string`, value.offset);
}

function readPattern(field: ConstantField, name: string): string {
  const text = readText(field, name);
  try {
    new RegExp(text, 'u');
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LuaFault(`${name} is no regular expression: ${why}`, field.value.offset);
  }
}

function readAddress(field: ConstantField, name: string): IpAddress {
  const text = readText(field, name);
  const address = parseIp(text);
  if (address === undefined) throw new LuaFault(`${name} "${text}" is not an IP address`, field.value.offset);
  return address;
}

function readInteger(field: ConstantField, name: string, max: number, min = 1): number {
  const text = readText(field, name);
  const value = /^\d{1,8}$/.test(text) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw new LuaFault(`${name} "${text}" is not a whole number from ${min} to ${max}`, field.value.offset);
}

function readFlag(field: ConstantField, name: string): boolean {
  return readWord(field, name, ['false', 'true']) === 'true';
}

function readWord<Word extends string>(field: ConstantField, name: string, words: readonly Word[]): Word {
  const text = readText(field, name);
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new LuaFault(`${name} "${text}" is not known: expected ${words.join(', ')}`, field.value.offset);
}

/** `200`, or ranges such as `200-299,301`. */
function readStatuses(field: ConstantField, name: string): readonly StatusRange[] {
  const text = readText(field, name);
  return text.split(',').map((part) => {
    const match = /^\s*(\d{3})(?:-(\d{3}))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? from);
    if (match !== null && from >= 100 && to <= 599 && from <= to) return { from, to };
    throw new LuaFault(`${name} "${text}" is no status: expected one such as 200 or 200-299,301`, field.value.offset);
  });
}

/** A table of headers; `_` in a name is `-`, since Lua's names have no dash. */
function readHeaders({ value }: ConstantField, name: string): readonly (readonly [string, string])[] {
  if (value.kind !== 'table' || value.items.length > 0) {
    throw new LuaFault(`${name} is ${describeConstant(value)}: expected a table such as {x_probe='1'}`, value.offset);
  }
  return [...value.fields].map(([key, field]) => {
    const header = key.replaceAll('_', '-');
    const text = readText(field, key);
    // A line end in either would begin another header.
    if (!/^[!#$%&'*+.^`|~0-9A-Za-z-]+$/.test(header))
      throw new LuaFault(`"${header}" is no name of a header`, field.keyOffset);
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(text))
      throw new LuaFault(`header "${header}" has control characters`, field.value.offset);
    return [header, text] as const;
  });
}
