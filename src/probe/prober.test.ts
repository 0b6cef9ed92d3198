import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { defineCheck } from '#health/check-definition.ts';
import type { CheckDefinition } from '#health/check-definition.ts';
import { createProber } from './prober.ts';
import type { ProbeResult } from './prober.ts';

function tcpCheck(port: number, intervalMs = 50): CheckDefinition {
  const address = '127.0.0.1' as IpAddress;
  return defineCheck({ what: { kind: 'tcp' }, address, port, intervalMs, timeoutMs: 1000, rise: 2, fall: 3 });
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
  prober.replace([{ ...tcpCheck(9, 60_000), address: '192.0.2.1' as IpAddress, timeoutMs: 60_000 }]);
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
