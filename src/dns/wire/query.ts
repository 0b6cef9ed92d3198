/**
 * Reading a query where it lies: header, the one question, EDNS and its options (RFC 1035 §4.1, RFC 6891, RFC 7871 §6,
 * RFC 7873 §4, RFC 7828 §3.2, RFC 5001 §2.1).
 *
 * `Query` is filled anew for each message and points into its bytes; nothing is copied. What a fault is answered with
 * is in answer/.
 */
import { ednsOption, headerBytes, opcode, recordType } from './constants.ts';
import { LabelIndex } from './name-map.ts';

/** How far a message could be read. After a fault behind the question, the question is still there. */
export type QueryVerdict = 'drop' | 'notImp' | 'formErr' | 'cookieOnly' | 'ok';

/** What was wrong with a message, as an index for counters; 0 where nothing was. */
export const queryFault = {
  none: 0,
  /** No whole header. */
  short: 1,
  /** QR is set: a response. */
  response: 2,
  /** An opcode other than QUERY. */
  opcode: 3,
  /** Not exactly one question. */
  questionCount: 4,
  /** The question's name is compressed, too long or cut off. */
  question: 5,
  /** A record after the question does not fit in the message. */
  record: 6,
  /** Octets after the last record; the query is answered all the same, as BIND and NSD do. */
  trailing: 7,
  /** A second OPT record, or one that is not where and as it should be. */
  opt: 8,
  clientSubnet: 9,
  cookie: 10,
} as const;

/** The names of the faults by their numbers. */
export const queryFaultNames = Object.keys(queryFault);

/** The network that a resolver asks for (RFC 7871 §6), where it lies in the query. */
interface ClientSubnet {
  /** Whether the query has the option. */
  isPresent: boolean;
  /** 1 for IPv4, 2 for IPv6; 0 with 0 bits. */
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
  /** The octets of the COOKIE option's data; both 0 without one. */
  cookieAt = 0;
  cookieEnd = 0;
  asksNsid = false;
  /** Whether the TCP keepalive option is there. */
  hasKeepalive = false;
  /** Whether EDNS came with any option, known or not. */
  hasOption = false;
  /** One of `queryFault`. */
  fault: number = queryFault.none;

  /** Reads the first `length` octets of `bytes`; total for any octets. */
  read(bytes: Uint8Array, length: number): QueryVerdict {
    this.#reset();
    if (length < headerBytes) return this.#fail(queryFault.short, 'drop');
    this.id = u16(bytes, 0);
    this.flags = u16(bytes, 2);
    if ((this.flags & 0x8000) !== 0) return this.#fail(queryFault.response, 'drop');
    if (((this.flags >> 11) & 0xf) !== opcode.query) return this.#readOtherOpcode(bytes, length);
    const questions = u16(bytes, 4);
    if (questions !== 1) return this.#readWithoutQuestion(bytes, length, questions);
    if (!this.#readQuestion(bytes, length)) return this.#fail(queryFault.question, 'formErr');
    return this.#readRecords(bytes, length) ? 'ok' : 'formErr';
  }

  #reset(): void {
    this.questionEnd = headerBytes;
    this.hasEdns = false;
    this.ednsVersion = 0;
    this.udpBytes = 0;
    this.dnssecOk = false;
    this.subnet.isPresent = false;
    this.cookieAt = 0;
    this.cookieEnd = 0;
    this.asksNsid = false;
    this.hasKeepalive = false;
    this.hasOption = false;
    this.fault = queryFault.none;
  }

