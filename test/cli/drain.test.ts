/** `fairlead drain` and `undrain` with two coordinators: answers move at both, and a drain outlives its coordinator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import type { Finished } from '../../src/cli/process.fixture.ts';
import { addressesOf, untilAnswered } from './ask.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, fileScope } from './scope.ts';
import { startWebServer } from './web-server.ts';
import { machineFile, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 60_000;
const sites = newSites();
const both = [sites.fra, sites.iad];
const www = 'www.example.com.';
await Promise.all(both.map((address) => startWebServer(scope, address)));
const writing = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...releaseFiles(sites) });
const following = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) });
let follower = startFairlead(scope, ['coordinator'], following);
const writer = await startCoordinator(scope, writing);
await follower.untilLogged(/answering DNS on/);

async function untilBothAnswer(addresses: readonly string[]): Promise<void> {
  await Promise.all(both.map((server) => untilAnswered(server, www, addresses)));
}

function drain(site: string, expires: string, directory = writing): Promise<Finished> {
  return runFairlead(['drain', site, '--reason', 'new kernel', '--expires', expires], directory);
}

test('a drain without a reason or an expiry, or of a site that is not there, is refused', { timeout }, async () => {
  const refusals = [
    [['fra', '--expires', '30m'], /expected a --reason/, 2],
    [['fra', '--reason', 'x'], /expected --expires/, 2],
    [['fra', '--reason', 'x', '--expires', 'soon'], /got 'soon', expected a duration such as 30m/, 2],
    [['fra', '--reason', 'x', '--expires', '0s'], /expected/, undefined],
    [
      ['ams', '--reason', 'x', '--expires', '30m'],
      /there is no site 'ams' in the release, expected one of fra, iad/,
      1,
    ],
    [['--reason', 'x', '--expires', '30m'], /expected SITE/, 2],
  ] as const;
  for (const [args, message, code] of refusals) {
    const run = await runFairlead(['drain', ...args], writing);
    assert.match(run.stderr, message);
    if (code !== undefined) assert.equal(run.code, code);
    assert.notEqual(run.code, 0);
  }
  await untilBothAnswer(both);
});

test(
  'a drain moves the answers at both coordinators, and the drain of the last site stays pending (R19)',
  { timeout },
  async () => {
    const first = await drain('fra', '30m');
    assert.match(first.stdout, /^drain of fra until \d{4}-\d\d-\d\dT[^ ]+: in effect in DNS.*$/m);
    assert.equal(first.code, 0);
    await untilBothAnswer([sites.iad]);

    const second = await drain('iad', '30m', following);
    assert.match(second.stdout, /^drain of iad until [^ ]+: pending: www would be left .*\(R19\)$/m);
    assert.equal(second.code, 0);
    await writer.untilLogged(/drain of iad is pending: /);
    await untilBothAnswer([sites.iad]);
    const { stdout, code } = await runFairlead(['status'], writing);
    assert.match(stdout, /^drain +fra +\S+@\S+ +in \S+ +in effect in DNS.* new kernel$/m);
    assert.match(stdout, /^drain +iad +\S+@\S+ +in \S+ +pending.* new kernel$/m);
    assert.equal(code, 1);
  },
);

test('a pending drain that is taken back leaves the other in force', { timeout }, async () => {
  const { stdout, code } = await runFairlead(['undrain', 'iad'], writing);
  assert.equal(stdout, 'iad is no longer drained\n');
  assert.equal(code, 0);
  await untilBothAnswer([sites.iad]);
});

test('a drain outlives SIGKILL of a coordinator', { timeout }, async () => {
  follower.signal('SIGKILL');
  await follower.ended();
  follower = await startCoordinator(scope, following);
  assert.deepEqual(await addressesOf(sites.iad, www), [sites.iad]);
  const { stdout } = await runFairlead(['status'], following);
  assert.match(stdout, /^drain +fra .* in effect in DNS.* new kernel$/m);
});

test('undrain at the other coordinator brings the answers back, and a second one finds none', { timeout }, async () => {
  assert.equal((await runFairlead(['undrain', 'fra', '--reason', 'done'], following)).code, 0);
  await untilBothAnswer(both);
  const again = await runFairlead(['undrain', 'fra'], following);
  assert.match(again.stderr, /fra is not drained/);
  assert.equal(again.code, 1);
});

test('a drain ends by itself when it expires', { timeout }, async () => {
  const coordinators = [writer, follower].map((process) => ({ process, since: process.output().length }));
  assert.equal((await drain('iad', '5s')).code, 0);
  await untilBothAnswer([sites.fra]);
  const course = /drain of iad takes effect[^]*drain of iad is over/;
  await Promise.all(coordinators.map(({ process, since }) => process.untilLogged(course, since)));
  await untilBothAnswer(both);
  assert.equal((await runFairlead(['undrain', 'iad'], writing)).code, 1);
});
