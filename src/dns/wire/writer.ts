/**
 * Writing a message into a buffer that the caller owns (RFC 1035 §4.1.4, RFC 6891 §6).
 *
 * RRsets go in whole or not at all. Owner names are compressed ignoring case, unless a writer is to keep it (RFC 5936
 * §3.4); names in record data only where the case is equal too, so that what the zone says is what arrives. Records come in section order; OPT is last. Nothing is
 * allocated: names and data are named by the bytes that they lie in and an offset.
 */
import { assert } from '#base/assert.ts';
import { classIn, ednsUdpBytes, headerBytes, recordType } from './constants.ts';
import { lowerCase } from './name.ts';
import { compressibleNames } from './rdata.ts';
import type { CompressibleNames } from './rdata.ts';

/** The three record sections, by the offset of their count in the header. */
export const section = { answer: 6, authority: 8, additional: 10 } as const;
export type Section = (typeof section)[keyof typeof section];

/** Type, class and TTL of the records that are being written. */
export interface RecordHead {
  readonly type: number;
  readonly class?: number;
  readonly ttlSeconds: number;
}

/** Prebuilt records of one RRset; refilled for each, so that writing one allocates nothing. */
export class RowSet {
  /** Where the rows lie: each a record whose owner is a pointer to octet 12. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  length = 0;
  count = 0;
  type = 0;
  /** The row that is written first; the others follow, going round. */
  firstRow = 0;
  /** The TTL to write, where `overridesTtl`; the rows' own otherwise. */
  ttlSeconds = 0;
  overridesTtl = false;
}

/** Names that later names may point to; more than this many are simply not remembered. */
const maxRemembered = 64;
/** The highest offset that a pointer reaches. */
const maxPointer = 0x3fff;
/** Octets of an OPT record without options. */
export const optHeaderBytes = 11;
/** Octets of a prebuilt row before its data: owner pointer, type, class, TTL, length. */
const rowHeaderBytes = 12;

/** One message being written; `start` begins the next. */
export class MessageWriter {
  #out: Uint8Array = new Uint8Array(0);
  #at = 0;
  #limit = 0;
  #query: Uint8Array = new Uint8Array(0);
  /** Where in the message labels begin that a pointer may lead to. */
  readonly #labelAt = new Uint16Array(maxRemembered);
  #labelCount = 0;
  /** Whether the labels of the question are remembered: only names that must be searched need them. */
  #knowsQuestion = false;
  #questionEnd = 0;
  /** Where the OPT record's length stands while its options are being written. */
  #optLengthAt = 0;

  /** Whether owners are compressed only where the case is equal too. */
  readonly #keepsOwnerCase: boolean;

  constructor(options: { readonly keepsOwnerCase?: boolean } = {}) {
    this.#keepsOwnerCase = options.keepsOwnerCase ?? false;
  }

  /** Octets written so far. */
  get length(): number {
    return this.#at;
  }

  /** Begins a message in `out`, of at most `limit` octets, with a header and the question of `query`. */
  start(out: Uint8Array, limit: number, query: Uint8Array, questionEnd: number): void {
    assert(limit <= out.length && questionEnd <= limit, 'the reply buffer takes a header and a question');
    this.#out = out;
    this.#limit = limit;
    this.#query = query;
    this.#questionEnd = questionEnd;
    this.#labelCount = 0;
    this.#knowsQuestion = false;
    out[0] = query[0] ?? 0;
    out[1] = query[1] ?? 0;
    for (let at = 2; at < headerBytes; at++) out[at] = 0;
    if (questionEnd > headerBytes) out[5] = 1;
    for (let at = headerBytes; at < questionEnd; at++) out[at] = query[at] ?? 0;
    this.#at = questionEnd;
  }

  setFlags(flags: number): void {
    this.#out[2] = flags >> 8;
    this.#out[3] = flags;
  }

  /** Forgets every record; the question stays. */
  clearRecords(): void {
    this.#at = this.#questionEnd;
    this.#out.fill(0, section.answer, headerBytes);
    this.#forgetFrom(this.#at);
  }

