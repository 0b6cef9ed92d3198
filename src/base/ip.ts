/**
 * IP addresses and prefixes as branded, canonical text (RFC 5952 for IPv6), so that equal addresses are equal strings.
 * One parser each; nothing else makes these types.
 */
declare const ipBrand: unique symbol;
declare const prefixBrand: unique symbol;

/** A canonical IPv4 or IPv6 address, without zone or port. */
export type IpAddress = string & { readonly [ipBrand]: true };

/** A canonical prefix `address/length` with its host bits zero. */
export type IpPrefix = string & { readonly [prefixBrand]: true };

/** Which of the two address families. */
export type Family = 4 | 6;

/** Parses an address; undefined when the text is not one. */
export function parseIp(text: string): IpAddress | undefined {
  const bytes = parseIpBytes(text);
  return bytes === undefined ? undefined : formatIp(bytes);
}

/** Parses `address/length`; undefined when malformed or when host bits are set. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = parseIpBytes(match[1] ?? '');
  const length = Number(match[2]);
  if (bytes === undefined || length > bytes.length * 8) return undefined;
  for (let bit = length; bit < bytes.length * 8; bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) return undefined;
  }
  return `${formatIp(bytes)}/${length}` as IpPrefix;
}

/** The family of an address or prefix. */
export function familyOf(address: IpAddress | IpPrefix): Family {
  return address.includes(':') ? 6 : 4;
}

/** The 4 or 16 bytes of an address, in network order. */
export function ipBytes(address: IpAddress): Uint8Array {
  const bytes = parseIpBytes(address);
  if (bytes === undefined) throw new Error(`bug: ${address} is not a canonical address`);
  return bytes;
}

/** Address bytes and length of a prefix. */
export function prefixParts(prefix: IpPrefix): { readonly bytes: Uint8Array; readonly length: number } {
  const slash = prefix.indexOf('/');
  return { bytes: ipBytes(prefix.slice(0, slash) as IpAddress), length: Number(prefix.slice(slash + 1)) };
}

/** Whether an address given as 4 or 16 octets lies in `prefix`, prepared for many addresses. */
export function ipPrefixMatcher(prefix: IpPrefix): (address: Uint8Array) => boolean {
  const { bytes, length } = prefixParts(prefix);
  const whole = length >> 3;
  const mask = 0xff00 >> (length & 7);
  return (address) => {
    if (address.length !== bytes.length) return false;
    for (let index = 0; index < whole; index++) if (address[index] !== bytes[index]) return false;
    return ((address[whole] ?? 0) & mask & 0xff) === ((bytes[whole] ?? 0) & mask & 0xff);
  };
}

/** Whether `address` lies in `prefix`; false across families. */
export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (familyOf(prefix) !== familyOf(address)) return false;
  const { bytes, length } = prefixParts(prefix);
  const other = ipBytes(address);
  for (let bit = 0; bit < length; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((bytes[bit >> 3] ?? 0) & mask) !== ((other[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

/** Whether a prefix lies within another, larger one; false for equal ones and across families. */
export function isWithin(inner: IpPrefix, outer: IpPrefix): boolean {
  const address = inner.slice(0, inner.indexOf('/')) as IpAddress;
  return prefixParts(inner).length > prefixParts(outer).length && prefixContains(outer, address);
}

/** Writes 4 or 16 bytes as canonical text (RFC 5952 §4). */
export function formatIp(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return bytes.join('.') as IpAddress;
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups) as IpAddress;
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}` as IpAddress;
}

/** Parses `address:port` or `[v6]:port`; undefined when malformed or the port is outside 0 to 65535. */
export function parseHostPort(text: string): { readonly address: IpAddress; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const address = parseIp(match[1] ?? match[2] ?? '');
  const port = Number(match[3]);
  if (address === undefined || port > 65535) return undefined;
  return { address, port };
}

/** Writes `address:port`, with brackets for IPv6. */
export function formatHostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
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

/** The 4 or 16 bytes of an address as written, in network order; undefined when the text is not one. */
export function parseIpBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.includes(':') ? 16 : 4);
  const isAddress = bytes.length === 16 ? parseIpv6Into(text, bytes, 0) : parseIpv4Into(text, bytes, 0);
  return isAddress ? bytes : undefined;
}

/** Writes the 4 bytes of an IPv4 address to `out` at `at`; false when `text` is not one, `out` is undefined there then. */
export function parseIpv4Into(text: string, out: Uint8Array, at: number): boolean {
  return parseQuad(text, 0, out, at);
}

/** Reads a dotted quad from `start` to the end of `text`. */
function parseQuad(text: string, start: number, out: Uint8Array, at: number): boolean {
  let value = 0;
  let digits = 0;
  let count = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is refused: some parsers read it as octal.
      if (digits > 0 && value === 0) return false;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return false;
    } else {
      if (digit !== -2 || digits === 0 || count === 3) return false;
      out[at + count++] = value;
      value = 0;
      digits = 0;
    }
  }
  if (digits === 0 || count !== 3) return false;
  out[at + 3] = value;
  return true;
}

/** Writes the 16 bytes of an IPv6 address to `out` at `at`; false when `text` is not one, `out` is undefined there then. */
export function parseIpv6Into(text: string, out: Uint8Array, at: number): boolean {
  /** Octets written, and how many of them stand before `::`. */
  let written = 0;
  let beforeGap = -1;
  let index = 0;
  if (text.startsWith('::')) {
    beforeGap = 0;
    index = 2;
  }
  while (index < text.length) {
    let group = 0;
    let end = index;
    for (let digit = hexDigitAt(text, end); digit >= 0; digit = hexDigitAt(text, ++end)) group = (group << 4) | digit;
    if (text[end] === '.') {
      if (written > 12 || !parseQuad(text, index, out, at + written)) return false;
      written += 4;
      break;
    }
    if (end === index || end - index > 4 || written > 14) return false;
    out[at + written++] = group >> 8;
    out[at + written++] = group & 0xff;
    if (end === text.length) break;
    if (text[end] !== ':') return false;
    index = end + 1;
    if (text[index] === ':') {
      if (beforeGap >= 0) return false;
      beforeGap = written;
      index++;
    } else if (index === text.length) return false;
  }
  if (beforeGap < 0) return written === 16;
  if (written > 14) return false;
  out.copyWithin(at + 16 - (written - beforeGap), at + beforeGap, at + written);
  out.fill(0, at + beforeGap, at + 16 - (written - beforeGap));
  return true;
}

/** The value of the hexadecimal digit at `index`, or -1. */
function hexDigitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
