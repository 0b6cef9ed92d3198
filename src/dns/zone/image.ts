/**
 * All zones of a generation as one immutable image in shared memory: every thread answers from the same bytes.
 *
 * A name is found by one look into a hash table, a closest encloser by one more for each label; RRsets are prebuilt wire
 * form. Places are word indices; 0 stands for nothing. The layout is in image-layout.ts, building in image-builder.ts.
 */
import { assert } from '#base/assert.ts';
import { maxNameBytes } from '../wire/constants.ts';
import { lowerCase } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { wildcardHash } from '../wire/name-map.ts';
import type { LabelIndex } from '../wire/name-map.ts';
import { header, magic, node, nodeHash, rowHeaderBytes, rrset, rrsetEntryWords, zone } from './image-layout.ts';
import { spread } from './records.ts';

/** A zone's name and serial. */
export interface ZoneSummary {
  readonly apex: Name;
  readonly serial: number;
}

/** Reads an image. Fields and methods are for the answer path: no method but `zones` and `nameOf` allocates. */
export class ZoneImage {
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** `*` and room for a name behind it. */
  readonly #wildcard: Uint8Array = Uint8Array.of(1, 0x2a, ...new Uint8Array(maxNameBytes));
  readonly #zoneTableAt: number;
  readonly #zoneTableMask: number;
  readonly #nodeTableAt: number;
  readonly #nodeTableMask: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    assert(this.words[header.magic] === magic, 'the buffer holds a zone image');
    this.#zoneTableAt = this.words[header.zoneTableAt] ?? 0;
    this.#zoneTableMask = this.words[header.zoneTableMask] ?? 0;
    this.#nodeTableAt = this.words[header.nodeTableAt] ?? 0;
    this.#nodeTableMask = this.words[header.nodeTableMask] ?? 0;
  }

  /** One word; places come from this image, so they are inside it. */
  word(at: number): number {
    return this.words[at] ?? 0;
  }

  /** The zone whose apex is the name at `offset` with the given hash. */
  zoneAt(bytes: Uint8Array, offset: number, hash: number): number {
    const mask = this.#zoneTableMask;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const at = this.#zoneTableAt + slot * 2;
      const place = this.word(at + 1);
      if (place === 0) return 0;
      if ((this.word(at) | 0) === hash && this.#equalsName(this.word(place + zone.apexNode), bytes, offset))
        return place;
    }
  }

  /** The zone closest above the indexed name at `offset`, which may begin at label `fromLabel` or later. */
  findZone(bytes: Uint8Array, offset: number, labels: LabelIndex, fromLabel: number): number {
    for (let label = fromLabel; label <= labels.count; label++) {
      const place = this.zoneAt(bytes, offset + (labels.offsets[label] ?? 0), labels.hashes[label] ?? 0);
      if (place !== 0) return place;
    }
    return 0;
  }

  /** The node of the name at `offset` with the given hash, in a zone. */
  findNode(zonePlace: number, bytes: Uint8Array, offset: number, hash: number): number {
    const mixed = nodeHash(zonePlace, hash);
    const mask = this.#nodeTableMask;
    for (let slot = spread(mixed) & mask; ; slot = (slot + 1) & mask) {
      const at = this.#nodeTableAt + slot * 2;
      const place = this.word(at + 1);
      if (place === 0) return 0;
      if ((this.word(at) | 0) !== mixed || this.word(place + node.zone) !== zonePlace) continue;
      if (this.#equalsName(place, bytes, offset)) return place;
    }
  }

  /** The RRset of a type at a node. */
  findRrset(nodePlace: number, type: number): number {
    let entry = nodePlace + node.entries;
    const end = entry + this.rrsetCount(nodePlace) * rrsetEntryWords;
    for (; entry < end; entry += rrsetEntryWords) if (this.word(entry) === type) return this.word(entry + 1);
    return 0;
  }

  rrsetCount(nodePlace: number): number {
    return this.word(nodePlace + node.shape) >>> 16;
  }

  flags(nodePlace: number): number {
    return this.word(nodePlace + node.shape) & 0xff;
  }

  /** Where the node's name begins, in octets. */
  nameAt(nodePlace: number): number {
    return (nodePlace + node.entries + this.rrsetCount(nodePlace) * rrsetEntryWords) * 4;
  }

  /** Where the rows of an RRset begin, in octets. */
  rowsAt(rrsetPlace: number): number {
    return (rrsetPlace + (this.word(rrsetPlace + rrset.counts) >>> 16 === 0 ? rrset.rows : rrset.rowsOfDynamic)) * 4;
  }

  /** Records with data of their own. */
  rowCount(rrsetPlace: number): number {
    return this.word(rrsetPlace + rrset.counts) & 0xffff;
  }

  /** Programs whose records join those of the rows. */
  programCount(rrsetPlace: number): number {
    return this.word(rrsetPlace + rrset.counts) >>> 16;
  }

  /** The row after the one at octet `at`. */
  nextRow(at: number): number {
    return at + rowHeaderBytes + (((this.bytes[at + 10] ?? 0) << 8) | (this.bytes[at + 11] ?? 0));
  }

  /** The node of the name at `offset`, wherever it lies; 0 also when it is outside the zone. Indexes its labels anew. */
  findName(zonePlace: number, bytes: Uint8Array, offset: number, labels: LabelIndex): number {
    if (!this.isInZone(zonePlace, bytes, offset)) return 0;
    labels.scan(bytes, offset);
    return this.findNode(zonePlace, bytes, offset, labels.hashes[0] ?? 0);
  }

  /** Whether the valid name at `offset` is the zone's apex or lies below it. */
  isInZone(zonePlace: number, bytes: Uint8Array, offset: number): boolean {
    const apex = this.word(zonePlace + zone.apexNode);
    const apexBytes = this.word(apex + node.nameBytes);
    let end = offset;
    while ((bytes[end] ?? 0) !== 0) end += 1 + (bytes[end] ?? 0);
    const from = end + 1 - apexBytes;
    // The apex can only begin where a label does.
    let at = offset;
    while (at < from) at += 1 + (bytes[at] ?? 0);
    return at === from && this.#equalsName(apex, bytes, at);
  }

  /** Whether the zone's apex stands at `offset` just as the zone writes it, in the same case. */
  isApexWritten(zonePlace: number, bytes: Uint8Array, offset: number): boolean {
    const apex = this.word(zonePlace + zone.apexNode);
    const length = this.word(apex + node.nameBytes);
    const at = this.nameAt(apex);
    for (let index = 0; index < length; index++) if (this.bytes[at + index] !== bytes[offset + index]) return false;
    return true;
  }

  /** The node `*` directly below a node, whose hash the caller has and which has the flag for it. */
  wildcardBelow(nodePlace: number, hash: number): number {
    const scratch = this.#wildcard;
    const at = this.nameAt(nodePlace);
    const length = this.word(nodePlace + node.nameBytes);
    for (let index = 0; index < length; index++) scratch[index + 2] = this.bytes[at + index] ?? 0;
    return this.findNode(this.word(nodePlace + node.zone), scratch, 0, wildcardHash(hash));
  }

  /** All zones, in the order in which they were given. */
  zones(): readonly ZoneSummary[] {
    return Array.from({ length: this.word(header.zoneCount) }, (_, index) => {
      const place = this.word(header.zonesAt) + index * zone.words;
      return { apex: this.nameOf(this.word(place + zone.apexNode)), serial: this.word(place + zone.serial) };
    });
  }

  /** A copy of a node's name. */
  nameOf(nodePlace: number): Name {
    const at = this.nameAt(nodePlace);
    return this.bytes.slice(at, at + this.word(nodePlace + node.nameBytes)) as Name;
  }

  #equalsName(nodePlace: number, bytes: Uint8Array, offset: number): boolean {
    const mine = this.bytes;
    const at = this.nameAt(nodePlace);
    const length = this.word(nodePlace + node.nameBytes);
    // Length octets are below the letters, so folding them changes nothing; the root octet ends both at once.
    for (let index = 0; index < length; index++) {
      const a = mine[at + index] ?? 0;
      const b = bytes[offset + index] ?? 0;
      if (a !== b && lowerCase[a] !== lowerCase[b]) return false;
    }
    return true;
  }
}
