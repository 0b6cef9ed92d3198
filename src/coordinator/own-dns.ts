/**
 * Asks this coordinator's own DNS as a stranger would, over UDP and TCP, at an address of a nameserver prefix (R18).
 *
 * Right is an authoritative SOA answer with the serial of the release in force; anything else, silence included, is a
 * failure with its reason.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { familyOf, formatHostPort, prefixContains } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { flag, rcodeName, recordType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import type { ZoneSummary } from '#dns/zone/image.ts';
import type { ListenAddress } from '#serve/listen-fault.ts';

/** What was found. */
export interface OwnDnsResult {
  readonly passed: boolean;
  readonly reason: string;
}

const defaultLimitMs = 1000;

/** Asks at the first address that DNS listens on within `prefix`; each answer has to come within `limitMs`. */
export async function askOwnDns(
  prefix: IpPrefix,
  zone: ZoneSummary | undefined,
  bound: readonly ListenAddress[],
  limitMs: number = defaultLimitMs,
): Promise<OwnDnsResult> {
  const at = bound.find((listen) => prefixContains(prefix, listen.address));
  if (at === undefined) return { passed: false, reason: `DNS listens on no address of ${prefix}` };
  if (zone === undefined) return { passed: false, reason: 'there is no zone to ask for' };
  const where = formatHostPort(at.address, at.port);
  try {
    for (const [transport, ask] of [
      ['UDP', askUdp],
      ['TCP', askTcp],
    ] as const) {
      const fault = judge(await ask(at, query(zone), AbortSignal.timeout(limitMs)), zone);
      if (fault !== undefined) return { passed: false, reason: `${transport} ${where}: ${fault}` };
    }
    return { passed: true, reason: `answers on ${where}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { passed: false, reason: `${where}: ${why}` };
  }
}

const queryId = 1;

function query(zone: ZoneSummary): Uint8Array {
  return encodeQuery(queryId, { name: zone.apex, type: recordType.SOA });
}

/** Why the reply is not what it should be; undefined when it is. */
function judge(reply: Uint8Array, zone: ZoneSummary): string | undefined {
  const decoded = decodeMessage(reply);
  if (!decoded.ok) return `the reply does not parse at octet ${decoded.fault.offset}: ${decoded.fault.message}`;
  const { rcode, flags, answers } = decoded.value;
  if (rcode !== 0) return `the reply is ${rcodeName(rcode)}`;
  if ((flags & flag.authoritative) === 0) return 'the reply is not authoritative';
  const soa = answers.find((record) => record.type === recordType.SOA)?.rdata;
  if (soa === undefined) return 'the reply has no SOA';
  const serial = new DataView(soa.buffer, soa.byteOffset).getUint32(soa.length - 20);
  return serial === zone.serial ? undefined : `the serial is ${serial}, expected ${zone.serial}`;
}

async function askUdp(at: ListenAddress, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const socket = createSocket(familyOf(at.address) === 4 ? 'udp4' : 'udp6');
  try {
    socket.send(message, at.port, at.address);
    const [reply] = (await once(socket, 'message', { signal })) as [Uint8Array];
    return reply;
  } finally {
    socket.close();
  }
}

async function askTcp(at: ListenAddress, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const socket = connect({ host: at.address, port: at.port, signal });
  try {
    const framed = new Uint8Array(2 + message.length);
    new DataView(framed.buffer).setUint16(0, message.length);
    framed.set(message, 2);
    socket.end(framed);
    const chunks: Uint8Array[] = [];
    for await (const chunk of socket) chunks.push(chunk as Uint8Array);
    return new Uint8Array(Buffer.concat(chunks).subarray(2));
  } finally {
    socket.destroy();
  }
}
