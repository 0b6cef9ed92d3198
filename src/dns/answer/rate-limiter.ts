/**
 * Response rate limiting by client network, so that forged queries cannot make this server flood their victim.
 *
 * Every response counts for the client's address and for several wider prefixes, each allowed a multiple of the rate
 * (the prefixes and multiples are those of Knot DNS 3.4). A count decays exponentially; a response that would take any
 * of them over its capacity is limited and counts nowhere. The counts lie in shared memory of fixed size: every thread
 * that answers has a limiter over the same buffer. Names and types do not matter, TCP and valid cookies are the
 * caller's to let pass, and limiting by time spent is not done.
 */
import { assert } from '#base/assert.ts';
import { prefixParts } from '#base/ip.ts';
import type { IpPrefix } from '#base/ip.ts';
import { SipHash } from './siphash.ts';

/** How much one client may get. */
export interface RateLimit {
  /** Responses per second to one address, from 0.001 up; held where the burst is that of several milliseconds. */
  readonly responsesPerSecond: number;
  /** Responses to one address at one moment after silence: an integer from 1 to 10,000. */
  readonly burst: number;
  /** Every `slip`th limited response goes out truncated, the others not at all; 0 drops all, 1 truncates all. */
  readonly slip: number;
  /** Clients that are never limited. */
  readonly exempt: readonly IpPrefix[];
}

/** `send` the response, send it truncated and empty (`slip`), or send nothing (`drop`). */
export type RateVerdict = 'send' | 'slip' | 'drop';

/**
 * A width that is counted, in bits; the multiple of the rate that it is allowed; how many octets of the address are
 * hashed for it (0: the hash of the width before serves) and what of the last octet; what of the rest word it keeps.
 */
type Width = readonly [bits: number, multiple: number, hashedOctets: number, lastMask: number, restMask: number];

/** The rest word has the bits behind /18. */
const ipv4Widths: readonly Width[] = [
  [32, 1, 3, 0xc0, 0x3fff],
  [24, 32, 0, 0, 0x3f00],
  [20, 256, 0, 0, 0x3000],
  [18, 768, 0, 0, 0],
];

/** The rest word has the 32 bits behind /32; a whole address is too long for it and hashed by itself. */
const ipv6Widths: readonly Width[] = [
  [128, 1, 16, 0xff, 0],
  [64, 2, 4, 0xff, 0xffff_ffff],
  [56, 3, 0, 0, 0xffff_ff00],
  [48, 4, 0, 0, 0xffff_0000],
  [32, 64, 0, 0, 0],
];

/**
 * The table is an array of buckets of eight slots. A bucket has 32 words: eight tags, eight loads, eight times and
 * eight counts of limited responses, so that looking for a tag reads half a cache line.
 */
const bucketSlots = 8;
const bucketWords = 32;
const loadAt = 8;
const timeAt = 16;
const limitedAt = 24;

/** A load that is full. Two bits are left above it for threads that add to one slot at the same moment. */
const fullLoad = 2 ** 29;

/** A time this much ahead of ours is another thread's, read a moment later; further ahead, the clock was set back. */
const maxSkewMs = 1000;

/** Fading by less than this share of a load waits for more, so that slots in constant use are not written twice. */
const leastFading = 1 / 2048;

/** One width: what is hashed for it, what a response weighs in it, and how fast its loads fade. */
interface Level {
  readonly hashedOctets: number;
  readonly lastMask: number;
  readonly restMask: number;
  /** Keeps prefixes apart that differ in width alone. */
  readonly salt: number;
  readonly price: number;
  /** A load is divided by e in 1 / this many milliseconds. */
  readonly decayPerMs: number;
}

/** Limits by a table that it shares with every limiter over the same buffer, made with the same limit and key. */
export class RateLimiter {
  readonly #words: Int32Array;
  readonly #bucketShift: number;
  readonly #hash: SipHash;
  readonly #multiplier: number;
  readonly #ipv4: readonly Level[];
  readonly #ipv6: readonly Level[];
  readonly #slip: number;
  readonly #exempt: readonly { readonly bytes: Uint8Array; readonly length: number }[];
  readonly #prefix = new Uint8Array(16);
  /** For each width of the query at hand: the index of its slot, and its tag. */
  readonly #slots = new Int32Array(ipv6Widths.length);
  readonly #tags = new Int32Array(ipv6Widths.length);

