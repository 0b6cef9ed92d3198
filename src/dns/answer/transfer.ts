/**
 * Whole zones over TCP to those who may have them (RFC 5936). IXFR is answered with the whole zone, or with the SOA alone
 * where the client has this serial already, or a newer one (RFC 1995 §2).
 *
 * Records that follow health go out as PowerDNS's LUA records, so that another fairlead or a PowerDNS can serve them.
 * There is no TSIG here: who may transfer is told by address.
 */
import { ipPrefixMatcher } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { classIn, flag, headerBytes, recordType } from '../wire/constants.ts';
import { decodeMessage } from '../wire/message.ts';
import { Query } from '../wire/query.ts';
import { MessageWriter, optHeaderBytes, RowSet, section } from '../wire/writer.ts';
import type { DynamicSource } from '../zone/dynamic.ts';
import { node as nodeWord, rrset as rrsetWord, rrsetEntryWords, zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneImage } from '../zone/image.ts';
import type { AnswerClient } from './answerer.ts';
import type { Generation } from './generation.ts';

/** Gives the messages of a transfer that is asked for and allowed; undefined for every other query. */
export type Transfers = (
  generation: Generation,
  query: Uint8Array,
  length: number,
  client: AnswerClient,
) => Iterator<Uint8Array> | undefined;

/** Transfers under way at once in one thread; more are refused, and secondaries ask again. */
export const maxTransfers = 10;

/** Messages stay below what a compression pointer reaches, so that names in all of them are compressed. */
const messageBytes = 16_384;

/** Builds the gate for those in one of `allowed`. */
export function createTransfers(allowed: readonly IpPrefix[]): Transfers {
  const matchers = allowed.map(ipPrefixMatcher);
  const query = new Query();
  let underWay = 0;
  return (generation, bytes, length, client) => {
    if (client.transport !== 'tcp' || !matchers.some((matches) => matches(client.address))) return undefined;
    if (query.read(bytes, length) !== 'ok' || query.ednsVersion !== 0 || query.class !== classIn) return undefined;
    if (query.type !== recordType.AXFR && query.type !== recordType.IXFR) return undefined;
    const { image } = generation;
    const zone = image.zoneAt(bytes, headerBytes, query.labels.hashes[0] ?? 0);
    if (zone === 0 || underWay === maxTransfers) return undefined;
    const asked = { bytes: bytes.slice(0, query.questionEnd), hasEdns: query.hasEdns, dnssecOk: query.dnssecOk };
    const isCurrent =
      query.type === recordType.IXFR && isAtLeast(clientSerial(bytes, length), image.word(zone + zoneWord.serial));
    underWay++;
    return untilEnd(new Transfer(generation, zone, asked).messages(isCurrent), () => underWay--);
  };
}

/** Passes on a transfer and says once when it is over, also where it is ended early. */
function untilEnd(messages: Generator<Uint8Array, undefined>, onEnd: () => void): Iterator<Uint8Array, undefined> {
  let isOver = false;
  const passOn = (result: IteratorResult<Uint8Array, undefined>): IteratorResult<Uint8Array, undefined> => {
    if (result.done === true && !isOver) {
      isOver = true;
      onEnd();
    }
    return result;
  };
  return { next: () => passOn(messages.next()), return: () => passOn(messages.return(undefined)) };
}

/** The serial of the SOA in an IXFR query's authority section (RFC 1995 §3). */
function clientSerial(bytes: Uint8Array, length: number): number | undefined {
  const decoded = decodeMessage(bytes.subarray(0, length));
  const soa = decoded.ok ? decoded.value.authorities.find(({ type }) => type === recordType.SOA)?.rdata : undefined;
  return soa === undefined ? undefined : new DataView(soa.buffer, soa.byteOffset).getUint32(soa.length - 20);
}

/** Whether a serial is equal to another or newer (RFC 1982 §3.2). */
function isAtLeast(serial: number | undefined, other: number): boolean {
  return serial !== undefined && ((serial - other) | 0) >= 0;
}

/** What a transfer repeats of its query. */
interface Asked {
  /** The query up to the end of its question. */
  readonly bytes: Uint8Array;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
}

/** One zone on its way. */
class Transfer {
  readonly #image: ZoneImage;
  readonly #sources: readonly DynamicSource[];
  readonly #zone: number;
  readonly #asked: Asked;
  readonly #writer = new MessageWriter({ keepsOwnerCase: true });
  readonly #out = new Uint8Array(0xffff);
  readonly #row = new RowSet();
  #isFirst = true;
  #isEmpty = true;

  constructor({ image, sources }: Generation, zone: number, asked: Asked) {
    this.#image = image;
    this.#sources = sources;
    this.#zone = zone;
    this.#asked = asked;
  }

