/**
 * The globals of a record beside the functions that are prepared: the standard library, PowerDNS's objects and
 * constants, and its variables of the query.
 *
 * Everything here is made once for a record; a query sees nothing of another, since what code assigns is put back.
 */
import type { Prng } from '#base/prng.ts';
import { recordType } from '#dns/wire/constants.ts';
import { nameFrom as nameAtBytes } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import type { Client } from '#dns/zone/dynamic.ts';
import type { LuaConstant } from './constant.ts';
import { wholeAddress } from './functions/selection.ts';
import { geoAttributes } from './functions/places.ts';
import { standardLibrary } from './language/base-library.ts';
import type { StandardLibrary } from './language/base-library.ts';
import { integerArgument, numberArgument, stringArgument } from './language/arguments.ts';
import { LuaError } from './language/error.ts';
import type { Machine } from './language/machine.ts';
import { LuaFunction, LuaTable } from './language/value.ts';
import type { LuaValue, LuaValues } from './language/value.ts';
import { addressFrom, AddressObject, AddressSetObject } from './objects/addresses.ts';
import { HeaderObject, nameFrom, NameObject, typeFrom } from './objects/names.ts';
import { NetmaskGroupObject, NetmaskObject, netmaskFrom } from './objects/netmasks.ts';
import type { ScopeOf } from './scope.ts';

/** A variable of the query. */
export interface QueryVariable {
  read(client: Client): LuaValue;
  /** What reading it makes the answer depend on. */
  readonly scope?: ScopeOf;
}

/** PowerDNS's numbers for zones have no counterpart here. */
const zoneId = 0;

const variablesByZone = new WeakMap<Name, ReadonlyMap<string, QueryVariable>>();

/** The variables of records in a zone. */
export function queryVariables(zone: Name): ReadonlyMap<string, QueryVariable> {
  const known = variablesByZone.get(zone) ?? makeVariables(zone);
  variablesByZone.set(zone, known);
  return known;
}

/** The variables of PowerDNS; `localwho` is always nil, since answers do not depend on the address that was asked. */
function makeVariables(zone: Name): ReadonlyMap<string, QueryVariable> {
  return new Map<string, QueryVariable>(
    Object.entries({
      qname: { read: ({ name, nameAt }: Client) => new NameObject(nameAtBytes(name, nameAt)) },
      zone: { read: () => new NameObject(zone) },
      zoneid: { read: () => zoneId },
      who: { read: ({ resolver }: Client) => new AddressObject(resolver.slice()) },
      bestwho: { read: ({ address }: Client) => new AddressObject(address.slice()), scope: wholeAddress },
      ecswho: { read: subnetOf, scope: wholeAddress },
      localwho: { read: () => undefined },
      dh: { read: ({ query }: Client) => new HeaderObject(query) },
      dnssecOK: { read: ({ dnssecOk }: Client) => dnssecOk },
      ednsPKTSize: { read: ({ ednsUdpBytes }: Client) => ednsUdpBytes },
      tcp: { read: ({ isTcp }: Client) => isTcp },
    }),
  );
}

/** The client subnet; a whole address that is the resolver's own counts as none. */
function subnetOf({ address, addressBits, resolver }: Client): LuaValue {
  const isResolver = address.length === resolver.length && address.every((octet, index) => octet === resolver[index]);
  if (isResolver && addressBits === address.length * 8) return undefined;
  return new NetmaskObject({ bytes: address.slice(), length: addressBits });
}

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
const logLevels = { Alert: 1, Critical: 2, Debug: 7, Emergency: 0, Error: 3, Info: 6, Notice: 5, Warning: 4 };

/** Tables of numbers that code reads, also where it is looked through for constants. */
const constantTables: Readonly<Record<string, Readonly<Record<string, number | Readonly<Record<string, number>>>>>> = {
  pdns: { ...recordType, ...rcodes, loglevels: logLevels },
  GeoIPQueryAttribute: geoAttributes,
};

export const constantGlobals: ReadonlyMap<string, LuaConstant> = new Map(
  Object.entries(constantTables).map(([name, fields]) => [name, constantTable(fields)]),
);

type Fields = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

function constantTable(fields: Fields): LuaConstant {
  const entries = Object.entries(fields).map(([name, value]) => {
    const constant: LuaConstant =
      typeof value === 'number' ? { kind: 'number', value, offset: 0 } : constantTable(value);
    return [name, { keyOffset: 0, value: constant }] as const;
  });
  return { kind: 'table', items: [], fields: new Map(entries), offset: 0 };
}

function frozenTable(fields: Fields): LuaTable {
  const table = new LuaTable();
  for (const [name, value] of Object.entries(fields))
    table.set(name, typeof value === 'number' ? value : frozenTable(value));
  table.isFrozen = true;
  return table;
}

/** Everything but the query's variables and the prepared functions. */
export function createEnvironment(machine: Machine, prng: Prng): StandardLibrary {
  const { operators, globals } = standardLibrary(machine, prng);
  const all = new Map<string, LuaValue>(globals);
  for (const [name, fields] of Object.entries(constantTables)) all.set(name, frozenTable(fields));
  for (const [name, call] of Object.entries(objectFunctions(prng))) all.set(name, new LuaFunction(name, call));
  return { operators, globals: all };
}

function objectFunctions(prng: Prng): Readonly<Record<string, (args: LuaValues) => LuaValues>> {
  return {
    newDN: (args) => [nameFrom(stringArgument(args, 0, 'newDN'))],
    newCA: (args) => [addressFrom(stringArgument(args, 0, 'newCA'))],
    newCAFromRaw: (args) => {
      const raw = stringArgument(args, 0, 'newCAFromRaw');
      if (raw.length !== 4 && raw.length !== 16) throw new LuaError('newCAFromRaw: expected 4 or 16 octets');
      return [new AddressObject(Buffer.from(raw, 'latin1'), integerArgument(args, 1, 'newCAFromRaw', 0))];
    },
    newCAS: () => [new AddressSetObject()],
    newNetmask: (args) => [netmaskFrom(args[0])],
    newNMG: (args) => {
      const group = new NetmaskGroupObject();
      if (args[0] !== undefined) group.addAll(args[0]);
      return [group];
    },
    newQType: (args) => [typeFrom(args[0])],
    // What stops code in PowerDNS that takes too long: code that calls it itself runs into the same error there.
    report: () => {
      throw new LuaError('Script took too long');
    },
    // Records have no log: what they have to say would be said for every query.
    pdnslog: () => [],
    pdnsrandom: (args) => {
      const bound = Math.trunc(numberArgument(args, 0, 'pdnsrandom', 0x1_0000_0000));
      if (!(bound >= 1 && bound <= 0x1_0000_0000)) throw new LuaError('pdnsrandom: expected a bound above 0');
      return [prng.below(bound)];
    },
  };
}

/** What PowerDNS's records can call and ours cannot, and why. */
export const refusedGlobals: ReadonlyMap<string, string> = new Map([
  ...['io', 'os', 'debug', 'package', 'coroutine', 'ffi', 'jit', 'dofile', 'loadfile', 'load', 'loadstring'].map(
    (name) => [name, 'records have no access to the system and load no code'] as const,
  ),
  ...['require', 'module', 'print', 'collectgarbage', 'getfenv', 'setfenv', 'newproxy', '_G'].map(
    (name) => [name, 'records have no access to the system and load no code'] as const,
  ),
  ['resolve', 'records ask no other server: write the data into the record, or use dblookup, ALIAS or CNAME'],
]);
