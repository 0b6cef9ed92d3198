/**
 * Where things lie in a zone image (image.ts), in 32-bit words of the machine's byte order.
 *
 * The image is: a header, the zones, a hash table of zones by apex, nodes with their RRsets and a denial for each zone, a hash table of nodes by
 * zone and name. An RRset's rows are whole records as they go into a message whose question has their owner: each begins
 * with a pointer to octet 12, then type, class, TTL, length and data with its names uncompressed.
 */

/** Tells an image from anything else, and one layout from the next. */
export const magic = 0x464c_5a31;

/** The image's header. */
export const header = {
  magic: 0,
  zoneCount: 1,
  zonesAt: 2,
  zoneTableAt: 3,
  /** Slots of the zone table less one. */
  zoneTableMask: 4,
  nodeTableAt: 5,
  nodeTableMask: 6,
  words: 8,
} as const;

/** One zone. Its nodes lie behind each other from `firstNode` to `nodesEnd`. */
export const zone = {
  apexNode: 0,
  apexLabels: 1,
  serial: 2,
  /** The TTL of negative answers: the lower of the SOA's own and its minimum (RFC 2308 §5). */
  negativeTtl: 3,
  soa: 4,
  /** The name servers at the apex, or 0. */
  ns: 5,
  firstNode: 6,
  nodesEnd: 7,
  /**
   * The SOA as negative answers carry it, prebuilt: `denialBytes` octets at word `denial`. Its owner, and its first and
   * second name where they end in the apex, end in pointers to the apex: two octets at these offsets (0 for none), which
   * whoever copies it fills in.
   */
  denial: 8,
  denialBytes: 9,
  denialServer: 10,
  denialMailbox: 11,
  words: 12,
} as const;

/** One name: shape is flags, labels << 8, RRsets << 16. Two words for each RRset follow (type, place), then the name. */
export const node = { shape: 0, zone: 1, nameBytes: 2, entries: 3 } as const;
export const rrsetEntryWords = 2;

/** What is special about a name. */
export const nodeFlag = {
  /** Name servers below the apex: the zone's data ends here (RFC 1034 §4.2.1). */
  cut: 1,
  /** Somewhere above it is a cut. */
  belowCut: 2,
  dname: 4,
  /** Somewhere above it is a DNAME. */
  belowDname: 8,
  /** The name `*` directly below it exists (RFC 4592 §2.1.1). */
  wildcardBelow: 16,
} as const;

/** One RRset: counts are rows, and programs << 16. */
export const rrset = { ttl: 0, counts: 1, rowsBytes: 2, rows: 3, firstProgram: 3, rowsOfDynamic: 4 } as const;

/** Octets of a row before its data: owner pointer, type, class, TTL, length. */
export const rowHeaderBytes = 12;

/** The hash of a name in a zone, from the name's own. */
export function nodeHash(zonePlace: number, hash: number): number {
  return hash ^ Math.imul(zonePlace, 0x85eb_ca6b);
}
