/**
 * Our OPEN, and the judgement of the peer's: AS, identifier, hold time, role, and what both sides can do (RFC 4271 §6.2,
 * RFC 5492 §5, RFC 6286, RFC 6793 §4.1, RFC 7607, RFC 8950, RFC 9234 §4.2). Graceful restart and roles have files of their
 * own. Does not decide what a capability is used for.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import { addressBytes } from '../wire/address.ts';
import { uint16Bytes, uint32Bytes } from '../wire/bytes.ts';
import type { Capability } from '../wire/capabilities.ts';
import { encodeCapabilities } from '../wire/capabilities.ts';
import { afi, asTrans, errorCode, openSubcode, safi } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { familyCode } from '../wire/family.ts';
import type { MessageFault } from '../wire/fault.ts';
import { noData } from '../wire/fault.ts';
import type { OpenMessage } from '../wire/open.ts';
import { negotiateRestart, restartCapability } from './graceful-restart.ts';
import { judgeRole, peerRoleOf, roleCapability } from './role.ts';
import type { Negotiated, SessionConfig } from './types.ts';

/** IPv4 unicast prefixes with IPv6 next hops: the one combination of RFC 8950 that is used here. */
const ipv4OverIpv6 = { afi: afi.ipv4, safi: safi.unicast, nextHopAfi: afi.ipv6 } as const;

/** The OPEN that we send; the R bit of graceful restart is asked for anew each time. */
export function buildOpen(config: SessionConfig): OpenMessage {
  return {
    kind: 'open',
    myAs: config.localAsn > 0xffff ? asTrans : config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    identifier: config.routerId,
    capabilities: [
      ...config.families.map(multiprotocol),
      { kind: 'routeRefresh' },
      ...(offersExtendedNextHop(config) ? [{ kind: 'extendedNextHop', families: [ipv4OverIpv6] } as const] : []),
      { kind: 'extendedMessage' },
      ...roleCapability(config),
      ...restartCapability(config),
      { kind: 'fourOctetAs', asn: config.localAsn },
      { kind: 'enhancedRouteRefresh' },
    ],
  };
}

function multiprotocol(family: Family): Capability {
  return { kind: 'multiprotocol', ...familyCode(family) };
}

function offersExtendedNextHop(config: SessionConfig): boolean {
  return config.extendedNextHop === true && config.families.includes('ipv4-unicast');
}

/** Judges the peer's OPEN; the fault carries the NOTIFICATION to send. */
export function judgeOpen(open: OpenMessage, config: SessionConfig): Result<Negotiated, MessageFault> {
  const families = commonFamilies(open, config);
  const fault =
    judgeAsn(open, config) ?? judgeIdentifier(open, config) ?? judgeHoldTime(open, config) ?? judgeRole(open, config);
  if (fault !== undefined) return refuse(fault);
  if (families.length === 0) {
    const wanted = encodeCapabilities(config.families.map(multiprotocol));
    const reason = `peer has none of ${config.families.join(', ')}`;
    return refuse(openFault(openSubcode.unsupportedCapability, wanted, reason));
  }
  return succeed({
    localAsn: config.localAsn,
    peerAsn: config.peerAsn,
    isExternal: config.localAsn !== config.peerAsn,
    peerIdentifier: open.identifier,
    holdTimeMs: Math.min(open.holdTimeSeconds, config.holdTimeSeconds) * 1000,
    families,
    fourOctetAs: has(open, 'fourOctetAs'),
    extendedMessages: has(open, 'extendedMessage'),
    // RFC 7313 §4: enhanced refresh is of use only beside the plain one, but says by itself that requests are understood.
    routeRefresh: has(open, 'routeRefresh') || has(open, 'enhancedRouteRefresh'),
    enhancedRouteRefresh: has(open, 'enhancedRouteRefresh'),
    extendedNextHop: offersExtendedNextHop(config) && takesIpv4OverIpv6(open),
    hasPeerRestart: has(open, 'gracefulRestart'),
    gracefulRestart: negotiateRestart(open, config),
    peerRole: peerRoleOf(open),
  });
}

function has(open: OpenMessage, kind: Capability['kind']): boolean {
  return open.capabilities.some((capability) => capability.kind === kind);
}

/**
 * The AS is the one of the 4-octet capability, else the field's. Of several capabilities (RFC 5492 §4) each must say the
 * right AS. Data: what was said, in two octets or four.
 */
function judgeAsn(open: OpenMessage, config: SessionConfig): MessageFault | undefined {
  const fourOctet = open.capabilities.flatMap((capability) =>
    capability.kind === 'fourOctetAs' ? [capability.asn] : [],
  );
  const wrong = (fourOctet.length === 0 ? [open.myAs] : fourOctet).find((asn) => asn !== config.peerAsn);
  if (wrong === undefined && open.myAs !== 0) return undefined;
  const said = wrong ?? open.myAs;
  const data = fourOctet.length === 0 ? uint16Bytes(open.myAs) : uint32Bytes(said);
  return openFault(openSubcode.badPeerAs, data, `peer says AS ${said}, expected AS ${config.peerAsn}`);
}

function judgeIdentifier(open: OpenMessage, config: SessionConfig): MessageFault | undefined {
  const first = addressBytes(open.identifier)[0] ?? 0;
  if (open.identifier === '0.0.0.0' || (first >= 224 && first < 240)) {
    return openFault(openSubcode.badIdentifier, noData, `peer has the BGP identifier ${open.identifier}`);
  }
  // RFC 6286 §2.2: unique within an AS only.
  if (open.identifier !== config.routerId || config.localAsn !== config.peerAsn) return undefined;
  return openFault(openSubcode.badIdentifier, noData, `peer has our BGP identifier ${open.identifier}`);
}

/** RFC 4271 §4.2: below three seconds none is acceptable but 0, which a speaker need not take: nobody notices a dead peer. */
function judgeHoldTime(open: OpenMessage, { allowHoldTimeZero }: SessionConfig): MessageFault | undefined {
  const { holdTimeSeconds } = open;
  if (holdTimeSeconds >= 3 || (holdTimeSeconds === 0 && allowHoldTimeZero === true)) return undefined;
  const least = allowHoldTimeZero === true ? '3 s (or 0)' : '3 s';
  const reason = `peer wants a hold time of ${holdTimeSeconds} s, at least ${least} are allowed`;
  return openFault(openSubcode.unacceptableHoldTime, uint16Bytes(holdTimeSeconds), reason);
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

/** RFC 8950 §4: exactly this combination must be named; several capabilities add up. */
function takesIpv4OverIpv6(open: OpenMessage): boolean {
  return open.capabilities.some(
    (capability) =>
      capability.kind === 'extendedNextHop' &&
      capability.families.some(
        (entry) =>
          entry.afi === ipv4OverIpv6.afi &&
          entry.safi === ipv4OverIpv6.safi &&
          entry.nextHopAfi === ipv4OverIpv6.nextHopAfi,
      ),
  );
}

function openFault(subcode: number, data: Uint8Array, reason: string): MessageFault {
  return { code: errorCode.open, subcode, data, reason };
}
