/** Prefix lists of UPDATE (RFC 4271 §4.3, RFC 4760 §5): a bit count, then as many bytes as it needs. No add-path. */
import type { Prefix } from './address.ts';
import { formatPrefix, prefixParts } from './address.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

/** Reads prefixes until the bytes end; returns the sentence that says what is wrong (RFC 7606 §5.3). */
export function decodePrefixes(bytes: Uint8Array, addressByteCount: 4 | 16): readonly Prefix[] | string {
  const reader = new ByteReader(bytes);
  const prefixes: Prefix[] = [];
  while (reader.remaining > 0) {
    const bitCount = reader.readUint8();
    const byteCount = Math.ceil(bitCount / 8);
    if (byteCount > addressByteCount || bitCount > addressByteCount * 8) return `prefix length ${bitCount} is too long`;
    if (byteCount > reader.remaining) return `prefix of length ${bitCount} overruns the field`;
    const address = new Uint8Array(addressByteCount);
    address.set(reader.readBytes(byteCount));
    prefixes.push(formatPrefix(address, bitCount));
  }
  return prefixes;
}

/** Writes prefixes of one family. */
export function encodePrefixes(prefixes: readonly Prefix[]): Uint8Array {
  const writer = new ByteWriter();
  for (const prefix of prefixes) {
    const { bytes, bitCount } = prefixParts(prefix);
    writer.writeUint8(bitCount);
    writer.writeBytes(bytes.subarray(0, Math.ceil(bitCount / 8)));
  }
  return writer.finish();
}

/** How many bytes a prefix takes in a list. */
export function encodedPrefixBytes(prefix: Prefix): number {
  return 1 + Math.ceil(prefixParts(prefix).bitCount / 8);
}
