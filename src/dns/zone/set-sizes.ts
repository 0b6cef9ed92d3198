/** RRsets that are too large: for a message of 65,535 octets (RFC 1035 §4.2.2), or for an image, which counts with 16 bits. */
import { headerBytes, maxMessageBytes, typeName } from '../wire/constants.ts';
import { formatName } from '../wire/name.ts';
import { compressibleNames } from '../wire/rdata.ts';
import { rowHeaderBytes } from './image-layout.ts';
import type { ProblemLog } from './problem-log.ts';
import { none } from './records.ts';
import type { ZoneRecords } from './records.ts';

/** The most records of one RRset; BIND has the same limit. */
const maxSetRecords = 0xffff;
/** A message has a header and a question, whose name the records point to. */
const aroundSetBytes = headerBytes + 4;
/** A name that is compressed to a pointer. */
const pointerBytes = 2;

/** Refuses an RRset that cannot be held, and warns of one that no message can carry. */
export function checkSetSizes(records: ZoneRecords, name: number, log: ProblemLog): void {
  const roomBytes = maxMessageBytes - aroundSetBytes - records.names.lengthOf(name);
  let bytes = 0;
  for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
    bytes += rowHeaderBytes + (records.rdataLength[id] ?? 0);
  }
  // All sets of the name together are small, as nearly everywhere.
  if (bytes <= roomBytes) return;
  const sets = new Map<number, { count: number; bytes: number; last: number }>();
  for (let id = records.firstOf(name); id !== none; id = records.next[id] ?? none) {
    const type = records.type[id] ?? 0;
    const set = sets.get(type) ?? { count: 0, bytes: 0, last: id };
    set.count++;
    set.bytes += leastBytes(records, id);
    set.last = id;
    sets.set(type, set);
  }
  for (const [type, set] of sets) {
    const what = `${typeName(type)} records of ${formatName(records.names.name(name))}`;
    const place = records.placeOf(set.last);
    if (set.count > maxSetRecords) log.error(place, `${set.count} ${what}: expected at most ${maxSetRecords}`);
    else if (set.bytes > roomBytes) {
      log.warning(place, `the ${what} take ${set.bytes} octets and are never answered: expected at most ${roomBytes}`);
    }
  }
}

/** The octets of a record in a message whose names are compressed as far as they ever are. */
function leastBytes(records: ZoneRecords, id: number): number {
  const names = compressibleNames(records.type[id] ?? 0);
  const dataBytes = names === undefined ? (records.rdataLength[id] ?? 0) : names.skip + names.count * pointerBytes;
  return rowHeaderBytes + dataBytes;
}
