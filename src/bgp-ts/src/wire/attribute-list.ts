/** The list of path attributes as octets: cut into attributes (RFC 4271 §4.3, RFC 7606 §4) and put together again. */
import { ByteReader } from './bytes.ts';
import { attributeFlag } from './constants.ts';

/** An attribute as the list has it; the value is a view. */
export interface RawAttribute {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

/** What a list gave: attributes, and what ended it before its end. */
export interface RawAttributeList {
  readonly raw: readonly RawAttribute[];
  readonly reason: string | undefined;
}

/** Cuts the list into attributes; an overrun ends it with a reason. */
export function splitAttributes(bytes: Uint8Array): RawAttributeList {
  const reader = new ByteReader(bytes);
  const raw: RawAttribute[] = [];
  while (reader.remaining > 0) {
    if (reader.remaining < 3) return { raw, reason: 'path attributes end inside an attribute header' };
    const flags = reader.readUint8();
    const type = reader.readUint8();
    const isLong = (flags & attributeFlag.extendedLength) !== 0;
    if (isLong && reader.remaining < 2) return { raw, reason: 'path attributes end inside a length' };
    const length = isLong ? reader.readUint16() : reader.readUint8();
    if (length > reader.remaining) return { raw, reason: `attribute ${type} overruns the path attributes` };
    raw.push({ flags, type, value: reader.readBytes(length) });
  }
  return { raw, reason: undefined };
}

/** An attribute as it was: flags, type, length and value, which is also the Data that RFC 4271 §6.3 asks for. */
export function encodeRawAttribute(raw: RawAttribute): Uint8Array {
  const isLong = raw.value.length > 255 || (raw.flags & attributeFlag.extendedLength) !== 0;
  const length = isLong ? [raw.value.length >> 8, raw.value.length & 0xff] : [raw.value.length];
  const flags = isLong ? raw.flags | attributeFlag.extendedLength : raw.flags;
  const bytes = new Uint8Array(2 + length.length + raw.value.length);
  bytes.set([flags, raw.type, ...length]);
  bytes.set(raw.value, 2 + length.length);
  return bytes;
}
