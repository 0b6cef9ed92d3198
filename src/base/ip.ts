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

function parseIpBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    // A leading zero is refused: some parsers read it as octal.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
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
  const bytes = new Uint8Array(16);
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  for (const [index, group] of groups.entries()) {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 0xff;
  }
  return bytes;
}

/** Parses `a:b:c`; a dotted quad is allowed as the last element where `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const quad = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
      if (quad === undefined) return undefined;
      groups.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(parseInt(part, 16));
    }
  }
  return groups;
}
