/** Points a row set of the writer at an RRset of a zone image. */
import type { RowSet } from '../wire/writer.ts';
import { rrset as rrsetWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';

/** Refills `set` with the RRset at place `found`, all rows in their order with their own TTL; returns it. */
export function fillRowSet(set: RowSet, image: ZoneImage, found: number, type: number): RowSet {
  set.bytes = image.bytes;
  set.at = image.rowsAt(found);
  set.length = image.word(found + rrsetWord.rowsBytes);
  set.count = image.rowCount(found);
  set.type = type;
  set.firstRow = 0;
  set.overridesTtl = false;
  return set;
}
