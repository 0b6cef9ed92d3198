/** What an UPDATE that bgp-ts has read means, in ExaBGP's JSON: the other side of a comparison with exabgp-vector.ts. */
import {
  encodeExtendedCommunity,
  encodeIpv6ExtendedCommunity,
  formatExtendedCommunity,
  formatIpv6ExtendedCommunity,
  routesOf,
} from 'bgp-ts';
import type { DecodedUpdate, PathAttribute, PrefixSidTlv, Srv6Sid, WithdrawnRoute } from 'bgp-ts';

/** Names of families that are read to the prefix. */
export const unicastFamilies = { 'ipv4-unicast': 'ipv4 unicast', 'ipv6-unicast': 'ipv6 unicast' } as const;

/** Attributes by ExaBGP's names; without next hop, prefixes and an empty AS_PATH, which ExaBGP does not list. */
export function attributesOf(update: DecodedUpdate): ReadonlyMap<string, unknown> {
  const entries = update.attributes.map(attributeEntry).filter((entry) => entry !== undefined);
  return new Map(entries);
}

function attributeEntry(attribute: PathAttribute): readonly [string, unknown] | undefined {
  switch (attribute.kind) {
    case 'mpReach':
    case 'mpUnreach':
      return undefined;
    case 'origin':
      return ['origin', attribute.origin];
    case 'asPath':
      return attribute.segments.length === 0 ? undefined : ['as-path', pathOf(attribute.segments)];
    case 'as4Path':
      return ['as4-path', pathOf(attribute.segments)];
    case 'nextHop':
      return ['next-hop', attribute.nextHop];
    case 'med':
      return ['med', attribute.med];
    case 'localPref':
      return ['local-preference', attribute.localPref];
    case 'atomicAggregate':
      return ['atomic-aggregate', true];
    case 'aggregator':
      return ['aggregator', `${attribute.asn}:${attribute.address}`];
    case 'as4Aggregator':
      return ['as4-aggregator', `${attribute.asn}:${attribute.address}`];
    case 'originatorId':
      return ['originator-id', attribute.originatorId];
    case 'clusterList':
      return ['cluster-list', attribute.clusterIds];
    case 'aigp':
      return ['aigp', Number(attribute.metric)];
    case 'onlyToCustomer':
      return ['otc', attribute.asn];
    case 'prefixSid':
      return ['bgp-prefix-sid', Object.assign({}, ...attribute.tlvs.map(prefixSidEntry))];
    case 'unknown':
      return [`attribute-0x${hexByte(attribute.type)}-0x${hexByte(attribute.flags)}`, `0x${hexOf(attribute.bytes)}`];
    default:
      return communityEntry(attribute);
  }
}

type CommunityKind = 'communities' | 'largeCommunities' | 'extendedCommunities' | 'ipv6ExtendedCommunities';

function communityEntry(
  attribute: Extract<PathAttribute, { readonly kind: CommunityKind }>,
): readonly [string, unknown] {
  switch (attribute.kind) {
    case 'communities':
      return ['community', attribute.communities.map((value) => [value >>> 16, value & 0xffff])];
    case 'largeCommunities':
      return ['large-community', attribute.communities];
    case 'extendedCommunities':
      return [
        'extended-community',
        attribute.communities.map((value) => ({
          value: numberOf(encodeExtendedCommunity(value)),
          string: formatExtendedCommunity(value),
        })),
      ];
    case 'ipv6ExtendedCommunities':
      return [
        'extended-community-ipv6',
        attribute.communities.map((value) => ({
          value: numberOf(encodeIpv6ExtendedCommunity(value)),
          string: formatIpv6ExtendedCommunity(value),
        })),
      ];
  }
}

function pathOf(segments: Extract<PathAttribute, { readonly kind: 'asPath' }>['segments']): unknown {
  return Object.fromEntries(segments.map(({ kind, asns }, index) => [index, { element: `as-${kind}`, value: asns }]));
}

function prefixSidEntry(tlv: PrefixSidTlv): Readonly<Record<string, unknown>> {
  switch (tlv.kind) {
    case 'labelIndex':
      return { 'sr-label-index': tlv.labelIndex };
    case 'originatorSrgb':
      return { 'sr-srgbs': tlv.ranges.map(({ base, size }) => [base, size]) };
    case 'srv6Service':
      return { [`l${tlv.layer}-service`]: tlv.items.map((item) => (item.kind === 'sid' ? sidOf(item) : item.type)) };
    case 'unknown':
      return { [`tlv-${tlv.type}`]: hexOf(tlv.bytes) };
  }
}

function sidOf(item: Srv6Sid): unknown {
  const structure = item.details.find(({ type }) => type === 1)?.bytes;
  const names = ['locator-block', 'locator-node', 'function', 'argument', 'transposition'].map(
    (name) => `${name}-length`,
  );
  const entries = [...names, 'transposition-offset'].map((name, index) => [name, structure?.[index]] as const);
  return {
    sid: item.sid,
    flags: item.flags,
    endpoint_behavior: item.endpointBehavior,
    ...(structure === undefined ? {} : { structure: Object.fromEntries(entries) }),
  };
}

/** Announced prefixes, as lines `FAMILY PREFIX via NEXT-HOP` with a path identifier where there is one. */
export function announcedLines(update: DecodedUpdate): readonly string[] {
  // What a message states is compared whatever RFC 7606 makes of it.
  return routesOf({ ...update, severity: 'none' }).announced.map(
    (route) => `${routeLine(route)} via ${route.nextHops[0] ?? 'nothing'}`,
  );
}

/** Withdrawn prefixes, as lines `FAMILY PREFIX`. */
export function withdrawnLines(update: DecodedUpdate): readonly string[] {
  return routesOf({ ...update, severity: 'none' }).withdrawn.map(routeLine);
}

function routeLine({ family, prefix, pathId }: WithdrawnRoute): string {
  const line = `${unicastFamilies[family]} ${prefix}`;
  if (pathId === undefined) return line;
  return `${line} path ${[24, 16, 8, 0].map((shift) => (pathId >>> shift) & 0xff).join('.')}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function numberOf(bytes: Uint8Array): string {
  return BigInt(`0x${hexOf(bytes)}`).toString();
}
