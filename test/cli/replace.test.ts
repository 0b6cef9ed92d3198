/** A coordinator under load is given a new release and replaced by another process, and no query is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesOf } from './ask.ts';
import { startDnsLoad } from './dns-load.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, fileScope, writeFiles } from './scope.ts';
import { startSilentServer } from './silent-server.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 90_000;
const sites = newSites();
const name = 'version.example.com.';
/** Of a block for documentation (RFC 5737). */
const addressNotHere = '203.0.113.77';

/** A release in which a check that gets no answer waits, so that `startSilentServer` holds up the first round. */
function version(number: number): Readonly<Record<string, string>> {
  const files = releaseFiles(sites, { coordinators: ['fra'], records: `version IN A 192.0.2.${number}\n` });
  const services = files['zones/services.yaml'] ?? '';
  return { ...files, 'zones/services.yaml': services.replace('timeout: 5s', 'timeout: 60s') };
}

const directory = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...version(1) });
let running = await startCoordinator(scope, directory);

test('reloads under load lose no query', { timeout }, async (context) => {
  const load = startDnsLoad(context, sites.fra, name);
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
  const load = startDnsLoad(context, sites.fra, name);
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

test('a replacement whose code is damaged leaves the one that runs untouched', { timeout }, async () => {
  // As an upgrade that was not unpacked whole: a module that the coordinator needs late is not there.
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => {
      if (context.parentURL?.endsWith('/coordinator/run.ts') && name === './coordinator.ts') throw new Error('damaged');
      return next(name, context);
    } });`;
  const options = `NODE_OPTIONS=--import=data:text/javascript,${encodeURIComponent(hooks)}`;
  const next = startFairlead(scope, ['coordinator', '--replace'], directory, ['env', options]);
  assert.notEqual(await next.ended(), 0);
  assert.match(next.output(), /damaged/);
  assert.doesNotMatch(next.output(), /sockets taken over/);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.4']);
});

test(
  'a replacement that dies half-way is forgotten: the one before decides and answers again',
  { timeout },
  async (context) => {
    const load = startDnsLoad(context, sites.fra, name);
    await startSilentServer(context, sites.fra);
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

test('a replacement that cannot have an address is forgotten, though it had come far', { timeout }, async (context) => {
  const load = startDnsLoad(context, sites.fra, name);
  const since = running.output().length;
  const own = machineFile(sites, { site: 'fra' });
  writeFiles(directory, { 'fairlead.yaml': own.replace('listen: [', `listen: ['${addressNotHere}:5300', `) });
  const next = startFairlead(scope, ['coordinator', '--replace'], directory);
  assert.equal(await next.ended(), 1);
  assert.match(next.output(), /sockets taken over.*this machine has no such address/s);
  await running.untilLogged(/deciding again.*release 1\.5 by the writer is in force/s, since);
  writeFiles(directory, { 'fairlead.yaml': own });
  assert.equal(await load.stop(), 0);
  assert.equal(load.bad, 0);
});

test('a replacement that is asked to end before it answers is forgotten', { timeout }, async (context) => {
  const since = running.output().length;
  await startSilentServer(context, sites.fra);
  const next = startFairlead(scope, ['coordinator', '--replace'], directory);
  await next.untilLogged(/API on/);
  next.signal('SIGTERM');
  assert.equal(await next.ended(), 0, next.output());
  await running.untilLogged(/deciding again.*release 1\.5 by the writer is in force/s, since);
  assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
});

test(
  'files with an error do not keep the one before from deciding again; SIGHUP waits for it',
  { timeout },
  async (context) => {
    const since = running.output().length;
    await startSilentServer(context, sites.fra);
    const next = startFairlead(scope, ['coordinator', '--replace'], directory);
    await next.untilLogged(/sockets taken over/);
    next.signal('SIGSTOP');
    writeFiles(directory, { 'zones/example.com.zone': 'nothing sensible\n' });
    running.signal('SIGHUP');
    next.signal('SIGKILL');
    await running.untilLogged(/deciding again.*release 1\.5 by the writer is in force/s, since);
    await running.untilLogged(/reload refused.*zones\/example\.com\.zone:1:/s, since);
    assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
    writeFiles(directory, version(5));
  },
);

test(
  'a replacement goes on where the one before dies, and can be replaced in its turn',
  { timeout },
  async (context) => {
    await startSilentServer(context, sites.fra);
    for (const isKilled of [true, false]) {
      const next = startFairlead(scope, ['coordinator', '--replace'], directory);
      await next.untilLogged(/[1-9]\d* sockets taken over/);
      if (isKilled) running.signal('SIGKILL');
      await next.untilLogged(/answering DNS on/);
      await running.ended();
      assert.deepEqual(await addressesOf(sites.fra, name), ['192.0.2.5']);
      running = next;
    }
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
