/**
 * DNS cookies on the server's side (RFC 7873), in the form that all servers of a name share (RFC 9018 §4).
 *
 * A server cookie is `version 1 | reserved | timestamp | SipHash-2-4 of client cookie, those fields and client address`
 * in 1 + 3 + 4 + 8 octets, so that any site that knows the secret can verify it and no site keeps state. Judging
 * and writing allocate nothing. What a verdict leads to (BADCOOKIE, no rate limit) is decided where replies are made.
 */
import { assert } from '#base/assert.ts';
import { SipHash } from './siphash.ts';

/**
 * What a COOKIE option is worth.
 *
 * - `malformed`: of an impossible length, FORMERR (RFC 7873 §5.2.2).
 * - `clientOnly`: the client knows no server cookie yet.
 * - `bad`: of another kind, too old, too far ahead, or not ours for this client: BADCOOKIE, or as if client only.
 * - `valid`: ours; the reply repeats it.
 * - `renew`: ours; the reply carries a fresh one, as this one is old or made with another than the first secret.
 */
export type CookieVerdict = 'malformed' | 'clientOnly' | 'bad' | 'valid' | 'renew';

/** Octets of a client cookie (RFC 7873 §4). */
export const clientCookieBytes = 8;

/** Octets of the option's data with a client cookie and one of our server cookies. */
export const fullCookieBytes = 24;

const shortestServerCookieBytes = 8;
const longestServerCookieBytes = 32;
const cookieVersion = 1;
const versionAt = 8;
const timestampAt = 12;
const hashAt = 16;

/** RFC 9018 §4.3: these three. */
const maxAgeSeconds = 3600;
const maxAheadSeconds = 300;
const renewAgeSeconds = 1800;

/** Judges and makes cookies with a set of secrets; for a new set make a new jar. */
export class CookieJar {
  readonly #hashes: readonly SipHash[];
  readonly #signing: SipHash;
  /** What is hashed: the fields in the order of RFC 9018 §4.4, at most 16 octets of address. */
  readonly #message = new Uint8Array(hashAt + 16);

  /** Takes one or more secrets of 16 octets: the first signs, all verify. */
  constructor(secrets: readonly Uint8Array[]) {
    this.#hashes = secrets.map((secret) => new SipHash(secret));
    const [signing] = this.#hashes;
    assert(signing !== undefined, 'a cookie jar has at least one secret');
    this.#signing = signing;
  }

  /**
   * Judges the option's data at `bytes[at..end)`, sent from `address` (4 or 16 octets, never IPv4-mapped) at
   * `unixSeconds`; timestamps compare by serial arithmetic (RFC 1982), so any time of any age will do.
   */
  judge(bytes: Uint8Array, at: number, end: number, address: Uint8Array, unixSeconds: number): CookieVerdict {
    const length = end - at;
    if (length === clientCookieBytes) return 'clientOnly';
    const serverBytes = length - clientCookieBytes;
    if (serverBytes < shortestServerCookieBytes || serverBytes > longestServerCookieBytes) return 'malformed';
    if (length !== fullCookieBytes || bytes[at + versionAt] !== cookieVersion) return 'bad';
    const ageSeconds = ((unixSeconds | 0) - bigEndianAt(bytes, at + timestampAt)) | 0;
    if (ageSeconds > maxAgeSeconds || ageSeconds < -maxAheadSeconds) return 'bad';

    // The reserved octets are hashed as they came: a later RFC may give them a meaning (RFC 9018 §4.2).
    for (let index = 0; index < hashAt; index++) this.#message[index] = bytes[at + index] ?? 0;
    const messageBytes = this.#appendAddress(address);
    const low = littleEndianAt(bytes, at + hashAt);
    const high = littleEndianAt(bytes, at + hashAt + 4);
    for (let index = 0; index < this.#hashes.length; index++) {
      const hash = this.#hashes[index] ?? this.#signing;
      hash.digest(this.#message, 0, messageBytes);
      // Both halves in one comparison: how long it takes says nothing about where they differ.
      if (((hash.low ^ low) | (hash.high ^ high)) === 0) {
        return index > 0 || ageSeconds > renewAgeSeconds ? 'renew' : 'valid';
      }
    }
    return 'bad';
  }

  /**
   * Writes 24 octets at `out[to]`: the client cookie at `bytes[at]` and a fresh server cookie for `address` (4 or 16
   * octets). `out` may be `bytes`.
   */
  write(bytes: Uint8Array, at: number, address: Uint8Array, unixSeconds: number, out: Uint8Array, to: number): void {
    const message = this.#message;
    for (let index = 0; index < clientCookieBytes; index++) message[index] = bytes[at + index] ?? 0;
    message[versionAt] = cookieVersion;
    message[versionAt + 1] = 0;
    message[versionAt + 2] = 0;
    message[versionAt + 3] = 0;
    message[timestampAt] = unixSeconds >>> 24;
    message[timestampAt + 1] = unixSeconds >>> 16;
    message[timestampAt + 2] = unixSeconds >>> 8;
    message[timestampAt + 3] = unixSeconds | 0;
    this.#signing.digest(message, 0, this.#appendAddress(address));
    for (let index = 0; index < hashAt; index++) out[to + index] = message[index] ?? 0;
    writeLittleEndian(this.#signing.low, out, to + hashAt);
    writeLittleEndian(this.#signing.high, out, to + hashAt + 4);
  }

  /** Puts the client's address behind the fields and returns the octets of the whole. */
  #appendAddress(address: Uint8Array): number {
    assert(address.length === 4 || address.length === 16, 'a client address of 4 or 16 octets');
    for (let index = 0; index < address.length; index++) this.#message[hashAt + index] = address[index] ?? 0;
    return hashAt + address.length;
  }
}

function bigEndianAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

function littleEndianAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function writeLittleEndian(word: number, out: Uint8Array, at: number): void {
  out[at] = word;
  out[at + 1] = word >>> 8;
  out[at + 2] = word >>> 16;
  out[at + 3] = word >>> 24;
}
