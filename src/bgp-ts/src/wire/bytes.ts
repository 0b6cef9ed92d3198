/**
 * The bounds-checked cursor that all decoders read with, and the growing buffer that all encoders write to.
 * Big-endian (network order) throughout. A read past the end throws `Truncated`, which every public decoder of this
 * folder catches and turns into a returned fault; it never leaves the folder.
 */

/** Thrown by a read past the end of the bytes; private to the codecs. */
export class Truncated extends Error {
  override readonly name = 'Truncated';
}

/** Reads forward through bytes that it does not own; `readBytes` returns a view, so copy what is kept. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = plainBytes(bytes);
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  readUint8(): number {
    return this.#take(1)[0] ?? 0;
  }

  readUint16(): number {
    return this.readUint8() * 0x100 + this.readUint8();
  }

  readUint32(): number {
    return this.readUint16() * 0x1_0000 + this.readUint16();
  }

  /** A view of the next `byteCount` bytes. */
  readBytes(byteCount: number): Uint8Array {
    return this.#take(byteCount);
  }

  /** A view of all that is left. */
  readRest(): Uint8Array {
    return this.#take(this.remaining);
  }

  /** A reader of its own over the next `byteCount` bytes. */
  readBlock(byteCount: number): ByteReader {
    return new ByteReader(this.#take(byteCount));
  }

  #take(byteCount: number): Uint8Array {
    if (byteCount > this.remaining) throw new Truncated(`wanted ${byteCount} bytes, ${this.remaining} left`);
    const start = this.#offset;
    this.#offset += byteCount;
    return this.#bytes.subarray(start, this.#offset);
  }
}

/** Buffers that finished writers leave to the next ones: an array of this size is costly to make. */
const spareBuffers: Uint8Array[] = [];
const spareBytes = 4096;
const maxSpares = 4;
const noBuffer = new Uint8Array(0);

/** Collects bytes; `finish` returns a copy that nothing else holds, and the writer is empty again. */
export class ByteWriter {
  #buffer = spareBuffers.pop() ?? new Uint8Array(spareBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  writeUint8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  writeUint16(value: number): void {
    this.#reserve(2);
    const offset = this.#length;
    this.#buffer[offset] = value >>> 8;
    this.#buffer[offset + 1] = value;
    this.#length = offset + 2;
  }

  writeUint32(value: number): void {
    this.#reserve(4);
    const offset = this.#length;
    this.#buffer[offset] = value >>> 24;
    this.#buffer[offset + 1] = value >>> 16;
    this.#buffer[offset + 2] = value >>> 8;
    this.#buffer[offset + 3] = value;
    this.#length = offset + 4;
  }

  /** Writes over two octets that were written before: a length that was not known then. */
  patchUint16(offset: number, value: number): void {
    this.#buffer[offset] = value >>> 8;
    this.#buffer[offset + 1] = value;
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array {
    const bytes = this.#buffer.slice(0, this.#length);
    if (this.#buffer.length === spareBytes && spareBuffers.length < maxSpares) spareBuffers.push(this.#buffer);
    this.#buffer = noBuffer;
    this.#length = 0;
    return bytes;
  }

  #reserve(byteCount: number): void {
    if (this.#length + byteCount <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + byteCount));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** The same bytes as a plain `Uint8Array`: `slice` of a Node `Buffer` does not copy, and the codecs rely on that it does. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Joins byte arrays into one copy. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** One or two octets, big-endian: the usual Data of a NOTIFICATION. */
export function uint16Bytes(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}

/** Four octets, big-endian. */
export function uint32Bytes(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Lower-case hex of bytes, for messages that people read. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether two arrays have the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

const keyPieceBytes = 4096;

/** A string that is equal for equal bytes and only for those. */
export function bytesKey(bytes: Uint8Array): string {
  let key = '';
  for (let offset = 0; offset < bytes.length; offset += keyPieceBytes) {
    key += String.fromCharCode(...bytes.subarray(offset, offset + keyPieceBytes));
  }
  return key;
}
