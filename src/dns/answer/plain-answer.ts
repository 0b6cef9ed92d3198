/**
 * The answers that most queries get, written in one go: one RRset of the zone as it stands, or that a name does not exist
 * (RFC 1034 §4.3.2, RFC 2308). What needs more than that is left to the resolver, which gives the same octets for these,
 * only in more steps. For UDP with minimal responses, without rotation, cookies, client subnet and rate limiting.
 */
import { classIn, ednsUdpBytes, flag, headerBytes, plainUdpBytes, rcode, recordType } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import { compressibleNames } from '../wire/rdata.ts';
import { optHeaderBytes } from '../wire/writer.ts';
import { nodeFlag, rrset as rrsetWord, zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';

/** Types from here on include those that ask for something else than an RRset (RFC 6895 §3.1). */
const firstQueryType = 128;

/** By type: whether rows go into a message as they are, and no other rule than "what the name has" holds. */
const isPlainType = Uint8Array.from({ length: firstQueryType }, (_, type) => {
  const isSpecial = type === recordType.OPT || type === recordType.DS;
  return !isSpecial && compressibleNames(type) === undefined ? 1 : 0;
});

/** What makes a name's data, or its absence, something else than it seems. */
const hiding = nodeFlag.cut | nodeFlag.belowCut | nodeFlag.belowDname;
const redirecting = hiding | nodeFlag.dname | nodeFlag.wildcardBelow;

const copiedFlags = flag.recursionDesired | flag.checkingDisabled;

/** Writes plain answers from one image. */
export class PlainAnswers {
  /** The response code of the last answer. */
  rcode: number = rcode.noError;
  readonly #image: ZoneImage;

  constructor(image: ZoneImage) {
    this.#image = image;
  }

  /** Answers a readable query into `out`, at least 512 octets; returns the octets of the reply, 0 where it is not plain. */
  answer(query: Query, bytes: Uint8Array, out: Uint8Array): number {
    const { type, labels } = query;
    if (type >= firstQueryType || isPlainType[type] === 0 || query.class !== classIn) return 0;
    if (query.hasEdns && (query.ednsVersion !== 0 || query.hasOption)) return 0;
    const image = this.#image;
    const zone = image.findZone(bytes, headerBytes, labels, 0);
    if (zone === 0) return 0;
    const node = image.findNode(zone, bytes, headerBytes, labels.hashes[0] ?? 0);
    return node === 0 ? this.#deny(query, bytes, out, zone) : this.#give(query, bytes, out, node);
  }

  /** The RRset that was asked for, where the name has it and no program adds to it. */
  #give(query: Query, bytes: Uint8Array, out: Uint8Array, node: number): number {
    const image = this.#image;
    if ((image.flags(node) & hiding) !== 0) return 0;
    const found = image.findRrset(node, query.type);
    if (found === 0 || image.programCount(found) > 0) return 0;
    const length = image.word(found + rrsetWord.rowsBytes);
    const end = query.questionEnd + length;
    if (end > roomFor(query, out)) return 0;
    this.rcode = rcode.noError;
    begin(query, bytes, out, rcode.noError);
    const rows = image.bytes;
    let from = image.rowsAt(found);
    for (let to = query.questionEnd; to < end; to++) out[to] = rows[from++] ?? 0;
    const count = image.rowCount(found);
    out[6] = count >> 8;
    out[7] = count;
    return query.hasEdns ? finishEdns(query, out, end) : end;
  }

  /** The prebuilt SOA for a name that does not exist, with pointers into the question. */
  #deny(query: Query, bytes: Uint8Array, out: Uint8Array, zone: number): number {
    const image = this.#image;
    const { labels, questionEnd } = query;
    const apexLabel = labels.count - image.word(zone + zoneWord.apexLabels);
    let encloser = image.word(zone + zoneWord.apexNode);
    for (let label = 1; label < apexLabel; label++) {
      const at = headerBytes + (labels.offsets[label] ?? 0);
      const node = image.findNode(zone, bytes, at, labels.hashes[label] ?? 0);
      if (node === 0) continue;
      encloser = node;
      break;
    }
    if ((image.flags(encloser) & redirecting) !== 0) return 0;
    const apexAt = headerBytes + (labels.offsets[apexLabel] ?? 0);
    if (!image.isApexWritten(zone, bytes, apexAt)) return 0;
    const length = image.word(zone + zoneWord.denialBytes);
    const end = questionEnd + length;
    if (end > roomFor(query, out)) return 0;
    this.rcode = rcode.nxDomain;
    begin(query, bytes, out, rcode.nxDomain);
    const soa = image.bytes;
    let from = image.word(zone + zoneWord.denial) * 4;
    for (let to = questionEnd; to < end; to++) out[to] = soa[from++] ?? 0;
    point(out, questionEnd, apexAt);
    const server = image.word(zone + zoneWord.denialServer);
    const mailbox = image.word(zone + zoneWord.denialMailbox);
    if (server !== 0) point(out, questionEnd + server, apexAt);
    if (mailbox !== 0) point(out, questionEnd + mailbox, apexAt);
    const ttlSeconds = image.word(zone + zoneWord.negativeTtl);
    out[questionEnd + 6] = ttlSeconds >>> 24;
    out[questionEnd + 7] = ttlSeconds >>> 16;
    out[questionEnd + 8] = ttlSeconds >>> 8;
    out[questionEnd + 9] = ttlSeconds;
    out[9] = 1;
    return query.hasEdns ? finishEdns(query, out, end) : end;
  }
}

/** What the records of a reply may reach to; a payload below 512 counts as 512 (RFC 6891 §6.2.3). */
function roomFor(query: Query, out: Uint8Array): number {
  if (!query.hasEdns) return plainUdpBytes;
  const udpBytes = Math.max(plainUdpBytes, Math.min(query.udpBytes, ednsUdpBytes));
  return Math.min(out.length, udpBytes) - optHeaderBytes;
}

/** Header without counts of records, and the question as it came. */
function begin(query: Query, bytes: Uint8Array, out: Uint8Array, code: number): void {
  const { flags, questionEnd } = query;
  out[0] = bytes[0] ?? 0;
  out[1] = bytes[1] ?? 0;
  const replyFlags = flag.response | flag.authoritative | (flags & copiedFlags) | code;
  out[2] = replyFlags >> 8;
  out[3] = replyFlags;
  out[4] = 0;
  out[5] = 1;
  for (let at = 6; at < headerBytes; at++) out[at] = 0;
  for (let at = headerBytes; at < questionEnd; at++) out[at] = bytes[at] ?? 0;
}

/** Writes OPT at `at` (RFC 6891 §6.1.2) and returns its end. */
function finishEdns(query: Query, out: Uint8Array, at: number): number {
  out[at] = 0;
  out[at + 1] = 0;
  out[at + 2] = recordType.OPT;
  out[at + 3] = ednsUdpBytes >> 8;
  out[at + 4] = ednsUdpBytes & 0xff;
  out[at + 5] = 0;
  out[at + 6] = 0;
  out[at + 7] = query.dnssecOk ? 0x80 : 0;
  for (let index = at + 8; index < at + optHeaderBytes; index++) out[index] = 0;
  out[11] = 1;
  return at + optHeaderBytes;
}

function point(out: Uint8Array, at: number, target: number): void {
  out[at] = 0xc0 | (target >> 8);
  out[at + 1] = target;
}
