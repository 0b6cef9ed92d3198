/** A coordinator under load is given a new release and replaced by another process, and no query is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf } from './ask.ts';
import { startDnsLoad } from './dns-load.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, fileScope, writeFiles } from './scope.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 90_000;
const sites = newSites();
const name = 'version.example.com.';

function version(number: number): Readonly<Record<string, string>> {
  return releaseFiles(sites, { coordinators: ['fra'], records: `version IN A 192.0.2.${number}\n` });
}

const directory = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...version(1) });
let running = await startCoordinator(scope, directory);

test('reloads under load lose no query', { timeout }, async (context) => {
  const load = startDnsLoad(sites.fra, name);
  for (const number of [2, 3, 4]) {
    writeFiles(directory, version(number));
    running.signal('SIGHUP');
    await running.untilLogged(new RegExp(`release 1\\.${number} by the writer is in force`));
    assert.deepEqual(await addressesOf(sites.fra, name), [`192.0.2.${number}`]);
  }
  assert.equal(await load.stop(), 0);
  assert.equal(load.bad, 0);
  assert.ok(load.udp.answered > 1000 && load.tcp.answered > 100, JSON.stringify(load));
  context.diagnostic(`${load.udp.answered} queries over UDP and ${load.tcp.answered} over TCP in 3 reloads`);
});

test('replacing the process under load loses no query', { timeout }, async (context) => {
  const load = startDnsLoad(sites.fra, name);
  for (let count = 0; count < 3; count++) {
    const next = startFairlead(scope, ['coordinator', '--replace'], directory);
    await next.untilLogged(/answering DNS on/);
    assert.equal(await running.ended(), 0, running.output());
    assert.match(next.output(), /[1-9]\d* sockets taken over/);
    running = next;
  }
  const before = load.udp.answered;
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.4']);
  assert.equal(await load.stop(), 0);
  assert.equal(load.bad, 0);
  assert.ok(load.udp.answered >= before && before > 1000, JSON.stringify(load));
  context.diagnostic(`${load.udp.answered} queries over UDP and ${load.tcp.answered} over TCP in 3 replacements`);
});

test('a replacement that cannot start leaves the one that runs untouched', { timeout }, async () => {
  writeFiles(directory, { 'zones/example.com.zone': 'nothing sensible\n' });
  const next = startFairlead(scope, ['coordinator', '--replace'], directory);
  assert.equal(await next.ended(), 1);
  assert.match(next.output(), /zones\/example\.com\.zone:1:/);
  assert.doesNotMatch(running.output(), /handing over/);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.4']);
  writeFiles(directory, version(4));
});

test(
  'a replacement that dies half-way is forgotten: the one before decides and answers again',
  { timeout },
  async () => {
    const load = startDnsLoad(sites.fra, name);
    const since = running.output().length;
    const next = startFairlead(scope, ['coordinator', '--replace'], directory);
    await next.untilLogged(/sockets taken over/);
    next.signal('SIGKILL');
    await running.untilLogged(/deciding again/, since);
    await running.untilLogged(/release 1\.4 by the writer is in force/, since);
    writeFiles(directory, version(5));
    running.signal('SIGHUP');
    await running.untilLogged(/release 1\.5 by the writer is in force/, since);
    assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
    assert.equal(await load.stop(), 0);
    const status = await fetch(`${apiUrl(sites.fra)}/v1/status`);
    assert.equal(status.status, 200);
  },
);

test('where nothing runs, --replace just starts', { timeout }, async () => {
  running.signal('SIGTERM');
  assert.equal(await running.ended(), 0);
  running = startFairlead(scope, ['coordinator', '--replace'], directory);
  await running.untilLogged(/no coordinator runs here: nothing to replace/);
  await running.untilLogged(/answering DNS on/);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
});
