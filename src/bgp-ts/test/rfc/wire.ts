/** Messages in hex for the tests of RFCs, so that expected octets stand in them as an RFC draws them. */
import type { DecodeContext, FramingRules, Message, MessageFault, PathAttribute, Result } from '../../src/index.ts';
import { decodeMessage, Framer } from '../../src/index.ts';

/** A peer in another AS with 4-octet AS numbers and nothing else agreed on. */
export const external: DecodeContext = { fourOctetAs: true, isExternal: true };

/** The same in our own AS. */
export const internal: DecodeContext = { fourOctetAs: true, isExternal: false };

export const marker = 'ff'.repeat(16);
export const origin = '40010100';
export const asPath = '400206 0201 0000fde9';
export const nextHop = '400304 c0000209';
export const prefix = '18 c63364';

/** Octets of hex, in which spaces mean nothing. */
export function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** Hex of octets. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A whole message; its length is right unless it is given. */
export function message(type: number, body: string, length?: number): Uint8Array {
  const bytes = octets(body);
  const stated = length ?? 19 + bytes.length;
  return octets(
    `${marker} ${stated.toString(16).padStart(4, '0')} ${type.toString(16).padStart(2, '0')} ${hexOf(bytes)}`,
  );
}

/** An UPDATE from its three fields. */
export function update(attributes: string, announced = '', withdrawn = ''): Uint8Array {
  const field = (hex: string): string => `${octets(hex).length.toString(16).padStart(4, '0')} ${hex}`;
  return message(2, `${field(withdrawn)} ${field(attributes)} ${announced}`);
}

/** What the framer and the decoder make of octets that hold one message, or not even that. */
export function receive(
  bytes: Uint8Array,
  context: DecodeContext = external,
): Result<Message, MessageFault> | undefined {
  const framer = new Framer();
  const rules: FramingRules = context;
  framer.negotiate(rules);
  const [event] = framer.push(bytes);
  if (event === undefined) return undefined;
  return event.kind === 'fault' ? { ok: false, fault: event.fault } : decodeMessage(event.frame, context);
}

/** `CODE/SUBCODE DATA` of the NOTIFICATION that octets earn; `none` where they are a message. */
export function notificationFor(bytes: Uint8Array, context: DecodeContext = external): string {
  const received = receive(bytes, context);
  if (received === undefined) return 'waits for more';
  if (received.ok) return 'none';
  const { code, subcode, data } = received.fault;
  return `${code}/${subcode} ${hexOf(data)}`.trim();
}

/** The attributes of an UPDATE; throws where it is none. */
export function attributesOf(bytes: Uint8Array, context: DecodeContext = external): readonly PathAttribute[] {
  const received = receive(bytes, context);
  if (received?.ok !== true || received.value.kind !== 'update') throw new Error('no UPDATE');
  return received.value.attributes;
}

/** Severity of an UPDATE, `session-reset` where the session does not survive it. */
export function severityOf(bytes: Uint8Array, context: DecodeContext = external): string {
  const received = receive(bytes, context);
  if (received?.ok !== true) return 'session-reset';
  return received.value.kind === 'update' ? received.value.severity : received.value.kind;
}