  #fail(fault: number, verdict: QueryVerdict): QueryVerdict {
    this.fault = fault;
    return verdict;
  }

  /** Whatever an unknown opcode means, EDNS is answered with EDNS (RFC 6891 §6.1.1) where the message reads as usual. */
  #readOtherOpcode(bytes: Uint8Array, length: number): QueryVerdict {
    if (u16(bytes, 4) === 1 && this.#readQuestion(bytes, length) && !this.#readRecords(bytes, length)) {
      this.hasEdns = false;
    }
    return this.#fail(queryFault.opcode, 'notImp');
  }

  /** A message without a question may ask for a cookie alone (RFC 7873 §5.4). */
  #readWithoutQuestion(bytes: Uint8Array, length: number, questions: number): QueryVerdict {
    if (
      questions === 0 &&
      this.#readRecords(bytes, length) &&
      this.cookieEnd > 0 &&
      u16(bytes, 6) + u16(bytes, 8) === 0
    ) {
      return 'cookieOnly';
    }
    return this.#fail(queryFault.questionCount, 'formErr');
  }

  #readQuestion(bytes: Uint8Array, length: number): boolean {
    const nameBytes = this.labels.scanUntrusted(bytes, headerBytes, length);
    const end = headerBytes + nameBytes + 4;
    if (nameBytes === 0 || end > length) return false;
    this.type = u16(bytes, end - 4);
    this.class = u16(bytes, end - 2);
    this.questionEnd = end;
    return true;
  }

  /** Walks all records, of which only OPT matters; false when malformed. */
  #readRecords(bytes: Uint8Array, length: number): boolean {
    const beforeAdditional = u16(bytes, 6) + u16(bytes, 8);
    const total = beforeAdditional + u16(bytes, 10);
    let at = this.questionEnd;
    this.fault = queryFault.record;
    // A record takes at least 11 octets, so a lying count ends the loop early.
    for (let index = 0; index < total; index++) {
      const ownerAt = at;
      at = skipName(bytes, at, length);
      if (at === 0 || at + 10 > length) return false;
      const end = at + 10 + u16(bytes, at + 8);
      if (end > length) return false;
      if (u16(bytes, at) === recordType.OPT) {
        this.fault = queryFault.opt;
        if (index < beforeAdditional || this.hasEdns || at !== ownerAt + 1 || bytes[ownerAt] !== 0) return false;
        if (!this.#readEdns(bytes, at, end)) return false;
        this.fault = queryFault.record;
      }
      at = end;
    }
    this.fault = at === length ? queryFault.none : queryFault.trailing;
    return true;
  }

  #readEdns(bytes: Uint8Array, at: number, end: number): boolean {
    this.hasEdns = true;
    this.udpBytes = u16(bytes, at + 2);
    this.ednsVersion = bytes[at + 5] ?? 0;
    this.dnssecOk = (u16(bytes, at + 6) & 0x8000) !== 0;
    // What options mean is known for version 0 only (RFC 6891 §6.1.3).
    if (this.ednsVersion !== 0) return true;
    this.hasOption = at + 10 < end;
    for (let option = at + 10; option < end;) {
      if (option + 4 > end) return false;
      const next = option + 4 + u16(bytes, option + 2);
      if (next > end || !this.#readOption(u16(bytes, option), bytes, option + 4, next)) return false;
      option = next;
    }
    return true;
  }

  /** Takes in an option's data; options that we do not know are ignored (RFC 6891 §6.1.2). */
  #readOption(code: number, bytes: Uint8Array, at: number, end: number): boolean {
    switch (code) {
      case ednsOption.clientSubnet:
        this.fault = queryFault.clientSubnet;
        if (!this.#readSubnet(bytes, at, end)) return false;
        break;
      case ednsOption.cookie:
        this.fault = queryFault.cookie;
        // Of several cookies the first counts (RFC 7873 §5.2).
        if (this.cookieEnd > 0) break;
        if (end - at !== 8 && (end - at < 16 || end - at > 40)) return false;
        this.cookieAt = at;
        this.cookieEnd = end;
        break;
      case ednsOption.keepalive:
        this.hasKeepalive = true;
        break;
      case ednsOption.nsid:
        this.asksNsid = true;
        break;
      default:
    }
    this.fault = queryFault.opt;
    return true;
  }

  /** Reads ECS; one that does not say what it means is refused with FORMERR (RFC 7871 §7.1.2, R15). */
  #readSubnet(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < 4 || this.subnet.isPresent) return false;
    const family = u16(bytes, at);
    const sourceBits = bytes[at + 2] ?? 0;
    const scopeBits = bytes[at + 3] ?? 0;
    // Family 0 is how dig says that it names no network; any further family is unknown.
    const maxBits = family === 1 ? 32 : family === 2 ? 128 : 0;
    if (family > 2 || sourceBits > maxBits || scopeBits !== 0 || end - at - 4 !== (sourceBits + 7) >> 3) return false;
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
