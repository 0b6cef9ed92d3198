/**
 * Checks of attributes that are kept as octets because an announcer has no use for their content: PMSI Tunnel (RFC 6514
 * §5), Tunnel Encapsulation (RFC 9012 §2), BGP-LS (RFC 9552 §5.3), Next Hop Dependent Characteristics, ATTR_SET (RFC 6368
 * §5). Only what one must know to pass them on or drop them.
 */
import { splitAttributes } from './attribute-list.ts';
import { ByteReader } from './bytes.ts';
import { attributeType } from './constants.ts';
import { readTlvs } from './tlv.ts';

/** Says what is wrong with the value of an attribute of these types; undefined where it is right, or of another type. */
export function judgeOpaque(type: number, value: Uint8Array): string | undefined {
  switch (type) {
    case attributeType.pmsiTunnel:
      return judgePmsiTunnel(value);
    case attributeType.tunnelEncapsulation:
      return judgeTunnelEncapsulation(value);
    case attributeType.linkState:
      return readTlvs(new ByteReader(value), { typeBytes: 2, lengthBytes: 2 }) === undefined
        ? 'BGP-LS attribute has a TLV that is cut short'
        : undefined;
    case attributeType.nextHopCharacteristics:
      return judgeNextHopCharacteristics(value);
    case attributeType.attributeSet:
      if (value.length < 4) return `ATTR_SET has ${value.length} bytes, expected at least 4`;
      return splitAttributes(value.subarray(4)).reason;
    default:
      return undefined;
  }
}

const pmsiFixedBytes = 5;
const ingressReplication = 6;
const reservedTunnelType = 0xff;

function judgePmsiTunnel(value: Uint8Array): string | undefined {
  if (value.length < pmsiFixedBytes)
    return `PMSI tunnel has ${value.length} bytes, expected at least ${pmsiFixedBytes}`;
  const tunnelType = value[1] ?? 0;
  const identifierBytes = value.length - pmsiFixedBytes;
  if (tunnelType === reservedTunnelType) return `PMSI tunnel type ${tunnelType} is reserved`;
  // The tunnel's end, an IPv4 or IPv6 address.
  const isAddress = identifierBytes === 4 || identifierBytes === 16;
  if (tunnelType !== ingressReplication || isAddress) return undefined;
  return `PMSI tunnel of ingress replication has an identifier of ${identifierBytes} bytes, expected 4 or 16`;
}

function judgeTunnelEncapsulation(value: Uint8Array): string | undefined {
  const tunnels = readTlvs(new ByteReader(value), { typeBytes: 2, lengthBytes: 2 });
  if (tunnels === undefined || tunnels.length === 0) return 'tunnel encapsulation has a TLV that is cut short';
  // RFC 9012 §2: sub-TLV types from 128 on have a length of two octets.
  const lengthBytes = (type: number): 1 | 2 => (type < 128 ? 1 : 2);
  const isWhole = tunnels.every(({ bytes }) => readTlvs(new ByteReader(bytes), { typeBytes: 1, lengthBytes }));
  return isWhole ? undefined : 'tunnel encapsulation has a sub-TLV that is cut short';
}

/** AFI, SAFI, length of the next hop, next hop, then characteristics as TLVs. */
function judgeNextHopCharacteristics(value: Uint8Array): string | undefined {
  const nextHopBytes = value[3];
  if (nextHopBytes === undefined || nextHopBytes > value.length - 4) {
    return 'next hop characteristics end inside the next hop';
  }
  const reader = new ByteReader(value.subarray(4 + nextHopBytes));
  return readTlvs(reader, { typeBytes: 2, lengthBytes: 2 }) === undefined
    ? 'next hop characteristics have a TLV that is cut short'
    : undefined;
}
