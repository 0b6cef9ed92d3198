import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import test from 'node:test';
import type { TestContext } from 'node:test';
import type { HttpKind } from '#health/check-kind.ts';
import { checkOf, httpKind, listen, run, runWith, selfSigned } from '../checks.fixture.ts';
import { CheckRunner } from '../run-check.ts';

/** A web server that answers by path, and keeps what it was asked. */
async function webServer(context: TestContext, answer: http.RequestListener) {
  const seen: { line: string; headers: http.IncomingHttpHeaders }[] = [];
  const server = http.createServer((request, response) => {
    seen.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers });
    answer(request, response);
  });
  return { server, seen, port: await listen(context, server) };
}

function runnerFor(context: TestContext): CheckRunner {
  const runner = new CheckRunner({ execDirectories: [] });
  context.after(() => {
    runner.close();
  });
  return runner;
}

test('a kept connection carries run after run, and a fresh one is made where the server closed it', async (context) => {
  const { server, port } = await webServer(context, (_, response) => response.end('ok'));
  const sockets: net.Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const runner = runnerFor(context);
  const check = checkOf(httpKind({ reuseConnection: true }), port);
  for (let round = 0; round < 3; round++) assert.equal((await runWith(runner, check)).passed, true);
  assert.equal(sockets.length, 1);
  const [first] = sockets;
  assert.ok(first !== undefined);
  const closed = once(first, 'close');
  first.destroy();
  await closed;
  assert.deepEqual(await runWith(runner, check), { passed: true, reason: 'status 200' });
  assert.equal(sockets.length, 2);
});

test('a server that closes a kept connection at the moment of the request is asked again on a new one', async (context) => {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.destroy();
    });
  });
  const port = await listen(context, server);
  const runner = runnerFor(context);
  const check = checkOf(httpKind({ reuseConnection: true }), port);
  for (let round = 0; round < 3; round++) assert.equal((await runWith(runner, check)).passed, true);
  assert.equal(connections, 3);
});

test('a kept connection is closed when its check is forgotten', async (context) => {
  const { server, port } = await webServer(context, (_, response) => response.end('ok'));
  const runner = runnerFor(context);
  const check = checkOf(httpKind({ reuseConnection: true }), port);
  const connection = once(server, 'connection');
  await runWith(runner, check);
  const [socket] = (await connection) as [net.Socket];
  const closed = once(socket, 'close');
  runner.forget(check.id);
  await closed;
});

test('a body that does not end costs the kept connection, not the result', async (context) => {
  let connections = 0;
  const { server, port } = await webServer(context, (_, response) => response.writeHead(200).write('and so on'));
  server.on('connection', () => connections++);
  const runner = runnerFor(context);
  const check = checkOf(httpKind({ reuseConnection: true }), port);
  for (let round = 0; round < 2; round++) assert.equal((await runWith(runner, check)).passed, true);
  assert.equal(connections, 2);
});

test('the body decides by text and by pattern, within its bound', async (context) => {
  const { port } = await webServer(context, (request, response) => {
    response.end(request.url === '/evil' ? `${'a'.repeat(50_000)}!` : `state: ok\n${'x'.repeat(100_000)} far`);
  });
  const rows: [parts: Partial<HttpKind>, passed: boolean, reason: RegExp][] = [
    [{ expectBody: { kind: 'text', value: 'state: ok' } }, true, /^status 200$/],
    [{ expectBody: { kind: 'text', value: 'far' }, maxBodyBytes: 200_000 }, true, /^status 200$/],
    [{ expectBody: { kind: 'text', value: 'far' } }, false, /^status 200, the body lacks 'far'$/],
    [{ expectBody: { kind: 'pattern', value: '^state: \\w{2}$' } }, false, /^status 200, the body does not match/],
    [{ expectBody: { kind: 'pattern', value: 'state: (ok|fine)' } }, true, /^status 200$/],
    [{ expectBody: { kind: 'pattern', value: 'far' }, maxBodyBytes: 1_000_000 }, false, /does not match/],
  ];
  for (const [parts, passed, reason] of rows) {
    const outcome = await run(checkOf(httpKind(parts), port), { patternTimeoutMs: 60_000 });
    assert.match(outcome.reason, reason);
    assert.equal(outcome.passed, passed, outcome.reason);
  }
  const endless = httpKind({ expectBody: { kind: 'pattern', value: '^(a+)+$' }, path: '/evil' });
  const outcome = await run(checkOf(endless, port));
  assert.match(outcome.reason, /took more than 50ms on the body$/);
  assert.equal(outcome.passed, false, outcome.reason);
});

test('a weight is read from the body, and what is none is said and gives none', async (context) => {
  const { port } = await webServer(context, (request, response) => response.end(request.url?.slice(1)));
  const weigh = (body: string) => run(checkOf(httpKind({ path: `/${body}`, readsWeight: true }), port));
  assert.deepEqual(await weigh('70'), { passed: true, reason: 'status 200, weight 70', weight: 70 });
  assert.deepEqual(await weigh('0'), { passed: true, reason: 'status 200, weight 0', weight: 0 });
  for (const body of ['65536', 'many', '-1', '1.5', '']) {
    const outcome = await weigh(body);
    assert.deepEqual(outcome, { passed: true, reason: 'status 200, the body is no weight from 0 to 65535' }, body);
  }
});

