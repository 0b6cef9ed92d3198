/** A zone that was read and checked, and what a release needs to know of it. */
import { formatIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { recordType } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import type { TextPosition } from './problem.ts';
import type { ZoneRecords } from './records.ts';

/** A sound zone: every record at or below its apex, none twice. */
export interface ZoneData {
  readonly apex: Name;
  /** The apex in `records.names`. */
  readonly apexId: number;
  readonly records: ZoneRecords;
  /** Where a record's type stands in its file. */
  positionOf(record: number): TextPosition;
}

/** The names of the zone's servers: the NS records at its apex that are written out, in the order of the file. */
export function nameServersOf({ records, apexId }: ZoneData): readonly Name[] {
  return (
    records
      .findAll(apexId, recordType.NS)
      .filter((id) => !records.codes.has(id))
      // The layout of NS makes its data one valid name (RFC 1035 §3.3.11).
      .map((id) => records.dataOf(id).slice() as Name)
  );
}

/** The addresses that the zone has written out for a name, IPv4 first; those that follow health are left out. */
export function staticAddressesOf({ records }: ZoneData, name: Name): readonly IpAddress[] {
  const id = records.names.idOf(name);
  return [recordType.A, recordType.AAAA].flatMap((type) =>
    records
      .findAll(id, type)
      .filter((record) => !records.codes.has(record))
      .map((record) => formatIp(records.dataOf(record))),
  );
}

/** Whether an address of a name is computed as it is asked for, as far as this zone gives any. */
export function hasDynamicAddress({ records }: ZoneData, name: Name): boolean {
  const id = records.names.idOf(name);
  return [recordType.A, recordType.AAAA].some((type) =>
    records.findAll(id, type).some((record) => records.codes.has(record)),
  );
}

/**
 * The longest TTL of a record that follows health, 0 without such records (R25). An RRset is served with the lowest TTL
 * of its records.
 */
export function longestDynamicTtlOf({ records }: ZoneData): number {
  let longest = 0;
  for (const id of records.codes.keys()) {
    // Snippets are never answered.
    if (records.type[id] === recordType.LUA) continue;
    let lowest = records.ttlSeconds[id] ?? 0;
    for (const other of records.findAll(records.owner[id] ?? 0, records.type[id] ?? 0)) {
      lowest = Math.min(lowest, records.ttlSeconds[other] ?? 0);
    }
    longest = Math.max(longest, lowest);
  }
  return longest;
}
