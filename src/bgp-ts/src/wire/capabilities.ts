/**
 * Capabilities of the OPEN message as values (RFC 5492), and the list of them in one optional parameter. Values are read
 * by capability-decode.ts and written by capability-encode.ts. A capability without a kind of its own is kept as bytes and
 * never is a fault.
 */
import type { ByteReader } from './bytes.ts';
import { ByteWriter } from './bytes.ts';
import { decodeCapability } from './capability-decode.ts';
import { capabilityParts } from './capability-encode.ts';
import type { FamilyCode } from './family.ts';

/** A family in graceful restart (RFC 4724 §3). */
export interface RestartFamily extends FamilyCode {
  /** Whether the routes of this family outlived the restart (F bit). */
  readonly isForwardingPreserved: boolean;
}

/** A family in long-lived graceful restart (RFC 9494 §4.2). */
export interface LongLivedFamily extends RestartFamily {
  /** 0 to 16777215. */
  readonly staleTimeSeconds: number;
}

/** A family in add-path (RFC 7911 §4). */
export interface AddPathFamily extends FamilyCode {
  readonly canReceive: boolean;
  readonly canSend: boolean;
}

/** A family in outbound route filtering (RFC 5291 §5); each filter is a type and 1 receive, 2 send or 3 both. */
export interface RouteFilterFamily extends FamilyCode {
  readonly filters: readonly { readonly type: number; readonly mode: number }[];
}

/** A family with a count beside it. */
export interface CountedFamily extends FamilyCode {
  readonly count: number;
}

/** One capability. */
export type Capability =
  | ({ readonly kind: 'multiprotocol' } & FamilyCode)
  | { readonly kind: 'routeRefresh' }
  | { readonly kind: 'outboundRouteFilter'; readonly families: readonly RouteFilterFamily[] }
  /** Prefixes of a family may have next hops of another address family (RFC 8950 §4). */
  | {
      readonly kind: 'extendedNextHop';
      readonly families: readonly (FamilyCode & { readonly nextHopAfi: number })[];
    }
  | { readonly kind: 'extendedMessage' }
  /** RFC 8205 §2.1; `version` and the direction bit as they are on the wire. */
  | { readonly kind: 'bgpsec'; readonly version: number; readonly canSend: boolean; readonly afi: number }
  | { readonly kind: 'multipleLabels'; readonly families: readonly CountedFamily[] }
  /** RFC 9234 §4.1: a number of `bgpRole`, or one that has no name yet. */
  | { readonly kind: 'role'; readonly role: number }
  | {
      readonly kind: 'gracefulRestart';
      /** The R bit. */
      readonly isRestarting: boolean;
      /** The N bit (RFC 8538 §2). */
      readonly hasNotification: boolean;
      /** 0 to 4095. */
      readonly restartTimeSeconds: number;
      readonly families: readonly RestartFamily[];
    }
  | { readonly kind: 'fourOctetAs'; readonly asn: number }
  | { readonly kind: 'addPath'; readonly families: readonly AddPathFamily[] }
  | { readonly kind: 'enhancedRouteRefresh' }
  | { readonly kind: 'longLivedGracefulRestart'; readonly families: readonly LongLivedFamily[] }
  /** Host and domain name; text of a peer, which may hold anything. */
  | { readonly kind: 'hostName'; readonly host: string; readonly domain: string }
  | { readonly kind: 'softwareVersion'; readonly version: string }
  | { readonly kind: 'pathsLimit'; readonly families: readonly CountedFamily[] }
  | { readonly kind: 'linkLocalNextHop' }
  | { readonly kind: 'unknown'; readonly code: number; readonly bytes: Uint8Array };

/** Reads the capabilities of one optional parameter until it ends; throws `WireFault` or `Truncated`. */
export function decodeCapabilities(reader: ByteReader): readonly Capability[] {
  const capabilities: Capability[] = [];
  while (reader.remaining > 0) {
    const code = reader.readUint8();
    const value = reader.readBlock(reader.readUint8());
    capabilities.push(decodeCapability(code, value));
  }
  return capabilities;
}

/** Writes capabilities as TLVs, without the optional parameter around them. */
export function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const writer = new ByteWriter();
  for (const capability of capabilities) {
    const { code, value } = capabilityParts(capability);
    writer.writeUint8(code);
    writer.writeUint8(value.length);
    writer.writeBytes(value);
  }
  return writer.finish();
}