  /** Adds an RRset whose owner is the name at `ownerAt`; false, with nothing written, when it does not fit. */
  rows(where: Section, owner: Uint8Array, ownerAt: number, set: RowSet): boolean {
    const names = compressibleNames(set.type);
    if (names === undefined && !set.overridesTtl && owner === this.#query && ownerAt === headerBytes) {
      return this.#plainRows(where, set);
    }
    const before = this.#at;
    const labelsBefore = this.#labelCount;
    const rows = set.bytes;
    const end = set.at + set.length;
    let row = skipRows(rows, set.at, set.firstRow);
    let pointer = 0;
    for (let index = 0; index < set.count; index++) {
      pointer = this.#owner(owner, ownerAt, pointer);
      this.#bytes(rows, row + 2, row + 6);
      if (set.overridesTtl) this.#ttl(set.ttlSeconds);
      else this.#bytes(rows, row + 6, row + 10);
      const length = ((rows[row + 10] ?? 0) << 8) | (rows[row + 11] ?? 0);
      this.#data(rows, row + rowHeaderBytes, length, names);
      if (this.#at > this.#limit) return this.#takeBack(before, labelsBefore);
      row += rowHeaderBytes + length;
      if (row >= end) row = set.at;
    }
    this.#addCount(where, set.count);
    return true;
  }

  /**
   * Adds one prebuilt record with the TTL of `set`: its owner, and two names in it that end at the given offsets of the
   * record (0 for none), end in pointers to `target`. False, with nothing written, when it does not fit.
   */
  prebuilt(where: Section, set: RowSet, target: number, firstName: number, secondName: number): boolean {
    const start = this.#at;
    if (start + set.length > this.#limit) return false;
    const out = this.#out;
    for (let index = 0; index < set.length; index++) out[start + index] = set.bytes[set.at + index] ?? 0;
    this.#pointer(start, target);
    if (firstName !== 0) this.#pointer(start + firstName, target);
    if (secondName !== 0) this.#pointer(start + secondName, target);
    this.#at = start + 6;
    this.#ttl(set.ttlSeconds);
    this.#at = start + set.length;
    this.#addCount(where, 1);
    return true;
  }

  /** Adds records of one owner with the given data; false, with nothing written, when they do not fit. */
  records(where: Section, owner: Uint8Array, ownerAt: number, head: RecordHead, data: readonly Uint8Array[]): boolean {
    const before = this.#at;
    const labelsBefore = this.#labelCount;
    const names = compressibleNames(head.type);
    let pointer = 0;
    for (const rdata of data) {
      pointer = this.#owner(owner, ownerAt, pointer);
      this.#u16(head.type);
      this.#u16(head.class ?? classIn);
      this.#ttl(head.ttlSeconds);
      this.#data(rdata, 0, rdata.length, names);
      if (this.#at > this.#limit) return this.#takeBack(before, labelsBefore);
    }
    this.#addCount(where, data.length);
    return true;
  }

  /** Begins the OPT record, for which the caller kept room; options follow until `endOpt`. `limit` bounds them. */
  beginOpt(extendedRcode: number, dnssecOk: boolean, limit: number): void {
    this.#limit = limit;
    this.#out[this.#at++] = 0;
    this.#u16(recordType.OPT);
    this.#u16(ednsUdpBytes);
    this.#out[this.#at++] = extendedRcode;
    this.#out[this.#at++] = 0;
    this.#u16(dnssecOk ? 0x8000 : 0);
    this.#optLengthAt = this.#at;
    this.#u16(0);
  }

  /** Begins an option of `bytes` octets of data, which the caller writes to the buffer at the returned offset; 0 without room. */
  option(code: number, bytes: number): number {
    if (this.#at + 4 + bytes > this.#limit) return 0;
    this.#u16(code);
    this.#u16(bytes);
    this.#at += bytes;
    return this.#at - bytes;
  }

  endOpt(): void {
    const length = this.#at - this.#optLengthAt - 2;
    this.#out[this.#optLengthAt] = length >> 8;
    this.#out[this.#optLengthAt + 1] = length;
    this.#addCount(section.additional, 1);
  }

  /** Copies whole rows: their owner is the question's name already. */
  #plainRows(where: Section, set: RowSet): boolean {
    if (this.#at + set.length > this.#limit) return false;
    const rows = set.bytes;
    const end = set.at + set.length;
    const first = set.firstRow === 0 ? set.at : skipRows(rows, set.at, set.firstRow);
    const out = this.#out;
    let to = this.#at;
    for (let from = first; from < end; from++) out[to++] = rows[from] ?? 0;
    for (let from = set.at; from < first; from++) out[to++] = rows[from] ?? 0;
    this.#at = to;
    this.#addCount(where, set.count);
    return true;
  }

  /** Writes an owner: the first time in full or as a pointer, then as a pointer to that. Returns the pointer's target. */
  #owner(bytes: Uint8Array, at: number, pointer: number): number {
    if (pointer === 0 && bytes === this.#query && at === headerBytes) pointer = headerBytes;
    if (pointer !== 0) {
      this.#u16(0xc000 | pointer);
      return pointer;
    }
    const start = this.#at;
    this.#name(bytes, at, this.#keepsOwnerCase);
    const first = this.#out[start] ?? 0;
    // Later rows point to where a pointer leads, not to it: the octets are the same, and nobody has to follow two.
    if (first >= 0xc0) return ((first & 0x3f) << 8) | (this.#out[start + 1] ?? 0);
    return start <= maxPointer ? start : 0;
  }

  #ttl(ttlSeconds: number): void {
    this.#u16(ttlSeconds >>> 16);
    this.#u16(ttlSeconds & 0xffff);
  }

  /** Writes the length and the data of a record. */
  #data(bytes: Uint8Array, start: number, length: number, names: CompressibleNames | undefined): void {
    if (names === undefined) {
      this.#u16(length);
      this.#bytes(bytes, start, start + length);
      return;
    }
    const lengthAt = this.#at;
    this.#at += 2;
    this.#bytes(bytes, start, start + names.skip);
    let at = start + names.skip;
    for (let count = 0; count < names.count; count++) at += this.#name(bytes, at, true);
    this.#bytes(bytes, at, start + length);
    const written = this.#at - lengthAt - 2;
    this.#out[lengthAt] = written >> 8;
    this.#out[lengthAt + 1] = written;
  }

  /** Writes the name at `start` of `bytes`, compressed; returns the octets it takes there. */
  #name(bytes: Uint8Array, start: number, isExactCase: boolean): number {
    if (!this.#knowsQuestion) this.#learnQuestion();
    // Labels of this very name are not yet whole in the message, so they are no targets.
    const known = this.#labelCount;
    let at = start;
    for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
      const target = this.#find(bytes, at, isExactCase, known);
      if (target !== 0) {
        this.#u16(0xc000 | target);
        return nameEnd(bytes, at) - start;
      }
      this.#remember(this.#at);
      this.#bytes(bytes, at, at + 1 + length);
      at += 1 + length;
    }
    this.#out[this.#at++] = 0;
    return at + 1 - start;
  }

  #learnQuestion(): void {
    this.#knowsQuestion = true;
    if (this.#questionEnd === headerBytes) return;
    const out = this.#out;
    for (let at = headerBytes; (out[at] ?? 0) !== 0; at += 1 + (out[at] ?? 0)) this.#remember(at);
  }

  /** Where the name is written already, among the first `known` labels; 0 where it is not. */
  #find(bytes: Uint8Array, at: number, isExactCase: boolean, known: number): number {
    // A name that reaches past the limit is taken back; past the buffer's end it was never written.
    if (this.#at > this.#limit) return 0;
    const length = bytes[at];
    for (let index = 0; index < known; index++) {
      const target = this.#labelAt[index] ?? 0;
      if (this.#out[target] === length && this.#equalsWritten(target, bytes, at, isExactCase)) return target;
    }
    return 0;
  }

  /** Whether the name written at `target` equals the sought one. */
  #equalsWritten(target: number, bytes: Uint8Array, at: number, isExactCase: boolean): boolean {
    const out = this.#out;
    for (;;) {
      let length = out[target] ?? 0;
      while (length >= 0xc0) {
        target = ((length & 0x3f) << 8) | (out[target + 1] ?? 0);
        length = out[target] ?? 0;
      }
      if (length !== bytes[at]) return false;
      if (length === 0) return true;
      for (let index = 1; index <= length; index++) {
        const a = out[target + index] ?? 0;
        const b = bytes[at + index] ?? 0;
        if (a !== b && (isExactCase || lowerCase[a] !== lowerCase[b])) return false;
      }
      target += 1 + length;
      at += 1 + length;
    }
  }

  #remember(at: number): void {
    if (this.#labelCount < maxRemembered && at <= maxPointer) this.#labelAt[this.#labelCount++] = at;
  }

  #takeBack(at: number, labelCount: number): boolean {
    this.#at = at;
    if (this.#labelCount > labelCount) this.#forgetFrom(at);
    return false;
  }

  #forgetFrom(at: number): void {
    while (this.#labelCount > 0 && (this.#labelAt[this.#labelCount - 1] ?? 0) >= at) this.#labelCount--;
  }

  #addCount(where: Section, count: number): void {
    const total = (((this.#out[where] ?? 0) << 8) | (this.#out[where + 1] ?? 0)) + count;
    this.#out[where] = total >> 8;
    this.#out[where + 1] = total;
  }

  /** Copies octets; past the buffer's end only the position moves, and the record is taken back afterwards. */
  #bytes(bytes: Uint8Array, start: number, end: number): void {
    const out = this.#out;
    const to = this.#at;
    this.#at = to + end - start;
    if (this.#at > out.length) return;
    for (let index = start; index < end; index++) out[to + index - start] = bytes[index] ?? 0;
  }

  #pointer(at: number, target: number): void {
    this.#out[at] = 0xc0 | (target >> 8);
    this.#out[at + 1] = target;
  }

  #u16(value: number): void {
    this.#out[this.#at++] = value >> 8;
    this.#out[this.#at++] = value;
  }
}

/** The offset of row `count`, counted from the one at `at`. */
function skipRows(rows: Uint8Array, at: number, count: number): number {
  for (let index = 0; index < count; index++) {
    at += rowHeaderBytes + (((rows[at + 10] ?? 0) << 8) | (rows[at + 11] ?? 0));
  }
  return at;
}

function nameEnd(bytes: Uint8Array, at: number): number {
  while ((bytes[at] ?? 0) !== 0) at += 1 + (bytes[at] ?? 0);
  return at + 1;
}
