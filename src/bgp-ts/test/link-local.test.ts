import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpeakerEvent } from '../src/index.ts';
import { Speaker } from '../src/index.ts';
import { Router, routerIsMissing } from './router.ts';
import { EventLog } from './wait.ts';

void test(
  'BIRD on a link without global addresses sends to our link-local one, and to a global one by its own',
  { skip: routerIsMissing, timeout: 60_000 },
  async () => {
    await using router = await Router.start([1], ({ routerDevice }) => {
      return `protocol bgp announcer {
        local fe80::fe as 65000;
        neighbor fe80::1%${routerDevice} as 65001;
        passive on;
        ipv6 { import all; export none; };
      }`;
    });
    const { link } = router;
    const log = new EventLog<SpeakerEvent>();
    const speaker = new Speaker({ onEvent: log.add });
    try {
      speaker.addPeer({
        ...{ name: 'router', address: 'fe80::fe', localAddress: 'fe80::1', socket: { device: link.device } },
        ...{ peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1', retryMinMs: 200 },
      });
      speaker.setDesired('2001:db8:1::/48', { nextHop: 'self' }, 'healthy');
      speaker.setDesired('2001:db8:2::/48', { nextHop: link.ipv6(1), linkLocalNextHop: 'fe80::1' }, 'healthy');
      speaker.setDesired('192.0.2.53/32', { nextHop: 'self' }, 'healthy');
      const self = await router.shows('show route all 2001:db8:1::/48', /BGP\.next_hop/);
      assert.match(self, new RegExp(`via fe80::1 on ${link.routerDevice}`));
      const global = await router.shows('show route all 2001:db8:2::/48', /BGP\.next_hop/);
      assert.match(global, new RegExp(`BGP\\.next_hop: ${link.ipv6(1)} fe80::1`));
      const { peers } = await speaker.snapshot();
      assert.deepEqual(
        peers[0]?.plan.map(({ change, attributes, refusal }) => [change, attributes?.linkLocalNextHop, refusal]),
        [
          ['keep', 'fe80::1', undefined],
          ['keep', 'fe80::1', undefined],
          ['refuse', undefined, 'the peer does not take ipv4-unicast'],
        ],
      );
    } finally {
      await speaker.stop({ mode: 'silent' });
    }
  },
);
