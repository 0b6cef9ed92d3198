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
  return bytes === undefined ? undefined : formatAddress(bytes);
}

/** Parses `address/length`; undefined when malformed or when host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const bytes = match === null ? undefined : parseAddressBytes(match[1] ?? '');
  const bitCount = Number(match?.[2]);
  if (bytes === undefined || bitCount > bytes.length * 8 || hasHostBits(bytes, bitCount)) return undefined;
  return `${formatAddress(bytes)}/${bitCount}` as Prefix;
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

/** By character, since every prefix and next hop comes by here several times on its way. */
function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length > 15) return undefined;
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0 || part === 3) return undefined;
      bytes[part++] = value;
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
  if (part !== 3 || digits === 0) return undefined;
  bytes[3] = value;
  return bytes;
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
