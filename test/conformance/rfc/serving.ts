/**
 * Zones served in process for the tests of RFCs: master files as text, queries as octets, replies as octets or as lines
 * of text (`formatMessage`). What a reply must be is written out by hand in each test.
 */
import { assert, present } from '#base/assert.ts';
import { refuse, succeed } from '#base/result.ts';
import { createAnswerer } from '#dns/answer/answerer.ts';
import type { AnswerClient, Answerer, AnswererOptions } from '#dns/answer/answerer.ts';
import { createGeneration } from '#dns/answer/generation.ts';
import { headerBytes, parseType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery, formatMessage } from '#dns/wire/message.ts';
import type { Message } from '#dns/wire/message.ts';
import { parseName, rootName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import type { DynamicCompiler } from '#dns/zone/dynamic.ts';
import { buildImage } from '#dns/zone/image-builder.ts';
import { formatZoneProblem } from '#dns/zone/problem.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import type { ZoneData } from '#dns/zone/zone-data.ts';

/** A client over UDP. */
export const udp: AnswerClient = {
  address: Uint8Array.of(192, 0, 2, 99),
  transport: 'udp',
  unixMs: 1_559_731_985_000,
  idleTimeoutMs: 0,
};

/** A client over TCP that is kept for ten seconds. */
export const tcp: AnswerClient = { ...udp, transport: 'tcp', idleTimeoutMs: 10_000 };

/** `LUA` records: `client` gives the client's address as TXT data and depends on it; `address` gives 192.0.2.1. */
const compile: DynamicCompiler = ({ code, type }) => {
  if (code !== 'client' && code !== 'address') return refuse({ message: 'unknown code', offset: 0 });
  return succeed({
    type,
    evaluate: ({ address, addressBits }) => {
      const rdata = code === 'client' ? Uint8Array.of(address.length, ...address) : Uint8Array.of(192, 0, 2, 1);
      return { kind: 'records', rdata: [rdata], changePending: false, scopeBits: code === 'client' ? addressBits : 0 };
    },
  });
};

/** A name that is known to be one. */
export function nameOf(text: string): Name {
  const parsed = parseName(text);
  assert(parsed.ok, `${text} is a name`);
  return parsed.value;
}

/** Reads a master file without errors; relative names are completed with the root. */
export function readZoneText(text: string): ZoneData {
  const { zone, problems } = readZone({ file: 'zone', text, origin: rootName }, { compile });
  return present(zone, problems.map(formatZoneProblem).join('\n'));
}

/** What is wrong with a master file, one line each; warnings too. */
export function problemsOf(text: string): readonly string[] {
  return readZone({ file: 'zone', text, origin: rootName }, { compile }).problems.map(formatZoneProblem);
}

/** Serves one zone, or several. */
export function serve(texts: string | readonly string[], options: AnswererOptions = {}): Answerer {
  const zones = (typeof texts === 'string' ? [texts] : texts).map(readZoneText);
  return createAnswerer(createGeneration(buildImage(zones), { compile }), options);
}

/** What a query has beside its question. */
export interface QueryShape {
  readonly id?: number;
  /** The second header word. */
  readonly flags?: number;
  readonly class?: number;
  readonly edns?: EdnsShape;
}

/** The OPT record of a query. */
export interface EdnsShape {
  /** Default 1232. */
  readonly udpBytes?: number;
  readonly version?: number;
  /** The last two octets of the TTL field. */
  readonly flags?: number;
  /** In hexadecimal; blanks are ignored. */
  readonly options?: string;
}

/** Octets of hexadecimal text; blanks are ignored. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

/** The octets of a query for `name TYPE`. */
export function query(question: string, shape: QueryShape = {}): Uint8Array {
  const [nameText = '', typeText = ''] = question.split(' ');
  const name = nameOf(nameText);
  const asked = { name, type: present(parseType(typeText), `the type ${typeText}`), class: shape.class ?? 1 };
  const { edns } = shape;
  const opt = edns === undefined ? undefined : { udpBytes: edns.udpBytes ?? 1232, options: octets(edns.options ?? '') };
  const bytes = encodeQuery(shape.id ?? 0, asked, opt);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, shape.flags ?? 0);
  const optAt = headerBytes + name.length + 4;
  if (edns !== undefined) view.setUint8(optAt + 6, edns.version ?? 0);
  if (edns !== undefined) view.setUint16(optAt + 7, edns.flags ?? 0);
  return bytes;
}

/** The octets of the reply; none is silence. */
export function exchange(server: Answerer, bytes: Uint8Array, client = udp): Uint8Array {
  const out = new Uint8Array(65_535);
  return out.slice(0, server.answer(bytes, bytes.length, client, out));
}

/** The reply to octets, decoded. */
export function decode(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes);
  assert(message.ok, 'the reply parses');
  return message.value;
}

/** The reply to a question, decoded. */
export function ask(server: Answerer, question: string, shape: QueryShape = {}, client = udp): Message {
  return decode(exchange(server, query(question, shape), client));
}

/** The reply to a question, as lines. */
export function reply(server: Answerer, question: string, shape: QueryShape = {}, client = udp): readonly string[] {
  return formatMessage(ask(server, question, shape, client)).split('\n');
}

/** The options of a reply in hexadecimal, or `none` without EDNS. */
export function optionsOf(message: Message): string {
  return message.opt === undefined ? 'none' : Buffer.from(message.opt.rdata).toString('hex');
}
