/**
 * Extended communities as values: eight octets (RFC 4360, RFC 5668, RFC 7153, RFC 8955) or twenty (RFC 5701). Every value
 * is read: by the layout that its type says, else as octets. Their text is in extended-community-text.ts.
 */
import type { Address } from './address.ts';
import { addressBytes, formatAddress } from './address.ts';
import { ByteReader, concatBytes, uint16Bytes, uint32Bytes } from './bytes.ts';

/** An extended community; `type` is the whole high octet, with its IANA and transitive bits. */
export type ExtendedCommunity =
  /** AS of two octets, and an unsigned 32-bit number. */
  | {
      readonly kind: 'twoOctetAs';
      readonly type: number;
      readonly subtype: number;
      readonly asn: number;
      readonly value: number;
    }
  /** IPv4 address, and an unsigned 16-bit number. */
  | {
      readonly kind: 'ipv4';
      readonly type: number;
      readonly subtype: number;
      readonly address: Address;
      readonly value: number;
    }
  /** AS of four octets, and an unsigned 16-bit number. */
  | {
      readonly kind: 'fourOctetAs';
      readonly type: number;
      readonly subtype: number;
      readonly asn: number;
      readonly value: number;
    }
  /** Six octets behind type and subtype: opaque, EVPN, MUP and what is not known. */
  | { readonly kind: 'octets'; readonly type: number; readonly subtype: number; readonly bytes: Uint8Array };

/** An IPv6 address specific extended community. */
export interface Ipv6ExtendedCommunity {
  readonly type: number;
  readonly subtype: number;
  readonly address: Address;
  /** 0 to 65535. */
  readonly value: number;
}

/** Octets of one extended community. */
export const extendedCommunityBytes = 8;

/** Octets of one IPv6 address specific extended community. */
export const ipv6ExtendedCommunityBytes = 20;

/** The bit of `type` that is clear in a community that is passed on to other ASes. */
export const nonTransitiveBit = 0x40;

/** Layouts by type with the transitive bit clear; the flow specification's actions (RFC 8955 §7) are 0x80 to 0x82. */
const layouts: ReadonlyMap<number, 'twoOctetAs' | 'ipv4' | 'fourOctetAs'> = new Map([
  [0x00, 'twoOctetAs'],
  [0x01, 'ipv4'],
  [0x02, 'fourOctetAs'],
  // Interface sets of the flow specification: AS, then direction and group.
  [0x07, 'fourOctetAs'],
  // Redirection to an IPv4 address, as FlowSpec had it before RFC 8955.
  [0x80, 'twoOctetAs'],
  [0x81, 'ipv4'],
  [0x82, 'fourOctetAs'],
]);

/** Reads eight octets. */
export function decodeExtendedCommunity(bytes: Uint8Array): ExtendedCommunity {
  const reader = new ByteReader(bytes);
  const type = reader.readUint8();
  const subtype = reader.readUint8();
  const layout = layouts.get(type & ~nonTransitiveBit);
  switch (layout) {
    case 'twoOctetAs':
      return { kind: layout, type, subtype, asn: reader.readUint16(), value: reader.readUint32() };
    case 'ipv4':
      return { kind: layout, type, subtype, address: formatAddress(reader.readBytes(4)), value: reader.readUint16() };
    case 'fourOctetAs':
      return { kind: layout, type, subtype, asn: reader.readUint32(), value: reader.readUint16() };
    default:
      return { kind: 'octets', type, subtype, bytes: reader.readRest().slice() };
  }
}

/** Writes eight octets. */
export function encodeExtendedCommunity(community: ExtendedCommunity): Uint8Array {
  return concatBytes([Uint8Array.of(community.type, community.subtype), valueBytes(community)]);
}

function valueBytes(community: ExtendedCommunity): Uint8Array {
  switch (community.kind) {
    case 'twoOctetAs':
      return concatBytes([uint16Bytes(community.asn), uint32Bytes(community.value)]);
    case 'ipv4':
      return concatBytes([addressBytes(community.address), uint16Bytes(community.value)]);
    case 'fourOctetAs':
      return concatBytes([uint32Bytes(community.asn), uint16Bytes(community.value)]);
    default:
      return community.bytes;
  }
}

/** Reads twenty octets. */
export function decodeIpv6ExtendedCommunity(bytes: Uint8Array): Ipv6ExtendedCommunity {
  const reader = new ByteReader(bytes);
  const type = reader.readUint8();
  const subtype = reader.readUint8();
  return { type, subtype, address: formatAddress(reader.readBytes(16)), value: reader.readUint16() };
}

/** Writes twenty octets. */
export function encodeIpv6ExtendedCommunity(community: Ipv6ExtendedCommunity): Uint8Array {
  const { type, subtype, address, value } = community;
  return concatBytes([Uint8Array.of(type, subtype), addressBytes(address), uint16Bytes(value)]);
}
