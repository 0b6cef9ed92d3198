/**
 * The path attributes that a route gets towards one peer (RFC 4271 §5.1): other ASes see our AS in AS_PATH and no
 * LOCAL_PREF, our own AS an AS_PATH without it and LOCAL_PREF; a peer without 4-octet AS numbers gets AS_TRANS and
 * AS4_PATH (RFC 6793 §4.2.2); an eBGP peer whose provider or peer we are gets OTC (RFC 9234 §5). Never makes an AS_SET
 * (RFC 9774).
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { addressBytes, familyOf } from '../wire/address.ts';
import { splitAs4 } from '../wire/as4.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { concatBytes } from '../wire/bytes.ts';
import { bgpRole } from '../wire/constants.ts';
import type { Family } from '../wire/family.ts';
import { familyCode } from '../wire/family.ts';
import type { NextHop } from './next-hop.ts';
import { nextHopTowards } from './next-hop.ts';
import type { CheckedRange } from './prefix-range.ts';
import { isInRanges } from './prefix-range.ts';
import type { Route } from './route.ts';

/** What export depends on: the session as it was negotiated, and what the peer may be told. */
export interface ExportContext {
  readonly localAsn: number;
  readonly isExternal: boolean;
  readonly fourOctetAs: boolean;
  readonly families: readonly Family[];
  /** Our end of the connection: the next hop `self`. */
  readonly localAddress: Address;
  /** The peer takes IPv4 prefixes with IPv6 next hops (RFC 8950). Default false. */
  readonly extendedNextHop?: boolean;
  /** Messages may have 65535 bytes (RFC 8654). Default false. */
  readonly extendedMessages?: boolean;
  /** Our number in RFC 9234's registry, where a role is set. */
  readonly localRole?: number | undefined;
  /** What the peer may be told. Default: everything. */
  readonly exportPrefixes?: readonly CheckedRange[] | undefined;
}

/** A route's attributes; for what goes in MP_REACH_NLRI, one that has no prefixes yet. */
export function exportAttributes(route: Route, context: ExportContext): Result<readonly PathAttribute[], string> {
  const family = familyOf(route.prefix);
  const { families, exportPrefixes } = context;
  if (exportPrefixes !== undefined && !isInRanges(route.prefix, exportPrefixes)) {
    return refuse('it is not among the prefixes that this peer may be told (exportPrefixes)');
  }
  if (!families.includes(family)) return refuse(`the peer does not take ${family}`);
  const nextHop = nextHopTowards(route, context);
  if (!nextHop.ok) return nextHop;
  const attributes: PathAttribute[] = [
    { kind: 'origin', origin: route.origin },
    { kind: 'asPath', segments: asPath(route, context) },
    nextHopAttribute(family, nextHop.value),
  ];
  addOptionalAttributes(attributes, route, context);
  return succeed(context.fourOctetAs ? attributes : splitAs4(attributes));
}

function addOptionalAttributes(attributes: PathAttribute[], route: Route, context: ExportContext): void {
  const { med, communities, extendedCommunities, largeCommunities } = route;
  if (med !== undefined) attributes.push({ kind: 'med', med });
  if (!context.isExternal) attributes.push({ kind: 'localPref', localPref: route.localPreference });
  if (communities.length > 0) attributes.push({ kind: 'communities', communities });
  if (extendedCommunities.length > 0) {
    attributes.push({ kind: 'extendedCommunities', communities: extendedCommunities });
  }
  if (largeCommunities.length > 0) attributes.push({ kind: 'largeCommunities', communities: largeCommunities });
  if (needsOnlyToCustomer(context)) attributes.push({ kind: 'onlyToCustomer', asn: context.localAsn });
}

type Segments = Extract<PathAttribute, { readonly kind: 'asPath' }>['segments'];

function asPath(route: Route, context: ExportContext): Segments {
  const asns: number[] = [];
  if (context.isExternal) for (let count = 0; count <= route.prepend; count++) asns.push(context.localAsn);
  for (const asn of route.asPath) asns.push(asn);
  return asns.length === 0 ? [] : [{ kind: 'sequence', asns }];
}

function nextHopAttribute(family: Family, nextHop: NextHop): PathAttribute {
  const [address] = nextHop;
  if (familyOf(address) === 'ipv4-unicast') return { kind: 'nextHop', nextHop: address };
  const nlri = { kind: 'prefixes', prefixes: [] } as const;
  return { kind: 'mpReach', ...familyCode(family), nextHop: concatBytes(nextHop.map(addressBytes)), nlri };
}

/** RFC 9234 §5: what goes to a customer, a peer or a client of a route server must not go up again from there. */
function needsOnlyToCustomer({ isExternal, localRole }: ExportContext): boolean {
  if (!isExternal) return false;
  return localRole === bgpRole.provider || localRole === bgpRole.peer || localRole === bgpRole.routeServer;
}
