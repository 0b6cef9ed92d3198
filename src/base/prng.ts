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
    return z ^ (z >>> 16);
  };
  // Words are signed: V8 keeps those without allocating, so that a draw makes nothing.
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  const rotate = (value: number, count: number): number => (value << count) | (value >>> (32 - count));
  const nextWord = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  return {
    next: () => (nextWord() >>> 0) / 0x1_0000_0000,
    below: (bound) => Math.floor(((nextWord() >>> 0) / 0x1_0000_0000) * bound),
  };
}
