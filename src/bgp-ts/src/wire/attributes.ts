/**
 * Path attributes as values (RFC 4271 §5, RFC 1997, RFC 4360, RFC 4456, RFC 4760, RFC 5701, RFC 6793, RFC 7311, RFC 8092,
 * RFC 8669, RFC 9234). An attribute that has no kind of its own is kept with its flags and bytes. Read by
 * attribute-decode.ts, written by attribute-encode.ts.
 */
import type { Address } from './address.ts';
import type { AigpAttribute } from './aigp.ts';
import type { AsPathSegment } from './as-path.ts';
import type { LargeCommunity } from './community.ts';
import type { ExtendedCommunity, Ipv6ExtendedCommunity } from './extended-community.ts';
import type { PrefixList } from './nlri.ts';
import type { PrefixSidAttribute } from './prefix-sid.ts';

/** ORIGIN values. */
export type Origin = 'igp' | 'egp' | 'incomplete';

/** ORIGIN values in wire order. */
export const origins: readonly Origin[] = ['igp', 'egp', 'incomplete'];

/** What a multiprotocol attribute carries: prefixes of a family that this library knows, else the bytes as they came. */
export type MultiprotocolNlri =
  ({ readonly kind: 'prefixes' } & PrefixList) | { readonly kind: 'opaque'; readonly bytes: Uint8Array };

/** MP_REACH_NLRI. */
export interface MpReach {
  readonly kind: 'mpReach';
  readonly afi: number;
  readonly safi: number;
  /** The next hop as it is on the wire: 4, 16 or 32 bytes for the families that this library knows (`nextHopAddresses`). */
  readonly nextHop: Uint8Array;
  readonly nlri: MultiprotocolNlri;
}

/** MP_UNREACH_NLRI. */
export interface MpUnreach {
  readonly kind: 'mpUnreach';
  readonly afi: number;
  readonly safi: number;
  readonly nlri: MultiprotocolNlri;
}

/** An attribute kept as it came. */
export interface UnknownAttribute {
  readonly kind: 'unknown';
  readonly type: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** One path attribute. */
export type PathAttribute =
  | { readonly kind: 'origin'; readonly origin: Origin }
  | { readonly kind: 'asPath'; readonly segments: readonly AsPathSegment[] }
  | { readonly kind: 'nextHop'; readonly nextHop: Address }
  | { readonly kind: 'med'; readonly med: number }
  | { readonly kind: 'localPref'; readonly localPref: number }
  | { readonly kind: 'atomicAggregate' }
  | { readonly kind: 'aggregator'; readonly asn: number; readonly address: Address }
  /** Each as one unsigned 32-bit number: AS × 65536 + value. */
  | { readonly kind: 'communities'; readonly communities: readonly number[] }
  | { readonly kind: 'originatorId'; readonly originatorId: Address }
  | { readonly kind: 'clusterList'; readonly clusterIds: readonly Address[] }
  | MpReach
  | MpUnreach
  | { readonly kind: 'extendedCommunities'; readonly communities: readonly ExtendedCommunity[] }
  | { readonly kind: 'ipv6ExtendedCommunities'; readonly communities: readonly Ipv6ExtendedCommunity[] }
  /** From a peer without 4-octet AS numbers only: as4.ts joins it with AS_PATH. */
  | { readonly kind: 'as4Path'; readonly segments: readonly AsPathSegment[] }
  | { readonly kind: 'as4Aggregator'; readonly asn: number; readonly address: Address }
  | { readonly kind: 'largeCommunities'; readonly communities: readonly LargeCommunity[] }
  | AigpAttribute
  | PrefixSidAttribute
  /** The AS that the route may be passed only to customers of. */
  | { readonly kind: 'onlyToCustomer'; readonly asn: number }
  | UnknownAttribute;

export type { LargeCommunity } from './community.ts';

/** Picks the attribute of a kind, if it is there. */
export function findAttribute<Kind extends PathAttribute['kind']>(
  attributes: readonly PathAttribute[],
  kind: Kind,
): Extract<PathAttribute, { readonly kind: Kind }> | undefined {
  const isKind = (attribute: PathAttribute): attribute is Extract<PathAttribute, { readonly kind: Kind }> =>
    attribute.kind === kind;
  return attributes.find(isKind);
}
