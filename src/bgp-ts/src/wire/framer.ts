/**
 * Cuts a TCP byte stream into BGP messages (RFC 4271 §4.1, §6.1). The header is judged as soon as its 19 bytes are
 * there, before any body is waited for. Any chunking of the same stream gives the same events. Does not look into bodies.
 */
import { concatBytes, plainBytes, uint16Bytes } from './bytes.ts';
import { errorCode, headerBytes, headerSubcode, maxMessageBytes, messageType } from './constants.ts';
import { noData } from './fault.ts';
import type { MessageFault } from './fault.ts';

/** A whole message: its type and a body of its own. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

/** What a stream gives: messages, then at most one fault, after which the framer stays silent. */
export type FrameEvent =
  { readonly kind: 'frame'; readonly frame: Frame } | { readonly kind: 'fault'; readonly fault: MessageFault };

/** Shortest and longest whole message of a type, in bytes. */
const lengthBounds: ReadonlyMap<number, { readonly least: number; readonly most: number }> = new Map([
  [messageType.open, { least: 29, most: maxMessageBytes }],
  [messageType.update, { least: 23, most: maxMessageBytes }],
  [messageType.notification, { least: 21, most: maxMessageBytes }],
  [messageType.keepalive, { least: headerBytes, most: headerBytes }],
  [messageType.routeRefresh, { least: 23, most: 23 }],
]);

/** The framer of one connection. */
export class Framer {
  #pending: Uint8Array = noData;
  #isBroken = false;

  /** Takes the next bytes of the stream, which it does not keep, and returns what they completed. */
  push(bytes: Uint8Array): readonly FrameEvent[] {
    if (this.#isBroken) return [];
    const stream = this.#pending.length === 0 ? plainBytes(bytes) : concatBytes([this.#pending, bytes]);
    const events: FrameEvent[] = [];
    let offset = 0;
    while (stream.length - offset >= headerBytes) {
      const header = readHeader(stream.subarray(offset, offset + headerBytes));
      if (header.kind === 'fault') {
        this.#isBroken = true;
        this.#pending = noData;
        return [...events, header];
      }
      if (stream.length - offset < header.length) break;
      const body = stream.slice(offset + headerBytes, offset + header.length);
      events.push({ kind: 'frame', frame: { type: header.type, body } });
      offset += header.length;
    }
    this.#pending = stream.slice(offset);
    return events;
  }
}

type Header =
  | { readonly kind: 'header'; readonly length: number; readonly type: number }
  | { readonly kind: 'fault'; readonly fault: MessageFault };

function readHeader(bytes: Uint8Array): Header {
  if (bytes.subarray(0, 16).some((byte) => byte !== 0xff)) {
    return {
      kind: 'fault',
      fault: headerFault(headerSubcode.notSynchronized, noData, 'message marker is not all ones'),
    };
  }
  const length = ((bytes[16] ?? 0) << 8) | (bytes[17] ?? 0);
  const type = bytes[18] ?? 0;
  const fault = judgeHeader(type, length);
  return fault === undefined ? { kind: 'header', length, type } : { kind: 'fault', fault };
}

/** Judges type and length (whole message, in bytes) of a header; undefined when both are right (RFC 4271 §6.1). */
export function judgeHeader(type: number, length: number): MessageFault | undefined {
  if (length < headerBytes || length > maxMessageBytes) {
    const reason = `message length ${length} is outside ${headerBytes} to ${maxMessageBytes}`;
    return headerFault(headerSubcode.badLength, uint16Bytes(length), reason);
  }
  const bounds = lengthBounds.get(type);
  if (bounds === undefined) {
    return headerFault(headerSubcode.badType, Uint8Array.of(type), `message type ${type} is unknown`);
  }
  if (length >= bounds.least && length <= bounds.most) return undefined;
  const reason = `message length ${length} of type ${type} is outside ${bounds.least} to ${bounds.most}`;
  return headerFault(headerSubcode.badLength, uint16Bytes(length), reason);
}

function headerFault(subcode: number, data: Uint8Array, reason: string): MessageFault {
  return { code: errorCode.header, subcode, data, reason };
}

/** Puts the header before a body: marker, length, type. */
export function encodeFrame(type: number, body: Uint8Array): Uint8Array {
  const length = headerBytes + body.length;
  if (length > maxMessageBytes) throw new Error(`bug: a message of ${length} bytes does not fit ${maxMessageBytes}`);
  const message = new Uint8Array(length).fill(0xff, 0, 16);
  message.set(uint16Bytes(length), 16);
  message[18] = type;
  message.set(body, headerBytes);
  return message;
}
