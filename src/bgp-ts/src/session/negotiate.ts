/**
 * Our OPEN, and the judgement of the peer's: AS, identifier, hold time, capabilities (RFC 4271 §6.2, RFC 5492 §5,
 * RFC 6286, RFC 6793 §4.1, RFC 7607).
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { addressBytes } from '../wire/address.ts';
import { uint16Bytes, uint32Bytes } from '../wire/bytes.ts';
import type { Capability } from '../wire/capabilities.ts';
import { encodeCapabilities } from '../wire/capabilities.ts';
import { asTrans, errorCode, openSubcode } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { familyCode } from '../wire/family.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import type { OpenMessage } from '../wire/open.ts';
import type { Negotiated, SessionConfig } from './types.ts';

/** The OPEN that we send. */
export function buildOpen(config: SessionConfig): OpenMessage {
  return {
    kind: 'open',
    myAs: config.localAsn > 0xffff ? asTrans : config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    identifier: config.routerId,
    capabilities: [
      ...config.families.map(multiprotocol),
      { kind: 'routeRefresh' },
      { kind: 'fourOctetAs', asn: config.localAsn },
    ],
  };
}

function multiprotocol(family: Family): Capability {
  return { kind: 'multiprotocol', ...familyCode(family) };
}

/** Judges the peer's OPEN; the fault carries the NOTIFICATION to send. */
export function judgeOpen(open: OpenMessage, config: SessionConfig): Result<Negotiated, MessageFault> {
  const fourOctet = open.capabilities.find((capability) => capability.kind === 'fourOctetAs');
  const asn = fourOctet?.asn ?? open.myAs;
  if (asn !== config.peerAsn || open.myAs === 0) {
    const data = fourOctet === undefined ? uint16Bytes(open.myAs) : uint32Bytes(asn);
    return openFault(openSubcode.badPeerAs, data, `peer says AS ${asn}, expected AS ${config.peerAsn}`);
  }
  const isExternal = config.localAsn !== config.peerAsn;
  const identifierReason = judgeIdentifier(open, config, isExternal);
  if (identifierReason !== undefined) return openFault(openSubcode.badIdentifier, noData, identifierReason);
  if (open.holdTimeSeconds === 1 || open.holdTimeSeconds === 2) {
    const reason = `peer wants a hold time of ${open.holdTimeSeconds} s, at least 3 s (or 0) are allowed`;
    return openFault(openSubcode.unacceptableHoldTime, uint16Bytes(open.holdTimeSeconds), reason);
  }
  const families = commonFamilies(open, config);
  if (families.length === 0) {
    const wanted = encodeCapabilities(config.families.map(multiprotocol));
    return openFault(openSubcode.unsupportedCapability, wanted, `peer has none of ${config.families.join(', ')}`);
  }
  return succeed({
    localAsn: config.localAsn,
    peerAsn: config.peerAsn,
    isExternal,
    peerIdentifier: open.identifier,
    holdTimeMs: Math.min(open.holdTimeSeconds, config.holdTimeSeconds) * 1000,
    families,
    fourOctetAs: fourOctet !== undefined,
    extendedMessages: false,
    routeRefresh: open.capabilities.some((capability) => capability.kind === 'routeRefresh'),
    enhancedRouteRefresh: false,
    extendedNextHop: false,
    gracefulRestart: undefined,
    peerRole: undefined,
  });
}

function judgeIdentifier(open: OpenMessage, config: SessionConfig, isExternal: boolean): string | undefined {
  const first = addressBytes(open.identifier)[0] ?? 0;
  if (open.identifier === '0.0.0.0' || (first >= 224 && first < 240)) {
    return `peer has the BGP identifier ${open.identifier}`;
  }
  if (open.identifier === config.routerId && !isExternal) return `peer has our BGP identifier ${open.identifier}`;
  return undefined;
}

/** A peer that names no family means IPv4 unicast (RFC 4760 §8). */
function commonFamilies(open: OpenMessage, config: SessionConfig): readonly Family[] {
  const offered = open.capabilities.filter((capability) => capability.kind === 'multiprotocol');
  if (offered.length === 0) return config.families.filter((family) => family === 'ipv4-unicast');
  return config.families.filter((family) => {
    const code = familyCode(family);
    return offered.some((capability) => capability.afi === code.afi && capability.safi === code.safi);
  });
}

function openFault(subcode: number, data: Uint8Array, reason: string): Result<never, MessageFault> {
  return refuse({ code: errorCode.open, subcode, data, reason });
}
