/**
 * `ifportup(port, {addresses}[, options])` and `ifportup(port, {{addresses}, …}[, options])` as PowerDNS 5.1 has it: the
 * first set with an address that is up answers; where none has, the backup selector chooses from the first set.
 *
 * Other than there, checks are registered when the record is compiled, and an address of which nothing is known yet
 * counts as up (R3, R11) unless `failOnIncompleteCheck` is set.
 */
import { familyOf, parseIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import type { Prng } from '#base/prng.ts';
import { recordType, typeName } from '#dns/wire/constants.ts';
import { parseRdata } from '#dns/wire/rdata.ts';
import type { AnswerNote, Client, DynamicAnswer, DynamicRecord } from '#dns/zone/dynamic.ts';
import { describeConstant } from './constant.ts';
import type { LuaConstant, LuaTable } from './constant.ts';
import { LuaFault } from './fault.ts';
import type { LuaCall } from './call.ts';
import type { HealthHandle } from './health.ts';
import { readPortCheckOptions } from './options.ts';
import type { PortCheckOptions } from './options.ts';
import { select } from './selector.ts';

const usage = "ifportup(443, {'192.0.2.1', '192.0.2.2'}) or ifportup(443, {{'192.0.2.1'}, {'192.0.2.2'}})";

interface Address {
  readonly address: IpAddress;
  readonly rdata: Uint8Array;
}

/** Compiles a call; throws `LuaFault`. Checks are registered only when the whole call is sound. */
export function compileIfPortUp(call: LuaCall): DynamicRecord {
  const [port, addresses, options, extra] = call.args;
  if (port === undefined || addresses === undefined)
    throw new LuaFault(`an argument is missing: expected ${usage}`, call.offset);
  if (extra !== undefined) throw new LuaFault('ifportup takes at most three arguments', extra.offset);
  const portNumber = readPort(port);
  const sets = readSets(addresses, call.type);
  const settings = readPortCheckOptions(options);
  const { sourceAddress, intervalMs, timeoutMs, minimumFailures, onlyProbe } = settings;
  const source = sourceAddress === undefined ? {} : { sourceAddress };
  const timing = { intervalMs, timeoutMs, rise: 1, fall: minimumFailures, onlyProbe };
  const register = ({ address, rdata }: Address): Candidate => ({
    rdata,
    handle: call.health.register({ what: { kind: 'tcp' }, address, port: portNumber, ...timing, ...source }),
  });
  const candidates = sets.map((set) => set.map(register));
  return new PortCheckedRecord(call.type, candidates, { ...settings, prng: call.prng });
}

function readPort(constant: LuaConstant): number {
  const isText = constant.kind === 'number' || constant.kind === 'string';
  const text = isText ? String(constant.value) : '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new LuaFault(`port ${describeConstant(constant)} is not a whole number from 1 to 65535`, constant.offset);
}

/** One list of addresses, or a list of such lists in the order in which they are tried; empty ones are left out. */
function readSets(constant: LuaConstant, type: number): readonly (readonly Address[])[] {
  if (constant.kind !== 'table') {
    throw new LuaFault(`the addresses are ${describeConstant(constant)}: expected ${usage}`, constant.offset);
  }
  const isNested = constant.items.length > 0 && constant.items.every((item) => item.kind === 'table');
  const tables = isNested ? constant.items : [constant];
  const sets = tables.map((table) => readAddresses(table, type)).filter((set) => set.length > 0);
  if (sets.length === 0) throw new LuaFault(`there is no address: expected ${usage}`, constant.offset);
  return sets;
}

function readAddresses({ items, fields }: LuaTable, type: number): readonly Address[] {
  const [named] = fields;
  if (named !== undefined) throw new LuaFault(`"${named[0]}" is not an address: expected ${usage}`, named[1].keyOffset);
  return items.map((item) => readAddress(item, type));
}

function readAddress(item: LuaConstant, type: number): Address {
  const address = item.kind === 'string' ? parseIp(item.value) : undefined;
  if (address === undefined) throw new LuaFault(`${describeConstant(item)} is not an IP address`, item.offset);
  const family = type === recordType.A ? 4 : type === recordType.AAAA ? 6 : undefined;
  const rdata = parseRdata(type, [{ text: address, quoted: true }]);
  // An address reads as a name too, but as the data of CNAME or PTR it is none that anybody meant.
  const fits = family === undefined ? type === recordType.TXT : familyOf(address) === family;
  if (!rdata.ok || !fits) {
    throw new LuaFault(
      `"${address}" cannot be the data of ${typeName(type)}: expected ${expectedFor(type)}`,
      item.offset,
    );
  }
  return { address, rdata: rdata.value };
}

function expectedFor(type: number): string {
  if (type === recordType.A) return 'an IPv4 address';
  return type === recordType.AAAA ? 'an IPv6 address' : 'LUA A, LUA AAAA or LUA TXT';
}

interface Candidate {
  readonly rdata: Uint8Array;
  readonly handle: HealthHandle;
}

class PortCheckedRecord implements DynamicRecord {
  readonly type: number;
  readonly #isHashed: boolean;
  readonly #sets: readonly (readonly Candidate[])[];
  readonly #options: PortCheckOptions & { readonly prng: Prng };

  constructor(
    type: number,
    sets: readonly (readonly Candidate[])[],
    options: PortCheckOptions & { readonly prng: Prng },
  ) {
    this.type = type;
    this.#isHashed = options.selector === 'hashed' || options.backupSelector === 'hashed';
    this.#sets = sets;
    this.#options = options;
  }

  evaluate(client: Client): DynamicAnswer {
    const { selector, backupSelector, failOnIncompleteCheck, prng } = this.#options;
    const context = { client, prng };
    // The same whatever is up: a resolver keeps what it was told about the scope longer than health lasts (R15).
    const scopeBits = this.#isHashed ? client.addressBits : 0;
    let changePending = false;
    let isAnythingKnown = false;
    let note: AnswerNote | undefined;
    for (const set of this.#sets) {
      const available: Uint8Array[] = [];
      for (const { rdata, handle } of set) {
        const reading = handle.read();
        changePending ||= reading.changePending;
        isAnythingKnown ||= reading.state !== 'unknown';
        note ??= reading.note;
        if (reading.state === 'up' || (reading.state === 'unknown' && !failOnIncompleteCheck)) available.push(rdata);
      }
      if (available.length > 0)
        return { kind: 'records', rdata: select(selector, available, context), changePending, scopeBits, note };
    }
    if (!isAnythingKnown) return { kind: 'failure', reason: 'no health check of this name has finished yet' };
    // With everything down, whatever is given may be wrong in a moment: it lives only shortly.
    const backup = this.#backup();
    const rdata = backup.length === 0 ? [] : select(backupSelector, backup, context);
    return {
      kind: 'records',
      rdata,
      changePending: true,
      scopeBits,
      note: rdata.length === 0 ? undefined : 'failOpen',
    };
  }

  /** The first set's candidates, or a later one's where all before are withheld. */
  #backup(): readonly Uint8Array[] {
    for (const set of this.#sets) {
      const candidates = set.filter(({ handle }) => handle.read().withheld !== true);
      if (candidates.length > 0) return candidates.map(({ rdata }) => rdata);
    }
    return [];
  }
}
