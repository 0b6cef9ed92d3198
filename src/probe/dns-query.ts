/**
 * Asks a name server one question over UDP or TCP (RFC 1035 §4.2), and judges the response code and the addresses.
 *
 * A truncated answer is asked for again over TCP where its addresses matter. A reply to another question, or with another
 * id, is not heard. Signatures are not validated.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import net from 'node:net';
import { assert } from '#base/assert.ts';
import { familyOf, formatHostPort, formatIp } from '#base/ip.ts';
import { flag, parseType, rcodeName, recordType } from '#dns/wire/constants.ts';
import { decodeMessage, encodeQuery } from '#dns/wire/message.ts';
import type { Message } from '#dns/wire/message.ts';
import { equalNames, parseName } from '#dns/wire/name.ts';
import type { Name } from '#dns/wire/name.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { DnsKind } from '#health/check-kind.ts';
import { connectOptions } from './connect.ts';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';
import { failedBy } from './probe-error.ts';

interface Question {
  readonly id: number;
  readonly name: Name;
  readonly type: number;
}

type Receive = (reply: Uint8Array | Error) => void;

/** Runs a `dns` check. */
export function startDns(check: CheckDefinition, what: DnsKind, done: (outcome: Outcome) => void): Cancel {
  const name = parseName(what.name);
  const type = parseType(what.type);
  if (!name.ok || type === undefined) {
    const timer = setImmediate(done, unable(`'${what.name} ${what.type}' is no question`));
    return () => {
      clearImmediate(timer);
    };
  }
  const question = { id: randomInt(0x1_0000), name: name.value, type };
  let close: Cancel;
  const hear = (transport: DnsKind['transport'], reply: Uint8Array | Error): void => {
    const heard = reply instanceof Error ? failedBy(reply, check) : judge(reply, question, what);
    // A stranger's datagram is no answer: the real one may still come.
    if (heard === undefined && transport === 'udp') return;
    close();
    if (heard === 'truncated' && transport === 'udp') close = ask('tcp');
    else if (heard === undefined || heard === 'truncated') done({ passed: false, reason: notDns(check) });
    else done(heard);
  };
  const ask = (transport: DnsKind['transport']): Cancel => {
    const message = encodeQuery(question.id, question, { udpBytes: 1232 });
    const receive: Receive = (reply) => {
      hear(transport, reply);
    };
    return transport === 'udp' ? askUdp(check, message, receive) : askTcp(check, message, receive);
  };
  close = ask(what.transport);
  return () => {
    close();
  };
}

function notDns({ address, port }: CheckDefinition): string {
  return `${formatHostPort(address, port)} did not answer in DNS`;
}

/** Judges a reply; undefined where it is no reply to this question. */
function judge(bytes: Uint8Array, question: Question, what: DnsKind): Outcome | 'truncated' | undefined {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.value.id !== question.id || (decoded.value.flags & flag.response) === 0) return undefined;
  const { rcode, flags, questions } = decoded.value;
  const [asked] = questions;
  if (asked !== undefined && !(asked.type === question.type && equalNames(asked.name, question.name))) return undefined;
  const got = rcodeName(rcode);
  if (got !== what.expectRcode) return { passed: false, reason: `${got}, expected ${what.expectRcode}` };
  if (what.expectAddresses === undefined) return { passed: true, reason: got };
  if ((flags & flag.truncated) !== 0) return 'truncated';
  const addresses = addressesOf(decoded.value);
  const wanted = what.expectAddresses;
  const found = addresses.find((address) => wanted.includes(address));
  if (found !== undefined) return { passed: true, reason: `${got} with ${found}` };
  const listed = addresses.length === 0 ? 'no address' : addresses.slice(0, 4).join(', ');
  return { passed: false, reason: `${got} with ${listed}, expected ${wanted.slice(0, 4).join(' or ')}` };
}

function addressesOf(message: Message): readonly string[] {
  const { A, AAAA } = recordType;
  return message.answers.filter(({ type }) => type === A || type === AAAA).map(({ rdata }) => formatIp(rdata));
}

function askUdp(check: CheckDefinition, message: Uint8Array, receive: Receive): Cancel {
  const { address, port, sourceAddress } = check;
  const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6');
  let isOpen = true;
  socket.on('message', receive);
  socket.on('error', receive);
  const send = (): void => {
    // Connected, so that a refusal by ICMP is heard and strangers are not.
    socket.connect(port, address, (...[error]: readonly (Error | undefined)[]) => {
      // Where there is no route, Node calls back with the error, which its types do not say.
      if (error !== undefined) receive(error);
      else if (isOpen) socket.send(message);
    });
  };
  if (sourceAddress === undefined) send();
  else socket.bind(0, sourceAddress, send);
  return () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
}

function askTcp(check: CheckDefinition, message: Uint8Array, receive: Receive): Cancel {
  const socket = net.connect(connectOptions(check));
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, 2);
  let bytes = Buffer.alloc(0);
  let isOver = false;
  const end = (reply: Uint8Array | Error): void => {
    if (!isOver) receive(reply);
  };
  socket.write(framed);
  socket.on('data', (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
    assert(bytes.length <= 2 * 65_537 + more.length, 'what came beyond one message is not collected');
    if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE()) {
      end(new Uint8Array(bytes.subarray(2, 2 + bytes.readUInt16BE())));
    }
  });
  socket.on('error', end);
  socket.on('close', () => {
    end(Object.assign(new Error('closed'), { code: 'EPIPE' }));
  });
  return () => {
    isOver = true;
    socket.destroy();
  };
}
