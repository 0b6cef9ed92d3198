/**
 * Reads the value of one path attribute and says how bad a fault in it is (RFC 7606 §7, RFC 8092 §5, RFC 6793 §6).
 * Splitting the list, duplicates and missing attributes are update-decode.ts.
 */
import { formatAddress } from './address.ts';
import { decodeAsPath } from './as-path.ts';
import type { LargeCommunity, PathAttribute } from './attributes.ts';
import { origins } from './attributes.ts';
import { ByteReader } from './bytes.ts';
import { attributeFlag, attributeType, errorCode, updateSubcode } from './constants.ts';
import type { AttributeFault } from './fault.ts';
import { decodeMpReach, decodeMpUnreach } from './multiprotocol.ts';

/** What decoding an UPDATE depends on. */
export interface UpdateContext {
  /** Whether both sides have 4-octet AS numbers. */
  readonly fourOctetAs: boolean;
  /** Whether the peer is in another AS. */
  readonly isExternal: boolean;
}

/** An attribute as the list has it. */
export interface RawAttribute {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

/** What one attribute gave. */
export type AttributeOutcome =
  | { readonly kind: 'attribute'; readonly attribute: PathAttribute }
  | { readonly kind: 'fault'; readonly fault: AttributeFault };

const { optional, transitive, partial } = attributeFlag;
const wellKnown = transitive;
const optionalTransitive = optional | transitive;

/** The Optional and Transitive bits that each known type must have. */
const requiredFlags: ReadonlyMap<number, number> = new Map([
  [attributeType.origin, wellKnown],
  [attributeType.asPath, wellKnown],
  [attributeType.nextHop, wellKnown],
  [attributeType.med, optional],
  [attributeType.localPref, wellKnown],
  [attributeType.atomicAggregate, wellKnown],
  [attributeType.aggregator, optionalTransitive],
  [attributeType.communities, optionalTransitive],
  [attributeType.originatorId, optional],
  [attributeType.clusterList, optional],
  [attributeType.mpReach, optional],
  [attributeType.mpUnreach, optional],
  [attributeType.extendedCommunities, optionalTransitive],
  [attributeType.as4Path, optionalTransitive],
  [attributeType.as4Aggregator, optionalTransitive],
  [attributeType.largeCommunities, optionalTransitive],
]);

/** Types that a peer in another AS may not set: dropped whatever they hold (RFC 7606 §7.5, §7.9, §7.10). */
const internalOnly: ReadonlySet<number> = new Set([
  attributeType.localPref,
  attributeType.originatorId,
  attributeType.clusterList,
]);

/** Types whose malformed value costs only the attribute (RFC 7606 §7.6, §7.7, RFC 6793 §6). */
const discardable: ReadonlySet<number> = new Set([
  attributeType.atomicAggregate,
  attributeType.aggregator,
  attributeType.as4Path,
  attributeType.as4Aggregator,
]);

/** Reads one attribute. Throws `WireFault` for a multiprotocol one that ends the session. */
export function decodeAttribute(raw: RawAttribute, context: UpdateContext): AttributeOutcome {
  const flagsReason = judgeFlags(raw);
  if (flagsReason !== undefined) {
    return attributeFault(raw, 'treat-as-withdraw', updateSubcode.attributeFlags, flagsReason);
  }
  if (context.isExternal && internalOnly.has(raw.type)) {
    const reason = `attribute ${raw.type} came from another AS`;
    return attributeFault(raw, 'attribute-discard', updateSubcode.optionalAttribute, reason);
  }
  const value = decodeValue(raw, context);
  if (typeof value !== 'string') return { kind: 'attribute', attribute: value };
  const severity = discardable.has(raw.type) ? 'attribute-discard' : 'treat-as-withdraw';
  return attributeFault(raw, severity, valueSubcode(raw), value);
}

function judgeFlags(raw: RawAttribute): string | undefined {
  const required = requiredFlags.get(raw.type);
  if (required === undefined) return undefined;
  const hasRequired = (raw.flags & optionalTransitive) === required;
  const isPartialWellKnown = required === wellKnown && (raw.flags & partial) !== 0;
  return hasRequired && !isPartialWellKnown ? undefined : `attribute ${raw.type} has flags 0x${raw.flags.toString(16)}`;
}

/** The value, or the sentence that says what is wrong with it. */
function decodeValue(raw: RawAttribute, context: UpdateContext): PathAttribute | string {
  const { type, value } = raw;
  const asnBytes = context.fourOctetAs ? 4 : 2;
  switch (type) {
    case attributeType.origin:
      return decodeOrigin(value);
    case attributeType.asPath:
      return decodePath('asPath', value, asnBytes);
    case attributeType.as4Path:
      return decodePath('as4Path', value, 4);
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
    case attributeType.originatorId:
      return value.length === 4
        ? { kind: 'originatorId', originatorId: formatAddress(value) }
        : lengthReason(value, '4');
    case attributeType.mpReach:
      return decodeMpReach(value);
    case attributeType.mpUnreach:
      return decodeMpUnreach(value);
    default:
      return decodeList(raw);
  }
}

/** The attributes that are lists of equal elements, and the unknown ones. */
function decodeList(raw: RawAttribute): PathAttribute | string {
  const { type, value } = raw;
  switch (type) {
    case attributeType.communities:
      return decodeElements(value, 4, (parts) => ({
        kind: 'communities',
        communities: parts.map((part) => new ByteReader(part).readUint32()),
      }));
    case attributeType.clusterList:
      return decodeElements(value, 4, (parts) => ({ kind: 'clusterList', clusterIds: parts.map(formatAddress) }));
    case attributeType.extendedCommunities:
      return decodeElements(value, 8, (parts) => ({
        kind: 'extendedCommunities',
        communities: parts.map((part) => part.slice()),
      }));
    case attributeType.largeCommunities:
      return decodeElements(value, 12, (parts) => ({
        kind: 'largeCommunities',
        communities: parts.map(decodeLargeCommunity),
      }));
    default:
      return { kind: 'unknown', type, flags: raw.flags, bytes: value.slice() };
  }
}

function decodeOrigin(value: Uint8Array): PathAttribute | string {
  if (value.length !== 1) return lengthReason(value, '1');
  const origin = origins[value[0] ?? 0];
  return origin === undefined ? `ORIGIN ${value[0] ?? 0} is unknown` : { kind: 'origin', origin };
}

function decodePath(kind: 'asPath' | 'as4Path', value: Uint8Array, asnBytes: 2 | 4): PathAttribute | string {
  const segments = decodeAsPath(value, asnBytes);
  return typeof segments === 'string' ? segments : { kind, segments };
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

function decodeUint32(value: Uint8Array, build: (value: number) => PathAttribute): PathAttribute | string {
  return value.length === 4 ? build(new ByteReader(value).readUint32()) : lengthReason(value, '4');
}

function decodeLargeCommunity(part: Uint8Array): LargeCommunity {
  const reader = new ByteReader(part);
  return [reader.readUint32(), reader.readUint32(), reader.readUint32()];
}

function decodeElements(
  value: Uint8Array,
  elementBytes: number,
  build: (parts: readonly Uint8Array[]) => PathAttribute,
): PathAttribute | string {
  if (value.length === 0 || value.length % elementBytes !== 0) {
    return lengthReason(value, `a non-zero multiple of ${elementBytes}`);
  }
  const count = value.length / elementBytes;
  return build(
    Array.from({ length: count }, (_, index) => value.subarray(index * elementBytes, (index + 1) * elementBytes)),
  );
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
): AttributeOutcome {
  const data = encodeRawAttribute(raw);
  return {
    kind: 'fault',
    fault: { severity, attributeType: raw.type, code: errorCode.update, subcode, data, reason },
  };
}

/** An attribute as it was: type, length and value, the Data that RFC 4271 §6.3 asks for. */
export function encodeRawAttribute(raw: RawAttribute): Uint8Array {
  const isLong = raw.value.length > 255 || (raw.flags & attributeFlag.extendedLength) !== 0;
  const length = isLong ? [raw.value.length >> 8, raw.value.length & 0xff] : [raw.value.length];
  const flags = isLong ? raw.flags | attributeFlag.extendedLength : raw.flags;
  return Uint8Array.from([flags, raw.type, ...length, ...raw.value]);
}
