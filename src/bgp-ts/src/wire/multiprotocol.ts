/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 §3, §4), IPv4 with an IPv6 next hop (RFC 8950) and path identifiers (RFC
 * 7911) where agreed on. A fault here ends the session, since the prefixes that it would have to withdraw cannot be known
 * (RFC 7606 §5.3, §7.11). Families that this library does not know are kept as octets.
 */
import type { Address } from './address.ts';
import { formatAddress } from './address.ts';
import type { RawAttribute } from './attribute-list.ts';
import { encodeRawAttribute } from './attribute-list.ts';
import type { MpReach, MpUnreach, MultiprotocolNlri } from './attributes.ts';
import { ByteReader } from './bytes.ts';
import { errorCode, updateSubcode } from './constants.ts';
import type { Family } from './family.ts';
import { familyOfCode } from './family.ts';
import { noData, WireFault } from './fault.ts';
import { decodePrefixes } from './nlri.ts';

/** What was negotiated about families, in the direction from the peer to us. */
export interface FamilyContext {
  /** Families in which the peer puts a path identifier before each prefix (RFC 7911). */
  readonly addPath?: readonly Family[];
  /** Whether IPv4 prefixes may have an IPv6 next hop (RFC 8950). */
  readonly extendedNextHop?: boolean;
}

/** Reads MP_REACH_NLRI; throws `WireFault`. */
export function decodeMpReach(raw: RawAttribute, context: FamilyContext): MpReach {
  if (raw.value.length < 5) throw cutShort('MP_REACH_NLRI is cut short');
  const reader = new ByteReader(raw.value);
  const afi = reader.readUint16();
  const safi = reader.readUint8();
  const nextHopBytes = reader.readUint8();
  const family = familyOfCode({ afi, safi });
  if (nextHopBytes + 1 > reader.remaining || !isNextHopLength(family, nextHopBytes, context)) {
    throw cutShort(`MP_REACH_NLRI has a next hop of ${nextHopBytes} bytes`);
  }
  const nextHop = reader.readBytes(nextHopBytes).slice();
  reader.readUint8();
  return { kind: 'mpReach', afi, safi, nextHop, nlri: decodeNlri(raw, reader.readRest(), { family, context }) };
}

/** Reads MP_UNREACH_NLRI; throws `WireFault`. */
export function decodeMpUnreach(raw: RawAttribute, context: FamilyContext): MpUnreach {
  if (raw.value.length < 3) throw malformed(raw, 'MP_UNREACH_NLRI is cut short');
  const reader = new ByteReader(raw.value);
  const afi = reader.readUint16();
  const safi = reader.readUint8();
  const family = familyOfCode({ afi, safi });
  return { kind: 'mpUnreach', afi, safi, nlri: decodeNlri(raw, reader.readRest(), { family, context }) };
}

function decodeNlri(
  raw: RawAttribute,
  bytes: Uint8Array,
  { family, context }: { readonly family: Family | undefined; readonly context: FamilyContext },
): MultiprotocolNlri {
  if (family === undefined) return { kind: 'opaque', bytes: bytes.slice() };
  const hasPathIds = context.addPath?.includes(family) === true;
  const list = decodePrefixes(bytes, family === 'ipv4-unicast' ? 4 : 16, hasPathIds);
  if (typeof list === 'string') throw malformed(raw, list);
  return { kind: 'prefixes', ...list };
}

function isNextHopLength(family: Family | undefined, byteCount: number, context: FamilyContext): boolean {
  if (family === undefined) return true;
  if (family === 'ipv4-unicast' && byteCount === 4) return true;
  const mayBeIpv6 = family === 'ipv6-unicast' || context.extendedNextHop === true;
  return mayBeIpv6 && (byteCount === 16 || byteCount === 32);
}

/**
 * The next hop's addresses: one, or the global one and the link-local one (RFC 2545 §3); none for a family whose next hop
 * is something else.
 */
export function nextHopAddresses(reach: MpReach): readonly Address[] {
  const { nextHop } = reach;
  if (nextHop.length === 4 || nextHop.length === 16) return [formatAddress(nextHop)];
  return nextHop.length === 32 ? [formatAddress(nextHop.subarray(0, 16)), formatAddress(nextHop.subarray(16))] : [];
}

/** The next hop cannot be told from the prefixes behind it: 3/1. */
function cutShort(reason: string): WireFault {
  const subcode = updateSubcode.malformedAttributeList;
  return new WireFault({ code: errorCode.update, subcode, data: noData, reason });
}

/** RFC 4760 §7 with RFC 4271 §6.3: 3/9 with the attribute. */
function malformed(raw: RawAttribute, reason: string): WireFault {
  const subcode = updateSubcode.optionalAttribute;
  return new WireFault({ code: errorCode.update, subcode, data: encodeRawAttribute(raw), reason });
}
