/** Questions with a client's network (RFC 7871) and what comes of them, in the few words that LUA records are about. */
import assert from 'node:assert/strict';
import { prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { ednsOption, parseType, rcodeName } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import { parseName } from '#dns/wire/name.ts';
import { formatRdata } from '#dns/wire/rdata.ts';

/** Sends one message and gives the reply to it; undefined for none. */
export type AskOctets = (query: Uint8Array) => Promise<Uint8Array | undefined>;

/** A reply, as far as a LUA record decides it. */
export interface LuaReply {
  readonly rcode: string;
  /** The data of the answer section in the order given. */
  readonly data: readonly string[];
  readonly ttlSeconds: number | undefined;
  /** Of the reply's client subnet; undefined where it has none. */
  readonly scopeBits: number | undefined;
}

/** Asks for `name TYPE`, for the client of a network such as `192.0.2.53/32` where one is given. */
export async function askLua(ask: AskOctets, question: string, client?: string): Promise<LuaReply> {
  const reply = await ask(encodeLuaQuery(question, client));
  assert.ok(reply !== undefined, `there is a reply to ${question}`);
  return readLuaReply(reply);
}

/** The octets of the question; the id is zero. */
export function encodeLuaQuery(question: string, client?: string): Uint8Array {
  const [owner = '', typeText = ''] = question.split(' ');
  const name = parseName(`${owner}.`);
  const type = parseType(typeText);
  assert.ok(name.ok && type !== undefined, `"${question}" is a name and a type`);
  const options = client === undefined ? new Uint8Array(0) : subnetOption(client);
  return encodeQuery(0, { name: name.value, type }, { udpBytes: 4096, options });
}

/** The client subnet of a network whose host bits are zero (RFC 7871 §6). */
function subnetOption(client: string): Uint8Array {
  // Written by tests as a network; one that is not fails in the conversion.
  const { bytes, length } = prefixParts(client as IpPrefix);
  const octets = bytes.subarray(0, Math.ceil(length / 8));
  const family = bytes.length === 4 ? 1 : 2;
  return Uint8Array.of(0, ednsOption.clientSubnet, 0, 4 + octets.length, 0, family, length, 0, ...octets);
}

/** Reads a reply. */
export function readLuaReply(octets: Uint8Array): LuaReply {
  const decoded = decodeMessage(octets);
  assert.ok(decoded.ok, 'the reply is a message');
  const { rcode, answers, opt } = decoded.value;
  return {
    rcode: rcodeName(rcode),
    data: answers.map(({ type, rdata }) => formatRdata(type, rdata)),
    ttlSeconds: answers[0]?.ttlSeconds,
    scopeBits: opt === undefined ? undefined : scopeOf(opt.rdata),
  };
}

/** The reply as facts write it: its data, sorted, between ` | `; or NODATA, or the response code. */
export function formatLuaReply({ rcode, data }: LuaReply): string {
  if (rcode !== 'NOERROR') return rcode;
  return data.length === 0 ? 'NODATA' : data.toSorted().join(' | ');
}

function scopeOf(options: Uint8Array): number | undefined {
  const view = new DataView(options.buffer, options.byteOffset, options.length);
  for (let at = 0; at + 4 <= options.length; at += 4 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === ednsOption.clientSubnet) return view.getUint8(at + 7);
  }
  return undefined;
}
