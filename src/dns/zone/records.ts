/**
 * The records of one zone in columns: what a master file is read into, judged as, and built into an image from.
 *
 * A million records are a few flat arrays, so that neither reading nor checking makes an object for each. Names are
 * numbered in the order in which they are first written; records of one owner hang together in a list.
 */
import { assert } from '#base/assert.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { lowerCase, measureName } from '../wire/name.ts';
import type { Name } from '../wire/name.ts';
import { maxNameBytes } from '../wire/constants.ts';

/** No name, no record: the end of a list. */
export const none = 0xffff_ffff;

/** Every distinct name of a zone, ignoring case, numbered from 0; the bytes keep the case of the first writing. */
export class NameArena {
  /** Uncompressed names, one behind the other. */
  bytes: Uint8Array = new Uint8Array(1024);
  /** Where name `id` begins in `bytes`. */
  offsets: Uint32Array = new Uint32Array(64);
  /** The hash of name `id`, as `LabelIndex` computes it. */
  hashes: Int32Array = new Int32Array(64);
  count = 0;
  #bytesUsed = 0;
  /** Open addressing; holds id + 1, 0 is free. At most half full. */
  #slots = new Uint32Array(128);
  readonly #labels = new LabelIndex();

  /** The id of the name at `offset` with the given hash; `none` when it is not here. */
  find(bytes: Uint8Array, offset: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0) return none;
      if (this.hashes[entry - 1] === hash && this.#equals(entry - 1, bytes, offset)) return entry - 1;
    }
  }

  /** The id of the valid name at `offset` with the given hash, added where it is new. */
  intern(bytes: Uint8Array, offset: number, hash: number): number {
    const found = this.find(bytes, offset, hash);
    if (found !== none) return found;
    const length = measureName(bytes, offset, bytes.length);
    assert(length > 0 && length <= maxNameBytes, 'an interned name is valid');
    this.#grow(length);
    const id = this.count++;
    this.offsets[id] = this.#bytesUsed;
    this.hashes[id] = hash;
    for (let index = 0; index < length; index++) this.bytes[this.#bytesUsed + index] = bytes[offset + index] ?? 0;
    this.#bytesUsed += length;
    this.#place(id);
    return id;
  }

  /** Makes room for so many names of so many octets in all, so that nothing is moved while they come. */
  reserve(names: number, bytes: number): void {
    this.bytes = growBytes(this.bytes, bytes);
    this.offsets = growWords(this.offsets, names);
    this.hashes = growHashes(this.hashes, names);
    this.#growSlots(names);
  }

  /** Octets of name `id`. */
  lengthOf(id: number): number {
    const end = id + 1 < this.count ? (this.offsets[id + 1] ?? 0) : this.#bytesUsed;
    return end - (this.offsets[id] ?? 0);
  }

  /** Whether name `id` is written in the octets from `offset` on, in the same case. */
  isWrittenAs(id: number, bytes: Uint8Array, offset: number): boolean {
    const from = this.offsets[id] ?? 0;
    const length = this.lengthOf(id);
    for (let index = 0; index < length; index++) {
      if (this.bytes[from + index] !== bytes[offset + index]) return false;
    }
    return true;
  }

  /** The id of `name`, or `none`. */
  idOf(name: Name): number {
    this.#labels.scan(name, 0);
    return this.find(name, 0, this.#labels.hashes[0] ?? 0);
  }

  /** A copy of name `id`. */
  name(id: number): Name {
    const at = this.offsets[id] ?? 0;
    // Only valid names are interned.
    return this.bytes.slice(at, at + this.lengthOf(id)) as Name;
  }

  #equals(id: number, bytes: Uint8Array, offset: number): boolean {
    let at = this.offsets[id] ?? 0;
    for (;;) {
      const length = this.bytes[at] ?? 0;
      if (length !== bytes[offset]) return false;
      if (length === 0) return true;
      for (let index = 1; index <= length; index++) {
        if (lowerCase[this.bytes[at + index] ?? 0] !== lowerCase[bytes[offset + index] ?? 0]) return false;
      }
      at += 1 + length;
      offset += 1 + length;
    }
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(this.hashes[id] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }

  #grow(length: number): void {
    this.bytes = growBytes(this.bytes, this.#bytesUsed + length);
    this.offsets = growWords(this.offsets, this.count + 1);
    this.hashes = growHashes(this.hashes, this.count + 1);
    this.#growSlots(this.count + 1);
  }

  #growSlots(names: number): void {
    let slots = this.#slots.length;
    while (slots < names * 2) slots *= 2;
    if (slots === this.#slots.length) return;
    this.#slots = new Uint32Array(slots);
    for (let id = 0; id < this.count; id++) this.#place(id);
  }
}

/** Spreads a hash over its low bits, which alone choose a slot. */
export function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}

