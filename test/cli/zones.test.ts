/** Zones of a running coordinator: what is broken or gone by mistake changes nothing, and options reach the answers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, askUdp, untilAnswered } from './ask.ts';
import { startCoordinator } from './fairlead-process.ts';
import { directoryWith, fileScope, writeFiles } from './scope.ts';
import { waitFor } from '../lab/wait.ts';
import { apiPort, apiUrl, dnsPort, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 60_000;
const sites = newSites();
const release = { coordinators: ['fra'] } as const;
const otherZone = '$TTL 60\n@ SOA ns1 host 1 60 60 60 60\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n';

const directory = directoryWith(scope, {
  'fairlead.yaml': `site: fra
stateDirectory: var
dns:
  listen: ['${sites.fra}:${dnsPort}']
  threads: 2
  nsid: fra1
  chaos: { version: 'fairlead test' }
  transferTo: [127.0.0.0/8]
api: { listen: '${sites.fra}:${apiPort}' }
replication: { role: writer }
`,
  ...releaseFiles(sites, { ...release, records: '$INCLUDE hosts.inc\n$GENERATE 1-3 host$ A 192.0.2.$\n' }),
  'zones/hosts.inc': 'included A 192.0.2.77\n',
  'zones/other.test.zone': otherZone,
});
const coordinator = await startCoordinator(scope, directory);

const dig = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('dig', [`@${sites.fra}`, '-p', String(dnsPort), ...args]);
  return stdout;
};

test('records of an included file and generated ones are served', { timeout }, async () => {
  assert.deepEqual(await addressesOf(sites.fra, 'included.example.com.'), ['192.0.2.77']);
  assert.deepEqual(await addressesOf(sites.fra, 'host3.example.com.'), ['192.0.2.3']);
});

test('NSID, version.bind and cookies are told as fairlead.yaml says, id.server is not', { timeout }, async () => {
  assert.match(await dig('+nsid', 'plain.example.com'), /NSID: .*"fra1"/);
  assert.match(await dig('CH', 'TXT', 'version.bind'), /"fairlead test"/);
  assert.match(await dig('CH', 'TXT', 'id.server'), /status: REFUSED/);
  assert.match(await dig('+cookie', 'plain.example.com'), /COOKIE: [0-9a-f]{48} \(good\)/);
});

test('explain tells the record behind an answer, the answer, and for whom it holds', { timeout }, async () => {
  const { stdout } = await runFairlead(['explain', 'www.example.com', '--from', '198.51.100.0/24'], directory);
  assert.match(
    stdout,
    /^www\.example\.com\. A, asked for 198\.51\.100\.0\/24\n {2}place {4}\S.*\n {2}zone {5}example\.com\. serial \d+\n/,
  );
  assert.match(stdout, /\n {2}record {3}LUA A ifportup\(.*\) {2}\(zones\/example\.com\.zone:\d+\)\n/);
  assert.match(stdout, /\n {2}answer {3}NOERROR\n {4}www\.example\.com\. \d+ IN A 127\./);
  assert.match(stdout, /\n {2}scope {4}everybody gets this answer\n/);
  const wrong = await runFairlead(['explain', 'www.example.com', 'NOPE', '--from', '198.51.100.7'], directory);
  assert.deepEqual(
    [wrong.code, wrong.stderr],
    [1, "fairlead explain: 'NOPE' is not a record type: expected one such as A\n"],
  );
});

test('metrics tell of each check and of each endpoint, in the form that Prometheus reads', { timeout }, async () => {
  const response = await fetch(`${apiUrl(sites.fra)}/v1/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  assert.match(
    text,
    /\nfairlead_info\{site="fra",version=".*",role="writer",release="1\.\d+",digest="[0-9a-f]+"\} 1\n/,
  );
  assert.match(text, /\nfairlead_endpoint_up\{service="www",site="fra",family="4"\} [01]\n/);
  assert.match(text, /\nfairlead_check_runs_total\{check=".*http:\/\/127\..*",used_by="www\/fra\/4"\} \d+\n/);
  assert.match(text, /\nfairlead_dns_total\{kind="queries"\} \d+\n/);
});

test('RFC 8914: an answer that nothing up stands behind says so', { timeout }, async () => {
  // No web server runs in this world, so every endpoint is down after its first checks.
  const wanted = /EDE: (3 \(Stale Answer\)|0 \(Other\)): \((health is frozen|nothing is up)/;
  await waitFor(
    'an extended error that says why',
    async () => {
      const reply = await dig('www.example.com');
      return wanted.test(reply) || reply;
    },
    { deadlineMs: 15_000 },
  );
});

test('a zone goes out whole to those who may have it', { timeout }, async () => {
  const lines = (await dig('+noall', '+answer', '+onesoa', 'AXFR', 'other.test')).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/\s+/).slice(0, 4).join(' ')),
    [
      'other.test. 60 IN SOA',
      'other.test. 60 IN NS',
      'other.test. 60 IN NS',
      'ns1.other.test. 60 IN A',
      'ns2.other.test. 60 IN A',
    ],
  );
  assert.match(await dig('AXFR', 'example.com'), /\bTYPE65402\b/, 'LUA records as PowerDNS sends them');
});

test('a broken zone file is refused at its place, and the zone that is served stays', { timeout }, async () => {
  const since = coordinator.output().length;
  writeFiles(directory, { 'zones/other.test.zone': `${otherZone}www A 192.0.2.300\n` });
  coordinator.signal('SIGHUP');
  await coordinator.untilLogged(/reload refused.*zones\/other\.test\.zone:7:7: .*192\.0\.2\.300/s, since);
  const { code, stderr } = await runFairlead(['apply'], directory);
  assert.equal(code, 1);
  assert.match(stderr, /zones\/other\.test\.zone:7:7/);
  assert.match(await askUdp(sites.fra, 'ns1.other.test. A'), /192\.0\.2\.1/);
});

test('a zone that is gone from disk is refused by SIGHUP and by apply, unless it is meant', { timeout }, async () => {
  rmSync(join(directory, 'zones/other.test.zone'));
  const since = coordinator.output().length;
  coordinator.signal('SIGHUP');
  await coordinator.untilLogged(/reload refused.*zone 'other\.test\.' is served and would be gone/s, since);
  const refused = await runFairlead(['apply'], directory);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /'other\.test\.' is served and would be gone: .*--allow-removal/);
  assert.match(await askUdp(sites.fra, 'ns1.other.test. A'), /192\.0\.2\.1/);
  const applied = await runFairlead(['apply', '--allow-removal'], directory);
  assert.equal(applied.code, 0, applied.stderr);
  await coordinator.untilLogged(/release 1\.2 by .* is in force/, since);
  assert.match(await askUdp(sites.fra, 'ns1.other.test. A'), /^REFUSED/);
});

test('what the threads counted is in the status', { timeout }, async () => {
  await untilAnswered(sites.fra, 'plain.example.com.', ['192.0.2.1']);
  // A reply is counted after it was sent, so the last one may be here before its count.
  for (;;) {
    const response = await fetch(`${apiUrl(sites.fra)}/v1/status`);
    const { dns } = (await response.json()) as { dns: { queries: number; counters: Record<string, number> } };
    const { answered = 0, received = 0, dropped = 0, REFUSED: refused = 0 } = dns.counters;
    assert.ok(answered <= received - dropped, JSON.stringify(dns));
    if (answered < received - dropped) continue;
    assert.ok(dns.queries > 5, JSON.stringify(dns));
    assert.ok(refused >= 1, JSON.stringify(dns));
    break;
  }
});