test('redirects are followed on the same host as far as is allowed, and by GET after a POST', async (context) => {
  const { port, seen } = await webServer(context, (request, response) => {
    const to: Readonly<Record<string, [number, string]>> = {
      '/a': [302, '/b?c=d'],
      '/b?c=d': [301, `http://www.example.com:${port}/ok`],
      '/away': [302, 'http://other.example.com/'],
      '/loop': [307, 'loop'],
      '/odd': [302, 'mailto:x'],
    };
    const [status, location] = to[request.url ?? ''] ?? [200, ''];
    response.writeHead(status, location === '' ? {} : { location }).end();
  });
  const host = `www.example.com:${port}`;
  const follow = (path: string, followRedirects: number, parts: Partial<HttpKind> = {}) =>
    run(checkOf(httpKind({ path, host, followRedirects, ...parts }), port));
  assert.deepEqual(await follow('/a', 2, { method: 'POST' }), { passed: true, reason: 'status 200' });
  assert.deepEqual(
    seen.map(({ line }) => line),
    ['POST /a', 'GET /b?c=d', 'GET /ok'],
  );
  assert.match((await follow('/a', 1)).reason, /^more than 1 redirects, the last to http:/);
  assert.match((await follow('/a', 0)).reason, /^status 302, expected 200$/);
  assert.match((await follow('/away', 3)).reason, /^status 302, redirect to another host, 'http:\/\/other/);
  assert.match((await follow('/loop', 3)).reason, /^more than 3 redirects/);
  assert.match((await follow('/odd', 3)).reason, /^status 302, redirect to 'mailto:x' is no HTTP URL$/);
  assert.equal((await follow('/a', 5, { expectStatus: [{ from: 300, to: 399 }] })).reason, 'status 302');
});

test('a redirect from http to https is followed on the same host, and the certificate counts there', async (context) => {
  const securePort = await listen(
    context,
    https.createServer(selfSigned, (request, response) => response.end(request.url === '/secure' ? 'yes' : 'no')),
  );
  const { port } = await webServer(context, (_, response) => {
    response.writeHead(301, { location: `https://www.example.com:${securePort}/secure` }).end();
  });
  const parts = {
    host: `www.example.com:${port}`,
    followRedirects: 1,
    expectBody: { kind: 'text', value: 'yes' },
  } as const;
  const unverified = await run(checkOf(httpKind({ ...parts, verifyTls: false }), port));
  assert.deepEqual(unverified, { passed: true, reason: 'status 200' });
  assert.match((await run(checkOf(httpKind(parts), port))).reason, /^TLS with .* failed: .*self-signed/);
});

test('headers, user agent and method go out as given; a POST has a length', async (context) => {
  const { port, seen } = await webServer(context, (_, response) => response.end());
  const headers = [['X-Check', 'yes']] as const;
  await run(checkOf(httpKind({ headers, userAgent: 'probe/1', method: 'POST' }), port));
  await run(checkOf(httpKind({ method: 'OPTIONS' }), port));
  const [first, second] = seen;
  assert.deepEqual(
    [first?.line, first?.headers['x-check'], first?.headers['user-agent'], first?.headers['content-length']],
    ['POST /', 'yes', 'probe/1', '0'],
  );
  assert.deepEqual(
    [second?.line, second?.headers['user-agent'], second?.headers.connection],
    ['OPTIONS /', 'fairlead', 'close'],
  );
});

test('https is kept alive too, and a certificate that ends soon is named while the check passes', async (context) => {
  let handshakes = 0;
  const server = https.createServer(selfSigned, (_, response) => response.end('ok'));
  server.on('secureConnection', () => handshakes++);
  const port = await listen(context, server);
  const runner = runnerFor(context);
  const century = 150 * 365 * 86_400_000;
  const what = httpKind({ kind: 'https', verifyTls: false, reuseConnection: true, expiryWarningMs: century });
  for (let round = 0; round < 2; round++) {
    const outcome = await runWith(runner, checkOf(what, port));
    assert.equal(outcome.passed, true);
    assert.match(outcome.reason, /^status 200, certificate ends in \d+d/);
  }
  assert.equal(handshakes, 1);
  assert.equal((await run(checkOf({ ...what, expiryWarningMs: 86_400_000 }, port))).reason, 'status 200');
});

test('a connection that ends within the body is told as that', async (context) => {
  const server = net.createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'));
  const port = await listen(context, server);
  const outcome = await run(checkOf(httpKind({ expectBody: { kind: 'text', value: 'x' } }), port));
  assert.deepEqual(outcome, { passed: false, reason: `127.0.0.1:${port} closed the connection within the body` });
});