  /** Octets of a buffer for at least `tableSlots` counted prefixes, 1 to 2^26: 16 for each, rounded up to a power of 2. */
  static bufferBytes(tableSlots: number): number {
    assert(tableSlots >= 1 && tableSlots <= 2 ** 26, 'a table of 1 to 2^26 slots');
    return 2 ** Math.ceil(Math.log2(Math.max(tableSlots, 2 * bucketSlots))) * 16;
  }

  /** Takes a buffer of `bufferBytes` octets, zero at first, and a random key of 16 octets. */
  constructor(buffer: SharedArrayBuffer, limit: RateLimit, key: Uint8Array) {
    this.#words = new Int32Array(buffer);
    const buckets = this.#words.length / bucketWords;
    assert(buckets >= 2 && Number.isInteger(Math.log2(buckets)), 'a buffer of RateLimiter.bufferBytes octets');
    assert(limit.responsesPerSecond >= 0.001, 'at least 0.001 responses a second');
    assert(Number.isInteger(limit.burst) && limit.burst >= 1 && limit.burst <= 10_000, 'a burst of 1 to 10,000');
    assert(Number.isInteger(limit.slip) && limit.slip >= 0, 'a slip of 0 or more');
    // A bucket is chosen by the top bits of a word.
    this.#bucketShift = 32 - Math.log2(buckets);
    this.#hash = new SipHash(key);
    this.#hash.digest(this.#prefix, 0, 0);
    this.#multiplier = this.#hash.low | 1;
    const salt = this.#hash.high | 1;
    this.#ipv4 = ipv4Widths.map((width) => levelOf(width, limit, salt));
    this.#ipv6 = ipv6Widths.map((width) => levelOf(width, limit, salt));
    this.#slip = limit.slip;
    this.#exempt = limit.exempt.map(prefixParts);
  }

