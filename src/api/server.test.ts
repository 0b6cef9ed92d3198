import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { refuse, succeed } from '#base/result.ts';
import { startApi } from './server.ts';
import type { CallResult, CoordinatorCalls, HeadsQuery } from './server.ts';

const token = 'a-shared-token';

/** An API whose calls do nothing but note how long polls would wait. */
async function openApi(context: TestContext): Promise<{
  readonly port: number;
  readonly waits: readonly number[];
  readonly failures: readonly string[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-api-'));
  const waits: number[] = [];
  const failures: string[] = [];
  const nothing = (): CallResult => refuse({ status: 503, code: 'stub', message: 'not here' });
  const calls: CoordinatorCalls = {
    status: () => Promise.reject(new Error('not here')),
    checks: () => ({ site: 'fra', checks: [] }),
    report: nothing,
    peerReport: nothing,
    heads: ({ waitMs, signal }: HeadsQuery) => {
      AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      waits.push(waitMs);
      return Promise.resolve(succeed([]));
    },
    object: () => Promise.resolve(undefined),
    apply: () => Promise.resolve(nothing()),
    history: () => Promise.resolve(nothing()),
    rollback: () => Promise.resolve(nothing()),
    override: nothing,
    undrain: nothing,
    overrideRoutes: nothing,
    restoreRoutes: nothing,
    failover: nothing,
    explain: () => Promise.resolve(nothing()),
    bgp: () => Promise.reject(new Error('not here')),
    prepareStop: () => Promise.resolve({ ok: true, value: undefined }),
    stopWithinMs: () => 1000,
    stop: () => undefined,
  };
  const listen = { address: '127.0.0.1', port: 0 };
  const api = await startApi(calls, {
    listen,
    token,
    controlSocket: join(folder, 'control.sock'),
    onFailure: (call, error) => failures.push(`${call}: ${String(error)}`),
  });
  context.after(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });
  return { port: api.address.port, waits, failures };
}

test('a caller without the token is sent away before the body that it announces', async (context) => {
  const { port } = await openApi(context);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST /v1/reports HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{',
  );
  assert.match(await text(socket), /^HTTP\/1\.1 401 /);
});

test('a long poll may ask for any time; what is odd about it is put right', async (context) => {
  const { port, waits } = await openApi(context);
  for (const asked of ['1.5', '-1', 'soon', '1e9', '20']) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/heads?waitMs=${asked}`, { headers });
    assert.equal(answer.status, 204, `waitMs=${asked}`);
  }
  assert.deepEqual(waits, [1, 0, 0, 60_000, 20]);
});

test('a call that fails by our own fault is a 500, and is told on this side too', async (context) => {
  const { port, failures } = await openApi(context);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/status`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 500);
  assert.deepEqual(failures, ['GET /v1/status: Error: not here']);
});

test('a body is bounded by what its call may need', async (context) => {
  const { port } = await openApi(context);
  const body = JSON.stringify({ reason: 'x'.repeat(100_000) });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const statusOf = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })).status;
  assert.equal(await statusOf('/v1/undrain'), 413);
  assert.equal(await statusOf('/v1/reports'), 400);
});
