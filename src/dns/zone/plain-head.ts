/** TTLs and types of a master file from octets to numbers, as far as they are written plainly. */
import { recordType } from '../wire/constants.ts';
import { parseIp } from '#base/ip.ts';
import { maxTtlSeconds } from '../wire/constants.ts';
import { decodeText } from './source-text.ts';

const zero = 0x30;
const colon = 0x3a;
const dot = 0x2e;

/** Seconds written in digits; -1 for anything else. */
export function plainTtl(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 10) return -1;
  let seconds = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    seconds = seconds * 10 + digit;
  }
  return seconds <= maxTtlSeconds ? seconds : -1;
}

/** The letters of a mnemonic of at most four, packed, in upper case. */
function pack(name: string): number {
  let packed = 0;
  for (let index = 0; index < name.length; index++) packed = (packed << 8) | (name.charCodeAt(index) & 0xdf);
  return packed;
}

const packed = {
  A: pack('A'),
  NS: pack('NS'),
  MX: pack('MX'),
  PTR: pack('PTR'),
  TXT: pack('TXT'),
  AAAA: pack('AAAA'),
  CNAM: pack('CNAM'),
  E: pack('E'),
} as const;

/** The type of a mnemonic among the most frequent; 0 for any other text. */
export function plainType(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 5) return 0;
  let letters = 0;
  // Folding maps no other octet to a letter's upper case, but the letter's own two.
  for (let at = start; at < end && at < start + 4; at++) letters = (letters << 8) | ((bytes[at] ?? 0) & 0xdf);
  switch (letters) {
    case packed.A:
      return length === 1 ? recordType.A : 0;
    case packed.NS:
      return length === 2 ? recordType.NS : 0;
    case packed.MX:
      return length === 2 ? recordType.MX : 0;
    case packed.PTR:
      return length === 3 ? recordType.PTR : 0;
    case packed.TXT:
      return length === 3 ? recordType.TXT : 0;
    case packed.AAAA:
      return length === 4 ? recordType.AAAA : 0;
    case packed.CNAM:
      return length === 5 && ((bytes[start + 4] ?? 0) & 0xdf) === packed.E ? recordType.CNAME : 0;
    default:
      return 0;
  }
}

/** Whether a token where a host name is expected is an IP address, with or without a final dot. */
export function looksLikeAddress(bytes: Uint8Array, start: number, end: number): boolean {
  const byte = bytes[start] ?? 0;
  const mayBeIpv4 = byte >= zero && byte <= zero + 9;
  if (!mayBeIpv4 && !bytes.subarray(start, end).includes(colon)) return false;
  const last = bytes[end - 1] === dot ? end - 1 : end;
  return parseIp(decodeText(bytes, start, last)) !== undefined;
}
