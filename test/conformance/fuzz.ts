/**
 * Fuzzes the answer function and the decoder of messages: whatever the octets, a reply is one that a client can read,
 * or there is none where there must be none.
 */
import { createPrng } from '#base/prng.ts';
import type { Prng } from '#base/prng.ts';
import { succeed } from '#base/result.ts';
import { CookieJar } from '#dns/answer/cookies.ts';
import { headerBytes } from '#dns/wire/constants.ts';
import { decodeMessage } from '#dns/wire/message.ts';
import type { DynamicAnswer, DynamicCompiler } from '#dns/zone/dynamic.ts';
import { damagePacket, packetBytes, seedPackets } from './fuzz-packets.ts';
import { answerRaw, replyBytes } from './in-process.ts';
import type { RawAnswer } from './in-process.ts';

/** How a run went; a fault says which packet did what. */
export interface FuzzOutcome {
  readonly packets: number;
  readonly replies: number;
  readonly faults: readonly string[];
}

/**
 * How much to do; `report` is called every hundred thousand packets with how many are done. `spoil` puts another answer
 * function in the place of ours, to show that its faults are found.
 */
export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  readonly spoil?: (answer: RawAnswer) => RawAnswer;
  readonly report?: (packets: number) => void;
}

const zone = `
$TTL 300
example.          SOA   ns.example. admin.example. 1 3600 600 86400 60
example.          NS    ns.example.
example.          MX    10 www.example.
ns.example.       A     192.0.2.53
www.example.      A     192.0.2.1
www.example.      AAAA  2001:db8::1
www.example.      HTTPS 1 . alpn=h2
*.w.example.      TXT   "any"
a.b.ent.example.  A     192.0.2.2
web.example.      CNAME www.example.
chain.example.    CNAME web.example.
loop.example.     CNAME pool.example.
pool.example.     CNAME loop.example.
old.example.      DNAME new.example.
x.new.example.    A     192.0.2.3
sub.example.      NS    ns.sub.example.
sub.example.      DS    1 13 2 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ns.sub.example.   A     192.0.2.4
big.example.      TXT   ${Array.from({ length: 30 }, (_, index) => `"${String(index).repeat(100)}"`).join(' ')}
${Array.from({ length: 40 }, (_, index) => `many.example. A 198.51.100.${index}`).join('\n')}
health.example.   LUA   A "up"
where.example.    LUA   A "client"
fail.example.     LUA   A "fails"
`;

/** Records that follow health, by their code. */
const compile: DynamicCompiler = ({ code, type }) => {
  const records: DynamicAnswer = {
    kind: 'records',
    rdata: [Uint8Array.of(192, 0, 2, 9)],
    changePending: code === 'client',
    scopeBits: code === 'client' ? 24 : 0,
  };
  const evaluate = (): DynamicAnswer => (code === 'fails' ? { kind: 'failure', reason: 'nothing is known' } : records);
  return succeed({ type, evaluate });
};

/** At most so many faults are kept. */
const maxFaults = 20;
const reportEvery = 100_000;

/** Runs; equal options give equal packets. Throws when the zone does not load. */
export function fuzzAnswers({ count, seed, report, spoil }: FuzzOptions): FuzzOutcome {
  const answer = answerRaw([{ file: 'zone', text: zone }], {
    compile,
    nsid: new TextEncoder().encode('node'),
    chaos: { idServer: 'here', version: 'none' },
    cookies: new CookieJar([Uint8Array.from({ length: 16 }, (_, index) => index)]),
  });
  if (!answer.ok) throw new Error(answer.fault);
  const fuzzer = new Fuzzer(answer.value, spoil?.(answer.value) ?? answer.value, createPrng(seed));
  for (let index = 0; index < count && fuzzer.faults.length < maxFaults; index++) {
    fuzzer.step(index);
    if ((index + 1) % reportEvery === 0) report?.(index + 1);
  }
  return { packets: count, replies: fuzzer.replies, faults: fuzzer.faults };
}

class Fuzzer {
  readonly faults: string[] = [];
  replies = 0;
  readonly #answer: RawAnswer;
  readonly #prng: Prng;
  readonly #seeds: Uint8Array[];
  readonly #packet = new Uint8Array(packetBytes);
  readonly #outs = [512, 1232, 4096, replyBytes].map((length) => new Uint8Array(length));
  readonly #control: Uint8Array;
  readonly #controlReply: string;

  /** `honest` gives what the packets and the control are made of. */
  constructor(honest: RawAnswer, answer: RawAnswer, prng: Prng) {
    this.#answer = answer;
    this.#prng = prng;
    const queries = seedPackets();
    // Replies are damaged too: as packets for the decoder, and as queries where their QR gets lost.
    const out = new Uint8Array(replyBytes);
    const replies = queries.map((query) => out.slice(0, honest(query, query.length, 'tcp', out)));
    this.#seeds = [...queries, ...queries, ...queries, ...replies.filter(({ length }) => length > 0)];
    this.#control = queries[2] ?? new Uint8Array(0);
    this.#controlReply = this.#controlAnswer(honest);
  }

