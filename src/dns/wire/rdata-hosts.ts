/**
 * Fields that say where a host or network is in other ways than one address: APL (RFC 3123 §4), EUI-48 and EUI-64
 * (RFC 7043), ILNP identifiers and locators (RFC 6742 §2), HIP (RFC 8005 §5), and the gateways of IPSECKEY
 * (RFC 4025 §2) and AMTRELAY (RFC 8777 §4).
 */
import { formatIp, parseIpBytes } from '#base/ip.ts';
import { measureName } from './name.ts';
import { parseInteger, RdataFault, unexpected } from './rdata-codec.ts';
import type { Field, TextCursor, WireCursor } from './rdata-codec.ts';
import { base64, encode, encodedRest, hex, parseEncoded } from './rdata-encodings.ts';
import { ipv4, ipv6, parseNameField, wholeName, within } from './rdata-fields.ts';

/** Octets of an address by its IANA address family number; 0 for families that have no text form. */
function familyBytes(family: number): 0 | 4 | 16 {
  return family === 1 ? 4 : family === 2 ? 16 : 0;
}

const prefixText = 'a prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32';
const negated = 0x80;

/** Address prefixes to the end of the data, perhaps none (RFC 3123 §4). */
export const prefixes: Field = {
  parse(text) {
    while (!text.isAtEnd) parsePrefix(text);
  },
  format(wire) {
    const written: string[] = [];
    while (wire.at < wire.bytes.length) {
      const family = wire.integer(2);
      const length = wire.integer(1);
      const octets = wire.integer(1);
      const address = new Uint8Array(familyBytes(family));
      address.set(wire.take(octets & ~negated));
      written.push(`${octets >= negated ? '!' : ''}${family}:${formatIp(address)}/${length}`);
    }
    return written.join(' ');
  },
  measure(bytes, at, end) {
    while (at < end) {
      if (end - at < 4) return -1;
      const size = familyBytes(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      const octets = (bytes[at + 3] ?? 0) & ~negated;
      const next = at + 4 + octets;
      if (size === 0 || (bytes[at + 2] ?? 0) > size * 8 || octets > size || next > end) return -1;
      // Zeros behind the last other octet are never sent.
      if (octets > 0 && bytes[next - 1] === 0) return -1;
      at = next;
    }
    return at;
  },
};

function parsePrefix(text: TextCursor): void {
  const word = text.word(prefixText);
  const match = /^(!?)([12]):([^/]+)\/(\d{1,3})$/.exec(word);
  const family = Number(match?.[2]);
  const address = parseIpBytes(match?.[3] ?? '');
  const length = parseInteger(match?.[4] ?? '', familyBytes(family) * 8);
  if (address?.length !== familyBytes(family) || length === undefined) throw unexpected(word, prefixText);
  let octets = address.length;
  while (octets > 0 && address[octets - 1] === 0) octets--;
  text.out.u16(family);
  text.out.u8(length);
  text.out.u8(octets | (match?.[1] === '!' ? negated : 0));
  text.out.append(address, 0, octets);
}

/** `size` octets in groups of `digits` hexadecimal digits, all of them or at least one. */
function groupsField(
  size: number,
  { digits, separator, isPadded, expected }: { digits: 2 | 4; separator: string; isPadded: boolean; expected: string },
): Field {
  const count = (size * 2) / digits;
  const pattern = new RegExp(`^[0-9a-f]{${isPadded ? digits : 1},${digits}}$`, 'i');
  return {
    parse(text) {
      const word = text.word(expected);
      const groups = word.split(separator);
      if (groups.length !== count || !groups.every((group) => pattern.test(group))) throw unexpected(word, expected);
      for (const group of groups) {
        if (digits === 4) text.out.u16(parseInt(group, 16));
        else text.out.u8(parseInt(group, 16));
      }
    },
    format(wire) {
      const groups = Array.from({ length: count }, () => wire.integer(digits / 2).toString(16));
      return groups.map((group) => (isPadded ? group.padStart(digits, '0') : group)).join(separator);
    },
    measure: (_, at, end) => within(at + size, end),
  };
}

/** Hardware addresses (RFC 7043 §3.2, §4.2). */
const hardware = { digits: 2, separator: '-', isPadded: true } as const;
export const eui48: Field = groupsField(6, { ...hardware, expected: 'an address such as 00-00-5e-00-53-2a' });
export const eui64: Field = groupsField(8, { ...hardware, expected: 'an address such as 00-00-5e-ef-10-00-00-2a' });

/** An ILNP node identifier or 64-bit locator (RFC 6742 §2.1.2, §2.3.2). */
export const identifier: Field = groupsField(8, {
  digits: 4,
  separator: ':',
  isPadded: false,
  expected: 'four groups such as 14:4fff:ff20:ee64',
});

/** Algorithm, host identity tag, public key and rendezvous servers (RFC 8005 §5, §6). */
export const hostIdentity: Field = {
  parse(text) {
    const algorithm = text.integer(255);
    const headAt = text.out.reserve(4);
    parseEncoded(text, hex, 'a host identity tag');
    const tagBytes = text.out.length - headAt - 4;
    if (tagBytes === 0 || tagBytes > 255) throw new RdataFault(`a tag has 1 to 255 octets, this one has ${tagBytes}`);
    parseEncoded(text, base64, 'a public key');
    const keyBytes = text.out.length - headAt - 4 - tagBytes;
    if (keyBytes === 0 || keyBytes > 0xffff)
      throw new RdataFault(`a key has 1 to 65535 octets, this one has ${keyBytes}`);
    const { bytes } = text.out;
    bytes[headAt] = tagBytes;
    bytes[headAt + 1] = algorithm;
    bytes[headAt + 2] = keyBytes >> 8;
    bytes[headAt + 3] = keyBytes & 0xff;
    while (!text.isAtEnd) parseNameField(text);
  },
  format(wire) {
    const tagBytes = wire.integer(1);
    const algorithm = wire.integer(1);
    const keyBytes = wire.integer(2);
    const parts = [String(algorithm), encode(hex, wire.take(tagBytes)), encode(base64, wire.take(keyBytes))];
    while (wire.at < wire.bytes.length) parts.push(wholeName.format(wire));
    return parts.join(' ');
  },
  measure(bytes, at, end) {
    if (end - at < 4) return -1;
    const tagBytes = bytes[at] ?? 0;
    const keyBytes = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    let next = at + 4 + tagBytes + keyBytes;
    if (tagBytes === 0 || keyBytes === 0 || next > end) return -1;
    while (next < end) {
      const length = measureName(bytes, next, end);
      if (length === 0) return -1;
      next += length;
    }
    return next;
  },
};

/** No gateway: nothing on the wire and a dot in text. */
const noGateway: Field = {
  parse(text) {
    const word = text.word('a dot for no gateway');
    if (word !== '.') throw unexpected(word, 'a dot, which type 0 asks for');
  },
  format: () => '.',
  measure: (_, at) => at,
};

/** Gateways by their type: none, IPv4, IPv6, name. */
const gateways: readonly Field[] = [noGateway, ipv4, ipv6, wholeName];

function gatewayField(gatewayType: number): Field {
  const field = gateways[gatewayType];
  if (field === undefined) throw new RdataFault(`gateway type ${gatewayType} is not one of 0 to 3`);
  return field;
}

const keyRest = encodedRest(base64, 0);

/** Gateway type, algorithm, gateway and public key of IPSECKEY (RFC 4025 §2.1, §3.1). */
export const ipsecGateway: Field = {
  parse(text) {
    const gateway = gatewayField(parseGatewayType(text, 0));
    text.out.u8(text.integer(255));
    gateway.parse(text);
    keyRest.parse(text);
  },
  format(wire) {
    const gatewayType = wire.integer(1);
    const algorithm = wire.integer(1);
    const parts = [String(gatewayType), String(algorithm), formatGateway(wire, gatewayType), keyRest.format(wire)];
    return parts.join(' ').trimEnd();
  },
  measure(bytes, at, end) {
    if (end - at < 2) return -1;
    return (gateways[bytes[at] ?? 0]?.measure(bytes, at + 2, end) ?? -1) < 0 ? -1 : end;
  },
};

/** Discovery flag, relay type and relay of AMTRELAY (RFC 8777 §4.2, §4.3). */
export const amtRelay: Field = {
  parse(text) {
    const discovery = text.integer(1, '0 or 1');
    gatewayField(parseGatewayType(text, discovery << 7)).parse(text);
  },
  format(wire) {
    const octet = wire.integer(1);
    return `${octet >> 7} ${octet & 0x7f} ${formatGateway(wire, octet & 0x7f)}`;
  },
  measure(bytes, at, end) {
    if (at >= end) return -1;
    return gateways[(bytes[at] ?? 0) & 0x7f]?.measure(bytes, at + 1, end) ?? -1;
  },
};

function parseGatewayType(text: TextCursor, flag: number): number {
  const gatewayType = text.integer(3, 'a gateway type from 0 to 3');
  text.out.u8(gatewayType | flag);
  return gatewayType;
}

function formatGateway(wire: WireCursor, gatewayType: number): string {
  return gateways[gatewayType]?.format(wire) ?? '';
}
