/** What a speaker says of an established session, for tests of those who ask it. */
import type { PeerSnapshot } from 'bgp-ts';

type Negotiated = NonNullable<PeerSnapshot['negotiated']>;

const noMessages = { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 };

/** A session that has agreed on these families, and has told nothing. */
export function establishedPeer(
  name: string,
  families: Negotiated['families'] = ['ipv4-unicast', 'ipv6-unicast'],
): PeerSnapshot {
  return {
    ...{ name, address: '10.66.1.1', port: 179, state: 'established', reason: '', sinceUnixMs: 0 },
    negotiated: {
      ...{ isExternal: true, peerIdentifier: '10.66.1.1', localAddress: '10.66.1.53', holdTimeSeconds: 9, families },
      ...{ fourOctetAs: true, extendedMessages: false, routeRefresh: true, enhancedRouteRefresh: false },
      ...{ extendedNextHop: false, gracefulRestart: undefined, peerRole: undefined },
    },
    lastNotification: { sent: undefined, received: undefined },
    ...{ announced: [], withdrawn: [], plan: [], received: undefined },
    ...{ establishedCount: 1, flapCount: 0, messagesSent: noMessages, messagesReceived: noMessages },
    ...{ updatesSent: 0, updatesReceived: 0, faultyUpdatesReceived: 0 },
    updateFaults: { attributeDiscard: 0, treatAsWithdraw: 0, sessionReset: 0 },
    ...{ pendingBytes: 0, waitingPrefixes: 0, sendStalledMs: 0, faultCount: 0 },
  };
}
