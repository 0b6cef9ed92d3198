/** Rows about how a session comes up. They disturb nobody. */
import assert from 'node:assert/strict';
import type { SpeakerEvent } from '../../../src/bgp-ts/src/index.ts';
import type { Bench, Row } from './row.ts';

const md5Key = 'cypress-stairs';
/** OpenBGPD 7.7 of Debian 12 gives its listening sockets no key, so that its kernel drops a SYN that has one. */
const noKeyWhereItListens = { OpenBGPD: 'listens without the key; see where it dials' };
/** ExaBGP 4.2.21 sets the TTL of connections that it makes only. */
const noTtlWhereItListens = { ExaBGP: 'answers with TTL 64; see where it dials' };

export const sessionRows: readonly Row[] = [
  {
    name: 'eBGP, IPv4',
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix, { med: 10, prepend: 1 });
      const { nextHop, asPath, med } = await bench.route();
      assert.deepEqual(
        { nextHop, asPath, med },
        { nextHop: bench.neighbor.ourAddress, asPath: [65001, 65001], med: 10 },
      );
      ours.withdraw(bench.prefix);
      await bench.noRoute();
      assert.ok(await bench.daemon.isEstablished(bench.neighbor));
      assert.equal(ours.sessions(), 1);
    },
  },
  {
    name: 'eBGP, IPv6',
    isOverIpv6: true,
    families: ['ipv6-unicast'],
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix6);
      const { nextHop, asPath } = await bench.route(bench.prefix6);
      assert.deepEqual({ nextHop, asPath }, { nextHop: bench.neighbor.ourAddress, asPath: [65001] });
      ours.withdraw(bench.prefix6);
      await bench.noRoute(bench.prefix6);
    },
  },
  {
    name: 'iBGP, IPv4',
    isInternal: true,
    run: async (bench: Bench): Promise<void> => {
      bench.speak().announce(bench.prefix, { localPreference: 250 });
      const { nextHop, asPath, localPreference } = await bench.route();
      const wanted = { nextHop: bench.neighbor.ourAddress, asPath: [], localPreference: 250 };
      assert.deepEqual({ nextHop, asPath, localPreference }, wanted);
    },
  },
  {
    name: 'iBGP, IPv6',
    isInternal: true,
    isOverIpv6: true,
    families: ['ipv6-unicast'],
    run: async (bench: Bench): Promise<void> => {
      bench.speak().announce(bench.prefix6, { localPreference: 250 });
      const { nextHop, asPath, localPreference } = await bench.route(bench.prefix6);
      const wanted = { nextHop: bench.neighbor.ourAddress, asPath: [], localPreference: 250 };
      assert.deepEqual({ nextHop, asPath, localPreference }, wanted);
    },
  },
  {
    name: 'both families in one session',
    families: ['ipv4-unicast', 'ipv6-unicast'],
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix);
      ours.announce(bench.prefix6, { nextHop: bench.neighbor.ourIpv6Address });
      await bench.route();
      assert.equal((await bench.route(bench.prefix6)).nextHop, bench.neighbor.ourIpv6Address);
    },
  },
  {
    name: 'AS number of four octets',
    ourAsn: 4_200_000_001,
    run: async (bench: Bench): Promise<void> => {
      bench.speak().announce(bench.prefix);
      assert.deepEqual((await bench.route()).asPath, [4_200_000_001]);
    },
  },
  {
    name: 'IPv4 with an IPv6 next hop (RFC 8950)',
    isOverIpv6: true,
    needs: { extendedNextHop: true },
    run: async (bench: Bench): Promise<void> => {
      bench.speak({ extendedNextHop: true }).announce(bench.prefix);
      assert.equal((await bench.route()).nextHop, bench.neighbor.ourAddress);
    },
  },
  {
    name: 'TCP-MD5, IPv4',
    lacking: noKeyWhereItListens,
    needs: { md5Key },
    run: async (bench: Bench): Promise<void> => {
      bench.speak({ socket: { md5Key } }).announce(bench.prefix);
      await bench.route();
    },
  },
  {
    name: 'TCP-MD5, IPv6',
    lacking: noKeyWhereItListens,
    isOverIpv6: true,
    families: ['ipv6-unicast'],
    needs: { md5Key },
    run: async (bench: Bench): Promise<void> => {
      bench.speak({ socket: { md5Key } }).announce(bench.prefix6);
      await bench.route(bench.prefix6);
    },
  },
  {
    name: 'TCP-MD5 with another key: no connection',
    lacking: noKeyWhereItListens,
    needs: { md5Key },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ socket: { md5Key: `${md5Key}!` }, connectTimeoutMs: 500 });
      const isTimeout = (event: SpeakerEvent): boolean => event.text.includes('no TCP connection within 500 ms');
      await ours.find('no connection', isTimeout);
      await ours.find('no connection again', isTimeout, ours.events.findIndex(isTimeout) + 1);
      assert.equal(ours.sessions(), 0);
      assert.equal(await bench.daemon.isEstablished(bench.neighbor), false);
    },
  },
  {
    name: 'GTSM (RFC 5082)',
    lacking: noTtlWhereItListens,
    needs: { ttlSecurity: true },
    run: async (bench: Bench): Promise<void> => {
      bench.speak({ socket: { ttlSecurityHops: 1 } }).announce(bench.prefix);
      await bench.route();
    },
  },
  {
    name: 'the daemon dials',
    needs: { dials: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ connection: 'passive' });
      await ours.listen(bench.neighbor.ourAddress);
      ours.announce(bench.prefix);
      await bench.route();
    },
  },
  {
    name: 'the daemon dials, with TCP-MD5 and GTSM',
    needs: { dials: true, md5Key, ttlSecurity: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ connection: 'passive', socket: { md5Key, ttlSecurityHops: 1 } });
      await ours.listen(bench.neighbor.ourAddress);
      ours.announce(bench.prefix);
      await bench.route();
    },
  },
  {
    name: 'both dial',
    needs: { dials: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ connection: 'both' });
      await ours.listen(bench.neighbor.ourAddress);
      ours.announce(bench.prefix);
      await bench.route();
      ours.announce(bench.prefix, { med: 7 });
      await bench.route(bench.prefix, ({ med }) => med === 7);
      assert.equal(ours.sessions(), 1);
    },
  },
  {
    name: 'roles: we are customer of a provider (RFC 9234)',
    needs: { isProvider: true },
    run: async (bench: Bench): Promise<void> => {
      bench.speak({ role: { local: 'customer', isStrict: true } }).announce(bench.prefix);
      await bench.route();
    },
  },
  {
    name: 'roles that do not fit: 2/11',
    needs: { isProvider: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ role: { local: 'provider' } });
      const isMismatch = (event: SpeakerEvent): boolean =>
        event.kind === 'notification' && event.code === 2 && event.subcode === 11;
      await ours.find('NOTIFICATION 2/11', isMismatch);
      assert.equal(ours.sessions(), 0);
    },
  },
  {
    name: 'peer with AS numbers of two octets',
    needs: { twoOctetAs: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix, { prepend: 1 });
      assert.deepEqual((await bench.route()).asPath, [65001, 65001]);
      const { peers } = await ours.speaker.snapshot();
      assert.equal(peers[0]?.negotiated?.fourOctetAs, false);
    },
  },
];
