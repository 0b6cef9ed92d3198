/** A growing run of octets that is written from front to back and used again: the scratch of the record data codecs. */

/** Octets written so far are `bytes` below `length`. */
export class ByteSink {
  bytes: Uint8Array = new Uint8Array(1024);
  length = 0;

  /** Forgets what was written. */
  clear(): void {
    this.length = 0;
  }

  /** Appends one octet. */
  u8(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** Appends two octets in network order. */
  u16(value: number): void {
    this.u8((value >> 8) & 0xff);
    this.u8(value & 0xff);
  }

  /** Appends four octets in network order. */
  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  /** Appends the octets of `source` from `start` to `end`, by default all. */
  append(source: Uint8Array, start = 0, end: number = source.length): void {
    if (this.length + end - start > this.bytes.length) this.#grow(end - start);
    for (let index = start; index < end; index++) this.bytes[this.length++] = source[index] ?? 0;
  }

  /** Makes room for `length` octets and returns where they begin; the caller writes all of them to `bytes`. */
  reserve(length: number): number {
    if (this.length + length > this.bytes.length) this.#grow(length);
    this.length += length;
    return this.length - length;
  }

  /** A copy of what was written from `start` on. */
  copy(start = 0): Uint8Array {
    return this.bytes.slice(start, this.length);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + length));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
