/**
 * Extended communities as text: `target:65001:1`, `origin:192.0.2.1:7`, `rate-limit:0`, and `0x0b02:000000000001` for what
 * has no name here. Sub-types are those of the IANA registries (RFC 7153).
 */
import type { ExtendedCommunity, Ipv6ExtendedCommunity } from './extended-community.ts';
import { encodeExtendedCommunity, nonTransitiveBit } from './extended-community.ts';
import { toHex } from './bytes.ts';

/** Names of sub-types that the AS and address types share. */
const sharedNames: ReadonlyMap<number, string> = new Map([
  [0x02, 'target'],
  [0x03, 'origin'],
  [0x05, 'ospf-domain'],
  [0x08, 'data-collection'],
  [0x09, 'source-as'],
  [0x0a, 'l2vpn'],
  [0x0b, 'vrf-import'],
  [0x10, 'vpn-distinguisher'],
]);

/** The sub-type of such a name; undefined for another text. */
export function sharedSubtype(name: string): number | undefined {
  return [...sharedNames].find(([, known]) => known === name)?.[0];
}

/** Sub-types of type 0x80, the generic experimental one that the flow specification uses (RFC 8955 §7). */
const flowType = 0x80;
const flow = { rate: 0x06, action: 0x07, redirect: 0x08, marking: 0x09, ratePackets: 0x0c } as const;

/** Names of the sub-types of the types that are only octets, by type with the transitive bit clear and sub-type. */
const octetNames: ReadonlyMap<number, string> = new Map([
  [0x0300, 'validation-state'],
  [0x0306, 'ospf-route-type'],
  [0x030b, 'color'],
  [0x030c, 'encapsulation'],
  [0x030d, 'default-gateway'],
  [0x0600, 'mac-mobility'],
  [0x0601, 'esi-label'],
  [0x0602, 'es-import'],
  [0x0603, 'router-mac'],
  [0x0604, 'layer2-attributes'],
  [0x0606, 'designated-forwarder'],
]);

/** Writes an extended community as text. */
export function formatExtendedCommunity(community: ExtendedCommunity): string {
  const baseType = community.type & ~nonTransitiveBit;
  switch (community.kind) {
    case 'twoOctetAs':
      return formatTwoOctetAs(community, baseType);
    case 'ipv4':
      return formatAdministrator(community, baseType, community.address);
    case 'fourOctetAs':
      return baseType === 0x07
        ? formatInterfaceSet(community)
        : formatAdministrator(community, baseType, String(community.asn));
    default:
      return formatOctets(community, baseType);
  }
}

function formatTwoOctetAs(
  community: Extract<ExtendedCommunity, { readonly kind: 'twoOctetAs' }>,
  baseType: number,
): string {
  const { subtype, asn, value } = community;
  if (baseType !== flowType) {
    // Bytes a second, as a number of IEEE 754 (draft-ietf-idr-link-bandwidth).
    if (subtype === 0x04) return `link-bandwidth:${asn}:${floatOf(value)}`;
    return formatAdministrator(community, baseType, String(asn));
  }
  switch (subtype) {
    case flow.rate:
      return `rate-limit:${floatOf(value)}`;
    case flow.ratePackets:
      return `rate-limit-packets:${floatOf(value)}`;
    case flow.action:
      return `traffic-action:${[(value & 2) === 0 ? '' : 'sample', (value & 1) === 0 ? '' : 'terminal'].filter(Boolean).join('+') || 'none'}`;
    case flow.marking:
      return `mark:${value & 0x3f}`;
    default:
      return formatAdministrator(community, baseType, String(asn));
  }
}

function formatAdministrator(
  community: Exclude<ExtendedCommunity, { readonly kind: 'octets' }>,
  baseType: number,
  administrator: string,
): string {
  const { subtype, value } = community;
  if (baseType >= flowType) {
    return subtype === flow.redirect ? `redirect:${administrator}:${value}` : formatHex(community);
  }
  if (baseType === 0x01 && subtype === 0x0c) return `redirect-to-nexthop:${administrator}:${value}`;
  const name = sharedNames.get(subtype);
  return name === undefined ? formatHex(community) : `${name}:${administrator}:${value}`;
}

/** Direction in the two high bits of the value (output, input), the group in the rest. */
function formatInterfaceSet(community: Extract<ExtendedCommunity, { readonly kind: 'fourOctetAs' }>): string {
  if (community.subtype !== 0x02) return formatHex(community);
  const direction = ['none', 'input', 'output', 'input-output'][community.value >> 14] ?? '';
  return `interface-set:${direction}:${community.asn}:${community.value & 0x3fff}`;
}

function formatOctets(community: Extract<ExtendedCommunity, { readonly kind: 'octets' }>, baseType: number): string {
  const { subtype, bytes } = community;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch ((baseType << 8) | subtype) {
    case 0x0300:
      return `validation-state:${['valid', 'not-found', 'invalid'][bytes[5] ?? 0] ?? bytes[5] ?? 0}`;
    case 0x030b:
      return `color:${view.getUint32(2)}`;
    case 0x030c:
      return `encapsulation:${view.getUint16(4)}`;
    case 0x0602:
    case 0x0603:
      return `${octetNames.get((baseType << 8) | subtype) ?? ''}:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
    case 0x0600:
      return `mac-mobility:${(bytes[0] ?? 0) & 1 ? 'sticky:' : ''}${view.getUint32(2)}`;
    case 0x0c00:
      return `mup:${view.getUint16(0)}:${view.getUint32(2)}`;
    default: {
      const name = octetNames.get((baseType << 8) | subtype);
      return name === undefined ? formatHex(community) : `${name}:${toHex(bytes)}`;
    }
  }
}

function formatHex(community: ExtendedCommunity): string {
  const hex = toHex(encodeExtendedCommunity(community));
  return `0x${hex.slice(0, 4)}:${hex.slice(4)}`;
}

function floatOf(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return view.getFloat32(0);
}

/** Writes an IPv6 address specific extended community as text, such as `target:[2001:db8::1]:7`. */
export function formatIpv6ExtendedCommunity(community: Ipv6ExtendedCommunity): string {
  const { type, subtype, address, value } = community;
  const isAddressSpecific = (type & ~nonTransitiveBit) === 0;
  const name = subtype === 0x0c ? 'redirect-to-nexthop' : sharedNames.get(subtype);
  if (isAddressSpecific && name !== undefined) return `${name}:[${address}]:${value}`;
  return `0x${toHex(Uint8Array.of(type, subtype))}:[${address}]:${value}`;
}
