/** `fairlead failover` and `failback` with two coordinators: answers move at both, by a person and by health (R27). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { waitFor } from '../lab/wait.ts';
import { addressesOf, untilAnswered } from './ask.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import { directoryWith, fileScope } from './scope.ts';
import { startWebServer } from './web-server.ts';
import { machineFile, newSites, releaseFiles } from './world.ts';

const scope = fileScope();
const timeout = 60_000;
const sites = newSites();
const both = [sites.fra, sites.iad];
const steered = 'steered.example.com.';
const [fraWeb] = await Promise.all(both.map((address) => startWebServer(scope, address)));
assert.ok(fraWeb !== undefined);
const release = {
  ...releaseFiles(sites, { records: `steered 30 IN LUA A "steer('www')"` }),
  'zones/services.yaml': `services:
  www:
    check: { type: http, path: /healthz, interval: 100ms, timeout: 5s, rise: 2, fall: 2 }
    policy: [ { failover: [fra, iad] } ]
`,
};
const writing = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...release });
const following = directoryWith(scope, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) });
let follower = startFairlead(scope, ['coordinator'], following);
let writer = await startCoordinator(scope, writing);
await follower.untilLogged(/answering DNS on/);

async function untilBothAnswer(address: string): Promise<void> {
  await Promise.all(both.map((server) => untilAnswered(server, steered, [address])));
}

test('the first tier alone is answered, and the status tells who stands by', { timeout }, async () => {
  await untilBothAnswer(sites.fra);
  const { stdout } = await runFairlead(['status'], writing);
  assert.match(stdout, /^www +iad +up, standby +no /m);
  assert.match(stdout, /^www +fra +fra > iad +auto +manual +- +- *$/m);
});

test('a failover that nobody can mean is refused', { timeout }, async () => {
  const refusals = [
    [['failover', 'www'], /expected a --reason/, 2],
    [['failover', '--reason', 'x'], /expected SERVICE/, 2],
    [['failover', 'ww', '--reason', 'x'], /'ww' has no failover step, expected one of www/, 1],
    [['failover', 'www', '--to', 'ams', '--reason', 'x'], /www has no ams, expected one of fra, iad/, 1],
    [['failback', 'www', '--reason', 'x'], /fra is active, and there is no tier to go to/, 1],
  ] as const;
  await Promise.all(
    refusals.map(async ([args, message, code]) => {
      const run = await runFairlead(args, following);
      assert.match(run.stderr, message);
      assert.equal(run.code, code);
    }),
  );
  await untilBothAnswer(sites.fra);
});

test(
  'a person moves the service at one coordinator, and both answer so, also after SIGKILL of both',
  { timeout },
  async () => {
    const { stdout, code } = await runFairlead(['failover', 'www', '--reason', 'power works'], following);
    assert.deepEqual([stdout.split(';')[0], code], ['www: iad is active', 0]);
    await untilBothAnswer(sites.iad);
    for (const running of [writer, follower]) running.signal('SIGKILL');
    await Promise.all([writer.ended(), follower.ended()]);
    follower = startFairlead(scope, ['coordinator'], following);
    writer = await startCoordinator(scope, writing);
    await follower.untilLogged(/answering DNS on/);
    for (const server of both) assert.deepEqual(await addressesOf(server, steered), [sites.iad]);
    const status = await runFairlead(['status'], writing);
    assert.match(
      status.stdout,
      /^www +iad +fra > iad +auto +manual +\S+ +\S+@\S+ at iad +power works; waits: fra is up/m,
    );
    assert.equal(status.code, 1);
  },
);

test('failback at the other coordinator brings it home', { timeout }, async () => {
  const { stdout } = await runFairlead(['failback', 'www', '--reason', 'power is back'], writing);
  assert.equal(stdout, 'www: fra is active\n');
  await untilBothAnswer(sites.fra);
});

test(
  'when the first site dies both coordinators agree and move, and its return is left to a person',
  { timeout },
  async () => {
    fraWeb.setStatus(503);
    await untilBothAnswer(sites.iad);
    await writer.untilLogged(/www: iad is active, no longer fra, by fairlead at /);
    fraWeb.setStatus(200);
    await waitFor(
      'the status to tell that the return waits',
      async () => {
        const { stdout } = await runFairlead(['status'], following);
        return stdout.includes('waits: fra is up, the return waits for a person') || stdout;
      },
      { deadlineMs: 10_000 },
    );
    await untilBothAnswer(sites.iad);
  },
);
