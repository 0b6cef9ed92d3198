/** Counts the messages of a byte stream by type (RFC 4271 §4.1). Judges nothing: the framer does that. */
import { headerBytes, messageType } from '../wire/constants.ts';

/** Kinds of messages, in wire order. */
export type MessageKind = keyof typeof messageType;

/** How many messages there were of each kind. */
export type MessageCounts = Readonly<Record<MessageKind, number>>;

/** Counters of all connections of a peer in one direction. */
export class MessageCounter {
  /** By type. */
  readonly #counts = Array.from({ length: 1 + Math.max(...Object.values(messageType)) }, () => 0);

  get counts(): MessageCounts {
    const of = (type: number): number => this.#counts[type] ?? 0;
    return {
      open: of(messageType.open),
      update: of(messageType.update),
      notification: of(messageType.notification),
      keepalive: of(messageType.keepalive),
      routeRefresh: of(messageType.routeRefresh),
    };
  }

  /** Counts the message whose type this is; an unknown type is not counted. */
  count(type: number): void {
    const count = this.#counts[type];
    if (count !== undefined) this.#counts[type] = count + 1;
  }
}

const lengthOffset = 16;
const typeOffset = 18;

/** Counts whole messages. */
export function countMessages(bytes: Uint8Array, counter: MessageCounter): void {
  let offset = 0;
  while (offset + headerBytes <= bytes.length) {
    counter.count(bytes[offset + typeOffset] ?? 0);
    const length = ((bytes[offset + lengthOffset] ?? 0) << 8) | (bytes[offset + lengthOffset + 1] ?? 0);
    offset += Math.max(headerBytes, length);
  }
}

/** Follows one connection's stream, whatever its chunks. */
export class MessageStream {
  readonly #counter: MessageCounter;
  /** Bytes of the message that is coming, and its length as far as it is known. */
  #seenBytes = 0;
  #length = 0;
  #isBroken = false;

  constructor(counter: MessageCounter) {
    this.#counter = counter;
  }

  /** Takes the next bytes; a message counts once its header is there. */
  push(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length && !this.#isBroken) {
      if (this.#seenBytes < headerBytes) this.#takeHeaderByte(bytes[offset++] ?? 0);
      else offset += this.#skip(bytes.length - offset);
      if (this.#seenBytes >= headerBytes && this.#seenBytes === this.#length) this.#seenBytes = 0;
    }
  }

  #takeHeaderByte(byte: number): void {
    if (this.#seenBytes === lengthOffset) this.#length = byte << 8;
    if (this.#seenBytes === lengthOffset + 1) this.#length |= byte;
    if (this.#seenBytes === typeOffset) {
      this.#isBroken = this.#length < headerBytes;
      if (!this.#isBroken) this.#counter.count(byte);
    }
    this.#seenBytes++;
  }

  #skip(availableBytes: number): number {
    const skipped = Math.min(availableBytes, this.#length - this.#seenBytes);
    this.#seenBytes += skipped;
    return skipped;
  }
}
