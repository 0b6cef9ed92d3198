import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { parseIp } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { freePort } from '../bgp-ts/test/free-port.ts';
import { checkOf, httpKind, listen, run } from './checks.fixture.ts';
import { createLookUp } from './look-up.ts';
import type { LookUp } from './look-up.ts';
import type { Outcome } from './outcome.ts';

const unspecified = present(parseIp('0.0.0.0'), 'an address');

/** A DNS server that gives what it is told: A records of a name, or a response code. */
async function serve(
  context: TestContext,
  answers: Readonly<Record<string, readonly string[] | number>>,
): Promise<LookUp> {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  server.on('message', (query, from) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const name = question.subarray(1, 1 + (question[0] ?? 0)).toString('latin1');
    const isA = question[question.length - 3] === 1;
    const answer = answers[name] ?? 3;
    const addresses = typeof answer === 'number' || !isA ? [] : answer;
    const code = typeof answer === 'number' ? answer : 0;
    const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x84, code, 0, 1, 0, addresses.length, 0, 0, 0, 0]);
    const records = addresses.map((text) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...text.split('.').map(Number)]);
    server.send(
      Buffer.concat([head, question, ...records.map((record) => Buffer.from(record))]),
      from.port,
      from.address,
    );
  });
  return createLookUp([`127.0.0.1:${server.address().port}`]);
}

function checkName(lookUp: LookUp, name: string, port: number): Promise<Outcome> {
  const what = httpKind({ lookUp: `${name}.example`, host: `${name}.example` });
  return run(checkOf(what, port, { address: unspecified }), { lookUp });
}

test('a name is looked up for the run, and its addresses are tried one after the other', async (context) => {
  const hosts: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    hosts.push(request.headers.host);
    response.end();
  });
  const port = await listen(context, server);
  // Nothing listens at the first address.
  const lookUp = await serve(context, { www: ['127.0.0.9', '127.0.0.1'] });
  assert.deepEqual(await checkName(lookUp, 'www', port), { passed: true, reason: 'status 200' });
  assert.deepEqual(hosts, ['www.example']);
});

test('a name without an address fails; one that cannot be looked up says nothing of its target', async (context) => {
  const lookUp = await serve(context, { none: [], broken: 2 });
  const port = await freePort();
  assert.deepEqual(await checkName(lookUp, 'absent', port), { passed: false, reason: 'absent.example has no address' });
  assert.deepEqual(await checkName(lookUp, 'none', port), { passed: false, reason: 'none.example has no address' });
  const reason = 'broken.example cannot be looked up: ESERVFAIL';
  assert.deepEqual(await checkName(lookUp, 'broken', port), { passed: false, reason, unable: true });
});

test('the reason of a failure names the address that was found', async (context) => {
  const lookUp = await serve(context, { www: ['127.0.0.1'] });
  const port = await freePort();
  assert.deepEqual(await checkName(lookUp, 'www', port), {
    passed: false,
    reason: `connect 127.0.0.1:${port} refused`,
  });
});

test('the identity of a check with a name has the name', () => {
  const check = checkOf(httpKind({ lookUp: 'www.example', path: '/health' }), 8080, { address: unspecified });
  assert.ok(check.id.startsWith('GET http://www.example:8080/health expecting 200'), check.id);
});
