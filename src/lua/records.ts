/** The seam to the data of zones: what `dblookup` reads. Records that code computes are none of it. */
import type { Name } from '#dns/wire/name.ts';

/** Where records are looked up. */
export interface RecordSource {
  /** The data of the records of a name and type, in their order; none where there are none. Called for every query. */
  lookup(name: Name, type: number): readonly Uint8Array[];
}

/** Knows of no record. */
export const noRecords: RecordSource = { lookup: () => [] };
