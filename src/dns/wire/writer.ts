/**
 * Writing a message into a buffer that the caller owns (RFC 1035 §4.1.4, RFC 6891 §6).
 *
 * RRsets go in whole or not at all. Owner names are compressed ignoring case; names in record data only where the case
 * is equal too, so that what the zone says is what arrives. Records come in section order; OPT is last.
 */
import { assert } from '#base/assert.ts';
import { classIn, ednsUdpBytes, headerBytes, recordType } from './constants.ts';
import { lowerCase } from './name.ts';
import type { Name } from './name.ts';
import { compressibleNames } from './rdata.ts';
import type { CompressibleNames } from './rdata.ts';

/** The three record sections, by the offset of their count in the header. */
export const section = { answer: 6, authority: 8, additional: 10 } as const;
export type Section = (typeof section)[keyof typeof section];

/** Records of one owner and type, as they go into a message. */
export interface WireRrset {
  readonly type: number;
  readonly ttlSeconds: number;
  readonly rdata: readonly Uint8Array[];
}

/** What the reply's OPT record says. */
export interface EdnsReply {
  /** The eight high bits of the response code. */
  readonly extendedRcode: number;
  readonly dnssecOk: boolean;
  /** Encoded options, from `encodeExtendedError` and the like. */
  readonly options: readonly Uint8Array[];
}

/** A name to be found in the message. */
interface SoughtName {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly isExactCase: boolean;
}

/** Names that later names may point to; more than this many are simply not remembered. */
const maxRemembered = 64;
/** The highest offset that a pointer reaches. */
const maxPointer = 0x3fff;
/** Octets of an OPT record without options. */
export const optHeaderBytes = 11;

/** One message being written; `start` begins the next. */
export class MessageWriter {
  #out: Uint8Array = new Uint8Array(0);
  #at = 0;
  #limit = 0;
  /** Where in the message labels begin that a pointer may lead to. */
  readonly #labelAt = new Uint16Array(maxRemembered);
  #labelCount = 0;

  /** Octets written so far. */
  get length(): number {
    return this.#at;
  }

  /** Begins a message in `out`, of at most `limit` octets, with its header and the question copied from the query. */
  start(
    out: Uint8Array,
    limit: number,
    head: { id: number; flags: number; query: Uint8Array; questionEnd: number },
  ): void {
    const { id, flags, query, questionEnd } = head;
    assert(limit <= out.length && questionEnd <= limit, 'the reply buffer takes a header and a question');
    this.#out = out;
    this.#limit = limit;
    this.#labelCount = 0;
    out.fill(0, 0, headerBytes);
    this.#at = 0;
    this.#u16(id);
    this.#u16(flags);
    this.#at = headerBytes;
    if (questionEnd === headerBytes) return;
    out[5] = 1;
    out.set(query.subarray(headerBytes, questionEnd), headerBytes);
    this.#at = questionEnd;
    for (let at = headerBytes; (out[at] ?? 0) !== 0; at += 1 + (out[at] ?? 0)) this.#remember(at);
  }

  setFlags(flags: number): void {
    this.#out[2] = flags >> 8;
    this.#out[3] = flags & 0xff;
  }

  /** Forgets every record; the question stays. */
  clearRecords(questionEnd: number): void {
    this.#at = questionEnd;
    this.#out.fill(0, section.answer, headerBytes);
    this.#forgetFrom(questionEnd);
  }

