/**
 * Bytes of a query to bytes of its reply: the one function that every transport calls (RFC 1035 §4, RFC 6891, RFC 7871,
 * RFC 7873, RFC 8906, RFC 9619).
 *
 * Synchronous and total: any octets give a reply or none. Nothing is allocated for static data. The generation is
 * replaced whole between two queries. Zone transfers are in transfer.ts.
 */
import { assert } from '#base/assert.ts';
import {
  classChaos,
  classIn,
  ednsOption,
  ednsUdpBytes,
  extendedError,
  flag,
  headerBytes,
  maxMessageBytes,
  plainUdpBytes,
  rcode,
  recordType,
} from '../wire/constants.ts';
import { Query, queryFault } from '../wire/query.ts';
import { MessageWriter, optHeaderBytes, section } from '../wire/writer.ts';
import { nodeFlag } from '../zone/image-layout.ts';
import { findChaosText } from './chaos.ts';
import type { ChaosTexts } from './chaos.ts';
import { fullCookieBytes } from './cookies.ts';
import type { CookieJar } from './cookies.ts';
import { answerCounterBytes, answerCounters } from './counters.ts';
import type { AnswerCounters, TransportCounters } from './counters.ts';
import { dynamicFailure, explanation, noteExplanations } from './explanation.ts';
import type { Explanation } from './explanation.ts';
import type { Generation } from './generation.ts';
import { PlainAnswers } from './plain-answer.ts';
import { Resolver } from './resolver.ts';
import { createSubject, describeSender } from './subject.ts';

/** Where a query came from; a transport keeps one and refills it for each query. */
export interface AnswerClient {
  /** The 4 octets of an IPv4 address, a mapped one too, or the 16 of IPv6. */
  address: Uint8Array;
  transport: 'udp' | 'tcp';
  /** Unix time at which it came. */
  unixMs: number;
  /** For TCP: what a reply says of how long an idle connection is kept; 0 asks the client to close (RFC 7828 §3.2.2). */
  idleTimeoutMs: number;
}

/**
 * Answers the query in the first `length` octets of `query` into `out`, which takes at least 512 octets (65,535 for
 * TCP), and returns the octets of the reply; 0 means no reply.
 */
export type AnswerFunction = (query: Uint8Array, length: number, client: AnswerClient, out: Uint8Array) => number;

/** Answers queries from a generation that can be replaced. */
export interface Answerer {
  readonly answer: AnswerFunction;
  /** Answers every later query from `generation`. */
  swap(generation: Generation): void;
  readonly generation: Generation;
  readonly counters: AnswerCounters;
}

/** Decides before a UDP reply is made whether it may go out; `slip` sends one with TC in place of records. */
export interface ReplyLimiter {
  judge(address: Uint8Array, unixMs: number): 'send' | 'slip' | 'drop';
}

/** How a server answers beside its zones. */
export interface AnswererOptions {
  /** Leaves the zone's name servers and addresses of named servers out of answers; default true. */
  readonly isMinimal?: boolean;
  /** Begins each answer with another record of the set; default false. */
  readonly rotates?: boolean;
  /** The identifier that clients may ask for (RFC 5001); not told where absent. */
  readonly nsid?: Uint8Array;
  /** What questions of class CH are answered with (RFC 4892); refused where absent. */
  readonly chaos?: ChaosTexts;
  /** Makes and verifies cookies; without it the option is ignored. */
  readonly cookies?: CookieJar;
  /** Not asked for clients with a valid cookie, nor for TCP. */
  readonly limiter?: ReplyLimiter;
  /** Where to count; counters of its own where absent. */
  readonly counters?: AnswerCounters;
}

/** Builds the answering side of a DNS server; one per thread. */
export function createAnswerer(generation: Generation, options: AnswererOptions = {}): Answerer {
  return new ZoneAnswerer(generation, options);
}

const noZone = explanation(extendedError.notAuthoritative, 'no zone here holds this name');
const otherClass = explanation(extendedError.notSupported, 'only class IN is served');
const noTransfer = explanation(extendedError.prohibited, 'zone transfer is not allowed');

