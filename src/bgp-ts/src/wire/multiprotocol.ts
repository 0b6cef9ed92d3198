/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 §3, §4). A fault here ends the session, since the prefixes that it would
 * have to withdraw cannot be known (RFC 7606 §5.3, §7.11). IPv4 with an IPv6 next hop (RFC 8950) is never negotiated, so
 * it is a fault.
 */
import type { MpReach, MpUnreach, MultiprotocolNlri } from './attributes.ts';
import { ByteReader } from './bytes.ts';
import { errorCode, updateSubcode } from './constants.ts';
import type { Family } from './family.ts';
import { familyOfCode } from './family.ts';
import { noData, WireFault } from './fault.ts';
import { decodePrefixes } from './nlri.ts';

/** Reads the value of MP_REACH_NLRI; throws `WireFault`. */
export function decodeMpReach(value: Uint8Array): MpReach {
  if (value.length < 5) throw reset(updateSubcode.malformedAttributeList, 'MP_REACH_NLRI is cut short');
  const reader = new ByteReader(value);
  const afi = reader.readUint16();
  const safi = reader.readUint8();
  const nextHopBytes = reader.readUint8();
  const family = familyOfCode({ afi, safi });
  if (nextHopBytes + 1 > reader.remaining || !isNextHopLength(family, nextHopBytes)) {
    throw reset(updateSubcode.malformedAttributeList, `MP_REACH_NLRI has a next hop of ${nextHopBytes} bytes`);
  }
  const nextHop = reader.readBytes(nextHopBytes).slice();
  reader.readUint8();
  return { kind: 'mpReach', afi, safi, nextHop, nlri: decodeNlri(family, reader.readRest()) };
}

/** Reads the value of MP_UNREACH_NLRI; throws `WireFault`. */
export function decodeMpUnreach(value: Uint8Array): MpUnreach {
  if (value.length < 3) throw reset(updateSubcode.optionalAttribute, 'MP_UNREACH_NLRI is cut short');
  const reader = new ByteReader(value);
  const afi = reader.readUint16();
  const safi = reader.readUint8();
  return { kind: 'mpUnreach', afi, safi, nlri: decodeNlri(familyOfCode({ afi, safi }), reader.readRest()) };
}

function decodeNlri(family: Family | undefined, bytes: Uint8Array): MultiprotocolNlri {
  if (family === undefined) return { kind: 'opaque', bytes: bytes.slice() };
  const prefixes = decodePrefixes(bytes, family === 'ipv4-unicast' ? 4 : 16);
  if (typeof prefixes === 'string') throw reset(updateSubcode.optionalAttribute, prefixes);
  return { kind: 'prefixes', prefixes };
}

function isNextHopLength(family: Family | undefined, byteCount: number): boolean {
  if (family === undefined) return true;
  return family === 'ipv4-unicast' ? byteCount === 4 : byteCount === 16 || byteCount === 32;
}

function reset(subcode: number, reason: string): WireFault {
  return new WireFault({ code: errorCode.update, subcode, data: noData, reason });
}