  /** Adds an RRset; false, with nothing written, when it does not fit. */
  rrset(where: Section, owner: Name, rrset: WireRrset): boolean {
    const before = this.#at;
    for (const rdata of rrset.rdata) {
      if (this.#record(owner, rrset, rdata)) continue;
      this.#at = before;
      this.#forgetFrom(before);
      return false;
    }
    this.#addCount(where, rrset.rdata.length);
    return true;
  }

  /** Adds the OPT record; the caller kept room for it below the buffer's end. */
  opt(edns: EdnsReply): void {
    let length = 0;
    for (const option of edns.options) length += option.length;
    assert(this.#at + optHeaderBytes + length <= this.#out.length, 'the OPT record fits in what was kept for it');
    this.#out[this.#at++] = 0;
    this.#u16(recordType.OPT);
    this.#u16(ednsUdpBytes);
    this.#u16(edns.extendedRcode << 8);
    this.#u16(edns.dnssecOk ? 0x8000 : 0);
    this.#u16(length);
    for (const option of edns.options) this.#bytes(option, 0, option.length);
    this.#addCount(section.additional, 1);
  }

  /** Writes one record; false when it went past the limit, in which case the caller takes it back. */
  #record(owner: Name, rrset: WireRrset, rdata: Uint8Array): boolean {
    this.#name(owner, 0, false);
    this.#u16(rrset.type);
    this.#u16(classIn);
    this.#u16(rrset.ttlSeconds >>> 16);
    this.#u16(rrset.ttlSeconds & 0xffff);
    const lengthAt = this.#at;
    this.#at += 2;
    this.#rdata(rdata, compressibleNames(rrset.type));
    const length = this.#at - lengthAt - 2;
    this.#out[lengthAt] = length >> 8;
    this.#out[lengthAt + 1] = length & 0xff;
    return this.#at <= this.#limit;
  }

  #rdata(rdata: Uint8Array, names: CompressibleNames | undefined): void {
    if (names === undefined) {
      this.#bytes(rdata, 0, rdata.length);
      return;
    }
    this.#bytes(rdata, 0, names.skip);
    let at = names.skip;
    for (let count = 0; count < names.count; count++) at += this.#name(rdata, at, true);
    this.#bytes(rdata, at, rdata.length);
  }

  /** Writes the name at `start` of `bytes`, compressed; returns the octets it takes there. */
  #name(bytes: Uint8Array, start: number, isExactCase: boolean): number {
    // Labels of this very name are not yet whole in the message, so they are no targets.
    const known = this.#labelCount;
    const size = nameSize(bytes, start);
    for (let at = start; (bytes[at] ?? 0) !== 0; at += 1 + (bytes[at] ?? 0)) {
      const target = this.#find({ bytes, at, isExactCase }, known);
      if (target !== 0) {
        this.#u16(0xc000 | target);
        return size;
      }
      this.#remember(this.#at);
      this.#bytes(bytes, at, at + 1 + (bytes[at] ?? 0));
    }
    this.#out[this.#at++] = 0;
    return size;
  }

  /** Where the name is written already, among the first `known` labels; 0 where it is not. */
  #find(sought: SoughtName, known: number): number {
    for (let index = 0; index < known; index++) {
      const target = this.#labelAt[index] ?? 0;
      if (this.#equalsWritten(target, sought)) return target;
    }
    return 0;
  }

  /** Whether the name written at `target` equals the sought one. */
  #equalsWritten(target: number, { bytes, at, isExactCase }: SoughtName): boolean {
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

  #forgetFrom(at: number): void {
    while (this.#labelCount > 0 && (this.#labelAt[this.#labelCount - 1] ?? 0) >= at) this.#labelCount--;
  }

  #addCount(where: Section, count: number): void {
    const total = (((this.#out[where] ?? 0) << 8) | (this.#out[where + 1] ?? 0)) + count;
    this.#out[where] = total >> 8;
    this.#out[where + 1] = total & 0xff;
  }

  /** Copies octets; past the buffer's end only the position moves, and the record is taken back afterwards. */
  #bytes(bytes: Uint8Array, start: number, end: number): void {
    if (this.#at + end - start <= this.#out.length) {
      for (let index = start; index < end; index++) this.#out[this.#at + index - start] = bytes[index] ?? 0;
    }
    this.#at += end - start;
  }

  #u16(value: number): void {
    this.#out[this.#at++] = value >> 8;
    this.#out[this.#at++] = value & 0xff;
  }
}

function nameSize(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) !== 0) at += 1 + (bytes[at] ?? 0);
  return at - start + 1;
}