  *messages(onlySoa: boolean): Generator<Uint8Array, undefined> {
    const image = this.#image;
    const apex = image.word(this.#zone + zoneWord.apexNode);
    const soa = image.word(this.#zone + zoneWord.soa);
    this.#begin();
    yield* this.#rows(apex, soa, recordType.SOA);
    if (!onlySoa) {
      const end = image.word(this.#zone + zoneWord.nodesEnd);
      for (let place = image.word(this.#zone + zoneWord.firstNode); place < end; place = this.#nextNode(place)) {
        yield* this.#node(place);
      }
      yield* this.#rows(apex, soa, recordType.SOA);
    }
    yield this.#finish();
    return undefined;
  }

  *#node(place: number): Generator<Uint8Array, undefined> {
    const image = this.#image;
    for (let index = 0; index < image.rrsetCount(place); index++) {
      const entry = place + nodeWord.entries + index * rrsetEntryWords;
      const type = image.word(entry);
      const found = image.word(entry + 1);
      if (type !== recordType.SOA) yield* this.#rows(place, found, type);
      yield* this.#programs(place, found, type);
    }
    return undefined;
  }

  /** Records one by one, so that a set larger than a message goes out too. */
  *#rows(place: number, found: number, type: number): Generator<Uint8Array, undefined> {
    const image = this.#image;
    const row = this.#row;
    let at = image.rowsAt(found);
    for (let count = image.rowCount(found); count > 0; count--) {
      const next = image.nextRow(at);
      row.bytes = image.bytes;
      row.at = at;
      row.length = next - at;
      row.count = 1;
      row.type = type;
      yield* this.#add(() => this.#writer.rows(section.answer, image.bytes, image.nameAt(place), row));
      at = next;
    }
    return undefined;
  }

  *#programs(place: number, found: number, type: number): Generator<Uint8Array, undefined> {
    const image = this.#image;
    const first = image.word(found + rrsetWord.firstProgram);
    const head = { type: recordType.LUA, ttlSeconds: image.word(found + rrsetWord.ttl) };
    for (let index = first; index < first + image.programCount(found); index++) {
      const data = encodeLua(type, this.#sources[index]?.code ?? '');
      yield* this.#add(() => this.#writer.records(section.answer, image.bytes, image.nameAt(place), head, [data]));
    }
    return undefined;
  }

  /** Adds with `write`; where it does not fit, the message goes out and the next takes it. */
  *#add(write: () => boolean): Generator<Uint8Array, undefined> {
    if (!write()) {
      if (!this.#isEmpty) yield this.#finish();
      // A record on its own may take as much as a message can.
      this.#begin(this.#isEmpty ? this.#out.length : messageBytes);
      if (!write()) {
        this.#begin(this.#out.length);
        write();
      }
    }
    this.#isEmpty = false;
    return undefined;
  }

  #begin(limit = messageBytes): void {
    const { bytes, hasEdns } = this.#asked;
    // Every message may be read on its own, so that each says that we have EDNS (RFC 6891 §6.1.1).
    const room = hasEdns ? limit - optHeaderBytes : limit;
    this.#writer.start(this.#out, room, bytes, this.#isFirst ? bytes.length : headerBytes);
    this.#isEmpty = true;
  }

  #finish(): Uint8Array {
    const { bytes, hasEdns, dnssecOk } = this.#asked;
    const writer = this.#writer;
    if (hasEdns) {
      writer.beginOpt(0, dnssecOk, this.#out.length);
      writer.endOpt();
    }
    const flags = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    writer.setFlags(flag.response | flag.authoritative | (flags & flag.recursionDesired));
    this.#isFirst = false;
    return this.#out.slice(0, writer.length);
  }

  /** Nodes and their sets lie behind each other: the next begins where the last set of this one ends. */
  #nextNode(place: number): number {
    const image = this.#image;
    const count = image.rrsetCount(place);
    const nameEnd = image.nameAt(place) + image.word(place + nodeWord.nameBytes);
    if (count === 0) return (nameEnd + 3) >>> 2;
    const last = image.word(place + nodeWord.entries + (count - 1) * rrsetEntryWords + 1);
    return (image.rowsAt(last) + image.word(last + rrsetWord.rowsBytes) + 3) >>> 2;
  }
}

/** The data of PowerDNS's LUA record: the type that it gives, then its code as character strings. */
function encodeLua(type: number, code: string): Uint8Array {
  const bytes = [type >> 8, type & 0xff];
  for (let at = 0; at === 0 || at < code.length; at += 255) {
    const chunk = code.slice(at, at + 255);
    bytes.push(chunk.length, ...Array.from(chunk, (character) => character.charCodeAt(0)));
  }
  return Uint8Array.from(bytes);
}
