/**
 * Reads the value of one path attribute and says how bad a fault in it is (attribute-registry.ts). Splitting the list,
 * duplicates and missing attributes are update-decode.ts.
 */
import { formatAddress } from './address.ts';
import { decodeAigp } from './aigp.ts';
import type { AsPathSegment } from './as-path.ts';
import { decodeAsPath, isConfederation } from './as-path.ts';
import type { RawAttribute } from './attribute-list.ts';
import { encodeRawAttribute } from './attribute-list.ts';
import { attributeRule, judgeFlags } from './attribute-registry.ts';
import type { PathAttribute } from './attributes.ts';
import { origins } from './attributes.ts';
import { ByteReader } from './bytes.ts';
import type { LargeCommunity } from './community.ts';
import { attributeFlag, attributeType, errorCode, updateSubcode } from './constants.ts';
import {
  decodeExtendedCommunity,
  decodeIpv6ExtendedCommunity,
  extendedCommunityBytes,
  ipv6ExtendedCommunityBytes,
} from './extended-community.ts';
import type { AttributeFault } from './fault.ts';
import { noData } from './fault.ts';
import type { FamilyContext } from './multiprotocol.ts';
import { decodeMpReach, decodeMpUnreach } from './multiprotocol.ts';
import { judgeOpaque } from './opaque-attributes.ts';
import { decodePrefixSid } from './prefix-sid.ts';

/** What decoding an UPDATE depends on. */
export interface UpdateContext extends FamilyContext {
  /** Whether both sides have 4-octet AS numbers. */
  readonly fourOctetAs: boolean;
  /** Whether the peer is in another AS. */
  readonly isExternal: boolean;
}

/** What one attribute gave: a value, a fault, or both where the value is needed to withdraw what it names. */
export interface AttributeOutcome {
  readonly attribute?: PathAttribute;
  readonly fault?: AttributeFault;
}

/** Reads one attribute. Throws `WireFault` for a multiprotocol one that ends the session. */
export function decodeAttribute(raw: RawAttribute, context: UpdateContext): AttributeOutcome {
  const rule = attributeRule(raw.type);
  if (rule === undefined) return decodeUnknown(raw);
  const flagsReason = judgeFlags(raw.type, raw.flags, rule);
  if (flagsReason !== undefined) {
    const fault = attributeFault(raw, rule.wrongFlags, updateSubcode.attributeFlags, flagsReason);
    // The prefixes in it are the ones to withdraw.
    return isMultiprotocol(raw.type) ? { attribute: decodeMultiprotocol(raw, context), fault } : { fault };
  }
  const strayReason = judgeSource(raw, context);
  if (strayReason !== undefined || (context.isExternal && rule.isInternal)) {
    const reason = strayReason ?? `attribute ${raw.type} came from another AS`;
    return { fault: attributeFault(raw, 'attribute-discard', updateSubcode.optionalAttribute, reason) };
  }
  const value = decodeValue(raw, context);
  if (typeof value !== 'string')
    return raw.type === attributeType.nextHop ? judgeNextHop(raw, value) : { attribute: value };
  return { fault: attributeFault(raw, rule.malformed, valueSubcode(raw), value) };
}

/**
 * RFC 4271 §6.3 resets the session for an unknown attribute that claims to be well-known; here it costs the routes, as in
 * BIRD, and the attribute is kept.
 */
function decodeUnknown(raw: RawAttribute): AttributeOutcome {
  const attribute = keep(raw);
  if ((raw.flags & attributeFlag.optional) !== 0) return { attribute };
  const reason = `well-known attribute ${raw.type} is unknown`;
  return { attribute, fault: attributeFault(raw, 'treat-as-withdraw', updateSubcode.unrecognizedWellKnown, reason) };
}

function keep(raw: RawAttribute): PathAttribute {
  return { kind: 'unknown', type: raw.type, flags: raw.flags, bytes: raw.value.slice() };
}

/** RFC 4271 §6.3: a next hop that no host can have is read, and costs the routes. */
function judgeNextHop(raw: RawAttribute, attribute: PathAttribute): AttributeOutcome {
  const first = raw.value[0] ?? 0;
  if (first !== 0 && first !== 127 && first < 224) return { attribute };
  const reason = `NEXT_HOP ${formatAddress(raw.value)} is not the address of a host`;
  return { attribute, fault: attributeFault(raw, 'treat-as-withdraw', updateSubcode.invalidNextHop, reason) };
}