  /** Judges one response to `address` (4 or 16 octets, never IPv4-mapped) at `unixMs`, and counts it when it is sent. */
  judge(address: Uint8Array, unixMs: number): RateVerdict {
    if (this.#isExempt(address)) return 'send';
    const isIpv4 = address.length === 4;
    const levels = isIpv4 ? this.#ipv4 : this.#ipv6;
    const rest = isIpv4 ? wordAt(address, 0) : wordAt(address, 4);
    const now = unixMs | 0;
    for (let index = 0; index < levels.length; index++) {
      const level = levels[index];
      if (level === undefined) break;
      if (level.hashedOctets > 0) this.#digest(address, level);
      // SipHash of the widest prefix, and below that a secret multiplication: cheap, and nobody can tell what falls together.
      const kept = rest & level.restMask;
      const place = (this.#hash.low + Math.imul(kept, this.#multiplier) + level.salt) >>> this.#bucketShift;
      const tag = ((this.#hash.high ^ kept) + level.salt) | 0;
      const slot = this.#find(place * bucketWords, tag, index, level, now);
      if (Atomics.load(this.#words, slot + loadAt) + level.price > fullLoad) return this.#limited(slot);
      this.#slots[index] = slot;
      this.#tags[index] = tag;
    }
    for (let index = 0; index < levels.length; index++) {
      const slot = this.#slots[index] ?? 0;
      // A slot taken over keeps its load: a table too small for its clients limits too much rather than too little.
      Atomics.store(this.#words, slot, this.#tags[index] ?? 0);
      Atomics.add(this.#words, slot + loadAt, levels[index]?.price ?? 0);
    }
    return 'send';
  }

  #limited(slot: number): RateVerdict {
    if (this.#slip <= 1) return this.#slip === 0 ? 'drop' : 'slip';
    const before = Atomics.add(this.#words, slot + limitedAt, 1) >>> 0;
    return (before + 1) % this.#slip === 0 ? 'slip' : 'drop';
  }

  #isExempt(address: Uint8Array): boolean {
    let index = this.#exempt.length;
    while (--index >= 0) {
      const prefix = this.#exempt[index];
      if (prefix !== undefined && covers(prefix.bytes, prefix.length, address)) return true;
    }
    return false;
  }

  #digest(address: Uint8Array, level: Level): void {
    const last = level.hashedOctets - 1;
    for (let index = 0; index < last; index++) this.#prefix[index] = address[index] ?? 0;
    this.#prefix[last] = (address[last] ?? 0) & level.lastMask;
    this.#hash.digest(this.#prefix, 0, level.hashedOctets);
  }

  /**
   * The slot that counts a tag, or else about the least loaded one, which the tag may take over; brought up to `now`.
   * Never one of the first `taken` slots of this query: two widths in one slot would count for each other.
   */
  #find(bucket: number, tag: number, taken: number, level: Level, now: number): number {
    const words = this.#words;
    const end = bucket + bucketSlots;
    for (let slot = bucket; slot < end; slot++) {
      if (Atomics.load(words, slot) === tag && !this.#isTaken(slot, taken)) {
        this.#age(slot, level, now);
        return slot;
      }
    }
    let least = bucket;
    let leastLoad = Infinity;
    for (let slot = bucket; slot < end; slot++) {
      const elapsedMs = (now - Atomics.load(words, slot + timeAt)) | 0;
      const fading = elapsedMs < -maxSkewMs ? Infinity : Math.max(elapsedMs, 0) * level.decayPerMs;
      // Divided by the beginning of e^fading: enough to compare by.
      const load = Atomics.load(words, slot + loadAt) / (1 + fading + (fading * fading) / 2);
      if (load < leastLoad && !this.#isTaken(slot, taken)) {
        least = slot;
        leastLoad = load;
      }
    }
    this.#age(least, level, now);
    return least;
  }

  #isTaken(slot: number, taken: number): boolean {
    for (let index = 0; index < taken; index++) if (this.#slots[index] === slot) return true;
    return false;
  }

  /** Lets a slot's load fade by the time since it last did. */
  #age(slot: number, level: Level, now: number): void {
    const words = this.#words;
    const time = Atomics.load(words, slot + timeAt);
    const elapsedMs = (now - time) | 0;
    const isSetBack = elapsedMs < -maxSkewMs;
    const fading = elapsedMs * level.decayPerMs;
    if (fading < leastFading && !isSetBack) return;
    // Who moves the time takes the fading off; what others add meanwhile stays, as it is a difference that is taken.
    if (Atomics.compareExchange(words, slot + timeAt, time, now) !== time) return;
    const load = Atomics.load(words, slot + loadAt);
    // After a clock was set back, nothing is known of the time between: the count begins anew.
    const kept = isSetBack ? 0 : Math.trunc(load * Math.exp(-fading));
    Atomics.sub(words, slot + loadAt, load - kept);
  }
}

function levelOf(width: Width, limit: RateLimit, salt: number): Level {
  const [bits, multiple, hashedOctets, lastMask, restMask] = width;
  // Half a response more than the burst: room for rounding, and a burst of 1 has something to fade from.
  const price = Math.max(1, Math.floor(fullLoad / ((limit.burst + 0.5) * multiple)));
  // Once full, a load must fade by one price in just the time between two responses at the rate allowed.
  const periodMs = 1000 / (limit.responsesPerSecond * multiple);
  const decayPerMs = -Math.log1p(-price / fullLoad) / periodMs;
  return { hashedOctets, lastMask, restMask: restMask | 0, salt: Math.imul(salt, bits), price, decayPerMs };
}

/** The big-endian word at `at`. */
function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** Whether a prefix of `length` bits covers an address; false across families. */
function covers(prefix: Uint8Array, length: number, address: Uint8Array): boolean {
  if (prefix.length !== address.length) return false;
  const octets = length >> 3;
  for (let index = 0; index < octets; index++) if (prefix[index] !== address[index]) return false;
  return (((prefix[octets] ?? 0) ^ (address[octets] ?? 0)) & (0xff00 >> (length & 7)) & 0xff) === 0;
}
