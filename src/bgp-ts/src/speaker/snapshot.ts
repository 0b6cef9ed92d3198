/** A peer's engine as a snapshot: plain data with wall-clock times, fit to be sent to another thread. */
import type { SentRoute } from '../rib/adj-rib-out.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { Peer } from './peer.ts';
import type { AnnouncedRoute, PeerSnapshot } from './types.ts';

/** Takes the snapshot of one peer now. */
export function snapshotPeer(peer: Peer): PeerSnapshot {
  const { sent, sinceMs, negotiated, ...view } = peer.view();
  const { name, address, port } = peer.config;
  return {
    name,
    address,
    port,
    ...view,
    sinceUnixMs: unixMsOf(sinceMs),
    negotiated:
      negotiated === undefined
        ? undefined
        : {
            holdTimeSeconds: negotiated.holdTimeMs / 1000,
            families: negotiated.families,
            fourOctetAs: negotiated.fourOctetAs,
          },
    announced: Array.from(sent.values(), announcedRoute),
  };
}

function announcedRoute({ route, nextHop, sentAtMs }: SentRoute): AnnouncedRoute {
  const attributes: RouteAttributes = {
    nextHop,
    ...(route.med === undefined ? {} : { med: route.med }),
    localPreference: route.localPreference,
    communities: route.communities.map((community) => `${community >>> 16}:${community & 0xffff}`),
    largeCommunities: route.largeCommunities.map((community) => community.join(':')),
    prepend: route.prepend,
  };
  return { prefix: route.prefix, attributes, sentAtUnixMs: unixMsOf(sentAtMs) };
}

/** Instants of this thread's monotonic clock as wall clock, for people. */
function unixMsOf(atMs: number): number {
  return Math.round(Date.now() - (performance.now() - atMs));
}
