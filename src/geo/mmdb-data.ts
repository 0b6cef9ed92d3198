/**
 * Decodes the values of a MaxMind DB file, format 2.0, that mmdb-check.ts has checked. Text that is not UTF-8 is no fault:
 * what is wrong in it becomes U+FFFD. What values mean is not known here.
 */
import { assert } from '#base/assert.ts';
import {
  arrayType,
  booleanType,
  doubleType,
  floatType,
  int32Type,
  integerOctets,
  mapType,
  MmdbCursor,
  octetsType,
  pointerType,
  textType,
  uint128Type,
  uint64Type,
} from './mmdb-cursor.ts';

/** A decoded value: unsigned integers up to 32 bits are numbers, longer ones bigints, maps keep their order. */
export type MmdbValue = string | number | bigint | boolean | Uint8Array | readonly MmdbValue[] | MmdbMap;
export type MmdbMap = ReadonlyMap<string, MmdbValue>;

/** Whether a value is a map. */
export function isMmdbMap(value: MmdbValue | undefined): value is MmdbMap {
  return value instanceof Map;
}

/** Whether a value is a list. */
export function isMmdbList(value: MmdbValue | undefined): value is readonly MmdbValue[] {
  return Array.isArray(value);
}

/** Which keys of a map are wanted, and of the maps below them; `true` is all that is there. */
export interface MmdbFields {
  readonly [key: string]: MmdbFields | true;
}

const utf8 = new TextDecoder();

/** The checked values of a section. */
export class MmdbData {
  readonly #cursor: MmdbCursor;
  readonly #view: DataView;
  /** Values that pointers lead to, by what was wanted of them and where they stand. */
  readonly #pointed = new Map<MmdbFields | true, Map<number, MmdbValue>>();
  readonly #keys = new Map<number, string>();

  /** Over octets `start` to `end` of a file. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#cursor = new MmdbCursor(bytes, start, end);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The value at an octet of the file. */
  decode(at: number): MmdbValue {
    return this.#read(at, true);
  }

  /** The value at an octet of the file, with only the wanted keys of its maps. */
  pick(at: number, fields: MmdbFields): MmdbValue {
    return this.#read(at, fields);
  }

  /** Reads a value and leaves the cursor after it. */
  #read(at: number, fields: MmdbFields | true): MmdbValue {
    const cursor = this.#cursor;
    cursor.readHead(at);
    if (cursor.type === pointerType) {
      const next = cursor.next;
      const value = this.#readTarget(cursor.target(at), fields);
      cursor.next = next;
      return value;
    }
    if (cursor.type === mapType) return this.#readMap(fields);
    if (cursor.type === arrayType) {
      const items: MmdbValue[] = [];
      const count = cursor.size;
      for (let index = 0; index < count; index++) items.push(this.#read(cursor.next, fields));
      return items;
    }
    return this.#readScalar();
  }

  /** Reads what a pointer leads to, once however many lead there: a small file can expand to a huge one. */
  #readTarget(target: number, fields: MmdbFields | true): MmdbValue {
    let known = this.#pointed.get(fields);
    if (known === undefined) this.#pointed.set(fields, (known = new Map<number, MmdbValue>()));
    let value = known.get(target);
    if (value === undefined) known.set(target, (value = this.#read(target, fields)));
    return value;
  }

  #readMap(fields: MmdbFields | true): MmdbMap {
    const cursor = this.#cursor;
    const map = new Map<string, MmdbValue>();
    const count = cursor.size;
    for (let index = 0; index < count; index++) {
      const key = this.#readKey(cursor.next);
      const wanted = fields === true || (Object.hasOwn(fields, key) ? fields[key] : undefined);
      if (wanted === undefined) this.#skip(cursor.next);
      else map.set(key, this.#read(cursor.next, wanted));
    }
    return map;
  }

  /** Reads a key; files write each once and point to it. */
  #readKey(at: number): string {
    const cursor = this.#cursor;
    cursor.readHead(at);
    if (cursor.type !== pointerType) return this.#readText();
    const next = cursor.next;
    const target = cursor.target(at);
    let key = this.#keys.get(target);
    if (key === undefined) {
      cursor.readHead(target);
      key = this.#readText();
      this.#keys.set(target, key);
    }
    cursor.next = next;
    return key;
  }

  #skip(at: number): void {
    const cursor = this.#cursor;
    cursor.readHead(at);
    if (cursor.type === mapType || cursor.type === arrayType) {
      const values = cursor.size * (cursor.type === mapType ? 2 : 1);
      for (let index = 0; index < values; index++) this.#skip(cursor.next);
    } else if (cursor.type !== pointerType && cursor.type !== booleanType) cursor.next += cursor.size;
  }

  #readScalar(): MmdbValue {
    const cursor = this.#cursor;
    const at = cursor.next;
    const size = cursor.size;
    switch (cursor.type) {
      case textType:
        return this.#readText();
      case booleanType:
        return size === 1;
      case doubleType:
        cursor.next += 8;
        return this.#view.getFloat64(at);
      case floatType:
        cursor.next += 4;
        return this.#view.getFloat32(at);
      case octetsType:
        cursor.next += size;
        return cursor.bytes.slice(at, at + size);
      default:
        return this.#readInteger();
    }
  }

  #readInteger(): number | bigint {
    const cursor = this.#cursor;
    assert(integerOctets.has(cursor.type), 'what is decoded was checked');
    const at = cursor.next;
    cursor.next += cursor.size;
    if (cursor.type === uint64Type || cursor.type === uint128Type) {
      let value = 0n;
      for (let index = at; index < cursor.next; index++) value = (value << 8n) | BigInt(cursor.octet(index));
      return value;
    }
    let value = 0;
    for (let index = at; index < cursor.next; index++) value = value * 256 + cursor.octet(index);
    return cursor.type === int32Type ? value | 0 : value;
  }

  #readText(): string {
    const cursor = this.#cursor;
    const at = cursor.next;
    const end = at + cursor.size;
    cursor.next = end;
    let text = '';
    for (let index = at; index < end; index++) {
      const octet = cursor.octet(index);
      // A copy, because shared memory is not decoded.
      if (octet >= 0x80) return utf8.decode(cursor.bytes.slice(at, end));
      text += String.fromCharCode(octet);
    }
    return text;
  }
}
