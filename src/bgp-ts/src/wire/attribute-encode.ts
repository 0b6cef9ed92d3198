/**
 * Writes path attributes: MP_REACH_NLRI first (RFC 7606 §5.1), then by type. Own attributes get the flags that their
 * registry entry demands; unknown ones keep theirs.
 */
import { assertNever } from '../result.ts';
import type { Address } from './address.ts';
import { addressBytes, ipv4Bits } from './address.ts';
import { encodeAigp } from './aigp.ts';
import { asPathBytes, writeAsPath } from './as-path.ts';
import type { AsPathSegment } from './as-path.ts';
import type { RawAttribute } from './attribute-list.ts';
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
  const writer = new ByteWriter();
  for (const attribute of inOrder(attributes)) writeAttribute(writer, attribute, fourOctetAs ? 4 : 2);
  return writer.finish();
}

/** Sorted, as they mostly are already. */
function inOrder(attributes: readonly PathAttribute[]): readonly PathAttribute[] {
  let last = -1;
  for (const attribute of attributes) {
    const next = rank(attribute);
    if (next < last) return attributes.toSorted((a, b) => rank(a) - rank(b));
    last = next;
  }
  return attributes;
}

function rank(attribute: PathAttribute): number {
  const type = attribute.kind === 'unknown' ? attribute.type : attributeType[attribute.kind];
  return type === attributeType.mpReach ? 0 : type;
}

/** What most routes have is written in place; anything else is made first and then written. */
function writeAttribute(writer: ByteWriter, attribute: PathAttribute, asnBytes: 2 | 4): void {
  switch (attribute.kind) {
    case 'origin':
      writeHead(writer, { flags: transitive, type: attributeType.origin }, 1);
      writer.writeUint8(origins.indexOf(attribute.origin));
      return;
    case 'asPath':
      writePath(writer, { flags: transitive, type: attributeType.asPath }, attribute.segments, asnBytes);
      return;
    case 'as4Path':
      writePath(writer, { flags: optional | transitive, type: attributeType.as4Path }, attribute.segments, 4);
      return;
    case 'nextHop':
      writeNextHop(writer, attribute.nextHop);
      return;
    case 'med':
      writeHead(writer, { flags: optional, type: attributeType.med }, 4);
      writer.writeUint32(attribute.med);
      return;
    case 'localPref':
      writeHead(writer, { flags: transitive, type: attributeType.localPref }, 4);
      writer.writeUint32(attribute.localPref);
      return;
    case 'communities':
      writeHead(
        writer,
        { flags: optional | transitive, type: attributeType.communities },
        4 * attribute.communities.length,
      );
      for (const community of attribute.communities) writer.writeUint32(community);
      return;
    default: {
      const raw = encodeAttribute(attribute, asnBytes);
      writeHead(writer, raw, raw.value.length);
      writer.writeBytes(raw.value);
    }
  }
}

/** Flags, type and length, which takes two octets where one is too short or where the flags say so. */
function writeHead(writer: ByteWriter, { flags, type }: Omit<RawAttribute, 'value'>, byteCount: number): void {
  const isLong = byteCount > 255 || (flags & attributeFlag.extendedLength) !== 0;
  writer.writeUint8(isLong ? flags | attributeFlag.extendedLength : flags);
  writer.writeUint8(type);
  if (isLong) writer.writeUint16(byteCount);
  else writer.writeUint8(byteCount);
}

function writePath(
  writer: ByteWriter,
  head: Omit<RawAttribute, 'value'>,
  segments: readonly AsPathSegment[],
  asnBytes: 2 | 4,
): void {
  writeHead(writer, head, asPathBytes(segments, asnBytes));
  writeAsPath(writer, segments, asnBytes);
}

function writeNextHop(writer: ByteWriter, nextHop: Address): void {
  const bits = ipv4Bits(nextHop);
  const bytes = bits === undefined ? addressBytes(nextHop) : noData;
  writeHead(writer, { flags: transitive, type: attributeType.nextHop }, bits === undefined ? bytes.length : 4);
  if (bits === undefined) writer.writeBytes(bytes);
  else writer.writeUint32(bits);
}

type WrittenInPlace = 'origin' | 'asPath' | 'as4Path' | 'nextHop' | 'med' | 'localPref' | 'communities';

function encodeAttribute(
  attribute: Exclude<PathAttribute, { readonly kind: WrittenInPlace }>,
  asnBytes: 2 | 4,
): RawAttribute {
  switch (attribute.kind) {
    case 'atomicAggregate':
      return wellKnown(attributeType.atomicAggregate, noData);
    case 'aggregator':
      return passedOn(attributeType.aggregator, encodeAggregator(attribute, asnBytes));
    case 'as4Aggregator':
      return passedOn(attributeType.as4Aggregator, encodeAggregator(attribute, 4));
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
