/**
 * Bytes of a query to bytes of its reply: the one function that every transport calls (RFC 1035 §4, RFC 6891,
 * RFC 8906, RFC 9619).
 *
 * Synchronous and total: any octets give a reply or none. The generation is replaced whole between two queries.
 */
import { assert } from '#base/assert.ts';
import { formatIp } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import {
  classIn,
  ednsUdpBytes,
  extendedError,
  flag,
  headerBytes,
  maxMessageBytes,
  plainUdpBytes,
  rcode,
  recordType,
} from '../wire/constants.ts';
import { encodeClientSubnet, encodeExtendedError } from '../wire/edns-options.ts';
import type { Name } from '../wire/name.ts';
import { Query } from '../wire/query.ts';
import { MessageWriter, optHeaderBytes } from '../wire/writer.ts';
import { createAnswerCounters } from './counters.ts';
import type { AnswerCounters } from './counters.ts';
import { findZone } from './generation.ts';
import type { Generation } from './generation.ts';
import { resolve } from './resolver.ts';

/** Where a query came from, and how large its reply may be. */
export interface AnswerClient {
  readonly address: IpAddress;
  readonly transport: 'udp' | 'tcp';
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
  readonly counters: { readonly udp: AnswerCounters; readonly tcp: AnswerCounters };
}

/** `isMinimal` (default true) leaves the zone's name servers and addresses of named servers out of answers. */
export interface AnswererOptions {
  readonly isMinimal?: boolean;
}

/** What a reply says beside its records. */
interface Verdict {
  readonly rcode: number;
  readonly isAuthoritative?: boolean;
  readonly isTruncated?: boolean;
  readonly dependsOnClient?: boolean;
  readonly error?: { readonly code: number; readonly text: string };
}

/** Builds the answering side of a DNS server; one per thread. */
export function createAnswerer(generation: Generation, options: AnswererOptions = {}): Answerer {
  return new ZoneAnswerer(generation, options.isMinimal ?? true);
}

class ZoneAnswerer implements Answerer {
  readonly counters = { udp: createAnswerCounters(), tcp: createAnswerCounters() };
  readonly #isMinimal: boolean;
  readonly #query = new Query();
  readonly #writer = new MessageWriter();
  #generation: Generation;

  constructor(generation: Generation, isMinimal: boolean) {
    this.#generation = generation;
    this.#isMinimal = isMinimal;
  }

  get generation(): Generation {
    return this.#generation;
  }

  swap(generation: Generation): void {
    this.#generation = generation;
  }

  readonly answer: AnswerFunction = (bytes, length, client, out) => {
    const counters = this.counters[client.transport];
    counters.queries++;
    const query = this.#query;
    const readable = query.read(bytes, length);
    if (readable === 'drop') {
      counters.dropped++;
      return 0;
    }
    assert(out.length >= plainUdpBytes, 'a reply buffer takes 512 octets');
    const limit = Math.min(out.length, replyLimit(query, client.transport));
    const reserved = query.hasEdns ? optHeaderBytes + subnetOptionBytes(query) : 0;
    const { id, flags, questionEnd } = query;
    this.#writer.start(out, limit - reserved, { id, flags, query: bytes, questionEnd });
    const verdict = readable === 'ok' ? this.#decide(bytes, client) : { rcode: rcode[readable] };
    if (verdict.isTruncated === true) this.#writer.clearRecords(query.questionEnd);
    if (query.hasEdns) this.#writeEdns(bytes, verdict);
    this.#writer.setFlags(replyFlags(query.flags, verdict));
    if (verdict.isTruncated === true) counters.truncated++;
    counters.byRcode[verdict.rcode] = (counters.byRcode[verdict.rcode] ?? 0) + 1;
    return this.#writer.length;
  };

