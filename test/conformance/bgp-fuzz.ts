/**
 * Damaged BGP messages at the codec: any octets give messages or a typed fault with the Data that its NOTIFICATION has,
 * however the stream is cut; nothing is read behind the end, nothing is changed, and what is read whole is written to the
 * same meaning again.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { decodeMessage, encodeFrame, encodeOpen, encodeUpdate, Framer } from 'bgp-ts';
import type { DecodeContext, DecodedUpdate, Frame, FrameEvent, Message, MessageFault, Result } from 'bgp-ts';
import { damagePacket, packetBytes } from './fuzz-packets.ts';
import { readVector } from './exabgp-vector.ts';
import { faultyUpdates } from './rfc7606-run.ts';

/** The codec's entry, which tests replace by one that is wrong. */
export type Decode = (frame: Frame, context: DecodeContext) => Result<Message, MessageFault>;

/** What to do. */
export interface BgpFuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Called now and then with the number of messages so far. */
  readonly report?: (messages: number) => void;
  readonly decode?: Decode;
}

/** What came of it. */
export interface BgpFuzzOutcome {
  readonly messages: number;
  /** How many were read whole, and how many were refused. */
  readonly read: number;
  readonly refused: number;
  /** Each with the octets that made it. */
  readonly faults: readonly string[];
}

/** At most so many faults are kept. */
const maxFaults = 20;
const reportEvery = 100_000;
const headerBytes = 19;

/** Every code and subcode that the codec gives, and whether its Data is right for these octets. */
const answers: Readonly<Record<string, (data: Uint8Array, message: Uint8Array) => boolean>> = {
  '1/1': isEmpty,
  '1/2': (data, message) => isSame(data, message.subarray(16, 18)),
  '1/3': (data, message) => isSame(data, message.subarray(18, 19)),
  '2/0': isEmpty,
  '2/1': (data) => isSame(data, Uint8Array.of(0, 4)),
  '2/4': isEmpty,
  '3/1': isEmpty,
  '3/2': isAttribute,
  // Never of a whole message: it costs the routes only.
  '3/3': () => false,
  '3/4': isAttribute,
  '3/5': isAttribute,
  '3/6': isAttribute,
  '3/8': isAttribute,
  '3/9': isAttribute,
  '3/10': isEmpty,
  '3/11': isEmpty,
  '7/1': isSame,
};

/** Runs; equal options give equal messages. */
export function fuzzBgp({ count, seed, report, decode = decodeMessage }: BgpFuzzOptions): BgpFuzzOutcome {
  const fuzzer = new Fuzzer(decode, createPrng(seed));
  for (let index = 0; index < count && fuzzer.faults.length < maxFaults; index++) {
    fuzzer.step(index);
    if ((index + 1) % reportEvery === 0) report?.(index + 1);
  }
  return { messages: count, read: fuzzer.read, refused: fuzzer.refused, faults: fuzzer.faults };
}

/** Whole messages of every type: those of the samples, and faulty ones. */
function seedMessages(): readonly Uint8Array[] {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
  const vectors = read('exabgp-sample.jsonl').trimEnd().split('\n').map(readVector);
  return [
    ...vectors.flatMap((vector) => (vector.ok ? [vector.value.bytes] : [])),
    ...faultyUpdates(read('rfc7606-sample.json')),
  ];
}

class Fuzzer {
  readonly faults: string[] = [];
  read = 0;
  refused = 0;
  readonly #decode: Decode;
  readonly #prng: Prng;
  readonly #seeds = seedMessages();
  /** Bodies by type, so that the header stays right in most messages. */
  readonly #bodies = new Map<number, Uint8Array[]>();
  readonly #packet = new Uint8Array(packetBytes);

  constructor(decode: Decode, prng: Prng) {
    this.#decode = decode;
    this.#prng = prng;
    for (const seed of this.#seeds) {
      const type = seed[headerBytes - 1] ?? 0;
      this.#bodies.set(type, [...(this.#bodies.get(type) ?? []), seed.subarray(headerBytes)]);
    }
  }

