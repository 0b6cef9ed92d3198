/** Damaged files in the state directory: what can be used is used, what cannot is said in one line, nothing hangs. */
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, callApi } from '../cli/ask.ts';
import { startCoordinator, startFairlead } from '../cli/fairlead-process.ts';
import { directoryWith, writeFiles } from '../cli/scope.ts';
import type { Sites } from '../cli/scope.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from '../cli/world.ts';

const timeout = 60_000;

/** A directory whose coordinator ran once and was killed. */
async function usedDirectory(context: TestContext): Promise<{ readonly directory: string; readonly sites: Sites }> {
  const sites = newSites();
  const directory = directoryWith(context, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...releaseFiles(sites, { coordinators: ['fra'] }),
  });
  const coordinator = await startCoordinator(context, directory);
  coordinator.signal('SIGKILL');
  await coordinator.ended();
  return { directory, sites };
}

test(
  'a garbled state.json and a control.sock full of garbage keep no coordinator from serving',
  { timeout },
  async (context) => {
    const { directory, sites } = await usedDirectory(context);
    writeFiles(directory, { 'var/state.json': '\u0000\u0001{"version":1,', 'var/control.sock.old': '' });
    const coordinator = await startCoordinator(context, directory);
    assert.match(coordinator.output(), /state\.json cannot be read \(.*\); set aside as .*state\.json\.unreadable/);
    assert.equal(existsSync(join(directory, 'var/state.json.unreadable')), true);
    assert.deepEqual(await addressesOf(sites.fra, 'plain.example.com.'), ['192.0.2.1']);
    coordinator.signal('SIGKILL');
    await coordinator.ended();

    rmSync(join(directory, 'var/control.sock'));
    writeFiles(directory, { 'var/control.sock': 'this is no socket' });
    await startCoordinator(context, directory);
    assert.notEqual((await runFairlead(['status'], directory)).code, 75);
  },
);

test('a store that is no database ends the start with one line and exit code 1', { timeout }, async (context) => {
  const { directory } = await usedDirectory(context);
  for (const name of ['store.db-wal', 'store.db-shm']) writeFiles(directory, { [`var/${name}`]: '' });
  writeFiles(directory, { 'var/store.db': 'this is no database, '.repeat(2000) });
  const { code, stderr } = await runFairlead(['coordinator'], directory);
  assert.match(stderr, /^.*cannot open the release store .*store\.db: file is not a database/m);
  assert.doesNotMatch(stderr, /^ +at /m);
  assert.equal(code, 1);
});

test('a store with a damaged middle ends the start with one line that names it', { timeout }, async (context) => {
  const { directory } = await usedDirectory(context);
  const path = join(directory, 'var/store.db');
  // A clean end brings everything into the one file.
  const coordinator = await startCoordinator(context, directory);
  coordinator.signal('SIGTERM');
  await coordinator.ended();
  const { size } = statSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
  closeSync(file);
  const again = startFairlead(context, ['coordinator'], directory);
  assert.equal(await again.ended(), 1);
  assert.match(again.output(), /store\.db/);
  assert.doesNotMatch(again.output(), /^ +at /m);
});

test('a state directory that fails on SIGHUP or at a start ends nothing, and is said', { timeout }, async (context) => {
  const sites = newSites();
  const directory = directoryWith(context, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...releaseFiles(sites, { coordinators: ['fra'] }),
  });
  const coordinator = await startCoordinator(context, directory);
  rmSync(join(directory, 'var/imported-release'));
  mkdirSync(join(directory, 'var/imported-release'));
  coordinator.signal('SIGHUP');
  await coordinator.untilLogged(/reload refused, what ran keeps running.*EISDIR/);
  assert.deepEqual(await addressesOf(sites.fra, 'plain.example.com.'), ['192.0.2.1']);
  assert.ok(coordinator.isRunning());

  coordinator.signal('SIGTERM');
  assert.equal(await coordinator.ended(), 0);
  const again = await startCoordinator(context, directory);
  assert.match(again.output(), /cannot be taken in: EISDIR.*; starting with the release in force/);
  assert.deepEqual(await addressesOf(sites.fra, 'plain.example.com.'), ['192.0.2.1']);
});

test('state that cannot be written is said once, and again when it can', { timeout }, async (context) => {
  const { directory, sites } = await usedDirectory(context);
  mkdirSync(join(directory, 'var/state.json.new'));
  const coordinator = await startCoordinator(context, directory);
  const drain = { kind: 'drain', site: 'iad', who: 'ann', reason: 'x', durationMs: 60_000 };
  for (const [path, body] of [
    ['overrides', drain],
    ['undrain', { site: 'iad', who: 'ann', reason: 'x' }],
    ['overrides', drain],
  ] as const) {
    assert.equal((await callApi(`${apiUrl(sites.fra)}/v1/${path}`, { body })).status, 200);
  }
  rmSync(join(directory, 'var/state.json.new'), { recursive: true });
  await coordinator.untilLogged(/state\.json is written again/);
  assert.equal(coordinator.output().match(/state\.json cannot be written.*EISDIR/g)?.length, 1);
});