  #decide(bytes: Uint8Array, client: AnswerClient): Verdict {
    const query = this.#query;
    if (query.ednsVersion !== 0) return { rcode: rcode.badVers };
    const refusal = refuseByQuestion(query);
    if (refusal !== undefined) return refusal;
    const name = { bytes, offset: headerBytes, labels: query.labels };
    // DS is asked of the parent's side where both are here (RFC 4035 §3.1.4.1).
    const isParentSide = query.type === recordType.DS;
    const zone =
      (isParentSide ? findZone(this.#generation, name, true) : undefined) ?? findZone(this.#generation, name, false);
    if (zone === undefined) return refused(extendedError.notAuthoritative, 'no zone here holds this name');
    const outcome = resolve(this.#writer, {
      zone,
      // Query.read accepted it: an uncompressed valid name.
      name: bytes.subarray(headerBytes, query.questionEnd - 4) as Name,
      labels: query.labels,
      type: query.type,
      client: { address: subnetAddress(bytes, query) ?? client.address },
      minimumTtlSeconds: this.#generation.minimumTtlSeconds,
      isMinimal: this.#isMinimal,
    });
    if (outcome.failure === undefined) return outcome;
    this.#writer.clearRecords(query.questionEnd);
    return { ...outcome, isTruncated: false, error: { code: extendedError.other, text: outcome.failure } };
  }

  #writeEdns(bytes: Uint8Array, verdict: Verdict): void {
    const { subnet, dnssecOk } = this.#query;
    const options: Uint8Array[] = [];
    if (subnet.isPresent) {
      const scope = verdict.dependsOnClient === true ? subnet.sourceBits : 0;
      const address = bytes.subarray(subnet.addressAt, subnet.addressAt + Math.ceil(subnet.sourceBits / 8));
      options.push(encodeClientSubnet(subnet.family, { source: subnet.sourceBits, scope }, address));
    }
    if (verdict.error !== undefined) options.push(encodeExtendedError(verdict.error.code, verdict.error.text));
    this.#writer.opt({ extendedRcode: verdict.rcode >> 4, dnssecOk, options });
  }
}

/** What is refused for its class or type alone. */
function refuseByQuestion({ class: queryClass, type }: Query): Verdict | undefined {
  if (type === recordType.OPT || type === recordType.TSIG || type === recordType.TKEY) return { rcode: rcode.formErr };
  if (queryClass !== classIn) return refused(extendedError.notSupported, 'only class IN is served');
  if (type === recordType.AXFR || type === recordType.IXFR) {
    return refused(extendedError.prohibited, 'zone transfer is not allowed');
  }
  return undefined;
}

function refused(code: number, text: string): Verdict {
  return { rcode: rcode.refused, error: { code, text } };
}

function replyFlags(queryFlags: number, verdict: Verdict): number {
  const copied = queryFlags & (0x7800 | flag.recursionDesired | flag.checkingDisabled);
  const authoritative = verdict.isAuthoritative === true ? flag.authoritative : 0;
  const truncated = verdict.isTruncated === true ? flag.truncated : 0;
  return flag.response | copied | authoritative | truncated | (verdict.rcode & 0xf);
}

function replyLimit(query: Query, transport: AnswerClient['transport']): number {
  if (transport === 'tcp') return maxMessageBytes;
  // A payload below 512 counts as 512 (RFC 6891 §6.2.3).
  return query.hasEdns ? Math.max(plainUdpBytes, Math.min(query.udpBytes, ednsUdpBytes)) : plainUdpBytes;
}

function subnetOptionBytes({ subnet }: Query): number {
  return subnet.isPresent ? 8 + Math.ceil(subnet.sourceBits / 8) : 0;
}

/** The network that the query asks for; undefined without one, or when it asks not to be tailored (RFC 7871 §7.1.2). */
function subnetAddress(bytes: Uint8Array, { subnet }: Query): IpAddress | undefined {
  if (!subnet.isPresent || subnet.sourceBits === 0) return undefined;
  const address = new Uint8Array(subnet.family === 1 ? 4 : 16);
  address.set(bytes.subarray(subnet.addressAt, subnet.addressAt + Math.ceil(subnet.sourceBits / 8)));
  return formatIp(address);
}
