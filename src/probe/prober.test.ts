import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { combineChecks, defineCheck } from '#health/check-definition.ts';
import { httpDefaults } from '#health/check-kind.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { createProber } from './prober.ts';
import type { ProbeResult } from './prober.ts';

function tcpCheck(port: number, intervalMs = 50): CheckDefinition {
  const address = '127.0.0.1' as IpAddress;
  return defineCheck({ what: { kind: 'tcp' }, address, port, intervalMs, timeoutMs: 60_000, rise: 2, fall: 3 });
}

async function listener(context: TestContext): Promise<{ readonly port: number; readonly server: net.Server }> {
  const server = net.createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { port: address.port, server };
}

test('the first round is complete when every check has a result, and results go on coming', async (context) => {
  const { port, server } = await listener(context);
  const results: ProbeResult[] = [];
  const prober = createProber({ onResult: (result) => results.push(result) });
  const checks = [tcpCheck(port), tcpCheck(1)];
  prober.replace(checks);
  await prober.roundComplete();
  assert.deepEqual(new Set(results.map(({ check }) => check)), new Set(checks.map(({ id }) => id)));
  assert.deepEqual(
    checks.map(({ id }) => results.find(({ check }) => check === id)?.passed),
    [true, false],
  );
  await once(server, 'connection');
  await once(server, 'connection');
  await prober.close();
  const count = results.length;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(results.length, count);
});

test('an empty prober has completed its round, and a closed one too', async () => {
  const prober = createProber({ onResult: () => undefined });
  await prober.roundComplete();
  // Never answers within the test: TEST-NET-1 is not routed, and the interval is long.
  prober.replace([{ ...tcpCheck(9, 60_000), address: '192.0.2.1' as IpAddress }]);
  const complete = prober.roundComplete();
  await prober.close();
  await complete;
});

test('a check that is no longer wanted stops, one in both sets goes on', async (context) => {
  const [kept, gone] = [await listener(context), await listener(context)];
  const prober = createProber({ onResult: () => undefined });
  context.after(() => prober.close());
  prober.replace([tcpCheck(kept.port), tcpCheck(gone.port)]);
  await prober.roundComplete();
  prober.replace([tcpCheck(kept.port)]);
  let connectionsToGone = 0;
  gone.server.on('connection', () => connectionsToGone++);
  for (let count = 0; count < 3; count++) await once(kept.server, 'connection');
  assert.equal(connectionsToGone, 0);
});

test('what this machine cannot run is told apart, once, and is no result', async () => {
  const told: string[] = [];
  const results: ProbeResult[] = [];
  const prober = createProber({
    onResult: (result) => results.push(result),
    onUnable: (_, reason) => told.push(reason),
  });
  const check = defineCheck({ ...tcpCheck(1, 20), what: { kind: 'exec', command: ['/bin/true'] } });
  prober.replace([check]);
  await prober.roundComplete();
  while ((prober.status()[0]?.runs ?? 0) < 3) await new Promise((resolve) => setImmediate(resolve));
  const [status] = prober.status();
  await prober.close();
  assert.deepEqual(results, []);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /is not permitted here/);
  assert.equal(status?.unable, status?.runs);
  assert.deepEqual([status?.failures, status?.last?.result], [0, 'unable']);
});

test('parts of a combined check run each by itself, and what is no probe does not run', async (context) => {
  const { port } = await listener(context);
  const results: ProbeResult[] = [];
  const prober = createProber({ onResult: (result) => results.push(result) });
  context.after(() => prober.close());
  const parts = [tcpCheck(port), tcpCheck(1), defineCheck({ ...tcpCheck(2), what: { kind: 'constant', state: 'up' } })];
  prober.replace([combineChecks(parts), ...parts]);
  await prober.roundComplete();
  assert.deepEqual(
    prober.status().map(({ check, runs, failures }) => [check.id, runs > 0, failures > 0]),
    parts.slice(0, 2).map(({ id }, index) => [id, true, index === 1]),
  );
  assert.ok(results.every(({ durationMs, latenessMs }) => durationMs >= 0 && latenessMs >= 0));
});

test('a first round of a thousand checks never has more connections open than there are places', async (context) => {
  const { port, server } = await listener(context);
  let [open, most] = [0, 0];
  server.on('connection', (socket: net.Socket) => {
    most = Math.max(most, ++open);
    socket.on('close', () => open--);
  });
  const lane = { quick: 8, slow: 0, slowAfterMs: 1000 };
  const prober = createProber({ onResult: () => undefined, limits: { network: lane, programs: lane } });
  context.after(() => prober.close());
  const what = { ...httpDefaults, kind: 'http' } as const;
  const checks = Array.from({ length: 1000 }, (_, index) =>
    defineCheck({ ...tcpCheck(port, 60_000), what: { ...what, path: `/${index}` } }),
  );
  server.on('connection', (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  prober.replace(checks);
  await prober.roundComplete();
  assert.ok(prober.status().every(({ runs, failures }) => runs === 1 && failures === 0));
  // A closed connection may be seen a moment later by the server than by the prober.
  assert.ok(most <= 3 * lane.quick, `${most} open at once`);
});
