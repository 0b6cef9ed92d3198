/**
 * The path attributes that a route gets towards one peer (RFC 4271 §5.1): other ASes see our AS in AS_PATH and no
 * LOCAL_PREF, our own AS an empty AS_PATH and LOCAL_PREF; a peer without 4-octet AS numbers gets AS_TRANS and AS4_PATH
 * (RFC 6793 §4.2.2). Never makes an AS_SET (RFC 9774).
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { addressBytes, familyOf } from '../wire/address.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import type { Family } from '../wire/family.ts';
import { familyCode } from '../wire/family.ts';
import type { Route } from './route.ts';

/** What export depends on: the session as it was negotiated. */
export interface ExportContext {
  readonly localAsn: number;
  readonly isExternal: boolean;
  readonly fourOctetAs: boolean;
  readonly families: readonly Family[];
  /** Our end of the connection: the next hop `self`. */
  readonly localAddress: Address;
}

/** A route's attributes; for families other than IPv4 with an MP_REACH_NLRI that has no prefixes yet. */
export function exportAttributes(route: Route, context: ExportContext): Result<readonly PathAttribute[], string> {
  const family = familyOf(route.prefix);
  if (!context.families.includes(family)) return refuse(`the peer does not take ${family}`);
  const nextHop = route.nextHop === 'self' ? context.localAddress : route.nextHop;
  if (familyOf(nextHop) !== family) return refuse(`next hop self is ${nextHop}, of the other address family`);
  const segments = asPath(route, context);
  return succeed([
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', segments },
    ...nextHopAttribute(family, nextHop),
    ...(route.med === undefined ? [] : [{ kind: 'med', med: route.med } as const]),
    ...(context.isExternal ? [] : [{ kind: 'localPref', localPref: route.localPreference } as const]),
    ...(route.communities.length === 0 ? [] : [{ kind: 'communities', communities: route.communities } as const]),
    ...(needsAs4Path(context) ? [{ kind: 'as4Path', segments } as const] : []),
    ...largeCommunities(route),
  ]);
}

type Segments = Extract<PathAttribute, { readonly kind: 'asPath' }>['segments'];

function asPath(route: Route, context: ExportContext): Segments {
  if (!context.isExternal) return [];
  return [{ kind: 'sequence', asns: Array<number>(1 + route.prepend).fill(context.localAsn) }];
}

function needsAs4Path(context: ExportContext): boolean {
  return context.isExternal && !context.fourOctetAs && context.localAsn > 0xffff;
}

function nextHopAttribute(family: Family, nextHop: Address): readonly PathAttribute[] {
  if (family === 'ipv4-unicast') return [{ kind: 'nextHop', nextHop }];
  const nlri = { kind: 'prefixes', prefixes: [] } as const;
  return [{ kind: 'mpReach', ...familyCode(family), nextHop: addressBytes(nextHop), nlri }];
}

function largeCommunities(route: Route): readonly PathAttribute[] {
  if (route.largeCommunities.length === 0) return [];
  return [{ kind: 'largeCommunities', communities: route.largeCommunities }];
}
