/**
 * A peer's engine as a snapshot: plain data with wall-clock times, fit to be sent to another thread. It comes in parts, so
 * that a large table does not hold up sessions while it is put in words; what changes between two parts is in the later
 * ones as it is then.
 */
import { assert, assertNever } from '../result.ts';
import type { AcceptedRoute, AdjRibIn } from '../rib/adj-rib-in.ts';
import type { SentRoute } from '../rib/adj-rib-out.ts';
import type { PlannedChange } from '../rib/plan.ts';
import { viewRoute } from '../rib/route-view.ts';
import type { PathAttribute } from '../wire/attributes.ts';
import { bgpRole } from '../wire/constants.ts';
import type { Peer, PeerView } from './peer.ts';
import { unknownAddress } from './peer.ts';
import type { StatisticsView } from './statistics.ts';
import type {
  AcceptedRouteSnapshot,
  AnnouncedRoute,
  MessageCounts,
  NegotiatedSnapshot,
  PeerSnapshot,
  PlannedRoute,
  ReceivedSnapshot,
  RouteView,
} from './types.ts';

/** How many routes one part of a snapshot has at most: a few milliseconds of work. */
export const routesOfPart = 1000;

/** A piece of a snapshot; lists of routes follow the peer that they are of. */
export type PeerPart =
  | { readonly kind: 'peer'; readonly peer: PeerSnapshot }
  | { readonly kind: 'announced'; readonly routes: readonly AnnouncedRoute[] }
  | { readonly kind: 'plan'; readonly routes: readonly PlannedRoute[] }
  | { readonly kind: 'accepted'; readonly routes: readonly AcceptedRouteSnapshot[] };

/** Takes the snapshot of one peer: first the peer without its routes, then these, each part when it is asked for. */
export function* partsOfPeer(peer: Peer, faultCount: number): Generator<PeerPart, void> {
  const view = peer.view();
  yield { kind: 'peer', peer: snapshotHead(peer, view, faultCount) };
  for (const routes of slices(view.sent, routesOfPart)) {
    yield { kind: 'announced', routes: inSameWords(routes, snapshotSent) };
  }
  const unknownNextHop = unknownAddress(peer.config.address);
  for (const routes of slices(view.plan, routesOfPart)) {
    yield { kind: 'plan', routes: inSameWords(routes, (change, words) => snapshotPlan(change, unknownNextHop, words)) };
  }
  for (const routes of slices(view.received?.accepted() ?? [], routesOfPart)) {
    yield { kind: 'accepted', routes: inSameWords(routes, snapshotAccepted) };
  }
}

/** The snapshot of one peer at once. */
export function snapshotPeer(peer: Peer): PeerSnapshot {
  const [first, ...rest] = partsOfPeer(peer, 0);
  assert(first?.kind === 'peer', 'the peer itself is the first part');
  return rest.reduce(withPart, first.peer);
}

/** A peer with one part more. */
export function withPart(peer: PeerSnapshot, part: PeerPart): PeerSnapshot {
  switch (part.kind) {
    case 'peer':
      return part.peer;
    case 'announced':
      return { ...peer, announced: peer.announced.concat(part.routes) };
    case 'plan':
      return { ...peer, plan: peer.plan.concat(part.routes) };
    case 'accepted': {
      const { received } = peer;
      return received === undefined
        ? peer
        : { ...peer, received: { ...received, routes: received.routes.concat(part.routes) } };
    }
    default:
      return assertNever(part);
  }
}

function snapshotHead({ config }: Peer, view: PeerView, faultCount: number): PeerSnapshot {
  const { name, address, port, policy } = config;
  const { state, reason, sinceMs, link, withdrawn, received } = view;
  const { lastNotification, ...counts } = view.statistics;
  const { pendingBytes, waitingPrefixes, stalledSinceMs } = view.outbox;
  return {
    name,
    address,
    port,
    state,
    reason,
    sinceUnixMs: unixMsOf(sinceMs),
    negotiated: link === undefined ? undefined : snapshotNegotiated(link),
    lastNotification: snapshotNotifications(lastNotification),
    faultCount,
    announced: [],
    withdrawn: withdrawn.map(({ sentAtMs, ...rest }) => ({ ...rest, sentAtUnixMs: unixMsOf(sentAtMs) })),
    plan: [],
    received: received === undefined ? undefined : snapshotReceived(received, policy.import?.maxPrefixes ?? 0),
    ...counts,
    pendingBytes,
    waitingPrefixes,
    sendStalledMs: stalledSinceMs === undefined ? 0 : Math.max(0, Math.round(performance.now() - stalledSinceMs)),
  };
}

/** Path attributes in words; those that routes share are put in words once. */
type Words = (attributes: readonly PathAttribute[]) => RouteView;

function inSameWords<From, To>(routes: readonly From[], convert: (route: From, words: Words) => To): readonly To[] {
  const known = new Map<readonly PathAttribute[], RouteView>();
  const words: Words = (attributes) => {
    const before = known.get(attributes);
    if (before !== undefined) return before;
    const view = viewRoute(attributes);
    known.set(attributes, view);
    return view;
  };
  return routes.map((route) => convert(route, words));
}

function snapshotSent({ prefix, attributes, reason, sentAtMs }: SentRoute, words: Words): AnnouncedRoute {
  return { prefix, attributes: words(attributes), reason, sentAtUnixMs: unixMsOf(sentAtMs) };
}

function snapshotAccepted({ prefix, attributes, receivedAtMs }: AcceptedRoute, words: Words): AcceptedRouteSnapshot {
  return { prefix, attributes: words(attributes), receivedAtUnixMs: unixMsOf(receivedAtMs) };
}

/** Gathers what comes, as it comes. */
export function* slices<Value>(values: Iterable<Value>, count: number): Generator<readonly Value[], void> {
  let slice: Value[] = [];
  for (const value of values) {
    slice.push(value);
    if (slice.length < count) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

const noMessages: MessageCounts = { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 };

/** The snapshot of a peer that no speaker has: nothing was told, heard or agreed on. */
export function snapshotStopped(
  peer: Pick<PeerSnapshot, 'name' | 'address' | 'port' | 'reason' | 'sinceUnixMs'>,
  faultCount = 0,
): PeerSnapshot {
  const { name, address, port, reason, sinceUnixMs } = peer;
  return {
    ...{ name, address, port, state: 'stopped', reason, sinceUnixMs },
    negotiated: undefined,
    lastNotification: { sent: undefined, received: undefined },
    faultCount,
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

function snapshotPlan(change: PlannedChange, unknownNextHop: string, words: Words): PlannedRoute {
  const { kind, prefix, reason } = change;
  return {
    change: kind,
    prefix,
    attributes: 'attributes' in change ? nameUnknown(words(change.attributes), unknownNextHop) : undefined,
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
    routes: [],
  };
}

/** Instants of this thread's monotonic clock as wall clock, for people. */
function unixMsOf(atMs: number): number {
  return Math.round(Date.now() - (performance.now() - atMs));
}
