/** AS_PATH and AS4_PATH values (RFC 4271 §4.3, RFC 5065, RFC 6793): a list of segments with two or four octets per AS. */
import type { ByteWriter } from './bytes.ts';
import { ByteReader } from './bytes.ts';
import { asTrans } from './constants.ts';

const segmentKinds = ['set', 'sequence', 'confederation-sequence', 'confederation-set'] as const;

/** Kind of a segment; the wire number is its index plus one. */
export type AsPathSegmentKind = (typeof segmentKinds)[number];

/** One segment; 1 to 255 AS numbers, nearest first. */
export interface AsPathSegment {
  readonly kind: AsPathSegmentKind;
  readonly asns: readonly number[];
}

/** The most AS numbers that one segment holds. */
export const maxSegmentAsns = 255;

/** Reads a path; returns the sentence that says what is wrong (RFC 7606 §7.2, RFC 7607). */
export function decodeAsPath(value: Uint8Array, asnBytes: 2 | 4): readonly AsPathSegment[] | string {
  const reader = new ByteReader(value);
  const segments: AsPathSegment[] = [];
  while (reader.remaining > 0) {
    if (reader.remaining < 2) return 'AS_PATH ends inside a segment header';
    const type = reader.readUint8();
    const kind = segmentKinds[type - 1];
    const count = reader.readUint8();
    if (kind === undefined) return `AS_PATH segment type ${type} is unknown`;
    if (count === 0) return 'AS_PATH segment is empty';
    if (reader.remaining < count * asnBytes) return `AS_PATH segment of ${count} AS numbers overruns the attribute`;
    const asns = Array.from({ length: count }, () => (asnBytes === 4 ? reader.readUint32() : reader.readUint16()));
    if (asns.includes(0)) return 'AS_PATH contains AS 0';
    segments.push({ kind, asns });
  }
  return segments;
}

/** How many ASes a path counts: a set is one, confederation segments are none (RFC 4271 §9.1.2.2, RFC 5065 §5.3). */
export function pathLength(segments: readonly AsPathSegment[]): number {
  return segments.reduce((length, { kind, asns }) => {
    if (kind === 'sequence') return length + asns.length;
    return kind === 'set' ? length + 1 : length;
  }, 0);
}

/** Whether a segment is of a confederation (RFC 5065). */
export function isConfederation(segment: AsPathSegment): boolean {
  return segment.kind === 'confederation-sequence' || segment.kind === 'confederation-set';
}

/** How many octets `writeAsPath` writes. */
export function asPathBytes(segments: readonly AsPathSegment[], asnBytes: 2 | 4): number {
  let byteCount = 0;
  for (const { asns } of segments) byteCount += 2 + asns.length * asnBytes;
  return byteCount;
}

/** Writes a path; an AS number that does not fit two octets becomes AS_TRANS. */
export function writeAsPath(writer: ByteWriter, segments: readonly AsPathSegment[], asnBytes: 2 | 4): void {
  for (const segment of segments) {
    writer.writeUint8(segmentKinds.indexOf(segment.kind) + 1);
    writer.writeUint8(segment.asns.length);
    for (const asn of segment.asns) {
      if (asnBytes === 4) writer.writeUint32(asn);
      else writer.writeUint16(asn > 0xffff ? asTrans : asn);
    }
  }
}
