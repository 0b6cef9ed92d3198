import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { ipBytes, parseIp, parsePrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { createLogger } from '#config/log.ts';
import type { LatencyEntry } from '#health/latency/report.ts';
import { emptyLatencyTable, LatencyTable } from '#health/latency/table.ts';
import { Latencies } from './latencies.ts';

const octets = (text: string): Uint8Array => ipBytes(present(parseIp(text), text));
const net = present(parsePrefix('192.0.2.0/24'), 'a prefix');
const entry = (rttMs: number, weight = 10): LatencyEntry => ({ network: net, rttMs, weight, ageSeconds: 0 });

/** One coordinator's part, with every table that it gave; its timers are the test's. */
function partOf(context: TestContext, site: string): { latencies: Latencies; tables: SharedArrayBuffer[] } {
  const tables: SharedArrayBuffer[] = [];
  const latencies = new Latencies({
    site,
    log: createLogger({ level: 'error' }),
    table: emptyLatencyTable(),
    onTable: (table) => tables.push(table),
  });
  latencies.replace(['fra', 'iad'], true);
  context.after(() => latencies.close());
  return { latencies, tables };
}

/** The key of each site for a client of the network, in a table. */
function keysOf(buffer: SharedArrayBuffer | undefined): readonly number[] {
  const table = new LatencyTable(present(buffer, 'a table'));
  const row = table.find(octets('192.0.2.9'), 32);
  return ['fra', 'iad'].map((site) => (row < 0 ? NaN : table.rttMs(row, table.siteNumber(site))));
}

test('what agents tell is a table soon after their first list, and then every fifteen seconds', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { latencies, tables } = partOf(context, 'fra');
  latencies.take({ kind: 'node', site: 'fra', node: 'lb1' }, [entry(20)]);
  latencies.take({ kind: 'node', site: 'iad', node: 'lb1' }, [entry(50)]);
  context.mock.timers.tick(300);
  assert.deepEqual(tables.map(keysOf), [[20, 50]]);
  latencies.take({ kind: 'node', site: 'iad', node: 'lb1' }, [entry(60)]);
  context.mock.timers.tick(14_000);
  assert.equal(tables.length, 1);
  context.mock.timers.tick(1000);
  assert.deepEqual(tables.map(keysOf), [
    [20, 50],
    [20, 60],
  ]);
  context.mock.timers.tick(60_000);
  assert.equal(tables.length, 2, 'a table that says the same is not given again');
});

test('connections of resolvers count for the own site, and each other coordinator is told a list once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const fra = partOf(context, 'fra');
  const iad = partOf(context, 'iad');
  const [news, others] = [fra.latencies.news(), fra.latencies.news()];
  assert.equal(news(), undefined);
  fra.latencies.takeConnections([{ address: octets('192.0.2.53'), rttMs: 30 }]);
  context.mock.timers.tick(300);
  const told = news();
  assert.deepEqual(
    told?.map(({ network, rttMs, weight }) => [network, rttMs, weight]),
    [[net, 30, 1]],
  );
  assert.equal(news(), undefined);
  assert.deepEqual(others(), told);
  iad.latencies.take({ kind: 'coordinator', site: 'fra' }, told);
  iad.latencies.take({ kind: 'node', site: 'iad', node: 'lb1' }, [entry(8)]);
  context.mock.timers.tick(300);
  assert.deepEqual(iad.tables.map(keysOf), [[30, 8]]);
});

test('a release without a latency step keeps nothing and tells nothing', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { latencies, tables } = partOf(context, 'fra');
  const news = latencies.news();
  const takeAll = (): void => {
    latencies.take({ kind: 'node', site: 'fra', node: 'lb1' }, [entry(20)]);
    latencies.take({ kind: 'coordinator', site: 'iad' }, [entry(50)]);
    latencies.takeConnections([{ address: octets('192.0.2.53'), rttMs: 30 }]);
    context.mock.timers.tick(300);
  };
  takeAll();
  assert.equal(tables.length, 1);
  assert.ok(news() !== undefined);
  latencies.replace(['fra', 'iad'], false);
  takeAll();
  assert.equal(tables.length, 2);
  assert.deepEqual(keysOf(tables[1]), [NaN, NaN]);
  assert.equal(news(), undefined);
});