  /** Makes one packet and judges what becomes of it. */
  step(index: number): void {
    const prng = this.#prng;
    const length = damagePacket(this.#packet, this.#seeds, prng);
    const isTcp = prng.below(4) === 0;
    const transport = isTcp ? 'tcp' : 'udp';
    const out = this.#outs[isTcp ? 3 : prng.below(3)] ?? new Uint8Array(replyBytes);
    let fault: string | undefined;
    try {
      fault = index % 16 === 0 ? this.#judgeTwice(length, transport, out) : this.#judge(length, transport, out);
      if (index % 1024 === 0 && this.#controlAnswer(this.#answer) !== this.#controlReply)
        fault = 'a later answer is another one';
    } catch (error) {
      fault = `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
    if (fault === undefined) return;
    const hex = Buffer.from(this.#packet.subarray(0, length)).toString('hex');
    this.faults.push(`packet ${index} (${transport}, room for ${out.length}) ${hex}: ${fault}`);
  }

  #judge(length: number, transport: 'udp' | 'tcp', out: Uint8Array): string | undefined {
    const packet = this.#packet;
    const query = decodeMessage(packet.subarray(0, length));
    if (!query.ok && (query.fault.offset < 0 || query.fault.offset > length)) {
      return `a fault of the packet at octet ${query.fault.offset}`;
    }
    const replied = this.#answer(packet, length, transport, out);
    if (!Number.isInteger(replied) || replied < 0 || replied > out.length) return `returned ${replied}`;
    const mustBeSilent = length < headerBytes || ((packet[2] ?? 0) & 0x80) !== 0;
    if (mustBeSilent !== (replied === 0)) return replied === 0 ? 'no reply' : 'a reply to what is no query';
    if (replied === 0) return undefined;
    this.replies++;
    const reply = decodeMessage(out.subarray(0, replied));
    if (!reply.ok) return `the reply: octet ${reply.fault.offset}: ${reply.fault.message}`;
    const { id, flags, questions, opt } = reply.value;
    if (id !== (((packet[0] ?? 0) << 8) | (packet[1] ?? 0))) return `the reply has id ${id}`;
    if ((flags & 0xf800) !== (0x8000 | (((packet[2] ?? 0) << 8) & 0x7800))) return `the reply has flags ${flags}`;
    const limit = opt === undefined ? 512 : 1232;
    if (transport === 'udp' && replied > limit) return `the reply has ${replied} octets`;
    if (questions.length > 1) return `the reply has ${questions.length} questions`;
    if (questions.length === 1) return this.#judgeQuestion(out);
    const isPlain = query.ok && query.value.questions.length === 1 && ((packet[2] ?? 0) & 0x78) === 0;
    // A compressed question is refused without it.
    return isPlain && this.#isQuestionWhole(length) ? 'the reply has no question' : undefined;
  }

  /** The question comes back octet by octet. */
  #judgeQuestion(out: Uint8Array): string | undefined {
    let at = headerBytes;
    while ((out[at] ?? 0) !== 0) at += 1 + (out[at] ?? 0);
    for (let index = headerBytes; index < at + 5; index++) {
      if (out[index] !== this.#packet[index]) return `octet ${index} of the question is another one`;
    }
    return undefined;
  }

  #isQuestionWhole(length: number): boolean {
    for (let at = headerBytes; at < length; at += 1 + (this.#packet[at] ?? 0)) {
      if ((this.#packet[at] ?? 0) >= 0xc0) return false;
      if (this.#packet[at] === 0) return true;
    }
    return false;
  }

  /** The same octets give the same reply, whatever lies behind them, and are left as they are. */
  #judgeTwice(length: number, transport: 'udp' | 'tcp', out: Uint8Array): string | undefined {
    const before = this.#packet.slice(0, length);
    const fault = this.#judge(length, transport, out);
    if (fault !== undefined) return fault;
    const first = out.slice(0, this.#answer(this.#packet, length, transport, out));
    this.#packet.fill(this.#prng.below(256), length);
    const second = out.subarray(0, this.#answer(this.#packet, length, transport, out));
    if (Buffer.compare(before, this.#packet.subarray(0, length)) !== 0) return 'the packet was changed';
    return Buffer.compare(first, second) === 0 ? undefined : 'the reply depends on what lies behind the packet';
  }

  #controlAnswer(answer: RawAnswer): string {
    const out = this.#outs[1] ?? new Uint8Array(replyBytes);
    const length = answer(this.#control, this.#control.length, 'udp', out);
    return Buffer.from(out.subarray(0, length)).toString('hex');
  }
}
