/**
 * An answer with everything that led to it: the zone, the programs that were run and what each of them says it did, and
 * the reply as it would go out.
 *
 * The answering code itself runs, over programs that tell, so that what is explained is what is answered. For people:
 * it allocates as it likes.
 */
import { assert } from '#base/assert.ts';
import { ednsOption, maxMessageBytes } from '../wire/constants.ts';
import { LabelIndex } from '../wire/name-map.ts';
import { decodeMessage, encodeQuery } from '../wire/message.ts';
import type { Message } from '../wire/message.ts';
import type { Name } from '../wire/name.ts';
import type { DynamicAnswer, DynamicRecord, DynamicSource, ExplainedStep } from '../zone/dynamic.ts';
import { zone as zoneWord } from '../zone/image-layout.ts';
import type { ZoneSummary } from '../zone/image.ts';
import { createAnswerer } from './answerer.ts';
import type { AnswererOptions } from './answerer.ts';
import type { Generation } from './generation.ts';

/** What is asked, and for whom. */
export interface ExplainRequest {
  readonly name: Name;
  readonly type: number;
  /** The client's address, 4 octets or 16, of which `bits` are told as its network (RFC 7871). */
  readonly address: Uint8Array;
  readonly bits: number;
  readonly unixMs: number;
}

/** One program that was run. */
export interface ExplainedProgram {
  readonly source: DynamicSource;
  readonly answer: DynamicAnswer;
  /** Empty where the record cannot tell. */
  readonly steps: readonly ExplainedStep[];
}

/** An answer and how it came about. */
export interface ExplainedReply {
  readonly zone: ZoneSummary | undefined;
  /** In the order in which they ran. */
  readonly programs: readonly ExplainedProgram[];
  readonly reply: Message;
  /** Bits of the client's network for which the answer holds (RFC 7871 §7.2.1). */
  readonly scopeBits: number;
  /** The text of the extended error, where there is one (RFC 8914). */
  readonly note: string | undefined;
}

/** Answers a query as a server with these options would over TCP, and tells how. */
export function explainAnswer(
  generation: Generation,
  request: ExplainRequest,
  options: AnswererOptions = {},
): ExplainedReply {
  const programs = new Map<DynamicSource, ExplainedProgram>();
  const telling = {
    ...generation,
    programs: generation.programs.map((record, index) => {
      const source = generation.sources[index];
      return source === undefined ? record : tellingRecord(record, source, programs);
    }),
  };
  const { name, type, address, bits, unixMs } = request;
  const query = encodeQuery(0, { name, type }, { udpBytes: 1232, options: subnetOption(address, bits) });
  const client = { address, transport: 'tcp', unixMs, idleTimeoutMs: 0 } as const;
  const out = new Uint8Array(maxMessageBytes);
  const length = createAnswerer(telling, options).answer(query, query.length, client, out);
  const reply = decodeMessage(out.subarray(0, length));
  assert(reply.ok, 'our own reply parses');
  const { scopeBits, note } = readOptions(reply.value.opt?.rdata ?? new Uint8Array(0));
  return { zone: zoneOf(generation, name), programs: [...programs.values()], reply: reply.value, scopeBits, note };
}

/** A record that writes down what it did; a later run, on newer health, replaces what an earlier one told. */
function tellingRecord(
  record: DynamicRecord,
  source: DynamicSource,
  told: Map<DynamicSource, ExplainedProgram>,
): DynamicRecord {
  return {
    type: record.type,
    evaluate: (client) => {
      const { answer, steps } = record.explain?.(client) ?? { answer: record.evaluate(client), steps: [] };
      told.delete(source);
      told.set(source, { source, answer, steps });
      return answer;
    },
  };
}

function zoneOf({ image }: Generation, name: Name): ZoneSummary | undefined {
  const labels = new LabelIndex();
  labels.scan(name, 0);
  const place = image.findZone(name, 0, labels, 0);
  if (place === 0) return undefined;
  return { apex: image.nameOf(image.word(place + zoneWord.apexNode)), serial: image.word(place + zoneWord.serial) };
}

/** The client subnet option of a query (RFC 7871 §6). */
function subnetOption(address: Uint8Array, bits: number): Uint8Array {
  const octets = address.slice(0, (bits + 7) >> 3);
  const last = octets.length - 1;
  if (bits % 8 !== 0) octets[last] = (octets[last] ?? 0) & (0xff << (8 - (bits % 8)));
  const family = address.length === 4 ? 1 : 2;
  return Uint8Array.of(0, ednsOption.clientSubnet, 0, 4 + octets.length, 0, family, bits, 0, ...octets);
}

/** The scope of the subnet option and the text of the extended error; the octets are those of our own reply. */
function readOptions(bytes: Uint8Array): { readonly scopeBits: number; readonly note: string | undefined } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let scopeBits = 0;
  let note: string | undefined;
  for (let at = 0; at < bytes.length; at += 4 + view.getUint16(at + 2)) {
    const code = view.getUint16(at);
    const end = at + 4 + view.getUint16(at + 2);
    if (code === ednsOption.clientSubnet) scopeBits = view.getUint8(at + 7);
    if (code === ednsOption.extendedError) note = new TextDecoder().decode(bytes.subarray(at + 6, end));
  }
  return { scopeBits, note };
}
