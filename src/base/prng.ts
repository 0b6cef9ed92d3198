/**
 * A small seeded pseudo-random generator (xoshiro128**), so that whatever uses chance can be replayed from its seed.
 * Not for secrets.
 */
export interface Prng {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, bound); `bound` from 1 to 2^32. */
  below(bound: number): number;
}

/** Builds a generator from a 32-bit seed; equal seeds give equal sequences. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const mix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const rotate = (value: number, count: number): number => ((value << count) | (value >>> (32 - count))) >>> 0;
  const nextUint32 = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const shifted = (b << 9) >>> 0;
    c ^= a;
    d ^= b;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ shifted) >>> 0;
    d = rotate(d >>> 0, 11);
    return result;
  };
  return {
    next: () => nextUint32() / 0x1_0000_0000,
    below: (bound) => Math.floor((nextUint32() / 0x1_0000_0000) * bound),
  };
}
