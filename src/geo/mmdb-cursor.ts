/**
 * The heads of values in a section of a MaxMind DB file, format 2.0: one to six octets that say of what type a value is
 * and how long, or where a pointer leads. No octet outside the section is read.
 */

/** What is wrong with a file. Thrown and caught inside the reader: callers of the room get it as a returned value. */
export class MmdbFault extends Error {
  /** `at` is the octet of the file, from 0. */
  constructor(what: string, at: number, expected: string) {
    super(`${what} at octet ${at}: expected ${expected}`);
  }
}

export const pointerType = 1;
export const textType = 2;
export const doubleType = 3;
export const octetsType = 4;
export const uint16Type = 5;
export const uint32Type = 6;
export const mapType = 7;
export const int32Type = 8;
export const uint64Type = 9;
export const uint128Type = 10;
export const arrayType = 11;
export const booleanType = 14;
export const floatType = 15;

/** The most octets of an integer type. */
export const integerOctets: ReadonlyMap<number, number> = new Map([
  [uint16Type, 2],
  [uint32Type, 4],
  [int32Type, 4],
  [uint64Type, 8],
  [uint128Type, 16],
]);

/** Stands on one value of a section; pointers count from the section's start. */
export class MmdbCursor {
  /** A view of the octets that copies when sliced, as a Buffer does not. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Of the value whose head was read last: its type, its size (entries, octets, or where a pointer leads), what follows. */
  type = 0;
  size = 0;
  next = 0;

  /** Over octets `start` to `end` of a file. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = start;
    this.end = end;
  }

  /** Where in the file the pointer leads whose head was read last, at `at`. */
  target(at: number): number {
    const target = this.start + this.size;
    if (target < this.end) return target;
    throw new MmdbFault(`a pointer to ${this.size}`, at, `less than ${this.end - this.start}, the section's length`);
  }

  /** Reads the control octets of a value: type and size, or where a pointer leads. */
  readHead(at: number): void {
    const control = this.octet(at);
    let next = at + 1;
    let type = control >> 5;
    if (type === pointerType) {
      const octets = ((control >> 3) & 3) + 1;
      let value = octets === 4 ? 0 : control & 7;
      for (let index = 0; index < octets; index++) value = value * 256 + this.octet(next++);
      this.size = value + (octets === 2 ? 2048 : octets === 3 ? 526_336 : 0);
    } else {
      if (type === 0) type = 7 + this.octet(next++);
      let size = control & 31;
      if (size >= 29) {
        const octets = size - 28;
        size = octets === 1 ? 29 : octets === 2 ? 285 : 65_821;
        let more = 0;
        for (let index = 0; index < octets; index++) more = more * 256 + this.octet(next++);
        size += more;
      }
      this.size = size;
    }
    this.type = type;
    this.next = next;
  }

  /** An octet of the file, which must lie in the section. */
  octet(at: number): number {
    if (at >= this.start && at < this.end) return this.bytes[at] ?? 0;
    throw new MmdbFault('a value goes on', at, `its end before octet ${this.end}`);
  }
}
