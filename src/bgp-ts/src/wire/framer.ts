/**
 * Cuts a TCP byte stream into BGP messages (RFC 4271 §4.1, §6.1). The header is judged as soon as its 19 bytes are
 * there, before any body is waited for. Any chunking of the same stream gives the same events. Does not look into bodies.
 */
import { ByteWriter, plainBytes, uint16Bytes } from './bytes.ts';
import {
  errorCode,
  headerBytes,
  headerSubcode,
  maxExtendedMessageBytes,
  maxMessageBytes,
  messageType,
} from './constants.ts';
import type { MessageFault } from './fault.ts';
import { noData } from './fault.ts';

/** A whole message: its type and a body of its own. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

/** What a stream gives: messages, then at most one fault, after which the framer stays silent. */
export type FrameEvent =
  { readonly kind: 'frame'; readonly frame: Frame } | { readonly kind: 'fault'; readonly fault: MessageFault };

/** What judging a header depends on; all false before both OPENs are there. */
export interface FramingRules {
  /** Both sides have the extended-message capability (RFC 8654): UPDATE, NOTIFICATION and ROUTE-REFRESH may be longer. */
  readonly extendedMessages?: boolean;
  /** Both sides have enhanced route refresh (RFC 7313): a ROUTE-REFRESH of a wrong length is judged as a message, 7/1. */
  readonly enhancedRouteRefresh?: boolean;
  /** We did not offer route refresh, so that its type is unknown (1/3). */
  readonly refusesRouteRefresh?: boolean;
}

/** The framer of one connection. */
export class Framer {
  #buffer = new Uint8Array(maxMessageBytes);
  #pendingBytes = 0;
  #isBroken = false;
  #rules: FramingRules = {};

  /**
   * Says what was negotiated; holds for messages that come with the next `push`. The peer cannot use it earlier, since it
   * first must have our answer to its OPEN.
   */
  negotiate(rules: FramingRules): void {
    this.#rules = rules;
  }

  /** Takes the next bytes of the stream, which it does not keep, and returns what they completed. */
  push(bytes: Uint8Array): readonly FrameEvent[] {
    if (this.#isBroken) return [];
    const stream = this.#join(bytes);
    const events: FrameEvent[] = [];
    let offset = 0;
    while (stream.length - offset >= headerBytes) {
      const header = readHeader(stream.subarray(offset, offset + headerBytes), this.#rules);
      if (header.kind === 'fault') {
        this.#isBroken = true;
        this.#buffer = new Uint8Array(0);
        return [...events, header];
      }
      if (stream.length - offset < header.length) break;
      const body = stream.slice(offset + headerBytes, offset + header.length);
      events.push({ kind: 'frame', frame: { type: header.type, body } });
      offset += header.length;
    }
    this.#keep(stream, offset);
    return events;
  }

  /** What is pending and `bytes` behind it: a view that holds until the next call. */
  #join(bytes: Uint8Array): Uint8Array {
    if (this.#pendingBytes === 0) return plainBytes(bytes);
    this.#reserve(this.#pendingBytes + bytes.length);
    this.#buffer.set(bytes, this.#pendingBytes);
    return this.#buffer.subarray(0, this.#pendingBytes + bytes.length);
  }

  #keep(stream: Uint8Array, offset: number): void {
    const rest = stream.subarray(offset);
    this.#pendingBytes = rest.length;
    if (rest.buffer === this.#buffer.buffer) {
      if (offset > 0) this.#buffer.copyWithin(0, offset, stream.length);
      return;
    }
    this.#reserve(rest.length);
    this.#buffer.set(rest);
  }

  /** Doubles, so that a long message in single bytes is not copied for each of them. */
  #reserve(byteCount: number): void {
    if (byteCount <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(byteCount, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#pendingBytes));
    this.#buffer = grown;
  }
}

type Header =
  | { readonly kind: 'header'; readonly length: number; readonly type: number }
  | { readonly kind: 'fault'; readonly fault: MessageFault };

function readHeader(bytes: Uint8Array, rules: FramingRules): Header {
  if (bytes.subarray(0, 16).some((byte) => byte !== 0xff)) {
    return {
      kind: 'fault',
      fault: headerFault(headerSubcode.notSynchronized, noData, 'message marker is not all ones'),
    };
  }
  const length = ((bytes[16] ?? 0) << 8) | (bytes[17] ?? 0);
  const type = bytes[18] ?? 0;
  const fault = judgeHeader(type, length, rules);
  return fault === undefined ? { kind: 'header', length, type } : { kind: 'fault', fault };
}

/** Judges type and length (whole message, in bytes) of a header; undefined when both are right (RFC 4271 §6.1). */
export function judgeHeader(type: number, length: number, rules: FramingRules = {}): MessageFault | undefined {
  const most = rules.extendedMessages === true ? maxExtendedMessageBytes : maxMessageBytes;
  if (length < headerBytes || length > most) {
    const reason = `message length ${length} is outside ${headerBytes} to ${most}`;
    return headerFault(headerSubcode.badLength, uint16Bytes(length), reason);
  }
  const bounds = lengthBounds(type, most, rules);
  if (bounds === undefined) {
    return headerFault(headerSubcode.badType, Uint8Array.of(type), `message type ${type} is unknown`);
  }
  if (length >= bounds.least && length <= bounds.most) return undefined;
  const reason = `message length ${length} of type ${type} is outside ${bounds.least} to ${bounds.most}`;
  return headerFault(headerSubcode.badLength, uint16Bytes(length), reason);
}

/** Shortest and longest whole message of a type, in bytes; undefined for a type that is unknown here. */
function lengthBounds(
  type: number,
  most: number,
  rules: FramingRules,
): { readonly least: number; readonly most: number } | undefined {
  switch (type) {
    case messageType.open:
      return { least: 29, most: maxMessageBytes };
    case messageType.update:
      return { least: 23, most };
    case messageType.notification:
      return { least: 21, most };
    case messageType.keepalive:
      return { least: headerBytes, most: headerBytes };
    case messageType.routeRefresh:
      if (rules.refusesRouteRefresh === true) return undefined;
      return rules.enhancedRouteRefresh === true ? { least: headerBytes, most } : { least: 23, most: 23 };
    default:
      return undefined;
  }
}

function headerFault(subcode: number, data: Uint8Array, reason: string): MessageFault {
  return { code: errorCode.header, subcode, data, reason };
}

const markerBytes = 16;
const marker = new Uint8Array(markerBytes).fill(0xff);

/** Puts the header before a body: marker, length, type. `mostBytes` is what the peer takes. */
export function encodeFrame(type: number, body: Uint8Array, mostBytes: number = maxMessageBytes): Uint8Array {
  const writer = startFrame(type);
  writer.writeBytes(body);
  return finishFrame(writer, mostBytes);
}

/** A writer at the beginning of a message's body; `finishFrame` makes the message of it. */
export function startFrame(type: number): ByteWriter {
  const writer = new ByteWriter();
  writer.writeBytes(marker);
  writer.writeUint16(0);
  writer.writeUint8(type);
  return writer;
}

/** The whole message; `mostBytes` is what the peer takes. */
export function finishFrame(writer: ByteWriter, mostBytes: number = maxMessageBytes): Uint8Array {
  const { length } = writer;
  if (length > mostBytes) throw new Error(`bug: a message of ${length} bytes does not fit ${mostBytes}`);
  writer.patchUint16(markerBytes, length);
  return writer.finish();
}
