/** Messages with a two-octet length before each, out of a stream's chunks (RFC 1035 §4.2.2, RFC 7766 §8). */

/** Collects chunks of one stream. Its memory is bounded by one message and one chunk. */
export class MessageFramer {
  #pending: Uint8Array = new Uint8Array(0);

  /** Whether a message has begun and is not yet whole. */
  get isInMessage(): boolean {
    return this.#pending.length > 0;
  }

  /** Takes a chunk and returns the messages that are whole now; they are valid until the next call. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const bytes = this.#pending.length === 0 ? chunk : concatenate(this.#pending, chunk);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= 2) {
      const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + 2, end));
      at = end;
    }
    // Copied, since the chunk belongs to the stream.
    this.#pending = bytes.slice(at);
    return messages;
  }
}

/** Puts the length before a message. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(2 + message.length);
  framed[0] = message.length >> 8;
  framed[1] = message.length & 0xff;
  framed.set(message, 2);
  return framed;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
