import assert from 'node:assert/strict';
import { linkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { callControl } from './client.ts';
import type { ControlFault } from './client.ts';
import { directoryWith, runFairlead, soundConfig } from './process.fixture.ts';

const head = {
  epoch: 1,
  sequence: 2,
  release: 'ab'.repeat(32),
  previous: null,
  author: 'ann@host',
  atUnixMs: 1_790_000_000_000,
  reason: 'because',
};

/** A stand-in coordinator on the control socket of a sound config. */
async function standIn(context: TestContext, answer: RequestListener): Promise<string> {
  const directory = directoryWith(context, { ...soundConfig, 'var/.keep': '' });
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(join(directory, 'var/control.sock'), resolve));
  context.after(() => server.close());
  return directory;
}

async function faultOf(socketPath: string): Promise<ControlFault> {
  const answer = await callControl(socketPath, { method: 'GET', path: '/v1/x', schema: z.object({ a: z.number() }) });
  assert.equal(answer.ok, false, 'the call must fail');
  return answer.fault;
}

test('a missing socket says that no coordinator runs here', async (context) => {
  const { message, exitCode } = await faultOf(join(directoryWith(context, {}), 'control.sock'));
  assert.match(message, /^no coordinator runs here: there is no socket .*control\.sock$/);
  assert.equal(exitCode, 75);
});

test('a socket that a dead coordinator left says so', async (context) => {
  const path = join(directoryWith(context, {}), 'control.sock');
  // A second name keeps the file when the server that made it unlinks its own.
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));

  linkSync(path, `${path}.left`);
  await new Promise((resolve) => server.close(resolve));
  const { message, exitCode } = await faultOf(`${path}.left`);
  assert.match(message, /^no coordinator runs here: nobody answers on /);
  assert.equal(exitCode, 75);
});

test('an answer of another shape, and one that is no JSON, are faults and never thrown', async (context) => {
  let body = '';
  const directory = await standIn(context, (_, response) => response.end(body));
  for (body of ['{"a":"x"}', 'no json', '']) {
    assert.match((await faultOf(join(directory, 'var/control.sock'))).message, /not as expected/);
  }
});

test('apply sends the files with who and why, and names the new head', async (context) => {
  const bodies: string[] = [];
  const directory = await standIn(context, (request, response) => {
    void text(request).then((body) => {
      bodies.push(`${request.method ?? ''} ${request.url ?? ''}`, body);
      response.end(JSON.stringify({ head, changed: true }));
    });
  });
  const { code, stdout } = await runFairlead(['apply', '--reason', 'a new site'], directory);
  assert.equal(stdout, 'release 1.2 (abababababab) in force\n');
  assert.equal(code, 0);
  assert.equal(bodies[0], 'POST /v1/releases');
  const body = JSON.parse(bodies[1] ?? '') as { files: object; who: string; reason: string };
  assert.deepEqual(Object.keys(body.files), ['sites/fra.yaml', 'zones/example.com.zone', 'zones/www.yaml']);
  assert.match(body.who, /^.+@.+$/);
  assert.equal(body.reason, 'a new site');
});

test('apply on a follower fails with the address of the writer', async (context) => {
  const message = 'this coordinator follows http://192.0.2.1:8053, expected the call there';
  const directory = await standIn(context, (request, response) => {
    request.resume();
    response.writeHead(421).end(JSON.stringify({ error: { code: 'not-writer', message } }));
  });
  const { code, stderr } = await runFairlead(['apply', '--reason', 'x'], directory);
  assert.equal(stderr, `fairlead apply: ${message}\n`);
  assert.equal(code, 1);
});

test('apply where no release lies, on a follower, names the writer', async (context) => {
  const machine = (soundConfig['fairlead.yaml'] ?? '').replace('writer', "follower, from: ['http://192.0.2.1:8053']");
  const { code, stderr } = await runFairlead(
    ['apply', '-r', 'x'],
    directoryWith(context, { 'fairlead.yaml': machine }),
  );
  assert.equal(stderr, 'fairlead apply: this machine follows http://192.0.2.1:8053, run it there\n');
  assert.equal(code, 1);
});

test('a release that the coordinator refuses is told with every problem', async (context) => {
  const error = {
    code: 'bad-release',
    message: 'the release is refused: 1 problem',
    problems: ['sites/x.yaml:1:1: no'],
  };
  const directory = await standIn(context, (request, response) => {
    request.resume();
    response.writeHead(422).end(JSON.stringify({ error }));
  });
  const { code, stderr } = await runFairlead(['apply', '--reason', 'x'], directory);
  assert.equal(stderr, 'sites/x.yaml:1:1: no\nfairlead apply: the release is refused: 1 problem\n');
  assert.equal(code, 1);
});

test('apply sends nothing that is not sound', async (context) => {
  let calls = 0;
  const directory = await standIn(context, (_, response) => {
    calls++;
    response.end();
  });

  writeFileSync(join(directory, 'sites/fra.yaml'), 'site: fra\n');
  const { code, stderr } = await runFairlead(['apply', '--reason', 'x'], directory);
  assert.match(stderr, /missing key 'name'[^]*nothing was sent\n$/);
  assert.equal(code, 1);
  assert.equal(calls, 0);
});

test('rollback names the head that it made', async (context) => {
  const directory = await standIn(context, (request, response) => {
    void text(request).then((body) => {
      const { to } = JSON.parse(body) as { to: string };
      response.end(JSON.stringify({ head: { ...head, reason: `rollback to ${to}: x` }, changed: true }));
    });
  });
  const { code, stdout } = await runFairlead(['rollback', '1.1', '-r', 'x'], directory);
  assert.equal(stdout, 'release 1.2 (abababababab) in force: rollback to 1.1: x\n');
  assert.equal(code, 0);
});

test('history lists the newest first as a table without colour in a pipe', async (context) => {
  const older = { ...head, sequence: 1, reason: 'the first' };
  const directory = await standIn(context, (_, response) => response.end(JSON.stringify({ heads: [head, older] })));
  const { stdout } = await runFairlead(['history'], directory);
  const [headers, first, second] = stdout.split('\n');
  assert.match(headers ?? '', /^HEAD {2}RELEASE +AGE +BY +REASON$/);
  assert.match(first ?? '', /^1\.2 {3}abababababab {2}in force {2}\S+ +ann@host {2}because$/);
  assert.match(second ?? '', /^1\.1 {3}abababababab {12}\S+ +ann@host {2}the first$/);
});

test('stop returns when the coordinator is gone', async (context) => {
  const directory = directoryWith(context, { ...soundConfig, 'var/.keep': '' });
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('connection', 'close').end('{"stopping":true}');
    if (request.url === '/v1/stop') response.on('finish', () => server.close());
  });
  await new Promise<void>((resolve) => server.listen(join(directory, 'var/control.sock'), resolve));
  const { code, stdout } = await runFairlead(['stop'], directory);
  assert.equal(stdout, 'stopped\n');
  assert.equal(code, 0);
});
