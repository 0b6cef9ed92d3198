/** Rows about what is in a session: routes and NOTIFICATIONs. They disturb nobody. */
import assert from 'node:assert/strict';
import { daemonPrefixes, eventually } from './daemon.ts';
import type { Bench, Row } from './row.ts';

const noRib = 'has no RIB';

export const routeRows: readonly Row[] = [
  {
    name: 'route refresh asked by the daemon',
    lacking: { GoBGP: 'keeps what it heard, and never asks' },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      ours.announce(bench.prefix);
      await bench.route();
      const from = ours.events.length;
      await bench.daemon.askRefresh(bench.neighbor);
      const again = await ours.find('the route again', (event) => event.kind === 'updateSent', from);
      assert.equal(again.text, `announced ${bench.prefix} to daemon: the peer asked for a refresh`);
      await bench.route();
    },
  },
  {
    name: 'communities: standard, large, extended',
    run: async (bench: Bench): Promise<void> => {
      const extendedCommunities = ['target:65001:1', 'origin:65001:2'];
      const wanted = {
        communities: ['65001:1', '65001:65535'],
        largeCommunities: ['65001:1:2', '4200000000:0:4294967295'],
      };
      bench.speak().announce(bench.prefix, { ...wanted, extendedCommunities });
      const { communities, largeCommunities, extendedCommunities: extended } = await bench.route();
      assert.deepEqual(
        { communities, largeCommunities, extendedCommunities: extended },
        { ...wanted, extendedCommunities: ['rt:65001:1', 'ro:65001:2'] },
      );
    },
  },
  {
    name: '65535:0 lowers LOCAL_PREF to 0',
    lacking: { ExaBGP: noRib },
    but: { GoBGP: 'to 1: takes 0 for unset' },
    run: async (bench: Bench): Promise<void> => {
      const lowest = bench.daemon.name === 'GoBGP' ? 1 : 0;
      const ours = bench.speak();
      ours.announce(bench.prefix);
      await bench.route(bench.prefix, ({ localPreference }) => localPreference !== lowest);
      ours.announce(bench.prefix, { communities: ['65535:0'] });
      const { communities } = await bench.route(bench.prefix, ({ localPreference }) => localPreference === lowest);
      assert.deepEqual(communities, ['65535:0']);
    },
  },
  {
    name: 'text of an administrative shutdown',
    lacking: { ExaBGP: 'fails to read any such text (4.2.21)' },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      await ours.established();
      await ours.stop({ mode: 'administrative', text: 'back at 14:00' });
      assert.equal(await bench.daemonReceived(6, 2), 'back at 14:00');
    },
  },
  {
    name: 'an administrative stop ends graceful restart, too',
    needs: { gracefulRestart: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ gracefulRestart: { restartTimeSeconds: 60 } });
      ours.announce(bench.prefix);
      ours.speaker.declareComplete();
      await bench.route();
      const { peers } = await ours.speaker.snapshot();
      const restart = peers[0]?.negotiated?.gracefulRestart;
      assert.ok(restart !== undefined);
      await ours.stop({ mode: 'administrative', text: 'gone for good' });
      // Where both have the N bit, a NOTIFICATION is a restart, too, and only a hard reset is the end (RFC 8538 §3).
      await ours.notification('sent', 6, restart.hasNotification ? 9 : 2);
      await bench.noRoute();
    },
  },
  {
    name: 'table of 10,000 prefixes',
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      for (let index = 0; index < 10_000; index++) {
        ours.announce(`100.${64 + (index >> 8)}.${index & 255}.0/24`, { med: index % 7 });
      }
      await ours.established();
      await bench.count(10_000);
      assert.equal((await bench.route('100.103.15.0/24')).med, 9999 % 7);
    },
  },
  {
    name: 'routes of the daemon are taken in by policy',
    needs: { announces: true },
    run: async (bench: Bench): Promise<void> => {
      const [accepted, rejected] = daemonPrefixes;
      const ours = bench.speak({ import: { accept: [{ prefix: accepted }], maxPrefixes: 2 } });
      const received = await eventually(`${accepted} and ${rejected} of ${bench.daemon.name}`, async () => {
        const { peers } = await ours.speaker.snapshot();
        const family = peers[0]?.received?.families.find((one) => one.family === 'ipv4-unicast');
        return family?.accepted === 1 && family.rejected === 1 ? peers[0]?.received : undefined;
      });
      const routes = received.routes.map(({ prefix, attributes: { nextHop, asPath } }) => ({
        prefix,
        nextHop,
        asPath,
      }));
      const { theirAddress, theirAsn } = bench.neighbor;
      assert.deepEqual(routes, [{ prefix: accepted, nextHop: theirAddress, asPath: String(theirAsn) }]);
    },
  },
  {
    name: 'maximum of prefixes here: we send 6/1',
    needs: { announces: true },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak({ import: { accept: [{ prefix: daemonPrefixes[0] }], maxPrefixes: 1 } });
      await ours.notification('sent', 6, 1);
      await ours.ended(0);
    },
  },
  {
    name: 'maximum of prefixes at the daemon',
    needs: { maxPrefixes: 5 },
    lacking: { ExaBGP: 'has no such limit' },
    run: async (bench: Bench): Promise<void> => {
      const ours = bench.speak();
      // FRR looks before it counts: it wants one more than one too many.
      for (let index = 0; index < 8; index++) ours.announce(`100.64.${index}.0/24`);
      await ours.notification('received', 6, 1);
      await ours.ended(0);
    },
  },
];
