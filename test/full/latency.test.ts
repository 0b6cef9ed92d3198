/** Steering by measured round trips: a real agent beside real connections, and what the coordinator answers by them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { peerReportSchema } from '#health/report.ts';
import type { PeerReport } from '#health/report.ts';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, askTcp, callApi, untilAnswered } from '../cli/ask.ts';
import { startCoordinator, startFairlead } from '../cli/fairlead-process.ts';
import { directoryWith } from '../cli/scope.ts';
import type { Scope } from '../cli/scope.ts';
import { startWebServer } from '../cli/web-server.ts';
import { apiPort, apiUrl, machineFile, newSites, releaseFiles, webPort } from '../cli/world.ts';

const skip = spawnSync('ss', ['-V']).status === 0 ? false : 'ss (iproute2) is not installed';
const steered = 'steered.example.com.';

/** A stand-in for another coordinator, which hears what it is told. */
async function startPeer(
  scope: Scope,
  address: string,
): Promise<{ until: (isWanted: (report: PeerReport) => boolean) => Promise<PeerReport> }> {
  const waiting = new Set<(report: PeerReport) => void>();
  const hear = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body: unknown = await json(request);
    response.end('{}');
    const report = peerReportSchema.safeParse(body);
    if (report.success) for (const take of waiting) take(report.data);
  };
  const server = createServer((request, response) => void hear(request, response)).listen(apiPort, address);
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    until: (isWanted) =>
      new Promise((resolve) => {
        waiting.add((report) => {
          if (isWanted(report)) resolve(report);
        });
      }),
  };
}

/** What a coordinator that knows nothing else tells. */
function peerReport(site: string, latencies: readonly unknown[]): unknown {
  const header = { site, boot: 'a', sequence: 1, leaseMs: 3000, sane: true, release: { epoch: 0, sequence: 0 } };
  return { ...header, observations: [], anchors: [], overrides: [], appliedOverrides: [], latencies };
}

test(
  'clients are led by distance until two sites have measured them, and then by their round trips',
  { skip, timeout: 60_000 },
  async (context) => {
    const sites = newSites();
    for (const address of [sites.fra, sites.iad]) await startWebServer(context, address);
    const files = releaseFiles(sites, { records: `steered 30 IN LUA A "steer('www')"\n` });
    const directory = directoryWith(context, {
      ...files,
      'fairlead.yaml': machineFile(sites, { site: 'fra' }),
      'sites/iad.yaml': files['sites/iad.yaml']?.replace('50.1, longitude: 8.6', '38.9, longitude: -77.4') ?? '',
      'zones/services.yaml': `services:
  www:
    check: { type: http, path: /healthz, interval: 100ms, timeout: 5s, rise: 2, fall: 2 }
    policy: [latency]
nets: [{ prefix: 127.0.0.0/8, country: US, latitude: 39, longitude: -77 }]
`,
      'agent.yaml': `site: fra
node: fra-lb1
interval: 300ms
coordinators: ['${apiUrl(sites.fra)}']
latency: { ports: [${webPort}], interval: 1s }
`,
    });
    const iad = await startPeer(context, sites.iad);
    const coordinator = await startCoordinator(context, directory);
    await untilAnswered(sites.fra, steered, [sites.iad]);

    const client = connect({ port: webPort, host: sites.fra, localAddress: '127.0.0.1' });
    context.after(() => client.destroy());
    await once(client, 'connect');
    startFairlead(context, ['agent', '--config', 'agent.yaml'], directory);
    // The agent's measurement is told to the other coordinator, which tells its own.
    const { latencies } = await iad.until((report) => report.latencies !== undefined);
    assert.deepEqual(
      latencies?.map(({ network }) => network),
      ['127.0.0.0/24'],
    );
    assert.deepEqual(await addressesOf(sites.fra, steered), [sites.iad], 'one site alone compares nothing');
    const body = peerReport('iad', [{ network: '127.0.0.0/24', rttMs: 80, weight: 10, ageSeconds: 0 }]);
    assert.equal((await callApi(`${apiUrl(sites.fra)}/v1/peer-reports`, { body })).status, 200);
    await untilAnswered(sites.fra, steered, [sites.fra]);
    await coordinator.untilLogged(/round trips of clients are known, networks: 1/);
    assert.match(await askTcp(sites.fra, `${steered} A`), new RegExp(`IN A ${sites.fra}`));

    const { stdout } = await runFairlead(['explain', steered, '--from', '127.0.0.9'], directory);
    assert.match(stdout, /by measured round trips, then by distance: fra \d+\.\d ms, iad 80\.0 ms/);
    assert.match(stdout, /127\.0\.0\.0\/24/, 'the scope of the answer');
    const elsewhere = await runFairlead(['explain', steered, '--from', '127.9.9.9'], directory);
    assert.match(elsewhere.stdout, /not measured, by distance/);
    assert.match(elsewhere.stdout, /127\.9\.9\.0\/24/, 'the same scope where nothing is measured (R15)');
  },
);
