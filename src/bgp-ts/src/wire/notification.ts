/**
 * The NOTIFICATION message (RFC 4271 §4.5), the names of its codes, and the text that an administrative Cease may carry
 * (RFC 9003).
 */
import { ByteWriter, plainBytes } from './bytes.ts';
import { ceaseSubcode, errorCode, headerBytes, maxMessageBytes, messageType } from './constants.ts';
import { noData } from './fault.ts';
import { encodeFrame } from './framer.ts';

/** A NOTIFICATION. */
export interface NotificationMessage {
  readonly kind: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** Longest shutdown text in bytes: what a peer of the older RFC 8203 still accepts. */
export const maxShutdownTextBytes = 128;

/** Reads the body of a NOTIFICATION; the framer has seen to it that code and subcode are there. */
export function decodeNotification(body: Uint8Array): NotificationMessage {
  return { kind: 'notification', code: body[0] ?? 0, subcode: body[1] ?? 0, data: plainBytes(body).slice(2) };
}

/** Longest Data that a peer without extended messages takes: 4096 bytes less header, code and subcode (RFC 8654 §5). */
const maxDataBytes = maxMessageBytes - headerBytes - 2;

/** Writes a whole NOTIFICATION message; Data is cut to what fits 4096 bytes. */
export function encodeNotification(notification: Omit<NotificationMessage, 'kind'>): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint8(notification.code);
  writer.writeUint8(notification.subcode);
  writer.writeBytes(notification.data.subarray(0, maxDataBytes));
  return encodeFrame(messageType.notification, writer.finish());
}

/** The Data of an administrative Cease: a length octet and UTF-8, cut on a character to 128 bytes. Empty for no text. */
export function encodeShutdownText(text: string): Uint8Array {
  if (text === '') return noData;
  const target = new Uint8Array(maxShutdownTextBytes);
  const { written } = new TextEncoder().encodeInto(text, target);
  return Uint8Array.of(written, ...target.subarray(0, written));
}

/**
 * The text of an administrative Cease, with control characters replaced, since a peer chose it; undefined where there is
 * none or it is malformed.
 */
export function shutdownTextOf(notification: Omit<NotificationMessage, 'kind'>): string | undefined {
  const { code, subcode, data } = notification;
  const mayCarryText = subcode === ceaseSubcode.administrativeShutdown || subcode === ceaseSubcode.administrativeReset;
  if (code !== errorCode.cease || !mayCarryText) return undefined;
  const length = data[0] ?? 0;
  if (length === 0 || length > data.length - 1) return undefined;
  const text = new TextDecoder().decode(data.subarray(1, 1 + length));
  return text.replace(/\p{C}/gu, '\u{fffd}');
}

const codeNames: ReadonlyMap<number, string> = new Map([
  [errorCode.header, 'Message Header Error'],
  [errorCode.open, 'OPEN Message Error'],
  [errorCode.update, 'UPDATE Message Error'],
  [errorCode.holdTimer, 'Hold Timer Expired'],
  [errorCode.finiteStateMachine, 'Finite State Machine Error'],
  [errorCode.cease, 'Cease'],
  [errorCode.routeRefresh, 'ROUTE-REFRESH Message Error'],
  [errorCode.sendHoldTimer, 'Send Hold Timer Expired'],
]);

const subcodeNames: ReadonlyMap<string, string> = new Map([
  ['1/1', 'Connection Not Synchronized'],
  ['1/2', 'Bad Message Length'],
  ['1/3', 'Bad Message Type'],
  ['2/1', 'Unsupported Version Number'],
  ['2/2', 'Bad Peer AS'],
  ['2/3', 'Bad BGP Identifier'],
  ['2/4', 'Unsupported Optional Parameter'],
  ['2/6', 'Unacceptable Hold Time'],
  ['2/7', 'Unsupported Capability'],
  ['2/11', 'Role Mismatch'],
  ['3/1', 'Malformed Attribute List'],
  ['3/2', 'Unrecognized Well-known Attribute'],
  ['3/3', 'Missing Well-known Attribute'],
  ['3/4', 'Attribute Flags Error'],
  ['3/5', 'Attribute Length Error'],
  ['3/6', 'Invalid ORIGIN Attribute'],
  ['3/8', 'Invalid NEXT_HOP Attribute'],
  ['3/9', 'Optional Attribute Error'],
  ['3/10', 'Invalid Network Field'],
  ['3/11', 'Malformed AS_PATH'],
  ['5/1', 'Unexpected Message in OpenSent'],
  ['5/2', 'Unexpected Message in OpenConfirm'],
  ['5/3', 'Unexpected Message in Established'],
  ['6/1', 'Maximum Number of Prefixes Reached'],
  ['6/2', 'Administrative Shutdown'],
  ['6/3', 'Peer De-configured'],
  ['6/4', 'Administrative Reset'],
  ['6/5', 'Connection Rejected'],
  ['6/6', 'Other Configuration Change'],
  ['6/7', 'Connection Collision Resolution'],
  ['6/8', 'Out of Resources'],
  ['6/9', 'Hard Reset'],
  ['6/10', 'BFD Down'],
  ['7/1', 'Invalid Message Length'],
]);

/** The registered name of a code and subcode, such as `Cease, Administrative Shutdown`; numbers where there is none. */
export function notificationName(code: number, subcode: number): string {
  const codeName = codeNames.get(code) ?? `error ${code}`;
  const subcodeName = subcodeNames.get(`${code}/${subcode}`);
  if (subcodeName !== undefined) return `${codeName}, ${subcodeName}`;
  return subcode === 0 ? codeName : `${codeName}, subcode ${subcode}`;
}
