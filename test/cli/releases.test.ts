/** A writer and a follower as processes: how releases travel, roll back, survive and never go backwards. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, askUdp, untilAnswered } from './ask.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, fileScope, writeFiles } from './scope.ts';
import { apiPort, apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 60_000;
const sites = newSites();
const name = 'version.example.com.';

function version(number: number): Readonly<Record<string, string>> {
  return releaseFiles(sites, { records: `version IN A 192.0.2.${number}\n` });
}

const writing = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...version(1) });
const following = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) });
let follower = startFairlead(scope, ['coordinator'], following);
await follower.untilLogged(/waiting for the first from the writer/);
let writer = await startCoordinator(scope, writing);

test('a follower that starts from nothing waits for the writer, then serves its release', { timeout }, async () => {
  await follower.untilLogged(/release 1\.1 by the writer is in force/);
  await untilAnswered(sites.iad, name, ['192.0.2.1']);
  assert.equal(existsSync(join(following, 'var/store.db')), true);
});

test('what is applied at the writer is served at the follower', { timeout }, async () => {
  writeFiles(writing, version(2));
  const { code, stdout } = await runFairlead(['apply', '--reason', 'the second'], writing);
  assert.match(stdout, /^release 1\.2 \([0-9a-f]{12}\) in force$/m);
  assert.equal(code, 0);
  await untilAnswered(sites.iad, name, ['192.0.2.2']);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.2']);
});

test('both serve one serial, that of the release', { timeout }, async () => {
  const [fra, iad] = [await askUdp(sites.fra, 'example.com. SOA'), await askUdp(sites.iad, 'example.com. SOA')];
  assert.match(fra, / 16777218 /);
  assert.equal(fra, iad);
});

test('apply and rollback at the follower are refused with the URL of the writer', { timeout }, async () => {
  const files = directoryWith(scope, {
    'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }),
    ...version(9),
  });
  const socket = join(following, 'var/control.sock');
  for (const args of [['apply'], ['rollback']]) {
    const { code, stderr } = await runFairlead([...args, '--reason', 'x', '--socket', socket], files);
    assert.ok(stderr.includes(`this coordinator follows ${apiUrl(sites.fra)}, expected the call there`), stderr);
    assert.equal(code, 1);
  }
  assert.deepEqual(await addressesOf(sites.iad, name), ['192.0.2.2']);
});

test('a release with a problem is refused whole, and both serve what they served', { timeout }, async () => {
  const directory = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...version(3) });
  writeFiles(directory, { 'zones/other.zone': '@ IN NONSENSE x\n' });
  const { code, stderr } = await runFairlead(
    ['apply', '--reason', 'x', '--socket', join(writing, 'var/control.sock')],
    directory,
  );
  assert.match(stderr, /zones\/other\.zone:1:\d+: /);
  assert.equal(code, 1);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.2']);
});

test(
  'rollback serves the earlier release everywhere under a higher serial, and history tells it',
  { timeout },
  async () => {
    const { code, stdout } = await runFairlead(['rollback', '--reason', 'it was bad'], writing);
    assert.match(stdout, /^release 1\.3 \([0-9a-f]{12}\) in force: rollback to 1\.1: it was bad$/m);
    assert.equal(code, 0);
    await Promise.all([sites.fra, sites.iad].map((site) => untilAnswered(site, name, ['192.0.2.1'])));
    assert.match(await askUdp(sites.iad, 'example.com. SOA'), / 16777219 /);
    for (const directory of [writing, following]) {
      const { stdout: history } = await runFairlead(['history'], directory);
      assert.match(history, /^1\.3 .* in force .*rollback to 1\.1: it was bad\n1\.2 .*the second\n1\.1 /m);
    }
  },
);

test(
  'a writer that is killed after a rollback starts with it, not with the files beside it (ADR 13)',
  { timeout },
  async () => {
    writer.signal('SIGKILL');
    await writer.ended();
    writer = await startCoordinator(scope, writing);
    assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.1']);
    const { stdout } = await runFairlead(['history'], writing);
    assert.match(stdout, /^1\.3 .* in force /m);
  },
);

test(
  'a follower that is killed starts from its disk while the writer is down, and follows it again after',
  { timeout },
  async () => {
    writer.signal('SIGKILL');
    follower.signal('SIGKILL');
    await Promise.all([writer.ended(), follower.ended()]);
    follower = await startCoordinator(scope, following);
    await untilAnswered(sites.iad, name, ['192.0.2.1']);
    await follower.untilLogged(/releases cannot be had from/);
    // The files changed while it was down: a start takes them in.
    writeFiles(writing, version(4));
    writer = await startCoordinator(scope, writing);
    await Promise.all([sites.fra, sites.iad].map((site) => untilAnswered(site, name, ['192.0.2.4'])));
  },
);

test('a writer that lost its disk does not take its follower back to an older head', { timeout }, async () => {
  writer.signal('SIGKILL');
  await writer.ended();
  const since = follower.output().length;
  const blank = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...version(5) });
  writer = await startCoordinator(scope, blank);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
  await follower.untilLogged(/head 1\.4 is newer than 1\.1, the newest here/, since);
  assert.deepEqual(await addressesOf(sites.iad, name), ['192.0.2.4']);
});

test('a source that lies about a head or an object is refused, and what ran is served on', { timeout }, async () => {
  writer.signal('SIGTERM');
  await writer.ended();
  const since = follower.output().length;
  const head = {
    epoch: 1,
    sequence: 99,
    release: 'ab'.repeat(32),
    previous: null,
    author: 'x',
    atUnixMs: 1,
    reason: 'x',
  };
  const liar = createServer((request, response) => {
    const isHeads = request.url?.startsWith('/v1/heads') === true;
    response.end(isHeads ? JSON.stringify({ heads: [head] }) : '{"format":"fairlead-release-1","files":{}}');
  });
  liar.listen(apiPort, sites.fra);
  await once(liar, 'listening');
  scope.after(() => {
    liar.close();
    liar.closeAllConnections();
  });
  await follower.untilLogged(/its object for head 1\.99 has \d+ bytes and not the sha256 abab/, since);
  assert.deepEqual(await addressesOf(sites.iad, name), ['192.0.2.4']);
  assert.ok(follower.isRunning());
});
