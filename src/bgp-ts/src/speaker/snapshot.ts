/** A peer's engine as a snapshot: plain data with wall-clock times, fit to be sent to another thread. */
import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import type { PlannedChange } from '../rib/adj-rib-out.ts';
import { viewRoute } from '../rib/route-view.ts';
import { bgpRole } from '../wire/constants.ts';
import type { Peer, PeerView } from './peer.ts';
import { unknownAddress } from './peer.ts';
import type { StatisticsView } from './statistics.ts';
import type {
  MessageCounts,
  NegotiatedSnapshot,
  PeerSnapshot,
  PlannedRoute,
  ReceivedSnapshot,
  RouteView,
} from './types.ts';

/** Takes the snapshot of one peer now. */
export function snapshotPeer(peer: Peer): PeerSnapshot {
  const { state, reason, sinceMs, link, sent, withdrawn, plan, received, outbox, statistics } = peer.view();
  const { name, address, port, policy } = peer.config;
  const { lastNotification, ...counts } = statistics;
  const { pendingBytes, waitingPrefixes, stalledSinceMs } = outbox;
  const unknownNextHop = unknownAddress(address);
  return {
    name,
    address,
    port,
    state,
    reason,
    sinceUnixMs: unixMsOf(sinceMs),
    negotiated: link === undefined ? undefined : snapshotNegotiated(link),
    lastNotification: snapshotNotifications(lastNotification),
    announced: Array.from(sent.values(), (route) => ({
      prefix: route.prefix,
      attributes: viewRoute(route.attributes),
      reason: route.reason,
      sentAtUnixMs: unixMsOf(route.sentAtMs),
    })),
    withdrawn: withdrawn.map(({ sentAtMs, ...rest }) => ({ ...rest, sentAtUnixMs: unixMsOf(sentAtMs) })),
    plan: plan.map((change) => snapshotPlan(change, unknownNextHop)),
    received: received === undefined ? undefined : snapshotReceived(received, policy.import?.maxPrefixes ?? 0),
    ...counts,
    pendingBytes,
    waitingPrefixes,
    sendStalledMs: stalledSinceMs === undefined ? 0 : Math.max(0, Math.round(performance.now() - stalledSinceMs)),
  };
}

const noMessages: MessageCounts = { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 };

/** The snapshot of a peer that no speaker has: nothing was told, heard or agreed on. */
export function snapshotStopped(
  peer: Pick<PeerSnapshot, 'name' | 'address' | 'port' | 'reason' | 'sinceUnixMs'>,
): PeerSnapshot {
  const { name, address, port, reason, sinceUnixMs } = peer;
  return {
    ...{ name, address, port, state: 'stopped', reason, sinceUnixMs },
    negotiated: undefined,
    lastNotification: { sent: undefined, received: undefined },
    ...{ announced: [], withdrawn: [], plan: [], received: undefined },
    ...{ establishedCount: 0, flapCount: 0, messagesSent: noMessages, messagesReceived: noMessages },
    ...{ updatesSent: 0, updatesReceived: 0, faultyUpdatesReceived: 0 },
    updateFaults: { attributeDiscard: 0, treatAsWithdraw: 0, sessionReset: 0 },
    ...{ pendingBytes: 0, waitingPrefixes: 0, sendStalledMs: 0 },
  };
}

function snapshotNegotiated({ negotiated, localAddress }: NonNullable<PeerView['link']>): NegotiatedSnapshot {
  const { isExternal, peerIdentifier, holdTimeMs, families, fourOctetAs, extendedMessages } = negotiated;
  const { routeRefresh, enhancedRouteRefresh, extendedNextHop, gracefulRestart, peerRole } = negotiated;
  return {
    isExternal,
    peerIdentifier,
    localAddress,
    holdTimeSeconds: holdTimeMs / 1000,
    families,
    fourOctetAs,
    extendedMessages,
    routeRefresh,
    enhancedRouteRefresh,
    extendedNextHop,
    gracefulRestart,
    peerRole: peerRole === undefined ? undefined : roleName(peerRole),
  };
}

function roleName(role: number): string {
  return Object.entries(bgpRole).find(([, number]) => number === role)?.[0] ?? String(role);
}

function snapshotNotifications(last: StatisticsView['lastNotification']): PeerSnapshot['lastNotification'] {
  const snapshot = (record: typeof last.sent): PeerSnapshot['lastNotification']['sent'] => {
    if (record === undefined) return undefined;
    const { code, subcode, text, atMs } = record;
    return { code, subcode, text, atUnixMs: unixMsOf(atMs) };
  };
  return { sent: snapshot(last.sent), received: snapshot(last.received) };
}

function snapshotPlan(change: PlannedChange, unknownNextHop: string): PlannedRoute {
  const { kind, prefix, reason } = change;
  return {
    change: kind,
    prefix,
    attributes: 'attributes' in change ? nameUnknown(viewRoute(change.attributes), unknownNextHop) : undefined,
    refusal: change.kind === 'refuse' ? change.refusal : undefined,
    reason,
  };
}

function nameUnknown(view: RouteView, unknownNextHop: string): RouteView {
  return view.nextHop === unknownNextHop ? { ...view, nextHop: 'self' } : view;
}

function snapshotReceived(rib: AdjRibIn, maxPrefixes: number): ReceivedSnapshot {
  return {
    maxPrefixes,
    families: rib.counts(),
    rejected: Object.fromEntries(rib.rejected()),
    routes: rib.accepted().map(({ prefix, attributes, receivedAtMs }) => ({
      prefix,
      attributes: viewRoute(attributes),
      receivedAtUnixMs: unixMsOf(receivedAtMs),
    })),
  };
}

/** Instants of this thread's monotonic clock as wall clock, for people. */
function unixMsOf(atMs: number): number {
  return Math.round(Date.now() - (performance.now() - atMs));
}
