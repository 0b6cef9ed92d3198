/**
 * Which records of a zone are written more than once, and where the TTLs of one RRset differ (RFC 2181 §5).
 *
 * Names in data are compared without regard to case where the type is one of RFC 1035 or frequent (RFC 4034 §6.2).
 */
import { recordType, typeName } from '../wire/constants.ts';
import { formatName, lowerCase } from '../wire/name.ts';
import type { ProblemLog } from './problem-log.ts';
import { none } from './records.ts';
import type { ZoneRecords } from './records.ts';

/** Octets of a type's data before and after its names. */
const aroundNames = new Map<number, { readonly before: number; readonly after: number }>([
  [recordType.NS, { before: 0, after: 0 }],
  [recordType.CNAME, { before: 0, after: 0 }],
  [recordType.PTR, { before: 0, after: 0 }],
  [recordType.DNAME, { before: 0, after: 0 }],
  [recordType.MX, { before: 2, after: 0 }],
  [recordType.SRV, { before: 6, after: 0 }],
  [recordType.SOA, { before: 0, after: 20 }],
]);
const noNames = { before: Number.POSITIVE_INFINITY, after: 0 };
/** Names with more records than this are compared by a table. */
const fewRecords = 16;

/** Marks each record that equals an earlier one with 1, by record id; undefined where there is none. */
export function findRepeated(records: ZoneRecords): Uint8Array | undefined {
  let repeated: Uint8Array | undefined;
  for (let name = 0; name < records.names.count; name++) {
    const first = records.firstOf(name);
    if (first === none || records.next[first] === none) continue;
    for (const id of repeatedAt(records, name)) {
      repeated ??= new Uint8Array(records.count);
      repeated[id] = 1;
    }
  }
  return repeated;
}

function repeatedAt(records: ZoneRecords, name: number): readonly number[] {
  const ids: number[] = [];
  const repeated: number[] = [];
  for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) ids.push(id);
  const seen = ids.length > fewRecords ? new Set<string>() : undefined;
  for (const [index, id] of ids.entries()) {
    if (records.codes.has(id)) continue;
    if (seen === undefined) {
      if (ids.slice(0, index).some((other) => areEqual(records, other, id))) repeated.push(id);
    } else {
      const key = keyOf(records, id);
      if (seen.has(key)) repeated.push(id);
      else seen.add(key);
    }
  }
  return repeated;
}

function areEqual(records: ZoneRecords, a: number, b: number): boolean {
  const { rdata } = records;
  const length = records.rdataLength[a] ?? 0;
  if (records.type[a] !== records.type[b] || length !== records.rdataLength[b] || records.codes.has(a)) return false;
  const { before, after } = aroundNames.get(records.type[a] ?? 0) ?? noNames;
  const aAt = records.rdataAt[a] ?? 0;
  const bAt = records.rdataAt[b] ?? 0;
  for (let index = 0; index < length; index++) {
    const x = rdata[aAt + index] ?? 0;
    const y = rdata[bAt + index] ?? 0;
    const isName = index >= before && index < length - after;
    // Length octets are below the letters, so folding them changes nothing.
    if (x !== y && !(isName && lowerCase[x] === lowerCase[y])) return false;
  }
  return true;
}

/** Type and data as a string that is equal where the records are. */
function keyOf(records: ZoneRecords, id: number): string {
  const type = records.type[id] ?? 0;
  const { before, after } = aroundNames.get(type) ?? noNames;
  const data = records.dataOf(id);
  let key = `${type} `;
  for (let index = 0; index < data.length; index++) {
    const byte = data[index] ?? 0;
    key += String.fromCharCode(index >= before && index < data.length - after ? (lowerCase[byte] ?? 0) : byte);
  }
  return key;
}

/** Warns once of each RRset whose records have different TTLs. */
export function checkTtls(records: ZoneRecords, name: number, log: ProblemLog): void {
  const first = records.firstOf(name);
  const lowest = new Map<number, { readonly first: number; other: number; ttlSeconds: number }>();
  for (let id = first; id !== none; id = records.next[id] ?? none) {
    const key = rrsetOf(records, id);
    const ttlSeconds = records.ttlSeconds[id] ?? 0;
    const set = lowest.get(key);
    if (set === undefined) {
      lowest.set(key, { first: id, other: none, ttlSeconds });
      continue;
    }
    if (set.other === none && ttlSeconds !== records.ttlSeconds[set.first]) set.other = id;
    set.ttlSeconds = Math.min(set.ttlSeconds, ttlSeconds);
  }
  for (const set of lowest.values()) {
    if (set.other === none) continue;
    const what = `${typeName(records.type[set.other] ?? 0)} records of ${formatName(records.names.name(name))}`;
    const ttls = `TTL ${records.ttlSeconds[set.other] ?? 0} differs from ${records.ttlSeconds[set.first] ?? 0} above`;
    log.warning(records.placeOf(set.other), `${ttls}: all ${what} are served with ${set.ttlSeconds}`);
  }
}

/** The type, and for a signature the type that it covers: signatures of one name have the TTLs of what they sign. */
function rrsetOf(records: ZoneRecords, id: number): number {
  const type = records.type[id] ?? 0;
  const at = records.rdataAt[id] ?? 0;
  return type === recordType.RRSIG
    ? ((records.rdata[at] ?? 0) << 24) | ((records.rdata[at + 1] ?? 0) << 16) | type
    : type;
}
