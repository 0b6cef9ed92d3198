/**
 * Prefix lists of UPDATE (RFC 4271 §4.3, RFC 4760 §5): a bit count, then as many bytes as it needs; with add-path each
 * after a path identifier of four octets (RFC 7911 §3).
 */
import type { Prefix } from './address.ts';
import { formatPrefix, ipv4Bits, prefixLength, prefixParts } from './address.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

/** Prefixes; with add-path each with its path identifier, in the same order. */
export interface PrefixList {
  readonly prefixes: readonly Prefix[];
  /** Unsigned 32-bit numbers; absent where add-path was not agreed on. */
  readonly pathIds?: readonly number[];
}

const pathIdBytes = 4;

/** Reads prefixes until the bytes end; returns the sentence that says what is wrong (RFC 7606 §5.3). */
export function decodePrefixes(bytes: Uint8Array, addressByteCount: 4 | 16, hasPathIds: boolean): PrefixList | string {
  const reader = new ByteReader(bytes);
  const prefixes: Prefix[] = [];
  const pathIds: number[] = [];
  while (reader.remaining > 0) {
    if (hasPathIds) {
      if (reader.remaining <= pathIdBytes) return 'path identifier overruns the field';
      pathIds.push(reader.readUint32());
    }
    const bitCount = reader.readUint8();
    const byteCount = Math.ceil(bitCount / 8);
    if (bitCount > addressByteCount * 8) return `prefix length ${bitCount} is too long`;
    if (byteCount > reader.remaining) return `prefix of length ${bitCount} overruns the field`;
    const address = new Uint8Array(addressByteCount);
    address.set(reader.readBytes(byteCount));
    prefixes.push(formatPrefix(address, bitCount));
  }
  return hasPathIds ? { prefixes, pathIds } : { prefixes };
}

/** Writes prefixes of one family, with path identifiers where there are any. */
export function encodePrefixes(prefixes: readonly Prefix[], pathIds?: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  writePrefixes(writer, prefixes, pathIds);
  return writer.finish();
}

/** The same behind what a writer has already. */
export function writePrefixes(writer: ByteWriter, prefixes: readonly Prefix[], pathIds?: readonly number[]): void {
  let index = 0;
  for (const prefix of prefixes) {
    if (pathIds !== undefined) writer.writeUint32(pathIds[index++] ?? 0);
    writePrefix(writer, prefix);
  }
}

function writePrefix(writer: ByteWriter, prefix: Prefix): void {
  const bits = ipv4Bits(prefix);
  if (bits === undefined) {
    const { bytes, bitCount } = prefixParts(prefix);
    writer.writeUint8(bitCount);
    writer.writeBytes(bytes.subarray(0, Math.ceil(bitCount / 8)));
    return;
  }
  const bitCount = prefixLength(prefix);
  writer.writeUint8(bitCount);
  for (let written = 0; written < bitCount; written += 8) writer.writeUint8((bits >>> (24 - written)) & 0xff);
}

/** How many bytes a prefix takes in a list without path identifiers. */
export function encodedPrefixBytes(prefix: Prefix): number {
  return 1 + ((prefixLength(prefix) + 7) >> 3);
}