/** RFC 6793 §4.1: a peer with 4-octet AS numbers has no use for the attributes that make up for them. */
function judgeSource(raw: RawAttribute, context: UpdateContext): string | undefined {
  const isAs4 = raw.type === attributeType.as4Path || raw.type === attributeType.as4Aggregator;
  return isAs4 && context.fourOctetAs ? `attribute ${raw.type} came from a peer with 4-octet AS numbers` : undefined;
}

function isMultiprotocol(type: number): boolean {
  return type === attributeType.mpReach || type === attributeType.mpUnreach;
}

function decodeMultiprotocol(raw: RawAttribute, context: UpdateContext): PathAttribute {
  return raw.type === attributeType.mpReach ? decodeMpReach(raw, context) : decodeMpUnreach(raw, context);
}

/** The value, or the sentence that says what is wrong with it. */
function decodeValue(raw: RawAttribute, context: UpdateContext): PathAttribute | string {
  const { type, value } = raw;
  const asnBytes = context.fourOctetAs ? 4 : 2;
  switch (type) {
    case attributeType.origin:
      return decodeOrigin(value);
    case attributeType.asPath:
      return decodePath(value, asnBytes, context.isExternal);
    case attributeType.as4Path:
      return decodeAs4Path(value);
    case attributeType.nextHop:
      return value.length === 4 ? { kind: 'nextHop', nextHop: formatAddress(value) } : lengthReason(value, '4');
    case attributeType.med:
      return decodeUint32(value, (med) => ({ kind: 'med', med }));
    case attributeType.localPref:
      return decodeUint32(value, (localPref) => ({ kind: 'localPref', localPref }));
    case attributeType.atomicAggregate:
      return value.length === 0 ? { kind: 'atomicAggregate' } : lengthReason(value, '0');
    case attributeType.aggregator:
      return decodeAggregator('aggregator', value, asnBytes);
    case attributeType.as4Aggregator:
      return decodeAggregator('as4Aggregator', value, 4);
    case attributeType.mpReach:
    case attributeType.mpUnreach:
      return decodeMultiprotocol(raw, context);
    default:
      return decodeOptional(raw);
  }
}

/** The attributes that are lists of equal elements, and the rest. */
function decodeOptional(raw: RawAttribute): PathAttribute | string {
  const { type, value } = raw;
  switch (type) {
    case attributeType.originatorId:
      return value.length === 4
        ? { kind: 'originatorId', originatorId: formatAddress(value) }
        : lengthReason(value, '4');
    case attributeType.communities:
      return decodeElements(value, 4, readUint32, (communities) => ({ kind: 'communities', communities }));
    case attributeType.clusterList:
      return decodeElements(value, 4, formatAddress, (clusterIds) => ({ kind: 'clusterList', clusterIds }));
    case attributeType.extendedCommunities:
      return decodeElements(value, extendedCommunityBytes, decodeExtendedCommunity, (communities) => ({
        kind: 'extendedCommunities',
        communities,
      }));
    case attributeType.ipv6ExtendedCommunities:
      return decodeElements(value, ipv6ExtendedCommunityBytes, decodeIpv6ExtendedCommunity, (communities) => ({
        kind: 'ipv6ExtendedCommunities',
        communities,
      }));
    case attributeType.largeCommunities:
      return decodeElements(value, 12, decodeLargeCommunity, (communities) => ({
        kind: 'largeCommunities',
        communities,
      }));
    case attributeType.aigp:
      return decodeAigp(value);
    case attributeType.prefixSid:
      return decodePrefixSid(value);
    case attributeType.onlyToCustomer:
      return decodeOnlyToCustomer(value);
    default:
      return judgeOpaque(type, value) ?? keep(raw);
  }
}

function decodeOrigin(value: Uint8Array): PathAttribute | string {
  if (value.length !== 1) return lengthReason(value, '1');
  const origin = origins[value[0] ?? 0];
  return origin === undefined ? `ORIGIN ${value[0] ?? 0} is unknown` : { kind: 'origin', origin };
}

