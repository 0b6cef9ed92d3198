/** What is answered at one time: all zones together, replaced whole (R28, R29). */
import { NameMap } from '../wire/name-map.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import type { Zone } from '../zone/zone.ts';

/** The lowest TTL that a record has while a change is pending (R13). */
export const defaultMinimumTtlSeconds = 10;

/** An immutable set of zones and the limits that they are answered with. */
export interface Generation {
  readonly zones: NameMap<Zone>;
  /** The TTL of records and negative answers that may change soon (R13, R14). */
  readonly minimumTtlSeconds: number;
}

/** Builds a generation; of two zones with one apex the later counts. */
export function createGeneration(
  zones: readonly Zone[],
  minimumTtlSeconds: number = defaultMinimumTtlSeconds,
): Generation {
  const byApex = new NameMap<Zone>();
  for (const zone of zones) byApex.set(zone.apex, zone);
  return { zones: byApex, minimumTtlSeconds };
}

/** The zone closest above the name at `offset`, whose labels are given; with `isAboveApex`, never one that begins there. */
export function findZone(
  generation: Generation,
  name: { readonly bytes: Uint8Array; readonly offset: number; readonly labels: LabelIndex },
  isAboveApex: boolean,
): Zone | undefined {
  const { bytes, offset, labels } = name;
  for (let label = isAboveApex ? 1 : 0; label <= labels.count; label++) {
    const zone = generation.zones.lookup(bytes, offset + (labels.offsets[label] ?? 0), labels.hashes[label] ?? 0);
    if (zone !== undefined) return zone;
  }
  return undefined;
}
