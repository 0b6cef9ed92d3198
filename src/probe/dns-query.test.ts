import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import type { DnsKind } from '#health/check-kind.ts';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { checkOf, run } from './checks.fixture.ts';
import type { Outcome } from './outcome.ts';

const isInstalled = spawnSync('knotd', ['--version']).status === 0;
const needsKnot = isInstalled ? false : 'knotd is not installed (apt-get install knot)';

const ask = (port: number, parts: Partial<DnsKind> = {}, timeoutMs = 60_000): Promise<Outcome> => {
  const what = {
    kind: 'dns',
    name: 'example.com',
    type: 'SOA',
    transport: 'udp',
    expectRcode: 'NOERROR',
    ...parts,
  } as const;
  return run(checkOf(what, port, { timeoutMs }));
};

/** A real name server for a small zone, on a port of loopback. */
async function startKnot(context: TestContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-knot-'));
  const port = await freePort();
  const many = Array.from({ length: 200 }, (_, index) => `many A 192.0.2.${index}\n`).join('');
  writeFileSync(
    join(folder, 'example.com.zone'),
    `$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 h 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nwww AAAA 2001:db8::1\n${many}`,
  );
  writeFileSync(
    join(folder, 'knot.conf'),
    `server:\n  listen: 127.0.0.1@${port}\n  rundir: ${folder}\ndatabase:\n  storage: ${folder}\nzone:\n  - domain: example.com\n    storage: ${folder}\n`,
  );
  const child = spawn('knotd', ['-c', join(folder, 'knot.conf')], { stdio: 'ignore' });
  context.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  // It takes queries as soon as it listens; until then it refuses.
  while (!(await ask(port, {}, 2000)).passed) assert.equal(child.exitCode, null, 'knotd ended');
  return port;
}

test('Knot DNS is asked over UDP and TCP, and code and addresses decide', { skip: needsKnot }, async (context) => {
  const port = await startKnot(context);
  const rows: [parts: Partial<DnsKind>, passed: boolean, reason: string][] = [
    [{}, true, 'NOERROR'],
    [{ transport: 'tcp' }, true, 'NOERROR'],
    [{ name: 'no.example.com' }, false, 'NXDOMAIN, expected NOERROR'],
    [{ name: 'no.example.com', expectRcode: 'NXDOMAIN' }, true, 'NXDOMAIN'],
    [{ name: 'example.net' }, false, 'REFUSED, expected NOERROR'],
    [{ name: 'www.example.com', type: 'AAAA', expectAddresses: ['2001:db8::1'] }, true, 'NOERROR with 2001:db8::1'],
    [
      { name: 'www.example.com', type: 'AAAA', expectAddresses: ['2001:db8::2'] },
      false,
      'NOERROR with 2001:db8::1, expected 2001:db8::2',
    ],
    [
      { name: 'www.example.com', type: 'A', expectAddresses: ['192.0.2.1'] },
      false,
      'NOERROR with no address, expected 192.0.2.1',
    ],
    // Too large for UDP: the address is found by asking again over TCP.
    [{ name: 'many.example.com', type: 'A', expectAddresses: ['192.0.2.199'] }, true, 'NOERROR with 192.0.2.199'],
  ];
  for (const [parts, passed, reason] of rows)
    assert.deepEqual(await ask(port, parts), { passed, reason }, JSON.stringify(parts));
});

test('a port where nobody answers is refused at once, over UDP and TCP', async () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const outcome = await ask(await freePort(), { transport });
    assert.equal(outcome.passed, false);
    assert.match(outcome.reason, /refused/);
  }
});

test('a datagram that answers another question is not heard', async (context) => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  socket.on('message', (query, from) => {
    const wrongId = Buffer.from(query);
    wrongId.writeUInt16BE(query.readUInt16BE() ^ 1);
    wrongId[2] = 0x80;
    // The first has another id, the second is no response, the third no message at all.
    for (const reply of [wrongId, query, Buffer.from('x')]) socket.send(reply, from.port, from.address);
  });
  const outcome = await ask(socket.address().port, {}, 200);
  assert.deepEqual(outcome, { passed: false, reason: 'timed out after 200ms' });
});

test('a server that does not speak DNS over TCP fails', async (context) => {
  const server = net.createServer((socket) => socket.end(Buffer.from([0, 3, 1, 2, 3])));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const outcome = await ask(address.port, { transport: 'tcp' });
  assert.deepEqual(outcome, { passed: false, reason: `127.0.0.1:${address.port} did not answer in DNS` });
});

test('a query that this machine cannot even address costs the run alone, and is no evidence', async () => {
  const what = { kind: 'dns', name: 'example.com', type: 'SOA', transport: 'udp', expectRcode: 'NOERROR' } as const;
  // Connecting to it is refused at once, as connecting without any route is.
  const address = '255.255.255.255' as IpAddress;
  const outcome = await run(checkOf(what, 53, { address }));
  assert.equal(outcome.unable, true, outcome.reason);
  assert.match(outcome.reason, /^connect 255\.255\.255\.255:53 failed/);
});
