/**
 * The answers that most queries get, written in one go: one RRset of the zone as it stands, what the programs of one give
 * at this time, or that a name does not exist (RFC 1034 §4.3.2, RFC 2308). What needs more than that is left to the resolver, which gives the same octets for these,
 * only in more steps. For UDP with minimal responses, without rotation, cookies, client subnet and rate limiting.
 */
import { classIn, ednsUdpBytes, flag, headerBytes, plainUdpBytes, rcode, recordType } from '../wire/constants.ts';
import type { Query } from '../wire/query.ts';
import { compressibleNames } from '../wire/rdata.ts';
import { optHeaderBytes } from '../wire/writer.ts';
import { nodeFlag, rrset as rrsetWord, zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import { EvaluatedRrset } from './evaluate.ts';
import type { Generation } from './generation.ts';
import { createSubject, describeSender } from './subject.ts';

/** Types from here on include those that ask for something else than an RRset (RFC 6895 §3.1). */
const firstQueryType = 128;

/** A pointer to the owner, type, class, TTL and the length of the data. */
const fixedBytes = 12;

/** By type: whether rows go into a message as they are, and no other rule than "what the name has" holds. */
const isPlainType = Uint8Array.from({ length: firstQueryType }, (_, type) => {
  const isSpecial = type === recordType.OPT || type === recordType.DS || type === recordType.DNAME;
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
  /** Programs that fail are run again by the resolver, which tells of it. */
  readonly #generation: Generation;
  readonly #subject = createSubject();
  readonly #evaluated = new EvaluatedRrset();

  constructor(generation: Generation) {
    this.#image = generation.image;
    this.#generation = { ...generation, onFailure: () => undefined };
  }

  /**
   * Answers a readable query from a client's address into `out`, at least 512 octets; returns the octets of the reply, 0
   * where it is not plain.
   */
  answer(query: Query, bytes: Uint8Array, address: Uint8Array, out: Uint8Array): number {
    const { type, labels } = query;
    if (type >= firstQueryType || isPlainType[type] === 0 || query.class !== classIn) return 0;
    if (query.hasEdns && (query.ednsVersion !== 0 || query.hasOption)) return 0;
    const image = this.#image;
    const zone = image.findZone(bytes, headerBytes, labels, 0);
    if (zone === 0) return 0;
    const node = image.findNode(zone, bytes, headerBytes, labels.hashes[0] ?? 0);
    if (node === 0) return this.#deny(query, bytes, out, zone);
    if ((image.flags(node) & hiding) !== 0) return 0;
    const found = image.findRrset(node, type);
    if (found === 0) return 0;
    if (image.programCount(found) === 0) return this.#give(query, bytes, out, found);
    describeSender(this.#subject, query, bytes, address, false);
    return this.#compute(query, bytes, out, found);
  }

  /** An RRset as the zone has it. */
  #give(query: Query, bytes: Uint8Array, out: Uint8Array, found: number): number {
    const image = this.#image;
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

  /** What programs give for the subject, where it is records and there is nothing more to say of them. */
  #compute(query: Query, bytes: Uint8Array, out: Uint8Array, found: number): number {
    const subject = this.#subject;
    subject.name = bytes;
    subject.nameAt = headerBytes;
    const evaluated = this.#evaluated;
    evaluated.evaluate(this.#generation, found, subject);
    const { rdata, ttlSeconds } = evaluated;
    if (evaluated.failure !== undefined || rdata.length === 0) return 0;
    if (query.hasEdns && evaluated.note !== undefined) return 0;
    const room = roomFor(query, out);
    let end = query.questionEnd;
    for (const data of rdata) {
      if (end + fixedBytes + data.length > room) return 0;
      writeFixed(out, end, query.type, ttlSeconds, data.length);
      end += fixedBytes;
      for (const octet of data) out[end++] = octet;
    }
    this.rcode = rcode.noError;
    begin(query, bytes, out, rcode.noError);
    out[6] = rdata.length >> 8;
    out[7] = rdata.length;
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

/** Writes what stands before the data of a record whose owner is the question's name (RFC 1035 §3.2.1). */
function writeFixed(out: Uint8Array, at: number, type: number, ttlSeconds: number, dataBytes: number): void {
  point(out, at, headerBytes);
  out[at + 2] = type >> 8;
  out[at + 3] = type;
  out[at + 4] = 0;
  out[at + 5] = classIn;
  out[at + 6] = ttlSeconds >>> 24;
  out[at + 7] = ttlSeconds >>> 16;
  out[at + 8] = ttlSeconds >>> 8;
  out[at + 9] = ttlSeconds;
  out[at + 10] = dataBytes >> 8;
  out[at + 11] = dataBytes;
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
