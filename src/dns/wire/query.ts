/**
 * Reading a query where it lies: header, the one question, EDNS (RFC 1035 §4.1, RFC 6891, RFC 7871 §6).
 *
 * `Query` is filled anew for each message and points into its bytes; nothing is copied. What a fault is answered with
 * is in answer/.
 */
import { ednsOption, headerBytes, recordType } from './constants.ts';
import { LabelIndex } from './name-map.ts';
import { measureName } from './name.ts';

/** How far a message could be read. `formErr` after the question keeps the question. */
export type QueryVerdict = 'drop' | 'notImp' | 'formErr' | 'ok';

/** The network that a resolver asks for (RFC 7871 §6), where it lies in the query. */
interface ClientSubnet {
  /** Whether the query has the option. */
  isPresent: boolean;
  /** 1 for IPv4, 2 for IPv6. */
  family: number;
  /** Bits of the address that were sent; 0 asks us not to tailor the answer. */
  sourceBits: number;
  /** Offset of the address octets in the query. */
  addressAt: number;
}

/** One query as read in place. */
export class Query {
  id = 0;
  /** The second header word as it came. */
  flags = 0;
  /** Offset after the question; 12 while there is none. */
  questionEnd = headerBytes;
  type = 0;
  class = 0;
  /** Labels of the question's name, which begins at octet 12. */
  readonly labels = new LabelIndex();
  hasEdns = false;
  ednsVersion = 0;
  /** What the client takes over UDP. */
  udpBytes = 0;
  dnssecOk = false;
  readonly subnet: ClientSubnet = { isPresent: false, family: 0, sourceBits: 0, addressAt: 0 };

  /** Reads the first `length` octets of `bytes`; total for any octets. */
  read(bytes: Uint8Array, length: number): QueryVerdict {
    this.questionEnd = headerBytes;
    this.hasEdns = false;
    this.ednsVersion = 0;
    this.udpBytes = 0;
    this.dnssecOk = false;
    this.subnet.isPresent = false;
    if (length < headerBytes) return 'drop';
    this.id = u16(bytes, 0);
    this.flags = u16(bytes, 2);
    if ((this.flags & 0x8000) !== 0) return 'drop';
    if ((this.flags & 0x7800) !== 0) return 'notImp';
    if (u16(bytes, 4) !== 1) return 'formErr';
    const nameBytes = measureName(bytes, headerBytes, length);
    const end = headerBytes + nameBytes + 4;
    if (nameBytes === 0 || end > length) return 'formErr';
    this.type = u16(bytes, end - 4);
    this.class = u16(bytes, end - 2);
    this.labels.scan(bytes, headerBytes);
    this.questionEnd = end;
    return this.#readRecords(bytes, length) ? 'ok' : 'formErr';
  }

  /** Walks all records, of which only OPT matters; false when malformed or when octets are left over. */
  #readRecords(bytes: Uint8Array, length: number): boolean {
    const beforeAdditional = u16(bytes, 6) + u16(bytes, 8);
    const total = beforeAdditional + u16(bytes, 10);
    let at = this.questionEnd;
    // A record takes at least 11 octets, so a lying count ends the loop early.
    for (let index = 0; index < total; index++) {
      const ownerAt = at;
      at = skipName(bytes, at, length);
      if (at === 0 || at + 10 > length) return false;
      const end = at + 10 + u16(bytes, at + 8);
      if (end > length) return false;
      if (u16(bytes, at) === recordType.OPT) {
        if (index < beforeAdditional || this.hasEdns || at !== ownerAt + 1 || bytes[ownerAt] !== 0) return false;
        if (!this.#readEdns(bytes, at, end)) return false;
      }
      at = end;
    }
    return at === length;
  }

  #readEdns(bytes: Uint8Array, at: number, end: number): boolean {
    this.hasEdns = true;
    this.udpBytes = u16(bytes, at + 2);
    this.ednsVersion = bytes[at + 5] ?? 0;
    this.dnssecOk = (u16(bytes, at + 6) & 0x8000) !== 0;
    // What options mean is known for version 0 only (RFC 6891 §6.1.3).
    if (this.ednsVersion !== 0) return true;
    for (let option = at + 10; option < end;) {
      if (option + 4 > end) return false;
      const next = option + 4 + u16(bytes, option + 2);
      if (next > end) return false;
      const isSubnet = u16(bytes, option) === ednsOption.clientSubnet;
      if (isSubnet && !this.#readSubnet(bytes, option + 4, next)) return false;
      option = next;
    }
    return true;
  }

  /** Reads ECS; one that does not say what it means is refused with FORMERR (RFC 7871 §7.1.2, R15). */
  #readSubnet(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < 4 || this.subnet.isPresent) return false;
    const family = u16(bytes, at);
    const sourceBits = bytes[at + 2] ?? 0;
    const scopeBits = bytes[at + 3] ?? 0;
    const maxBits = family === 1 ? 32 : family === 2 ? 128 : 0;
    if (sourceBits > maxBits || scopeBits !== 0 || end - at - 4 !== Math.ceil(sourceBits / 8)) return false;
    const spareBits = (8 - (sourceBits % 8)) % 8;
    if (spareBits > 0 && ((bytes[end - 1] ?? 0) & ((1 << spareBits) - 1)) !== 0) return false;
    this.subnet.isPresent = true;
    this.subnet.family = family;
    this.subnet.sourceBits = sourceBits;
    this.subnet.addressAt = at + 4;
    return true;
  }
}

/** The offset after the possibly compressed name at `at`; 0 when it is malformed. */
function skipName(bytes: Uint8Array, at: number, end: number): number {
  for (let offset = at; offset < end;) {
    const length = bytes[offset] ?? 0;
    if (length >= 0xc0) return offset + 2 <= end ? offset + 2 : 0;
    if (length > 63 || offset - at > 255) return 0;
    offset += 1 + length;
    if (length === 0) return offset <= end ? offset : 0;
  }
  return 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
