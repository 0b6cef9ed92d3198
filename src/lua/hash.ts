/**
 * The hash by which PowerDNS lays clients onto candidates: Bob Jenkins' lookup2 (public domain, 1996) over the address
 * octets. Equal hashes mean that a zone moved from there moves no client.
 */

/** Hashes octets to 32 bits, unsigned. */
export function lookup2(bytes: Uint8Array, seed = 0): number {
  return lookup2Word(bytes, seed) >>> 0;
}

/**
 * Hashes octets to 32 bits, signed: `length` of them from `at`, by default all. V8 keeps signed words without allocating,
 * so that hot paths take the remainder of `lookup2Word(…) >>> 0`.
 */
export function lookup2Word(bytes: Uint8Array, seed = 0, at = 0, length: number = bytes.length - at): number {
  let a = 0x9e3779b9 | 0;
  let b = a;
  let c = seed | 0;
  const end = at + length;
  for (let from = at; ; from += 12) {
    const isLast = end - from < 12;
    a = (a + word(bytes, from, end)) | 0;
    b = (b + word(bytes, from + 4, end)) | 0;
    // The last word's low octet carries the length, so what is left of it is shifted up by one.
    const third = word(bytes, from + 8, end);
    c = (c + (isLast ? (third << 8) + length : third)) | 0;
    a = (a - b - c) ^ (c >>> 13);
    b = (b - c - a) ^ (a << 8);
    c = (c - a - b) ^ (b >>> 13);
    a = (a - b - c) ^ (c >>> 12);
    b = (b - c - a) ^ (a << 16);
    c = (c - a - b) ^ (b >>> 5);
    a = (a - b - c) ^ (c >>> 3);
    b = (b - c - a) ^ (a << 10);
    c = (c - a - b) ^ (b >>> 15);
    if (isLast) return c;
  }
}

/** The little-endian word at `at`; octets from `end` on are zero. */
function word(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  let value = bytes[at] ?? 0;
  if (at + 1 < end) value |= (bytes[at + 1] ?? 0) << 8;
  if (at + 2 < end) value |= (bytes[at + 2] ?? 0) << 16;
  if (at + 3 < end) value |= (bytes[at + 3] ?? 0) << 24;
  return value;
}
