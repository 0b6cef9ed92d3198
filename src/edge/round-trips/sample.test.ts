import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { formatIp } from '#base/ip.ts';
import { createRoundTripMonitor } from './monitor.ts';
import type { RoundTripMonitorOptions, RoundTripTransition } from './monitor.ts';
import { sampleRoundTrips } from './sample.ts';

const skip = spawnSync('ss', ['-V']).status === 0 ? false : 'ss (iproute2) is not installed';

/** A server on loopback with a client from each address, each of which has had an answer; returns its port. */
async function connected(context: TestContext, clients: readonly string[]): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '::');
  await once(server, 'listening');
  // A server on an address with a port always has such an address.
  const { port } = server.address() as AddressInfo;
  for (const localAddress of clients) {
    const host = localAddress.includes(':') ? '::1' : '127.0.0.1';
    const socket = connect({ port, host, localAddress });
    context.after(() => socket.destroy());
    socket.write('hello');
    await once(socket, 'data');
  }
  context.after(() => server.close());
  return port;
}

/** A program that stands for `ss`. */
function program(context: TestContext, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-ss-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ss');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const { signal } = new AbortController();

test(
  'the real ss tells the round trips of real connections to the ports, and of no others',
  { skip },
  async (context) => {
    const port = await connected(context, ['127.77.1.1', '127.77.1.2', '127.77.2.1', '::1']);
    const other = await connected(context, ['127.77.3.1']);
    const sample = await sampleRoundTrips({ ports: [port, 9], signal });
    assert.ok(sample.ok);
    const clients = sample.value.map(({ address }) => formatIp(address)).sort();
    assert.deepEqual(clients, ['127.77.1.1', '127.77.1.2', '127.77.2.1', '::1']);
    assert.ok(sample.value.every(({ rttMs }) => rttMs > 0 && rttMs < 1000));
    assert.notEqual(port, other);
  },
);

test('the monitor keeps averages by network, the one with the most connections first', { skip }, async (context) => {
  const port = await connected(context, ['127.77.2.1', '127.77.1.1', '127.77.1.2']);
  const looked = Promise.withResolvers<undefined>();
  const monitor = createRoundTripMonitor({
    ports: [port],
    intervalMs: 60_000,
    onEntries: () => looked.resolve(undefined),
  });
  context.after(() => monitor.close());
  assert.deepEqual(monitor.entries(), []);
  await looked.promise;
  assert.deepEqual(
    monitor.entries().map(({ network, weight }) => [network, weight]),
    [
      ['127.77.1.0/24', 20],
      ['127.77.2.0/24', 10],
    ],
  );
});

/** The first transition of a monitor that runs this program. */
async function firstTransition(
  context: TestContext,
  parts: Pick<RoundTripMonitorOptions, 'program'>,
): Promise<RoundTripTransition> {
  const { promise, resolve } = Promise.withResolvers<RoundTripTransition>();
  const options = { ports: [443], intervalMs: 60_000, onEntries: () => undefined, onTransition: resolve, ...parts };
  const monitor = createRoundTripMonitor(options);
  context.after(() => monitor.close());
  return promise;
}

test('a node without ss measures nothing and says so', async (context) => {
  const told = await firstTransition(context, { program: '/nonexistent/ss' });
  assert.equal(told.kind, 'missing');
});

test('an ss that fails is told with what it said', async (context) => {
  const told = await firstTransition(context, { program: program(context, 'echo "no such filter" >&2; exit 3') });
  assert.ok(told.kind === 'fails');
  assert.match(told.reason, /ended with 3: no such filter/);
});

test('a look that hangs ends with its monitor', async (context) => {
  const hanging = program(context, 'exec sleep 600');
  const closing = new AbortController();
  const sample = sampleRoundTrips({ ports: [443], program: hanging, signal: closing.signal });
  closing.abort();
  assert.equal((await sample).ok, false);
});

test('a process that is out of file descriptors has no sample, and goes on', () => {
  const script = `
    import { openSync } from 'node:fs';
    import { sampleRoundTrips } from '${new URL('sample.ts', import.meta.url).href}';
    try { for (;;) openSync('/dev/null'); } catch {}
    const sample = await sampleRoundTrips({ ports: [80], program: '/bin/true', signal: new AbortController().signal });
    process.stdout.write(JSON.stringify(sample));
    process.exit();`;
  const args = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /"ok":false,"fault":\{"kind":"failed","reason":"\S+ spawn \S+ EMFILE"/);
});
