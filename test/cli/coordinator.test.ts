/** The repo's own example as a process: DNS over UDP and TCP, answers by health, and what `fairlead status` says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusSchema } from '#api/status.ts';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { cpuBetween, readCpu } from '../../bench/dns/process-figures.ts';
import { addressesOf, askTcp, askUdp, callApi, untilAnswered } from './ask.ts';
import { startCoordinator } from './fairlead-process.ts';
import { copyOfExample, fileScope } from './scope.ts';
import { startWebServer } from './web-server.ts';
import { apiUrl } from './world.ts';

const nothingYet = { byThread: new Map<string, number>(), userTicks: 0, systemTicks: 0 };
const scope = fileScope();
const { directory, sites } = copyOfExample(scope);
const fra = await startWebServer(scope, sites.fra);
const iad = await startWebServer(scope, sites.iad);
const coordinator = await startCoordinator(scope, directory);
const { totalUs } = cpuBetween(nothingYet, readCpu([coordinator.pid ?? 0]));

test('DNS is answered before the start has cost five seconds of a processor', () => {
  assert.ok(totalUs > 0 && totalUs < 5_000_000, `it cost ${totalUs} µs`);
});

/** The first release has head 1.1, and the serial is made of it. */
const soa = 'example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 16777217 3600 600 1209600 60';

for (const [question, ...lines] of [
  ['example.com. MX', 'NOERROR aa', 'answer: example.com. 300 IN MX 10 mail.example.com.'],
  ['example.com. TXT', 'NOERROR aa', 'answer: example.com. 300 IN TXT "fairlead example zone"'],
  ['example.com. NS', 'NOERROR aa', 'answer: example.com. 300 IN NS ns1.example.com.'],
  ['mail.example.com. A', 'NOERROR aa', 'answer: mail.example.com. 300 IN A 192.0.2.25'],
  ['mail.example.com. AAAA', 'NOERROR aa', 'answer: mail.example.com. 300 IN AAAA 2001:db8::25'],
  ['_http._tcp.example.com. SRV', 'NOERROR aa', 'SRV 10 5 8080 www.example.com.'],
  ['web.example.com. A', 'NOERROR aa', 'answer: web.example.com. 300 IN CNAME www.example.com.', 'www.example.com. 30'],
  ['any.thing.dev.example.com. A', 'NOERROR aa', 'answer: any.thing.dev.example.com. 300 IN A 192.0.2.80'],
  ['x.dev.example.com. AAAA', 'NOERROR aa', `authority: ${soa}`],
  ['mail.example.com. TXT', 'NOERROR aa', `authority: ${soa}`],
  ['nowhere.example.com. A', 'NXDOMAIN aa', `authority: ${soa}`],
  ['example.org. A', 'REFUSED'],
] as const) {
  test(`${question} is answered over UDP and TCP`, async () => {
    for (const answer of [await askUdp(sites.fra, question), await askTcp(sites.fra, question)]) {
      const [status] = answer.split('\n');
      assert.equal(status, lines[0]);
      for (const line of lines.slice(1)) assert.ok(answer.includes(line), `no '${line}' in\n${answer}`);
    }
  });
}

test('a web server that dies leaves the answer, and comes back after it returned', async () => {
  await untilAnswered(sites.fra, 'www.example.com.', [sites.fra, sites.iad]);
  const since = coordinator.output().length;
  await fra.stop();
  await untilAnswered(sites.fra, 'www.example.com.', [sites.iad]);
  await coordinator.untilLogged(/"msg":"www at fra \(IPv4\) is down: probes from fra fail: /, since);
  await fra.start();
  await untilAnswered(sites.fra, 'www.example.com.', [sites.fra, sites.iad]);
  await coordinator.untilLogged(/"msg":"www at fra \(IPv4\) is up: /, since);
});

test('an endpoint that fails its HTTP check is not answered although its port accepts (R1)', async () => {
  fra.setStatus(503);
  await untilAnswered(sites.fra, 'www.example.com.', [sites.iad]);
  const { stdout, code } = await runFairlead(['status'], directory);
  assert.match(stdout, /www +fra +down +no .*503/);
  assert.equal(code, 1);
  fra.setStatus(200);
  await untilAnswered(sites.fra, 'www.example.com.', [sites.fra, sites.iad]);
});

test('status is a table for people and JSON for programs, the same as the API gives, and 0 when all is well', async () => {
  await untilAnswered(sites.fra, 'www.example.com.', [sites.fra, sites.iad]);
  const table = await runFairlead(['status'], directory);
  assert.match(table.stdout, /^site fra +release 1\.1 \([0-9a-f]{12}, writer\)$/m);
  assert.match(table.stdout, /^SERVICE +SITE +STATE +ANSWERED +ADDRESS +SINCE +REASON$/m);
  const json = await runFairlead(['status', '-o', 'json'], directory);
  const status = statusSchema.parse(JSON.parse(json.stdout));
  const served = statusSchema.parse((await callApi(`${apiUrl(sites.fra)}/v1/status`)).body);
  assert.deepEqual(
    status.services.map(({ mode, endpoints }) => [mode, ...endpoints.map(({ site, answered }) => [site, answered])]),
    [['normal', ['fra', true], ['iad', true]]],
  );
  assert.deepEqual({ ...served, uptimeMs: 0, services: [] }, { ...status, uptimeMs: 0, services: [] });
  assert.deepEqual([table.code, json.code], [0, 0]);
});

test('each log line is one JSON object with a readable message', () => {
  // What comes after the last line break is a line that has not been read whole.
  const lines = coordinator.output().split('\n').slice(0, -1);
  assert.ok(lines.length > 0);
  for (const line of lines) {
    const { level, msg } = JSON.parse(line) as { level: unknown; msg: unknown };
    assert.ok(typeof level === 'number' && typeof msg === 'string' && msg.length > 5, line);
  }
});

test('everything down at once empties no answer, and status says so with exit code 2 (R8)', async () => {
  const since = coordinator.output().length;
  await Promise.all([fra.stop(), iad.stop()]);
  await coordinator.untilLogged(/answers are frozen on what was up \(R8\)/, since);
  assert.equal((await addressesOf(sites.fra, 'www.example.com.')).length, 2);
  assert.equal((await runFairlead(['status'], directory)).code, 2);
});