/** A record whose data code computes (`LUA`). */
export interface CodeRecord {
  readonly code: string;
  /** Where character `index` of `code` stands, as an offset into its source. */
  readonly offsets: Uint32Array;
}

/** Where a record was written. */
export interface RecordPlace {
  /** Which of the texts that were read, in the order in which they were opened. */
  readonly source: number;
  /** Octet of that text at which the record's type stands. */
  readonly offset: number;
}

/** The records of one zone; record ids count from 0 in the order of writing. */
export class ZoneRecords {
  readonly names = new NameArena();
  count = 0;
  /** Columns by record id. */
  owner: Uint32Array = new Uint32Array(64);
  type: Uint16Array = new Uint16Array(64);
  ttlSeconds: Uint32Array = new Uint32Array(64);
  /** Where the data begins in `rdata`, in wire form with uncompressed names. */
  rdataAt: Uint32Array = new Uint32Array(64);
  rdataLength: Uint16Array = new Uint16Array(64);
  /** `RecordPlace` in columns. */
  source: Uint16Array = new Uint16Array(64);
  place: Uint32Array = new Uint32Array(64);
  /** The next record of the same owner, or `none`. */
  next: Uint32Array = new Uint32Array(64);
  rdata: Uint8Array = new Uint8Array(1024);
  /** The code of records that have no data of their own; `type` is the type that they give. */
  readonly codes = new Map<number, CodeRecord>();
  #rdataUsed = 0;
  /** By name id. */
  #first: Uint32Array = new Uint32Array(64);
  #last: Uint32Array = new Uint32Array(64);

  /**
   * Makes room for so many records whose names and data take so many octets each; more may come, and what is left over
   * is never touched and takes no memory.
   */
  reserve(records: number, nameBytes: number, rdataBytes: number): void {
    this.names.reserve(records, nameBytes);
    this.rdata = growBytes(this.rdata, rdataBytes);
    this.#growColumns(records);
    this.#first = growWords(this.#first, records);
    this.#last = growWords(this.#last, records);
  }

