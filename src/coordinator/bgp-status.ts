/** What is known of this site's border routers, as `GET /v1/bgp` tells it: read from the parts, nothing decided here. */
import type { BgpStatus, SpeakerStatus } from '#api/bgp.ts';
import type { PrefixPolicy } from '#steering/model.ts';
import { readKernelDrops } from '#border/kernel-drops.ts';
import type { Routes } from './routes.ts';

/** Takes the state of all speakers now; `turnReason` says why changed session settings still wait. */
export async function describeBgp(
  site: string,
  routes: Routes,
  prefixes: readonly PrefixPolicy[],
  turnReason: string | undefined,
): Promise<BgpStatus> {
  const { bgp } = routes;
  const here = prefixes.flatMap(({ prefix, nextHops }) => {
    const nextHop = nextHops.get(site);
    return nextHop === undefined ? [] : [{ prefix, nextHop: bgp?.speaker === 'nodes' ? 'self' : nextHop }];
  });
  const change = routes.sessionChange;
  const reason =
    change?.state === 'going'
      ? 'they have begun anew, and the other sites wait until they are back'
      : (turnReason ?? 'the other sites are told first');
  return {
    site,
    ...(bgp === undefined ? {} : { bgp: { asn: bgp.asn, mode: bgp.speaker, neighbors: [...bgp.neighbors] } }),
    prefixes: here,
    speakers: await speakersOf(routes),
    blocked: routes.blocked(),
    ...(change === undefined ? {} : { sessionChange: { ...change, neighbors: [...change.neighbors], reason } }),
    kernel: readKernelDrops(),
  };
}

async function speakersOf(routes: Routes): Promise<SpeakerStatus[]> {
  const { bgp } = routes;
  if (bgp === undefined) return [];
  if (bgp.speaker === 'coordinator') {
    return [{ speaker: 'coordinator', routerId: bgp.routerId, neighbors: [...(await routes.sessions.snapshot())] }];
  }
  const routerIds = new Map(bgp.nodes.map(({ node, routerId }) => [node, routerId]));
  return routes.nodes.snapshot().map(({ node, ageMs, neighbors, kernel }) => ({
    speaker: node,
    routerId: routerIds.get(node) ?? '',
    ...(ageMs === undefined ? {} : { ageMs }),
    neighbors: [...neighbors],
    ...(kernel === undefined ? {} : { kernel }),
  }));
}
