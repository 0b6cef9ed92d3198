/**
 * The next hop that a route gets towards one peer (RFC 4271 §5.1.3, RFC 2545 §3, RFC 8950): the one that it names, or our
 * end of the session, with the link-local address where there is one. What the peer could not use is refused.
 */
import type { Result } from '../result.ts';
import { refuse, succeed } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';
import type { Route } from './route.ts';

/** What a next hop depends on. */
export interface NextHopContext {
  /** Our end of the connection: the next hop `self`. */
  readonly localAddress: Address;
  /** The peer takes IPv4 prefixes with IPv6 next hops (RFC 8950). Default false. */
  readonly extendedNextHop?: boolean;
}

/** A next hop: one address, or a global (or second link-local) one and a link-local one. */
export type NextHop = readonly [Address] | readonly [Address, Address];

/** The next hop of a route towards a peer; the fault is a sentence that names it. */
export function nextHopTowards(route: Route, context: NextHopContext): Result<NextHop, string> {
  const isSelf = route.nextHop === 'self';
  const address = route.nextHop === 'self' ? context.localAddress : route.nextHop;
  const family = familyOf(address);
  const isOfPrefix = family === familyOf(route.prefix);
  if (isOfPrefix && family === 'ipv4-unicast') return succeed([address]);
  const name = isSelf ? `next hop self is ${address}` : `next hop ${address} is`;
  if (!isOfPrefix) {
    if (family === 'ipv4-unicast') return refuse(`${name}, an IPv4 address: name an IPv6 next hop`);
    const what = isSelf ? `${name}, an IPv6 address` : `${name} an IPv6 address`;
    if (context.extendedNextHop !== true) return refuse(`${what}, and the peer has not agreed to extended next hops`);
  }
  if (!isLinkLocal(address)) {
    return succeed(route.linkLocalNextHop === undefined ? [address] : [address, route.linkLocalNextHop]);
  }
  if (!isLinkLocal(context.localAddress)) return refuse(`${name} link-local, but the session is not on a link`);
  // Where there is no global address, routers put the link-local one in both places; all read that.
  return succeed([address, address]);
}
