/** Path attributes as plain values for people and snapshots: what was on the wire, in the words that routes are set with. */
import type { Address } from '../wire/address.ts';
import type { AsPathSegment } from '../wire/as-path.ts';
import type { Origin, PathAttribute } from '../wire/attributes.ts';
import { findAttribute } from '../wire/attributes.ts';
import { formatCommunity, formatLargeCommunity } from '../wire/community.ts';
import { formatExtendedCommunity } from '../wire/extended-community-text.ts';
import { nextHopAddresses } from '../wire/multiprotocol.ts';

/** A route as it was sent or received; what was not there is absent or empty. */
export interface RouteView {
  readonly nextHop: string;
  readonly linkLocalNextHop?: string;
  readonly origin: Origin;
  /** AS numbers, nearest first, with sets as `{1,2}` and confederation segments as `(1 2)` and `[1,2]`. */
  readonly asPath: string;
  readonly med?: number;
  readonly localPreference?: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extendedCommunities: readonly string[];
  /** OTC (RFC 9234). */
  readonly onlyToCustomer?: number;
}

/** Reads the attributes of one route. */
export function viewRoute(attributes: readonly PathAttribute[]): RouteView {
  const [nextHop = '', linkLocalNextHop] = nextHopsOf(attributes);
  const med = findAttribute(attributes, 'med')?.med;
  const localPreference = findAttribute(attributes, 'localPref')?.localPref;
  const onlyToCustomer = findAttribute(attributes, 'onlyToCustomer')?.asn;
  return {
    nextHop,
    ...(linkLocalNextHop === undefined ? {} : { linkLocalNextHop }),
    origin: findAttribute(attributes, 'origin')?.origin ?? 'incomplete',
    asPath: formatAsPath(findAttribute(attributes, 'asPath')?.segments ?? []),
    ...(med === undefined ? {} : { med }),
    ...(localPreference === undefined ? {} : { localPreference }),
    communities: (findAttribute(attributes, 'communities')?.communities ?? []).map(formatCommunity),
    largeCommunities: (findAttribute(attributes, 'largeCommunities')?.communities ?? []).map(formatLargeCommunity),
    extendedCommunities: (findAttribute(attributes, 'extendedCommunities')?.communities ?? []).map(
      formatExtendedCommunity,
    ),
    ...(onlyToCustomer === undefined ? {} : { onlyToCustomer }),
  };
}

function nextHopsOf(attributes: readonly PathAttribute[]): readonly Address[] {
  const reach = findAttribute(attributes, 'mpReach');
  if (reach !== undefined) return nextHopAddresses(reach);
  const nextHop = findAttribute(attributes, 'nextHop')?.nextHop;
  return nextHop === undefined ? [] : [nextHop];
}

const brackets: Readonly<Record<AsPathSegment['kind'], readonly [string, string, string]>> = {
  sequence: ['', ' ', ''],
  set: ['{', ',', '}'],
  'confederation-sequence': ['(', ' ', ')'],
  'confederation-set': ['[', ',', ']'],
};

/** Writes a path in one line. */
export function formatAsPath(segments: readonly AsPathSegment[]): string {
  return segments
    .map(({ kind, asns }) => {
      const [open, separator, close] = brackets[kind];
      return `${open}${asns.join(separator)}${close}`;
    })
    .join(' ');
}
