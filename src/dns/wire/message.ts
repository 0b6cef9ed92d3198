/**
 * Whole messages as values (RFC 1035 §4): what probes, tests and tools read. Answering uses query.ts and writer.ts.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { formatRdata, expandRdata } from './rdata.ts';
import { classIn, flag, headerBytes, rcodeName, recordType, typeName } from './constants.ts';
import { expandName } from './message-name.ts';
import { formatName } from './name.ts';
import type { Name } from './name.ts';

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

/** A record; its data has uncompressed names. For OPT, class and TTL carry EDNS (RFC 6891 §6.1.2). */
export interface MessageRecord {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  readonly ttlSeconds: number;
  readonly rdata: Uint8Array;
}

export interface Message {
  readonly id: number;
  /** The second header word: see `flag`. */
  readonly flags: number;
  /** The response code with its EDNS part. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly MessageRecord[];
  readonly authorities: readonly MessageRecord[];
  /** Without the OPT record. */
  readonly additionals: readonly MessageRecord[];
  readonly opt: MessageRecord | undefined;
}

/** What does not parse, and at which octet. */
export interface WireFault {
  readonly offset: number;
  readonly message: string;
}

class DecodeFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Decodes a whole message; octets left over are a fault. The result keeps nothing of `bytes`. */
export function decodeMessage(bytes: Uint8Array): Result<Message, WireFault> {
  try {
    return succeed(decode(bytes));
  } catch (fault) {
    if (fault instanceof DecodeFault) return refuse({ offset: fault.offset, message: fault.message });
    throw fault;
  }
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

function decode(bytes: Uint8Array): Message {
  if (bytes.length < headerBytes) throw new DecodeFault('a message has at least a header of 12 octets', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const cursor = { bytes, view, at: headerBytes };
  const flags = view.getUint16(2);
  const section = <Part>(countAt: number, decodePart: (cursor: Cursor) => Part): Part[] => {
    const parts: Part[] = [];
    // Grown by what is there, since a count may say anything.
    for (let left = view.getUint16(countAt); left > 0; left--) parts.push(decodePart(cursor));
    return parts;
  };
  const questions = section(4, decodeQuestion);
  const answers = section(6, decodeRecord);
  const authorities = section(8, decodeRecord);
  const all = section(10, decodeRecord);
  if (cursor.at !== bytes.length) throw new DecodeFault('octets are left after the last record', cursor.at);
  const opt = all.find((record) => record.type === recordType.OPT);
  const extended = opt === undefined ? 0 : Math.floor(opt.ttlSeconds / 2 ** 24);
  return {
    id: view.getUint16(0),
    flags,
    rcode: (flags & 0xf) + extended * 16,
    questions,
    answers,
    authorities,
    additionals: all.filter((record) => record !== opt),
    opt,
  };
}

function decodeQuestion(cursor: Cursor): Question {
  const name = decodeName(cursor);
  need(cursor, 4);
  cursor.at += 4;
  return { name, type: cursor.view.getUint16(cursor.at - 4), class: cursor.view.getUint16(cursor.at - 2) };
}

function decodeRecord(cursor: Cursor): MessageRecord {
  const owner = decodeName(cursor);
  need(cursor, 10);
  const { view, at } = cursor;
  const type = view.getUint16(at);
  const length = view.getUint16(at + 8);
  cursor.at += 10;
  need(cursor, length);
  const rdata = expandRdata(type, cursor.bytes, { offset: cursor.at, length });
  if (rdata === undefined) throw new DecodeFault(`this is not valid ${typeName(type)} data`, cursor.at);
  cursor.at += length;
  return { owner, type, class: view.getUint16(at + 2), ttlSeconds: view.getUint32(at + 4), rdata };
}

function decodeName(cursor: Cursor): Name {
  const expanded = expandName(cursor.bytes, cursor.at, cursor.bytes.length);
  if (expanded === undefined) throw new DecodeFault('a malformed name', cursor.at);
  cursor.at = expanded.next;
  return expanded.name;
}

function need(cursor: Cursor, length: number): void {
  if (cursor.at + length > cursor.bytes.length)
    throw new DecodeFault('the message ends too early', cursor.bytes.length);
}

/** Writes a record as one line of a master file. */
export function formatRecord(record: MessageRecord): string {
  const { owner, ttlSeconds, type } = record;
  return `${formatName(owner)} ${ttlSeconds} IN ${typeName(type)} ${formatRdata(type, record.rdata)}`;
}

/** Writes a message as people read it, one line each: status and flags, then the records by section. */
export function formatMessage(message: Message): string {
  const names = [
    ['aa', flag.authoritative],
    ['tc', flag.truncated],
    ['rd', flag.recursionDesired],
  ] as const;
  const flags = names.filter(([, bit]) => (message.flags & bit) !== 0).map(([name]) => name);
  const lines = [[rcodeName(message.rcode), ...flags].join(' ')];
  const sections = [
    ['answer', message.answers],
    ['authority', message.authorities],
    ['additional', message.additionals],
  ] as const;
  for (const [section, records] of sections) {
    for (const record of records) lines.push(`${section}: ${formatRecord(record)}`);
  }
  return lines.join('\n');
}

/** Builds a plain query; `edns` adds an OPT record with the given payload size and options. */
export function encodeQuery(
  id: number,
  question: { readonly name: Name; readonly type: number; readonly class?: number },
  edns?: { readonly udpBytes: number; readonly dnssecOk?: boolean; readonly options?: Uint8Array },
): Uint8Array {
  const options = edns?.options ?? new Uint8Array(0);
  const bytes = new Uint8Array(headerBytes + question.name.length + 4 + (edns === undefined ? 0 : 11 + options.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(4, 1);
  bytes.set(question.name, headerBytes);
  let at = headerBytes + question.name.length;
  view.setUint16(at, question.type);
  view.setUint16(at + 2, question.class ?? classIn);
  if (edns === undefined) return bytes;
  view.setUint16(10, 1);
  at += 4;
  view.setUint16(at + 1, recordType.OPT);
  view.setUint16(at + 3, edns.udpBytes);
  view.setUint16(at + 7, edns.dnssecOk === true ? 0x8000 : 0);
  view.setUint16(at + 9, options.length);
  bytes.set(options, at + 11);
  return bytes;
}
