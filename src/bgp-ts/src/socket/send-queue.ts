/**
 * What waits to be sent on one connection. It gives the system small pieces, one at a time, so that `pendingBytes` tells
 * truly how much a slow peer has left, and small messages of one turn travel together.
 */
import { concatBytes } from '../wire/bytes.ts';

/** How many octets the system is given at a time. */
export const pieceBytes = 16_384;

const nothing = new Uint8Array(0);

/** Bytes in order, taken out in pieces. */
export class SendQueue {
  readonly #chunks: Uint8Array[] = [];
  #head = 0;
  #waitingBytes = 0;
  #givenBytes = 0;

  /** Octets that the system has not taken yet, with those of the piece that it was given. */
  get pendingBytes(): number {
    return this.#waitingBytes + this.#givenBytes;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** The next piece to give to the system; undefined while it has one, or when nothing waits. */
  next(): Uint8Array | undefined {
    if (this.#givenBytes > 0 || this.#waitingBytes === 0) return undefined;
    const first = this.#chunks[this.#head] ?? nothing;
    // The usual case: one message that nothing waits before or behind.
    if (first.length === this.#waitingBytes && first.length <= pieceBytes) {
      // Setting the length would have the engine make the array's memory anew each time.
      if (this.#chunks.length === 1) this.#chunks.pop();
      else this.#chunks.length = 0;
      this.#head = 0;
      this.#waitingBytes = 0;
      this.#givenBytes = first.length;
      return first;
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < pieceBytes && this.#head < this.#chunks.length) {
      const chunk = this.#chunks[this.#head] ?? nothing;
      const part = chunk.subarray(0, pieceBytes - size);
      parts.push(part);
      size += part.length;
      // A place that is passed by holds no bytes until it is dropped.
      this.#chunks[this.#head] = part.length === chunk.length ? nothing : chunk.subarray(part.length);
      if (part.length === chunk.length) this.#head++;
    }
    this.#dropTaken();
    this.#waitingBytes -= size;
    this.#givenBytes = size;
    return parts.length === 1 ? parts[0] : concatBytes(parts);
  }

  /** The system took the piece. */
  taken(): void {
    this.#givenBytes = 0;
  }

  /** Drops the places of chunks that were given away, not one by one: shifting a long array is slow. */
  #dropTaken(): void {
    if (this.#head < this.#chunks.length && this.#head < 1024) return;
    this.#chunks.splice(0, this.#head);
    this.#head = 0;
  }
}