class ZoneAnswerer implements Answerer {
  readonly counters: AnswerCounters;
  readonly #options: AnswererOptions;
  readonly #query = new Query();
  readonly #writer = new MessageWriter();
  #resolver: Resolver;
  /** Undefined where the options want more of an answer than plain ones have. */
  #plain: PlainAnswers | undefined;
  #generation: Generation;
  /** Whom the answer is for: the client, or the network that it asks for. */
  readonly #subject = createSubject();
  readonly #subnet4 = new Uint8Array(4);
  readonly #subnet6 = new Uint8Array(16);
  // What the reply at hand says beside its records.
  #rcode: number = rcode.noError;
  #isAuthoritative = false;
  #isTruncated = false;
  #scopeBits = 0;
  #explanation: Explanation | undefined;

  constructor(generation: Generation, options: AnswererOptions) {
    this.#generation = generation;
    this.#options = options;
    this.counters = options.counters ?? answerCounters(new ArrayBuffer(answerCounterBytes));
    this.#resolver = this.#resolverOf(generation);
    this.#plain = this.#plainOf(generation);
  }

  get generation(): Generation {
    return this.#generation;
  }

  swap(generation: Generation): void {
    this.#generation = generation;
    // A new one: the old one refers to the image that it answered from last, which would stay in memory.
    this.#resolver = this.#resolverOf(generation);
    this.#plain = this.#plainOf(generation);
  }

