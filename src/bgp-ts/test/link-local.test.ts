import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpeakerEvent } from '../src/index.ts';
import { Speaker } from '../src/index.ts';
import { freePort } from './free-port.ts';
import type { Link } from './router.ts';
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

void test(
  'two waiting peers with one link-local address on two links get their own connections, by one listener or by one for each device',
  { skip: routerIsMissing, timeout: 60_000 },
  async () => {
    const dialling = ({ routerDevice }: Link): string => `protocol bgp announcer {
      local fe80::fe as 65000;
      neighbor fe80::1%${routerDevice} port PORT as 65001;
      connect delay time 1;
      error wait time 1, 1;
      ipv6 { import all; export none; };
    }`;
    const port = await freePort();
    const config = (link: Link): string => dialling(link).replace('PORT', String(port));
    await using first = await Router.start([], config);
    await using second = await Router.start([], config, { isSecond: true });
    const log = new EventLog<SpeakerEvent>();
    const add = (speaker: Speaker, name: string, { link }: Router): void => {
      const { device } = link;
      const peer = { name, address: 'fe80::fe', connection: 'passive', socket: { device } } as const;
      assert.deepEqual(speaker.addPeer({ ...peer, peerAsn: 65000, localAsn: 65001, routerId: '192.0.2.1' }), {
        ok: true,
        value: name,
      });
    };
    for (const isEach of [false, true]) {
      const speaker = new Speaker({ onEvent: log.add });
      try {
        add(speaker, 'first', first);
        add(speaker, 'second', second);
        speaker.setDesiredFor('first', '2001:db8:1::/48', { nextHop: 'self' }, 'healthy');
        speaker.setDesiredFor('second', '2001:db8:2::/48', { nextHop: 'self' }, 'healthy');
        const spots = isEach
          ? [first, second].map(({ link }) => ({ address: 'fe80::1', port, device: link.device }))
          : [{ address: '::', port }];
        for (const spot of spots) assert.deepEqual(await speaker.listen(spot), { ok: true, value: undefined });
        assert.doesNotMatch(await first.shows('show route', /2001:db8:1::/), /2001:db8:2::/);
        assert.doesNotMatch(await second.shows('show route', /2001:db8:2::/), /2001:db8:1::/);
      } finally {
        await speaker.stop({ mode: 'silent' });
      }
      for (const router of [first, second]) await router.shows('show protocols', /announcer.*start/);
    }
  },
);
