/** Lists of type-length-value elements, as several attributes hold: types of 1 or 2 octets, lengths of 1 or 2. */
import type { ByteReader } from './bytes.ts';

/** One element as it is on the wire. */
export interface Tlv {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** How many octets type and length take; undefined as length size where the type decides. */
export interface TlvLayout {
  readonly typeBytes: 1 | 2;
  readonly lengthBytes: 1 | 2 | ((type: number) => 1 | 2);
}

/** Reads elements to the end; undefined where one is cut short. The values are copies. */
export function readTlvs(reader: ByteReader, layout: TlvLayout): readonly Tlv[] | undefined {
  const tlvs: Tlv[] = [];
  while (reader.remaining > 0) {
    if (reader.remaining < layout.typeBytes) return undefined;
    const type = layout.typeBytes === 1 ? reader.readUint8() : reader.readUint16();
    const lengthBytes = typeof layout.lengthBytes === 'function' ? layout.lengthBytes(type) : layout.lengthBytes;
    if (reader.remaining < lengthBytes) return undefined;
    const length = lengthBytes === 1 ? reader.readUint8() : reader.readUint16();
    if (length > reader.remaining) return undefined;
    tlvs.push({ type, bytes: reader.readBytes(length).slice() });
  }
  return tlvs;
}
