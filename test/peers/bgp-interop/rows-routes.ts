/** Rows about what is in a session: routes and NOTIFICATIONs. They disturb nobody. */
import assert from 'node:assert/strict';
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
