/**
 * Questions about zones: every name, what is around it, and every type, in the variations that a reply depends on. The
 * same seed gives the same questions.
 */
import { assert, present } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { parseType, recordType, typeName } from '#dns/wire/constants.ts';
import { encodeQuery } from '#dns/wire/message.ts';
import { formatName, parentName, parseName, rootName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import type { PeerZone } from './dns-differential-servers.ts';

/** One question with its EDNS part. */
export interface DifferentialQuery {
  readonly name: Name;
  readonly type: number;
  readonly edns: { readonly udpBytes: number; readonly dnssecOk: boolean } | undefined;
  readonly recursionDesired: boolean;
}

/** EDNS variations; the first is none. */
const ednsKinds: readonly DifferentialQuery['edns'][] = [
  undefined,
  { udpBytes: 1232, dnssecOk: false },
  { udpBytes: 512, dnssecOk: false },
  { udpBytes: 300, dnssecOk: false },
  { udpBytes: 1232, dnssecOk: true },
  { udpBytes: 4096, dnssecOk: true },
];

/** Types that are asked everywhere, beside those that the zones have. */
const furtherTypes = ['DS', 'DNSKEY', 'NSEC', 'RRSIG', 'TYPE62347', 'ANY', 'SOA', 'NS', 'CNAME', 'DNAME'];

/** Builds the questions. */
export function generateQueries(zones: readonly PeerZone[], seed: number): readonly DifferentialQuery[] {
  const prng = createPrng(seed);
  const queries: DifferentialQuery[] = [];
  const add = (name: Name, type: number): void => {
    queries.push({ name, type, edns: pick(ednsKinds, prng), recursionDesired: prng.below(4) === 0 });
  };
  const types = allTypes(zones);
  for (const zone of zones) {
    const owners = ownersOf(zone);
    for (const { name, types: own } of owners) {
      // What is there is asked in every variation, the rest in one.
      for (const type of own) for (const edns of ednsKinds) queries.push({ name, type, edns, recursionDesired: false });
      for (const type of types) if (!own.includes(type)) add(name, type);
    }
    // In capitals, with little room: what is compressed in another case may not fit.
    for (const { name } of owners) {
      const child = below('mixed', name);
      if (child === undefined) continue;
      queries.push({ name: upperCase(child), type: recordType.SOA, edns: ednsKinds[2], recursionDesired: false });
    }
    const existing = owners.map(({ name }) => name);
    for (const name of namesAround(existing, prng)) {
      for (let count = 0; count < 5; count++) add(name, pick(types, prng));
    }
  }
  for (const name of strangeNames()) for (const type of types) add(name, type);
  return queries;
}

/** For people: what was asked. */
export function formatQuery({ name, type, edns, recursionDesired }: DifferentialQuery): string {
  const options = edns === undefined ? 'no EDNS' : `EDNS ${edns.udpBytes}${edns.dnssecOk ? ' DO' : ''}`;
  return `${formatName(name)} ${typeName(type)} (${options}${recursionDesired ? ', RD' : ''})`;
}

/** The octets of a question; the id is zero. */
export function encodeDifferentialQuery({ name, type, edns, recursionDesired }: DifferentialQuery): Uint8Array {
  const bytes = encodeQuery(0, { name, type }, edns);
  if (recursionDesired) bytes[2] = (bytes[2] ?? 0) | 1;
  return bytes;
}

function pick<Value>(list: readonly Value[], prng: Prng): Value {
  const index = prng.below(list.length);
  assert(index < list.length, 'a list to pick from is not empty');
  // The index is inside, so what stands there is a value, which may be undefined itself.
  return list[index] as Value;
}

/** An owner of the zone's file and the types that it has there. */
interface OwnerTypes {
  readonly name: Name;
  readonly types: readonly number[];
}

/** Reads owners and types off a file whose lines are whole records, each with its owner. */
function ownersOf({ apex, text }: PeerZone): readonly OwnerTypes[] {
  const origin = nameOf(`${apex}.`);
  const owners = new Map<string, { name: Name; types: number[] }>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith(';') || line.startsWith('$')) continue;
    const [ownerText = '', first = '', second = ''] = line.split(/\s+/);
    const type = present(parseType(/^\d+$/.test(first) ? second : first), `the type in "${line}"`);
    const name = ownerText === '@' ? origin : nameOf(ownerText, origin);
    const key = formatName(name).toLowerCase();
    const entry = owners.get(key) ?? { name, types: [] };
    owners.set(key, entry);
    if (!entry.types.includes(type)) entry.types.push(type);
  }
  return [...owners.values()];
}

function nameOf(text: string, origin?: Name): Name {
  const parsed = parseName(text, origin);
  if (!parsed.ok) throw new Error(`"${text}": ${parsed.fault}`);
  return parsed.value;
}

function allTypes(zones: readonly PeerZone[]): readonly number[] {
  const types = new Set(zones.flatMap((zone) => ownersOf(zone).flatMap(({ types }) => types)));
  for (const type of furtherTypes) types.add(present(parseType(type), `the type ${type}`));
  return [...types];
}

/** Parents, children, siblings, wildcard instances and other spellings of names. */
function namesAround(names: readonly Name[], prng: Prng): readonly Name[] {
  const around = new Map<string, Name>();
  const add = (name: Name | undefined): void => {
    if (name !== undefined) around.set(Buffer.from(name).toString('latin1'), name);
  };
  for (const name of names) {
    for (let parent = parentName(name); parent.length > 1; parent = parentName(parent)) add(parent);
    for (const label of ['x', '*', '*x', '\\000', '\\255', 'l'.repeat(63), 'a.b', 'x.*', '*.*', 'ns', 'mx']) {
      add(below(label, name));
    }
    for (const label of ['zz', '*', '\\000', 'WWW']) add(below(label, parentName(name)));
    if (name[0] === 1 && name[1] === 0x2a) {
      for (const label of ['any', 'any.thing', 'any.*', 'x.y.z']) add(below(label, parentName(name)));
    }
    add(otherCase(name, prng));
    add(otherCase(below('MiXed', name) ?? name, prng));
  }
  return [...around.values()];
}

/** `labels` in front of a name; undefined where that is too long. */
function below(labels: string, name: Name): Name | undefined {
  const parsed = parseName(labels, name);
  return parsed.ok ? parsed.value : undefined;
}

/** The name with each letter in a case of its own. */
function otherCase(name: Name, prng: Prng): Name {
  const isLetter = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  // Length octets are below the letters, so what comes out is a valid name again.
  return name.map((byte) => (isLetter(byte) && prng.below(2) === 1 ? byte ^ 0x20 : byte)) as Name;
}

/** The name in capitals. */
function upperCase(name: Name): Name {
  // Length octets are below the letters, so what comes out is a valid name again.
  return name.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte ^ 0x20 : byte)) as Name;
}

/** Names outside every zone, down to the root. */
function strangeNames(): readonly Name[] {
  const texts = ['example.', 'com.', 'www.example.com.', 'xrich.example.', 'rich.example.example.', 'edge.example.'];
  return [rootName, ...texts.map((text) => nameOf(text))];
}