  /** Makes one message and judges what becomes of it. */
  step(index: number): void {
    const message = this.#make();
    let fault: string | undefined;
    try {
      fault = this.#judge(message, index);
    } catch (error) {
      fault = `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
    if (fault !== undefined) this.faults.push(`message ${index} ${Buffer.from(message).toString('hex')}: ${fault}`);
  }

  #make(): Uint8Array {
    const prng = this.#prng;
    if (prng.below(8) === 0) return this.#packet.slice(0, damagePacket(this.#packet, this.#seeds, prng));
    const types = [2, 2, 2, 2, 2, 2, 1, 1, 3, 5];
    const type = types[prng.below(types.length)] ?? 2;
    const length = damagePacket(this.#packet, this.#bodies.get(type) ?? [], prng);
    return encodeFrame(type, this.#packet.subarray(0, length), 65_535);
  }

  #judge(message: Uint8Array, index: number): string | undefined {
    const prng = this.#prng;
    const context: DecodeContext = {
      fourOctetAs: prng.below(2) === 0,
      isExternal: prng.below(2) === 0,
      extendedNextHop: prng.below(2) === 0,
      enhancedRouteRefresh: prng.below(2) === 0,
      extendedMessages: prng.below(2) === 0,
      addPath: prng.below(4) === 0 ? ['ipv4-unicast', 'ipv6-unicast'] : [],
    };
    const events = framed([message], context);
    const cuts = [prng.below(message.length + 1), prng.below(message.length + 1)].sort((a, b) => a - b);
    const [first = 0, second = 0] = cuts;
    const parts = [message.subarray(0, first), message.subarray(first, second), message.subarray(second)];
    if (!isDeepStrictEqual(framed(parts, context), events))
      return `cut at ${cuts.join(' and ')} it gives other messages`;
    let offset = 0;
    for (const event of events) {
      const fault =
        event.kind === 'fault'
          ? this.#refuse(event.fault, message.subarray(offset))
          : this.#frame(event.frame, context, index);
      if (fault !== undefined) return fault;
      if (event.kind === 'frame') offset += headerBytes + event.frame.body.length;
    }
    return undefined;
  }

  #frame(frame: Frame, context: DecodeContext, index: number): string | undefined {
    const body = frame.body.slice();
    const decoded = this.#decode(frame, context);
    if (index % 8 === 0) {
      // The same octets amid others.
      const amid = new Uint8Array(body.length + 64).fill(this.#prng.below(256));
      amid.set(body, 32);
      const again = this.#decode({ type: frame.type, body: amid.subarray(32, 32 + body.length) }, context);
      if (!isDeepStrictEqual(again, decoded)) return 'the outcome depends on what lies around the message';
      if (!isSame(body, frame.body)) return 'the message was changed';
    }
    if (!decoded.ok) return this.#refuse(decoded.fault, encodeFrame(frame.type, body, 65_535));
    this.read++;
    return this.#writeAgain(decoded.value, context);
  }

  #refuse(fault: MessageFault, message: Uint8Array): string | undefined {
    this.refused++;
    const answer = `${fault.code}/${fault.subcode}`;
    if (fault.reason === '') return `${answer} without a reason`;
    const isRight = answers[answer];
    if (isRight === undefined) return `an answer ${answer} that no fault has`;
    return isRight(fault.data, message) ? undefined : `${answer} with Data ${Buffer.from(fault.data).toString('hex')}`;
  }

  /** What has no fault is written to the same meaning. */
  #writeAgain(message: Message, context: DecodeContext): string | undefined {
    if (message.kind === 'open') {
      const again = framed([encodeOpen(message)], context)[0];
      const decoded = again?.kind === 'frame' ? this.#decode(again.frame, context) : undefined;
      return decoded?.ok === true && isDeepStrictEqual(decoded.value, message)
        ? undefined
        : 'OPEN changes when written';
    }
    if (message.kind !== 'update') return undefined;
    const badFault = message.faults.find(({ code, subcode }) => answers[`${code}/${subcode}`] === undefined);
    if (badFault !== undefined) return `a fault ${badFault.code}/${badFault.subcode} in an UPDATE`;
    const written = encodeUpdate(message, context.fourOctetAs, 65_535);
    if (message.severity !== 'none' || written.length > 4096) return undefined;
    const again = framed([written], context)[0];
    const decoded = again?.kind === 'frame' ? this.#decode(again.frame, context) : undefined;
    if (decoded?.ok !== true || decoded.value.kind !== 'update') return 'UPDATE cannot be read when written';
    return isDeepStrictEqual(sorted(decoded.value), sorted(message)) ? undefined : 'UPDATE changes when written';
  }
}

function framed(parts: readonly Uint8Array[], context: DecodeContext): readonly FrameEvent[] {
  const framer = new Framer();
  framer.negotiate(context);
  return parts.flatMap((part) => framer.push(part));
}

/** Attributes in one order: the codec writes them by type. */
function sorted(update: DecodedUpdate): DecodedUpdate {
  const keyOf = (kind: string, type: number): string => `${kind} ${type}`;
  const attributes = update.attributes.toSorted((a, b) => {
    const [left, right] = [a, b].map((item) => keyOf(item.kind, item.kind === 'unknown' ? item.type : 0));
    return (left ?? '').localeCompare(right ?? '');
  });
  return { ...update, attributes };
}

function isEmpty(data: Uint8Array): boolean {
  return data.length === 0;
}

function isSame(data: Uint8Array, expected: Uint8Array): boolean {
  return Buffer.compare(data, expected) === 0;
}

/** The Data of most attribute errors: an attribute of the message, octet by octet. */
function isAttribute(data: Uint8Array, message: Uint8Array): boolean {
  return data.length >= 3 && Buffer.from(message).includes(Buffer.from(data));
}
