/**
 * Writes path attributes: MP_REACH_NLRI first (RFC 7606 §5.1), then by type. Own attributes get the flags that their
 * registry entry demands; unknown ones keep theirs.
 */
import { assertNever } from '../result.ts';
import { addressBytes } from './address.ts';
import { encodeAigp } from './aigp.ts';
import { encodeAsPath } from './as-path.ts';
import type { RawAttribute } from './attribute-list.ts';
import { encodeRawAttribute } from './attribute-list.ts';
import type { MpReach, MpUnreach, MultiprotocolNlri, PathAttribute } from './attributes.ts';
import { origins } from './attributes.ts';
import { ByteWriter, concatBytes, uint16Bytes, uint32Bytes } from './bytes.ts';
import { asTrans, attributeFlag, attributeType } from './constants.ts';
import { encodeExtendedCommunity, encodeIpv6ExtendedCommunity } from './extended-community.ts';
import { noData } from './fault.ts';
import { encodePrefixes } from './nlri.ts';
import { encodePrefixSid } from './prefix-sid.ts';

const { optional, transitive } = attributeFlag;

/** Writes a list of attributes; `fourOctetAs` as negotiated. */
export function encodeAttributes(attributes: readonly PathAttribute[], fourOctetAs: boolean): Uint8Array {
  const rank = (type: number): number => (type === attributeType.mpReach ? 0 : type);
  const raw = attributes.map((attribute) => encodeAttribute(attribute, fourOctetAs ? 4 : 2));
  return concatBytes(raw.sort((a, b) => rank(a.type) - rank(b.type)).map(encodeRawAttribute));
}

function encodeAttribute(attribute: PathAttribute, asnBytes: 2 | 4): RawAttribute {
  switch (attribute.kind) {
    case 'origin':
      return wellKnown(attributeType.origin, Uint8Array.of(origins.indexOf(attribute.origin)));
    case 'asPath':
      return wellKnown(attributeType.asPath, encodeAsPath(attribute.segments, asnBytes));
    case 'as4Path':
      return passedOn(attributeType.as4Path, encodeAsPath(attribute.segments, 4));
    case 'nextHop':
      return wellKnown(attributeType.nextHop, addressBytes(attribute.nextHop));
    case 'med':
      return local(attributeType.med, uint32Bytes(attribute.med));
    case 'localPref':
      return wellKnown(attributeType.localPref, uint32Bytes(attribute.localPref));
    case 'atomicAggregate':
      return wellKnown(attributeType.atomicAggregate, noData);
    case 'aggregator':
      return passedOn(attributeType.aggregator, encodeAggregator(attribute, asnBytes));
    case 'as4Aggregator':
      return passedOn(attributeType.as4Aggregator, encodeAggregator(attribute, 4));
    case 'communities':
      return passedOn(attributeType.communities, concatBytes(attribute.communities.map(uint32Bytes)));
    case 'originatorId':
      return local(attributeType.originatorId, addressBytes(attribute.originatorId));
    case 'clusterList':
      return local(attributeType.clusterList, concatBytes(attribute.clusterIds.map(addressBytes)));
    case 'extendedCommunities':
      return passedOn(
        attributeType.extendedCommunities,
        concatBytes(attribute.communities.map(encodeExtendedCommunity)),
      );
    case 'ipv6ExtendedCommunities': {
      const value = concatBytes(attribute.communities.map(encodeIpv6ExtendedCommunity));
      return passedOn(attributeType.ipv6ExtendedCommunities, value);
    }
    case 'aigp':
      return local(attributeType.aigp, encodeAigp(attribute));
    case 'prefixSid':
      return passedOn(attributeType.prefixSid, encodePrefixSid(attribute));
    case 'onlyToCustomer':
      return passedOn(attributeType.onlyToCustomer, uint32Bytes(attribute.asn));
    case 'largeCommunities':
      return passedOn(attributeType.largeCommunities, concatBytes(attribute.communities.flat().map(uint32Bytes)));
    case 'mpReach':
      return local(attributeType.mpReach, encodeMpReach(attribute));
    case 'mpUnreach':
      return local(attributeType.mpUnreach, encodeMpUnreach(attribute));
    case 'unknown':
      return { flags: attribute.flags, type: attribute.type, value: attribute.bytes };
    default:
      return assertNever(attribute);
  }
}

function wellKnown(type: number, value: Uint8Array): RawAttribute {
  return { flags: transitive, type, value };
}

function passedOn(type: number, value: Uint8Array): RawAttribute {
  return { flags: optional | transitive, type, value };
}

function local(type: number, value: Uint8Array): RawAttribute {
  return { flags: optional, type, value };
}

function encodeAggregator(
  attribute: Extract<PathAttribute, { readonly kind: 'aggregator' | 'as4Aggregator' }>,
  asnBytes: 2 | 4,
): Uint8Array {
  const shortAsn = attribute.asn > 0xffff ? asTrans : attribute.asn;
  const asn = asnBytes === 4 ? uint32Bytes(attribute.asn) : uint16Bytes(shortAsn);
  return concatBytes([asn, addressBytes(attribute.address)]);
}

function encodeMpReach(attribute: MpReach): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(attribute.afi);
  writer.writeUint8(attribute.safi);
  writer.writeUint8(attribute.nextHop.length);
  writer.writeBytes(attribute.nextHop);
  writer.writeUint8(0);
  writer.writeBytes(encodeNlri(attribute.nlri));
  return writer.finish();
}

function encodeMpUnreach(attribute: MpUnreach): Uint8Array {
  const writer = new ByteWriter();
  writer.writeUint16(attribute.afi);
  writer.writeUint8(attribute.safi);
  writer.writeBytes(encodeNlri(attribute.nlri));
  return writer.finish();
}

function encodeNlri(nlri: MultiprotocolNlri): Uint8Array {
  return nlri.kind === 'opaque' ? nlri.bytes : encodePrefixes(nlri.prefixes, nlri.pathIds);
}
