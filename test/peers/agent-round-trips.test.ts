import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { startAgentProcess } from './agent-process.ts';
import { startCollector } from './collector.ts';

const skip = spawnSync('ss', ['-V']).status === 0 ? false : 'ss (iproute2) is not installed';

test(
  'the agent tells every coordinator the round trips of its clients, once after each look',
  { skip },
  async (context) => {
    const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // A server on an address with a port always has such an address.
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', localAddress: '127.88.1.1' });
    context.after(() => {
      client.destroy();
      server.close();
    });
    client.write('hello');
    await once(client, 'data');

    const collectors = [await startCollector(context), await startCollector(context)];
    const urls = collectors.map(({ url }) => `'${url}'`).join(', ');
    const latency = `latency: { ports: [${port}], interval: 60s }\n`;
    startAgentProcess(context, `site: fra\nnode: fra-lb1\ninterval: 200ms\ncoordinators: [${urls}]\n${latency}`);
    for (const collector of collectors) {
      const { report } = await collector.until('round trips', ({ latencies }) => latencies !== undefined);
      const [entry, ...others] = report.latencies ?? [];
      assert.deepEqual([entry?.network, entry?.weight, others.length], ['127.88.1.0/24', 10, 0]);
      assert.ok(entry !== undefined && entry.rttMs >= 0 && entry.rttMs < 1000);
      const next = await collector.until('the next report', () => true, collector.received.length);
      assert.equal(next.report.latencies, undefined);
    }
  },
);