  #plainOf(generation: Generation): PlainAnswers | undefined {
    const { isMinimal = true, rotates = false, limiter } = this.#options;
    return isMinimal && !rotates && limiter === undefined ? new PlainAnswers(generation) : undefined;
  }

  #resolverOf(generation: Generation): Resolver {
    const { isMinimal = true, rotates = false } = this.#options;
    return new Resolver(this.#writer, this.#query.labels, generation, { isMinimal, rotates });
  }

  readonly answer: AnswerFunction = (bytes, length, client, out) => {
    const isUdp = client.transport === 'udp';
    const counters = isUdp ? this.counters.udp : this.counters.tcp;
    const query = this.#query;
    counters.countQuery();
    const readable = query.read(bytes, length);
    if (isUdp && readable === 'ok' && query.fault === 0 && this.#plain !== undefined) {
      const written = this.#plain.answer(query, bytes, client.address, out);
      if (written > 0) {
        counters.countReply(this.#plain.rcode, false, query.hasEdns);
        return written;
      }
    }
    if (query.fault !== 0) counters.countFault(query.fault);
    if (readable === 'drop') {
      counters.countDropped();
      return 0;
    }
    assert(out.length >= plainUdpBytes, 'a reply buffer takes 512 octets');
    const limit = Math.min(out.length, isUdp ? this.#udpLimit() : maxMessageBytes);
    // The longest question leaves room for OPT in 512 octets, though not for every option that an operator may set.
    const reserved = query.hasEdns ? Math.min(optHeaderBytes + this.#optionBytes(isUdp), limit - query.questionEnd) : 0;
    this.#writer.start(out, limit - reserved, bytes, query.questionEnd);
    this.#rcode = rcode.noError;
    this.#isAuthoritative = false;
    this.#isTruncated = false;
    this.#scopeBits = 0;
    this.#explanation = undefined;
    const permission = isUdp ? this.#permission(bytes, client, counters) : 'send';
    if (permission === 'drop') return 0;
    if (permission === 'slip') this.#isTruncated = true;
    else if (readable === 'ok') this.#decide(bytes, client);
    else if (readable !== 'cookieOnly' || this.#options.cookies === undefined) {
      this.#rcode = readable === 'notImp' ? rcode.notImp : rcode.formErr;
      if (readable === 'cookieOnly') counters.countFault(queryFault.questionCount);
    }
    if (this.#isTruncated) this.#writer.clearRecords();
    if (query.hasEdns) this.#writeEdns(bytes, client, out, limit);
    this.#writer.setFlags(this.#replyFlags());
    counters.countReply(this.#rcode, this.#isTruncated, query.hasEdns);
    return this.#writer.length;
  };

  /** Whether a UDP reply may go out; one who has shown a valid cookie is who it says it is (RFC 7873 §6). */
  #permission(bytes: Uint8Array, client: AnswerClient, counters: TransportCounters): 'send' | 'slip' | 'drop' {
    const { cookies, limiter } = this.#options;
    const { cookieAt, cookieEnd } = this.#query;
    if (cookies !== undefined && cookieEnd > 0) {
      const verdict = cookies.judge(bytes, cookieAt, cookieEnd, client.address, Math.floor(client.unixMs / 1000));
      if (verdict === 'valid' || verdict === 'renew') {
        counters.countValidCookie();
        return 'send';
      }
    }
    if (limiter === undefined) return 'send';
    const permission = limiter.judge(client.address, client.unixMs);
    if (permission !== 'send') counters.countLimited(permission === 'slip');
    return permission;
  }

  #decide(bytes: Uint8Array, client: AnswerClient): void {
    const query = this.#query;
    const { type, labels } = query;
    if (query.ednsVersion !== 0) {
      this.#rcode = rcode.badVers;
      return;
    }
    if (type === recordType.OPT || type === recordType.TSIG || type === recordType.TKEY) {
      this.#rcode = rcode.formErr;
      return;
    }
    if (query.class !== classIn) {
      this.#decideOtherClass(bytes);
      return;
    }
    if (type === recordType.AXFR || type === recordType.IXFR) {
      this.#refuse(noTransfer);
      return;
    }
    const { image } = this.#generation;
    const closest = image.findZone(bytes, headerBytes, labels, 0);
    const zone = type === recordType.DS ? this.#parentSide(bytes, closest) : closest;
    if (zone === 0) {
      this.#refuse(noZone);
      return;
    }
    this.#describeSubject(bytes, client);
    this.#resolver.resolve(bytes, headerBytes, zone, type, this.#subject);
    this.#takeOutcome();
  }

  #describeSubject(bytes: Uint8Array, client: AnswerClient): void {
    const subject = this.#subject;
    describeSender(subject, this.#query, bytes, client.address, client.transport === 'tcp');
    const network = this.#subnetAddress(bytes);
    if (network === undefined) return;
    subject.address = network;
    subject.addressBits = this.#query.subnet.sourceBits;
  }

  /**
   * DS of a zone's apex is asked of the zone above, where that is here and delegates it; of a zone further up, a referral
   * would lead away from what this server knows (RFC 4035 §3.1.4.1).
   */
  #parentSide(bytes: Uint8Array, zone: number): number {
    const { image } = this.#generation;
    const { labels } = this.#query;
    const above = image.findZone(bytes, headerBytes, labels, 1);
    if (above === 0) return zone;
    const node = image.findNode(above, bytes, headerBytes, labels.hashes[0] ?? 0);
    return node === 0 || (image.flags(node) & nodeFlag.belowCut) !== 0 ? zone : above;
  }

  #takeOutcome(): void {
    const resolver = this.#resolver;
    this.#rcode = resolver.rcode;
    this.#isAuthoritative = resolver.isAuthoritative;
    this.#isTruncated = resolver.isTruncated;
    this.#scopeBits = resolver.scopeBits;
    if (resolver.note !== undefined) this.#explanation = noteExplanations[resolver.note];
    if (resolver.failure === undefined) return;
    this.#writer.clearRecords();
    this.#isTruncated = false;
    this.#explanation = dynamicFailure(resolver.failure);
  }

  /** Answers what is asked about this server itself, where that is told. */
  #decideOtherClass(bytes: Uint8Array): void {
    const { class: queryClass, type, questionEnd } = this.#query;
    const { chaos } = this.#options;
    const found =
      queryClass === classChaos && chaos !== undefined ? findChaosText(chaos, bytes, questionEnd - 4, type) : undefined;
    if (found === undefined) {
      this.#refuse(otherClass);
      return;
    }
    this.#isAuthoritative = true;
    const head = { type: recordType.TXT, class: classChaos, ttlSeconds: 0 };
    if (!this.#writer.records(section.answer, bytes, headerBytes, head, [found])) this.#isTruncated = true;
  }

  #refuse(why: Explanation): void {
    this.#rcode = rcode.refused;
    this.#explanation = why;
  }

  #replyFlags(): number {
    const copied = this.#query.flags & (0x7800 | flag.recursionDesired | flag.checkingDisabled);
    const authoritative = this.#isAuthoritative ? flag.authoritative : 0;
    const truncated = this.#isTruncated ? flag.truncated : 0;
    return flag.response | copied | authoritative | truncated | (this.#rcode & 0xf);
  }

  /** A payload below 512 counts as 512 (RFC 6891 §6.2.3). */
  #udpLimit(): number {
    const { hasEdns, udpBytes } = this.#query;
    return hasEdns ? Math.max(plainUdpBytes, Math.min(udpBytes, ednsUdpBytes)) : plainUdpBytes;
  }

  /** Room for the options that a reply must have; an explanation goes in where room is left. */
  #optionBytes(isUdp: boolean): number {
    const { subnet, cookieEnd, asksNsid, hasKeepalive } = this.#query;
    const { cookies, nsid } = this.#options;
    let bytes = 0;
    if (subnet.isPresent) bytes += 8 + ((subnet.sourceBits + 7) >> 3);
    if (cookies !== undefined && cookieEnd > 0) bytes += 4 + fullCookieBytes;
    if (nsid !== undefined && asksNsid) bytes += 4 + nsid.length;
    if (!isUdp && hasKeepalive) bytes += 6;
    return bytes;
  }

  #writeEdns(bytes: Uint8Array, client: AnswerClient, out: Uint8Array, limit: number): void {
    const query = this.#query;
    const writer = this.#writer;
    writer.beginOpt(this.#rcode >> 4, query.dnssecOk, limit);
    if (query.ednsVersion === 0) this.#writeOptions(bytes, client, out);
    writer.endOpt();
  }

  #writeOptions(bytes: Uint8Array, client: AnswerClient, out: Uint8Array): void {
    const query = this.#query;
    const writer = this.#writer;
    const { cookies, nsid } = this.#options;
    if (query.subnet.isPresent) this.#writeSubnet(bytes, out);
    if (cookies !== undefined && query.cookieEnd > 0) {
      const to = writer.option(ednsOption.cookie, fullCookieBytes);
      if (to > 0) cookies.write(bytes, query.cookieAt, client.address, Math.floor(client.unixMs / 1000), out, to);
    }
    if (nsid !== undefined && query.asksNsid) {
      const to = writer.option(ednsOption.nsid, nsid.length);
      if (to > 0) out.set(nsid, to);
    }
    if (client.transport === 'tcp' && query.hasKeepalive) {
      const to = writer.option(ednsOption.keepalive, 2);
      const units = Math.min(0xffff, Math.floor(client.idleTimeoutMs / 100));
      if (to > 0) {
        out[to] = units >> 8;
        out[to + 1] = units;
      }
    }
    const why = this.#explanation;
    if (why === undefined) return;
    const to = writer.option(ednsOption.extendedError, why.data.length);
    if (to > 0) out.set(why.data, to);
  }

  /** Repeats the subnet of the query with the scope of the answer (RFC 7871 §7.2.1). */
  #writeSubnet(bytes: Uint8Array, out: Uint8Array): void {
    const { subnet } = this.#query;
    const addressBytes = (subnet.sourceBits + 7) >> 3;
    const to = this.#writer.option(ednsOption.clientSubnet, 4 + addressBytes);
    if (to === 0) return;
    out[to] = 0;
    out[to + 1] = subnet.family;
    out[to + 2] = subnet.sourceBits;
    // Who does not want to be told apart is answered for everybody (RFC 7871 §7.2.1).
    out[to + 3] = subnet.sourceBits === 0 ? 0 : Math.min(this.#scopeBits, subnet.family === 1 ? 32 : 128);
    for (let index = 0; index < addressBytes; index++) out[to + 4 + index] = bytes[subnet.addressAt + index] ?? 0;
  }

  /** The network that the query asks for; undefined without one, or when it asks not to be tailored (RFC 7871 §7.1.2). */
  #subnetAddress(bytes: Uint8Array): Uint8Array | undefined {
    const { subnet } = this.#query;
    if (!subnet.isPresent || subnet.sourceBits === 0) return undefined;
    const address = subnet.family === 1 ? this.#subnet4 : this.#subnet6;
    address.fill(0);
    const addressBytes = (subnet.sourceBits + 7) >> 3;
    for (let index = 0; index < addressBytes; index++) address[index] = bytes[subnet.addressAt + index] ?? 0;
    return address;
  }
}
