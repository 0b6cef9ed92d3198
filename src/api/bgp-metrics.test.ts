import assert from 'node:assert/strict';
import test from 'node:test';
import { addBgp } from './bgp-metrics.ts';
import { Scrape } from './scrape.ts';

test('what a kernel has dropped is counted for the coordinator and for each node that speaks', async () => {
  const scrape = new Scrape();
  addBgp(
    scrape,
    { site: 'fra', prefixes: [] },
    {
      site: 'fra',
      prefixes: [],
      speakers: [
        { speaker: 'lb1', routerId: '10.66.1.11', ageMs: 0, neighbors: [], kernel: { md5Failures: 7, minTtlDrops: 2 } },
        { speaker: 'lb2', routerId: '10.66.1.12', neighbors: [] },
      ],
      blocked: [],
      kernel: { md5Failures: 1, minTtlDrops: 0 },
    },
  );
  const text = await scrape.text();
  const found = text.split('\n').filter((line) => line.startsWith('tcp_'));
  assert.deepEqual(found, [
    'tcp_md5_failures{speaker="coordinator"} 1',
    'tcp_md5_failures{speaker="lb1"} 7',
    'tcp_minttl_drops{speaker="coordinator"} 0',
    'tcp_minttl_drops{speaker="lb1"} 2',
  ]);
});
