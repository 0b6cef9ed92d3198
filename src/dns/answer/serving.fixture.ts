/** Zones and answerers for tests: master files and questions as text, replies decoded. */
import assert from 'node:assert/strict';
import { refuse, succeed } from '#base/result.ts';
import { parseType } from '../wire/constants.ts';
import { decodeMessage, encodeQuery } from '../wire/message.ts';
import type { Message } from '../wire/message.ts';
import type { Client, DynamicAnswer, DynamicCompiler } from '../zone/dynamic.ts';
import { buildImage } from '../zone/image-builder.ts';
import { name } from '../zone/read-zone.fixture.ts';
import { readZone } from '../zone/read-zone.ts';
import type { ZoneData } from '../zone/zone-data.ts';
import type { AnswerClient, Answerer } from './answerer.ts';
import { createGeneration } from './generation.ts';
import type { Generation, GenerationOptions } from './generation.ts';

/** A client over UDP. */
export const udp: AnswerClient = {
  address: Uint8Array.of(192, 0, 2, 99),
  transport: 'udp',
  unixMs: 1_700_000_000_000,
  idleTimeoutMs: 0,
};

/** A client over TCP. */
export const tcp: AnswerClient = { ...udp, transport: 'tcp' };

/** Compiles each code to the function that stands behind it here. */
export function compilerOf(behaviours: Readonly<Record<string, (client: Client) => DynamicAnswer>>): DynamicCompiler {
  return ({ code, type }) => {
    const evaluate = behaviours[code];
    return evaluate === undefined ? refuse({ message: 'unknown', offset: 0 }) : succeed({ type, evaluate });
  };
}

/** Takes any code, which then gives no records. */
export const anyCode: DynamicCompiler = ({ type }) =>
  succeed({ type, evaluate: () => ({ kind: 'records', rdata: [], changePending: false, scopeBits: 0 }) });

/** Reads a master file for example.com. that has no errors. */
export function zoneOf(text: string, compile: DynamicCompiler = anyCode): ZoneData {
  const { zone, problems } = readZone({ file: 'zone', text, origin: name('example.com.') }, { compile });
  assert.ok(zone !== undefined, problems.map(({ message }) => message).join('\n'));
  return zone;
}

/** One zone, opened. */
export function generationOf(text: string, options: Partial<GenerationOptions> = {}): Generation {
  const compile = options.compile ?? anyCode;
  return createGeneration(buildImage([zoneOf(text, compile)]), { ...options, compile });
}

/** The octets of a plain query for `name TYPE`, with EDNS where options are given, in hexadecimal. */
export function queryFor(question: string, options?: string): Uint8Array {
  const [qname = '', qtype = ''] = question.split(' ');
  const edns =
    options === undefined ? undefined : { udpBytes: 1232, options: Uint8Array.from(Buffer.from(options, 'hex')) };
  return encodeQuery(42, { name: name(qname), type: parseType(qtype) ?? 0 }, edns);
}

/** The reply; undefined for none. */
export function exchange(answerer: Answerer, query: Uint8Array, client = udp): Message | undefined {
  const out = new Uint8Array(65_535);
  const length = answerer.answer(query, query.length, client, out);
  return length === 0 ? undefined : decoded(out.subarray(0, length));
}

/** The reply to a question, which must come. */
export function ask(answerer: Answerer, question: string, client = udp): Message {
  const reply = exchange(answerer, queryFor(question), client);
  assert.ok(reply !== undefined, 'there is a reply');
  return reply;
}

/** A message that must parse. */
export function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes);
  assert.ok(message.ok, 'the message parses');
  return message.value;
}
