/**
 * SipHash-2-4 with 64 bits of output (Aumasson and Bernstein, 2012): the keyed hash of server cookies (RFC 9018 §4.4)
 * and of tables whose collisions nobody may aim.
 *
 * Works on 32-bit halves and allocates nothing. Not the variants with other round counts or 128 bits of output.
 */
import { assert } from '#base/assert.ts';

/** Octets of a key. */
export const sipHashKeyBytes = 16;

/** Hashes under one key; a digest stays in `low` and `high` until the next. */
export class SipHash {
  /** Low half of the last digest, as a signed 32-bit integer: the first four octets, little-endian. */
  low = 0;
  /** High half of the last digest: the last four octets. */
  high = 0;
  readonly #key0Low: number;
  readonly #key0High: number;
  readonly #key1Low: number;
  readonly #key1High: number;

  /** Takes a key of 16 octets, which is copied. */
  constructor(key: Uint8Array) {
    assert(key.length === sipHashKeyBytes, 'a SipHash key of 16 octets');
    this.#key0Low = wordAt(key, 0);
    this.#key0High = wordAt(key, 4);
    this.#key1Low = wordAt(key, 8);
    this.#key1High = wordAt(key, 12);
  }

  /** Hashes `bytes[from..to)` into `low` and `high`. */
  digest(bytes: Uint8Array, from: number, to: number): void {
    // The state v0 to v3, each as low and high half; the constants spell "somepseudorandomlygeneratedbytes".
    let v0l = this.#key0Low ^ 0x70736575;
    let v0h = this.#key0High ^ 0x736f6d65;
    let v1l = this.#key1Low ^ 0x6e646f6d;
    let v1h = this.#key1High ^ 0x646f7261;
    let v2l = this.#key0Low ^ 0x6e657261;
    let v2h = this.#key0High ^ 0x6c796765;
    let v3l = this.#key1Low ^ 0x79746573;
    let v3h = this.#key1High ^ 0x74656462;
    const length = to - from;
    const blocks = (length >> 3) + 1;
    let messageLow = 0;
    let messageHigh = 0;
    // One stage of two rounds to a block, then one of four: so the round stands here once.
    for (let stage = 0; stage <= blocks; stage++) {
      if (stage < blocks) {
        const at = from + stage * 8;
        const isWhole = stage < blocks - 1;
        messageLow = isWhole ? wordAt(bytes, at) : partialWordAt(bytes, at, to);
        messageHigh = isWhole ? wordAt(bytes, at + 4) : partialWordAt(bytes, at + 4, to) | (length << 24);
        v3l ^= messageLow;
        v3h ^= messageHigh;
      }
      for (let rounds = stage < blocks ? 2 : 4; rounds > 0; rounds--) {
        let sum = (v0l + v1l) | 0;
        v0h = (v0h + v1h + carry(v0l, v1l, sum)) | 0;
        v0l = sum;
        let turned = (v1h << 13) | (v1l >>> 19);
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = turned ^ v0h;
        sum = (v2l + v3l) | 0;
        v2h = (v2h + v3h + carry(v2l, v3l, sum)) | 0;
        v2l = sum;
        turned = (v3h << 16) | (v3l >>> 16);
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = turned ^ v2h;

        // v0 is turned by half its width here, and v2 below: its halves change places.
        sum = (v0h + v3l) | 0;
        v0h = (v0l + v3h + carry(v0h, v3l, sum)) | 0;
        v0l = sum;
        turned = (v3h << 21) | (v3l >>> 11);
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = turned ^ v0h;
        sum = (v2l + v1l) | 0;
        const v2Sum = (v2h + v1h + carry(v2l, v1l, sum)) | 0;
        turned = (v1h << 17) | (v1l >>> 15);
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ sum;
        v1h = turned ^ v2Sum;
        v2l = v2Sum;
        v2h = sum;
      }
      if (stage < blocks) {
        v0l ^= messageLow;
        v0h ^= messageHigh;
        if (stage === blocks - 1) v2l ^= 0xff;
      }
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
  }
}

/** What an addition of two words carries into the next; without a branch, which would be guessed wrong half the time. */
function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}

/** The little-endian word at `at`, which lies within `bytes`. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** The little-endian word at `at`; octets from `to` on count as zero. */
function partialWordAt(bytes: Uint8Array, at: number, to: number): number {
  let word = 0;
  for (let index = Math.min(at + 3, to - 1); index >= at; index--) word = (word << 8) | (bytes[index] ?? 0);
  return word;
}