  /** Adds a record; its data is `bytes` from `start` to `end`. Returns its id. */
  add(
    head: { readonly owner: number; readonly type: number; readonly ttlSeconds: number } & RecordPlace,
    bytes: Uint8Array,
    start = 0,
    end = bytes.length,
  ): number {
    const id = this.count++;
    this.#grow(end - start);
    this.owner[id] = head.owner;
    this.type[id] = head.type;
    this.ttlSeconds[id] = head.ttlSeconds;
    this.source[id] = head.source;
    this.place[id] = head.offset;
    this.rdataAt[id] = this.#rdataUsed;
    this.rdataLength[id] = end - start;
    for (let index = start; index < end; index++) this.rdata[this.#rdataUsed++] = bytes[index] ?? 0;
    this.#link(head.owner, id);
    return id;
  }

  /** The first record of a name, or `none`; follow `next` from there. */
  firstOf(name: number): number {
    return name < this.#first.length ? ((this.#first[name] ?? 0) - 1) >>> 0 : none;
  }

  /** The first record of a name and type, or `none`. */
  find(name: number, type: number): number {
    let id = this.firstOf(name);
    while (id !== none && this.type[id] !== type) id = this.next[id] ?? none;
    return id;
  }

  /** Ids of all records of a name and type, in the order of writing. */
  findAll(name: number, type: number): readonly number[] {
    const ids: number[] = [];
    for (let id = this.firstOf(name); id !== none; id = this.next[id] ?? none) if (this.type[id] === type) ids.push(id);
    return ids;
  }

  /** The data of a record, where it lies. */
  dataOf(id: number): Uint8Array {
    const at = this.rdataAt[id] ?? 0;
    return this.rdata.subarray(at, at + (this.rdataLength[id] ?? 0));
  }

  /** Where a record was written. */
  placeOf(id: number): RecordPlace {
    return { source: this.source[id] ?? 0, offset: this.place[id] ?? 0 };
  }

  /** A copy without the records whose octet in `isDropped` is not 0, and without names that have none left. */
  without(isDropped: Uint8Array): ZoneRecords {
    const kept = new ZoneRecords();
    for (let id = 0; id < this.count; id++) {
      if (isDropped[id] !== 0) continue;
      const name = this.owner[id] ?? 0;
      const owner = kept.names.intern(this.names.bytes, this.names.offsets[name] ?? 0, this.names.hashes[name] ?? 0);
      const head = { owner, type: this.type[id] ?? 0, ttlSeconds: this.ttlSeconds[id] ?? 0, ...this.placeOf(id) };
      const at = this.rdataAt[id] ?? 0;
      const copy = kept.add(head, this.rdata, at, at + (this.rdataLength[id] ?? 0));
      const code = this.codes.get(id);
      if (code !== undefined) kept.codes.set(copy, code);
    }
    return kept;
  }

  /** Lists hold id + 1, so that a new array is empty ones. */
  #link(owner: number, id: number): void {
    this.#first = growWords(this.#first, owner + 1);
    this.#last = growWords(this.#last, owner + 1);
    const last = this.#last[owner] ?? 0;
    if (last === 0) this.#first[owner] = id + 1;
    else this.next[last - 1] = id;
    this.#last[owner] = id + 1;
    this.next[id] = none;
  }

  #grow(rdataBytes: number): void {
    this.rdata = growBytes(this.rdata, this.#rdataUsed + rdataBytes);
    this.#growColumns(this.count);
  }

  #growColumns(records: number): void {
    if (records <= this.owner.length) return;
    this.owner = growWords(this.owner, records);
    this.ttlSeconds = growWords(this.ttlSeconds, records);
    this.rdataAt = growWords(this.rdataAt, records);
    this.place = growWords(this.place, records);
    this.next = growWords(this.next, records);
    this.type = growHalves(this.type, records);
    this.rdataLength = growHalves(this.rdataLength, records);
    this.source = growHalves(this.source, records);
  }
}

function growBytes(array: Uint8Array, needed: number): Uint8Array {
  if (needed <= array.length) return array;
  const grown = new Uint8Array(Math.max(needed, array.length * 2));
  grown.set(array);
  return grown;
}

/** At least so many words, the first of them from `array`. */
export function growWords(array: Uint32Array, needed: number): Uint32Array {
  if (needed <= array.length) return array;
  const grown = new Uint32Array(Math.max(needed, array.length * 2));
  grown.set(array);
  return grown;
}

function growHashes(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array;
  const grown = new Int32Array(Math.max(needed, array.length * 2));
  grown.set(array);
  return grown;
}

function growHalves(array: Uint16Array, needed: number): Uint16Array {
  if (needed <= array.length) return array;
  const grown = new Uint16Array(Math.max(needed, array.length * 2));
  grown.set(array);
  return grown;
}