/** RFC 5065 §5: a peer in another AS is in no confederation with us. */
function decodePath(value: Uint8Array, asnBytes: 2 | 4, isExternal: boolean): PathAttribute | string {
  const segments = decodeAsPath(value, asnBytes);
  if (typeof segments === 'string') return segments;
  if (isExternal && segments.some(isConfederation)) return 'AS_PATH from another AS has a confederation segment';
  return { kind: 'asPath', segments };
}

/** RFC 6793 §6: too short is malformed; confederation segments are dropped. */
function decodeAs4Path(value: Uint8Array): PathAttribute | string {
  if (value.length < 6) return lengthReason(value, 'at least 6');
  const segments = decodeAsPath(value, 4);
  if (typeof segments === 'string') return segments;
  const kept: readonly AsPathSegment[] = segments.filter((segment) => !isConfederation(segment));
  return kept.length === 0 ? 'AS4_PATH has confederation segments only' : { kind: 'as4Path', segments: kept };
}

function decodeAggregator(
  kind: 'aggregator' | 'as4Aggregator',
  value: Uint8Array,
  asnBytes: 2 | 4,
): PathAttribute | string {
  if (value.length !== asnBytes + 4) return lengthReason(value, String(asnBytes + 4));
  const reader = new ByteReader(value);
  const asn = asnBytes === 4 ? reader.readUint32() : reader.readUint16();
  return asn === 0 ? 'AGGREGATOR has AS 0' : { kind, asn, address: formatAddress(reader.readRest()) };
}

function decodeOnlyToCustomer(value: Uint8Array): PathAttribute | string {
  if (value.length !== 4) return lengthReason(value, '4');
  const asn = readUint32(value);
  return asn === 0 ? 'OTC has AS 0' : { kind: 'onlyToCustomer', asn };
}

function decodeUint32(value: Uint8Array, build: (value: number) => PathAttribute): PathAttribute | string {
  return value.length === 4 ? build(readUint32(value)) : lengthReason(value, '4');
}

function readUint32(bytes: Uint8Array): number {
  return new ByteReader(bytes).readUint32();
}

function decodeLargeCommunity(part: Uint8Array): LargeCommunity {
  const reader = new ByteReader(part);
  return [reader.readUint32(), reader.readUint32(), reader.readUint32()];
}

function decodeElements<Element>(
  value: Uint8Array,
  elementBytes: number,
  read: (part: Uint8Array) => Element,
  build: (elements: readonly Element[]) => PathAttribute,
): PathAttribute | string {
  if (value.length === 0 || value.length % elementBytes !== 0) {
    return lengthReason(value, `a non-zero multiple of ${elementBytes}`);
  }
  const elements: Element[] = [];
  for (let start = 0; start < value.length; start += elementBytes) {
    elements.push(read(value.subarray(start, start + elementBytes)));
  }
  return build(elements);
}

function lengthReason(value: Uint8Array, expected: string): string {
  return `attribute has ${value.length} bytes, expected ${expected}`;
}

/** The subcode that RFC 4271 §6.3 has for a bad value, used where RFC 7606 leaves only a session reset. */
function valueSubcode(raw: RawAttribute): number {
  switch (raw.type) {
    case attributeType.origin:
      return raw.value.length === 1 ? updateSubcode.invalidOrigin : updateSubcode.attributeLength;
    case attributeType.asPath:
      return updateSubcode.malformedAsPath;
    case attributeType.nextHop:
    case attributeType.med:
    case attributeType.localPref:
    case attributeType.atomicAggregate:
      return updateSubcode.attributeLength;
    default:
      return updateSubcode.optionalAttribute;
  }
}

function attributeFault(
  raw: RawAttribute,
  severity: AttributeFault['severity'],
  subcode: number,
  reason: string,
): AttributeFault {
  // RFC 4271 §6.3 asks for the attribute with each of these, save a malformed AS_PATH.
  const data = subcode === updateSubcode.malformedAsPath ? noData : encodeRawAttribute(raw);
  return { severity, attributeType: raw.type, code: errorCode.update, subcode, data, reason };
}
