/** The AIGP attribute (RFC 7311 §3): the accumulated metric in its first TLV of type 1, others kept as they came. */
import { ByteReader, concatBytes, uint16Bytes } from './bytes.ts';
import type { Tlv } from './tlv.ts';

/** AIGP. */
export interface AigpAttribute {
  readonly kind: 'aigp';
  /** 0 to 2^64 - 1. */
  readonly metric: bigint;
  /** TLVs behind the metric, which have no meaning here; types 0 to 255. */
  readonly otherTlvs: readonly Tlv[];
}

const metricType = 1;
const metricBytes = 8;
const tlvHeaderBytes = 3;

/** Reads the value; the sentence says what is wrong with it. */
export function decodeAigp(value: Uint8Array): AigpAttribute | string {
  const reader = new ByteReader(value);
  let metric: bigint | undefined;
  const otherTlvs: Tlv[] = [];
  while (reader.remaining > 0) {
    if (reader.remaining < tlvHeaderBytes) return 'AIGP ends inside a TLV header';
    const type = reader.readUint8();
    // The length counts type and length too.
    const byteCount = reader.readUint16() - tlvHeaderBytes;
    if (byteCount < 0 || byteCount > reader.remaining) return `AIGP has a TLV of ${byteCount + tlvHeaderBytes} bytes`;
    const bytes = reader.readBytes(byteCount).slice();
    if (type !== metricType || metric !== undefined) otherTlvs.push({ type, bytes });
    else if (byteCount !== metricBytes) return `AIGP has a metric of ${byteCount} bytes, expected ${metricBytes}`;
    else metric = new DataView(bytes.buffer).getBigUint64(0);
  }
  return metric === undefined ? 'AIGP has no metric' : { kind: 'aigp', metric, otherTlvs };
}

/** Writes the value, the metric first. */
export function encodeAigp(attribute: AigpAttribute): Uint8Array {
  const metric = new Uint8Array(metricBytes);
  new DataView(metric.buffer).setBigUint64(0, attribute.metric);
  return concatBytes([{ type: metricType, bytes: metric }, ...attribute.otherTlvs].map(encodeTlv));
}

function encodeTlv({ type, bytes }: Tlv): Uint8Array {
  return concatBytes([Uint8Array.of(type), uint16Bytes(bytes.length + tlvHeaderBytes), bytes]);
}
