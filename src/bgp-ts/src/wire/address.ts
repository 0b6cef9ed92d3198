/**
 * IP addresses and prefixes as canonical text (RFC 5952 for IPv6), so that equal addresses are equal strings, and their
 * wire form. No zones (`%eth0`), no ports.
 */
import type { Family } from './family.ts';

declare const addressBrand: unique symbol;
declare const prefixBrand: unique symbol;

/** A canonical IPv4 or IPv6 address. */
export type Address = string & { readonly [addressBrand]: true };

/** A canonical prefix `address/length` whose host bits are zero. */
export type Prefix = string & { readonly [prefixBrand]: true };

/** Parses an address; undefined when the text is not one. */
export function parseAddress(text: string): Address | undefined {
  const bytes = parseAddressBytes(text);
  if (bytes === undefined) return undefined;
  // Of IPv4 only the canonical text is an address.
  return bytes.length === 4 ? (text as Address) : formatAddress(bytes);
}

/** Parses `address/length`; undefined when malformed or when host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const bitCount = slash < 0 ? undefined : parseLength(text, slash + 1);
  if (bitCount === undefined) return undefined;
  const bits = parseIpv4Bits(text, slash);
  if (bits !== undefined) {
    const hasRest = bitCount < 32 && bits << bitCount !== 0;
    // Of IPv4 only the canonical text is a prefix.
    return bitCount > 32 || hasRest ? undefined : (text as Prefix);
  }
  const bytes = parseIpv6(text.slice(0, slash));
  if (bytes === undefined || bitCount > 128 || hasHostBits(bytes, bitCount)) return undefined;
  return `${formatAddress(bytes)}/${bitCount}` as Prefix;
}

/** One to three digits to the end of the text, without a leading zero. */
function parseLength(text: string, start: number): number | undefined {
  const digits = text.length - start;
  if (digits < 1 || digits > 3) return undefined;
  let value = 0;
  for (let at = start; at < text.length; at++) {
    const digit = text.charCodeAt(at) - digitZero;
    if (digit < 0 || digit > 9 || (digit === 0 && value === 0 && digits > 1)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function hasHostBits(bytes: Uint8Array, bitCount: number): boolean {
  for (let index = bitCount >> 3; index < bytes.length; index++) {
    const hostMask = index === bitCount >> 3 ? 0xff >> (bitCount & 7) : 0xff;
    if (((bytes[index] ?? 0) & hostMask) !== 0) return true;
  }
  return false;
}

/** The unicast family of an address or a prefix. */
export function familyOf(text: Address | Prefix): Family {
  return text.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
}

/** Whether an address is within fe80::/10, which means something on one link only (RFC 4291 §2.5.6). */
export function isLinkLocal(address: Address): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** The 4 or 16 bytes of an address, in network order. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = parseAddressBytes(address);
  if (bytes === undefined) throw new Error(`bug: ${address} is not a canonical address`);
  return bytes;
}

/** The bytes and the bit count of a prefix. */
export function prefixParts(prefix: Prefix): { readonly bytes: Uint8Array; readonly bitCount: number } {
  const slash = prefix.indexOf('/');
  return { bytes: addressBytes(prefix.slice(0, slash) as Address), bitCount: Number(prefix.slice(slash + 1)) };
}

/** The bit count of a prefix. */
export function prefixLength(prefix: Prefix): number {
  return parseLength(prefix, prefix.indexOf('/') + 1) ?? 0;
}

/** The 32 bits of an IPv4 address or prefix as a signed number; undefined for IPv6. */
export function ipv4Bits(text: Address | Prefix): number | undefined {
  const slash = text.indexOf('/');
  return parseIpv4Bits(text, slash < 0 ? text.length : slash);
}

/** Writes 4 or 16 bytes as canonical text (RFC 5952 §4). */
export function formatAddress(bytes: Uint8Array): Address {
  if (bytes.length === 4) return `${bytes[0] ?? 0}.${bytes[1] ?? 0}.${bytes[2] ?? 0}.${bytes[3] ?? 0}` as Address;
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups) as Address;
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}` as Address;
}

/** Writes a prefix with the bits after `bitCount` cleared: a receiver ignores them (RFC 4271 §4.3). */
export function formatPrefix(bytes: Uint8Array, bitCount: number): Prefix {
  const masked = bytes.map((byte, index) => {
    const keptBits = Math.min(8, Math.max(0, bitCount - index * 8));
    return byte & (0xff << (8 - keptBits));
  });
  return `${formatAddress(masked)}/${bitCount}` as Prefix;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

function parseAddressBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

const digitZero = 0x30;
const dot = 0x2e;

function parseIpv4(text: string): Uint8Array | undefined {
  const bits = parseIpv4Bits(text, text.length);
  if (bits === undefined) return undefined;
  return Uint8Array.of(bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff);
}

/** By character, since every prefix and next hop comes by here several times on its way. The text counts up to `end`. */
function parseIpv4Bits(text: string, end: number): number | undefined {
  if (end > 15) return undefined;
  let bits = 0;
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0 || part === 3) return undefined;
      bits = (bits << 8) | value;
      part++;
      value = 0;
      digits = 0;
      continue;
    }
    // A leading zero is refused: some parsers read it as octal.
    if (code < digitZero || code > digitZero + 9 || (digits > 0 && value === 0)) return undefined;
    value = value * 10 + code - digitZero;
    digits++;
    if (value > 255) return undefined;
  }
  return part !== 3 || digits === 0 ? undefined : (bits << 8) | value;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Parses `a:b:c`; a dotted quad is allowed as the last element where `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const quad = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (quad !== undefined) groups.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
