/** Writes the value of one capability; reserved bits are zero. */
import { assertNever } from '../result.ts';
import { ByteWriter, concatBytes, uint16Bytes, uint32Bytes } from './bytes.ts';
import type { AddPathFamily, Capability, LongLivedFamily, RouteFilterFamily } from './capabilities.ts';
import { capabilityCode } from './constants.ts';
import type { FamilyCode } from './family.ts';
import { noData } from './fault.ts';

/** Code and value of a capability; the value has at most 255 bytes for a capability that a peer could have sent. */
export function capabilityParts(capability: Capability): { readonly code: number; readonly value: Uint8Array } {
  if (capability.kind === 'unknown') return { code: capability.code, value: capability.bytes };
  return { code: capabilityCode[capability.kind], value: valueOf(capability) };
}

function valueOf(capability: Exclude<Capability, { readonly kind: 'unknown' }>): Uint8Array {
  switch (capability.kind) {
    case 'multiprotocol':
      return Uint8Array.of(...uint16Bytes(capability.afi), 0, capability.safi);
    case 'routeRefresh':
    case 'extendedMessage':
    case 'enhancedRouteRefresh':
    case 'linkLocalNextHop':
      return noData;
    case 'fourOctetAs':
      return uint32Bytes(capability.asn);
    case 'role':
      return Uint8Array.of(capability.role);
    case 'bgpsec':
      return Uint8Array.of((capability.version << 4) | (capability.canSend ? 0x08 : 0), ...uint16Bytes(capability.afi));
    case 'gracefulRestart':
      return gracefulRestartValue(capability);
    case 'hostName':
      return concatBytes([textBytes(capability.host), textBytes(capability.domain)]);
    case 'softwareVersion':
      return textBytes(capability.version);
    default:
      return listValue(capability);
  }
}

function listValue(capability: Extract<Capability, { readonly families: unknown }>): Uint8Array {
  switch (capability.kind) {
    case 'outboundRouteFilter':
      return concatBytes(capability.families.map(routeFilterEntry));
    case 'extendedNextHop':
      return concatBytes(
        capability.families.map(({ afi, safi, nextHopAfi }) =>
          concatBytes([uint16Bytes(afi), uint16Bytes(safi), uint16Bytes(nextHopAfi)]),
        ),
      );
    case 'multipleLabels':
      return concatBytes(capability.families.map((family) => familyEntry(family, family.count)));
    case 'pathsLimit':
      return concatBytes(capability.families.map((family) => familyEntry(family, ...uint16Bytes(family.count))));
    case 'addPath':
      return concatBytes(capability.families.map((family) => familyEntry(family, addPathMode(family))));
    case 'longLivedGracefulRestart':
      return concatBytes(capability.families.map(longLivedEntry));
    case 'gracefulRestart':
      return gracefulRestartValue(capability);
    default:
      return assertNever(capability);
  }
}

function gracefulRestartValue(capability: Extract<Capability, { readonly kind: 'gracefulRestart' }>): Uint8Array {
  const { isRestarting, hasNotification, restartTimeSeconds, families } = capability;
  const flags = (isRestarting ? 0x8000 : 0) | (hasNotification ? 0x4000 : 0);
  const entries = families.map((family) => familyEntry(family, family.isForwardingPreserved ? 0x80 : 0));
  return concatBytes([uint16Bytes(flags | (restartTimeSeconds & 0x0fff)), ...entries]);
}

function longLivedEntry(family: LongLivedFamily): Uint8Array {
  const time = uint32Bytes(family.staleTimeSeconds).subarray(1);
  return familyEntry(family, family.isForwardingPreserved ? 0x80 : 0, ...time);
}

function addPathMode(family: AddPathFamily): number {
  return (family.canReceive ? 1 : 0) | (family.canSend ? 2 : 0);
}

function routeFilterEntry(family: RouteFilterFamily): Uint8Array {
  const filters = family.filters.flatMap(({ type, mode }) => [type, mode]);
  return Uint8Array.of(...uint16Bytes(family.afi), 0, family.safi, family.filters.length, ...filters);
}

function familyEntry(family: FamilyCode, ...rest: readonly number[]): Uint8Array {
  return Uint8Array.of(...uint16Bytes(family.afi), family.safi, ...rest);
}

function textBytes(text: string): Uint8Array {
  const writer = new ByteWriter();
  const bytes = new TextEncoder().encode(text);
  writer.writeUint8(bytes.length);
  writer.writeBytes(bytes);
  return writer.finish();
}
