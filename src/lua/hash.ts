/**
 * The hash by which PowerDNS lays clients onto candidates: Bob Jenkins' lookup2 (public domain, 1996) over the address
 * octets. Equal hashes mean that a zone moved from there moves no client.
 */

/** Hashes octets to 32 bits, unsigned. */
export function lookup2(bytes: Uint8Array, seed = 0): number {
  let state: Words = [0x9e3779b9, 0x9e3779b9, seed | 0];
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    state = mix([state[0] + word(bytes, at), state[1] + word(bytes, at + 4), state[2] + word(bytes, at + 8)]);
  }
  // The last word's low octet carries the length, so what is left of it is shifted up by one.
  const last = (word(bytes, at + 8) << 8) + bytes.length;
  return mix([state[0] + word(bytes, at), state[1] + word(bytes, at + 4), state[2] + last])[2] >>> 0;
}

type Words = readonly [number, number, number];

/** The little-endian word at `at`; octets past the end are zero. */
function word(bytes: Uint8Array, at: number): number {
  const octet = (index: number): number => bytes[at + index] ?? 0;
  return octet(0) | (octet(1) << 8) | (octet(2) << 16) | (octet(3) << 24);
}

function mix([first, second, third]: Words): Words {
  let a = (first - second - third) ^ (third >>> 13);
  let b = (second - third - a) ^ (a << 8);
  let c = (third - a - b) ^ (b >>> 13);
  a = (a - b - c) ^ (c >>> 12);
  b = (b - c - a) ^ (a << 16);
  c = (c - a - b) ^ (b >>> 5);
  a = (a - b - c) ^ (c >>> 3);
  b = (b - c - a) ^ (a << 10);
  c = (c - a - b) ^ (b >>> 15);
  return [a, b, c];
}
