/** A site with three border routers that between them use every setting, as `GET /v1/bgp` tells it. */
import { bgpStatusSchema } from '#api/bgp.ts';
import type { BgpStatus } from '#api/bgp.ts';

const families = ['ipv4-unicast', 'ipv6-unicast'];

const session = {
  port: 179,
  state: 'established',
  reason: 'the peer sent a KEEPALIVE',
  sinceUnixMs: 0,
  lastNotification: {},
  announced: [],
  withdrawn: [],
  plan: [],
  updatesSent: 1,
  updatesReceived: 0,
  updateFaults: { attributeDiscard: 0, treatAsWithdraw: 0, sessionReset: 0 },
  sendStalledMs: 0,
  flaps: 0,
  notifications: [],
};

const agreed = {
  isExternal: true,
  peerIdentifier: '192.0.2.254',
  localAddress: '10.66.1.53',
  holdTimeSeconds: 9,
  families,
  fourOctetAs: true,
  extendedMessages: false,
  routeRefresh: true,
  extendedNextHop: false,
  gracefulRestart: { peerRestartTimeSeconds: 120, isPeerRestarting: false, hasNotification: true },
};

const neighbor = {
  port: 179,
  localAsn: 65010,
  holdTimeSeconds: 9,
  connection: 'active',
  families,
  extendedNextHop: false,
};
const gracefulRestart = { restartTimeSeconds: 120, hasNotification: true };

/** Everything is as it should be. */
export function soundStatus(): BgpStatus {
  return bgpStatusSchema.parse({
    site: 'fra',
    bgp: {
      asn: 65010,
      mode: 'coordinator',
      neighbors: [
        {
          ...neighbor,
          name: 'fra-rt1',
          address: '10.66.1.1',
          peerAsn: 65000,
          ttlSecurityHops: 1,
          md5Key: 'rt1',
          role: { local: 'customer', isStrict: true },
          bfd: { intervalMs: 500, multiplier: 4, isStrict: false },
          gracefulRestart,
        },
        {
          ...neighbor,
          name: 'fra-rt2',
          address: '2001:db8:1::1',
          peerAsn: 65000,
          localAddress: '2001:db8:1::53',
          multihop: 2,
          connection: 'both',
          extendedNextHop: true,
        },
        {
          ...neighbor,
          name: 'fra-rr',
          address: '10.66.1.9',
          peerAsn: 65010,
          gracefulRestart,
          prefixes: ['203.0.113.0/24'],
        },
      ],
    },
    prefixes: [
      { prefix: '203.0.113.0/24', nextHop: '10.66.1.100' },
      { prefix: '198.51.100.0/24', nextHop: 'self' },
      { prefix: '2001:db8:53::/48', nextHop: '2001:db8:1::100' },
    ],
    speakers: [
      {
        speaker: 'coordinator',
        routerId: '10.66.1.53',
        neighbors: [
          {
            ...session,
            name: 'fra-rt1',
            address: '10.66.1.1',
            negotiated: { ...agreed, peerRole: 'provider' },
            bfd: {
              state: 'up',
              peerState: 'up',
              reason: '',
              sinceUnixMs: 0,
              transmitIntervalMs: 500,
              detectionTimeMs: 2000,
              packetsSent: 10,
              packetsReceived: 10,
              packetsDropped: 0,
              lateTicks: 0,
            },
          },
          { ...session, name: 'fra-rt2', address: '2001:db8:1::1', negotiated: { ...agreed, extendedNextHop: true } },
          { ...session, name: 'fra-rr', address: '10.66.1.9', negotiated: agreed },
        ],
      },
    ],
    blocked: [],
    kernel: { md5Failures: 0, minTtlDrops: 0 },
  });
}
