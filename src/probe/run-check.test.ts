import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import test from 'node:test';
import type { IpAddress } from '#base/ip.ts';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { checkOf, httpKind, listen, run, selfSigned } from './checks.fixture.ts';
import { CheckRunner } from './run-check.ts';

test('a tcp check passes where something listens', async (context) => {
  const port = await listen(context, net.createServer());
  assert.deepEqual(await run(checkOf({ kind: 'tcp' }, port)), { passed: true, reason: 'connected' });
});

test('a refused connection fails by tcp and by http, with the address that refused', async () => {
  const port = await freePort();
  for (const what of [{ kind: 'tcp' } as const, httpKind()]) {
    assert.deepEqual(await run(checkOf(what, port)), { passed: false, reason: `connect 127.0.0.1:${port} refused` });
  }
});

test('a source address that is not on the machine is named', async () => {
  const outcome = await run(checkOf({ kind: 'tcp' }, 9, { sourceAddress: '192.0.2.77' as IpAddress }));
  assert.equal(outcome.passed, false);
  assert.match(outcome.reason, /source address 192\.0\.2\.77 is not on this machine/);
});

test('the source address is used by tcp and by http', async (context) => {
  const seen: (string | undefined)[] = [];
  const server = http.createServer((_, response) => response.end('ok'));
  server.on('connection', (socket) => seen.push(socket.remoteAddress));
  const port = await listen(context, server);
  const parts = { sourceAddress: '127.0.0.9' as IpAddress };
  assert.equal((await run(checkOf({ kind: 'tcp' }, port, parts))).passed, true);
  assert.equal((await run(checkOf(httpKind(), port, parts))).passed, true);
  assert.deepEqual(seen, ['127.0.0.9', '127.0.0.9']);
});

test('a server that accepts and stays silent fails by timeout, and so does one that stops inside its headers', async (context) => {
  for (const firstBytes of ['', 'HTTP/1.1 200 OK\r\nX-Slow: 1\r\n']) {
    const port = await listen(
      context,
      net.createServer((socket) => socket.write(firstBytes)),
    );
    const outcome = await run(checkOf(httpKind(), port, { timeoutMs: 100 }));
    assert.deepEqual(outcome, { passed: false, reason: 'timed out after 100ms' });
  }
});

test('the status decides: one of those expected passes, another is named', async (context) => {
  const port = await listen(
    context,
    http.createServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end()),
  );
  const rows: [status: number, expectStatus: number[], passed: boolean, reason: string][] = [
    [200, [200], true, 'status 200'],
    [204, [200, 204], true, 'status 204'],
    [503, [200], false, 'status 503, expected 200'],
    [301, [200, 204], false, 'status 301, expected 200 or 204'],
  ];
  for (const [status, expectStatus, passed, reason] of rows) {
    assert.deepEqual(
      await run(
        checkOf(
          httpKind({ path: `/${status}`, expectStatus: expectStatus.map((code) => ({ from: code, to: code })) }),
          port,
        ),
      ),
      { passed, reason },
    );
  }
});

test('a status passes although the body never ends', async (context) => {
  const port = await listen(
    context,
    http.createServer((_, response) => response.writeHead(200).write('and so on')),
  );
  assert.equal((await run(checkOf(httpKind(), port))).passed, true);
});

test('method, path and Host are sent as defined, over one connection for each run', async (context) => {
  const seen: string[] = [];
  let connections = 0;
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end('ok');
  });
  server.on('connection', () => connections++);
  const port = await listen(context, server);
  await run(checkOf(httpKind({ method: 'HEAD', path: '/a?b=c', host: 'www.example.com' }), port));
  await run(checkOf(httpKind(), port));
  assert.deepEqual(seen, ['HEAD /a?b=c www.example.com', `GET / 127.0.0.1:${port}`]);
  assert.equal(connections, 2);
});

test('a peer that closes or does not speak HTTP fails readably', async (context) => {
  const closing = await listen(
    context,
    net.createServer((socket) => socket.end()),
  );
  assert.deepEqual(await run(checkOf(httpKind(), closing)), {
    passed: false,
    reason: `127.0.0.1:${closing} closed the connection without an answer`,
  });
  const banner = await listen(
    context,
    net.createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')),
  );
  const outcome = await run(checkOf(httpKind(), banner));
  assert.equal(outcome.passed, false);
  assert.match(outcome.reason, /did not answer in HTTP/);
});

test('https: an untrusted certificate fails unless verifyTls is off, and the Host is the server name', async (context) => {
  const names: (string | undefined)[] = [];
  const keepName = (name: string, done: (error: Error | null) => void): void => {
    names.push(name);
    done(null);
  };
  const server = https.createServer({ ...selfSigned, SNICallback: keepName }, (_, response) => response.end('ok'));
  const port = await listen(context, server);
  const untrusted = await run(checkOf(httpKind({ kind: 'https', host: 'www.example.com' }), port));
  assert.equal(untrusted.passed, false);
  assert.match(untrusted.reason, /TLS with 127\.0\.0\.1:\d+ failed: .*self-signed/);
  const unverified = httpKind({ kind: 'https', host: 'www.example.com:8443', verifyTls: false });
  assert.deepEqual(await run(checkOf(unverified, port)), { passed: true, reason: 'status 200' });
  assert.deepEqual(names, ['www.example.com', 'www.example.com']);
  assert.equal((await run(checkOf(httpKind({ kind: 'https', verifyTls: false }), port))).passed, true);
});

test('a cancelled run lets go of its connection and tells nothing', async (context) => {
  const server = net.createServer();
  const port = await listen(context, server);
  const runner = new CheckRunner({ execDirectories: [] });
  let isTold = false;
  const cancel = runner.start(checkOf(httpKind(), port, { timeoutMs: 60_000 }), () => (isTold = true));
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const closed = once(socket.on('error', () => undefined).resume(), 'close');
  cancel();
  await closed;
  assert.equal(isTold, false);
});
