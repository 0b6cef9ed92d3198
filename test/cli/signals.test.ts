/** SIGHUP, SIGTERM, SIGINT and `fairlead stop` to a coordinator that runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { monotonicMs } from '#base/clock.ts';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { addressesOf, askUdp, callApi } from './ask.ts';
import { startCoordinator, startFairlead } from './fairlead-process.ts';
import type { FairleadProcess } from './fairlead-process.ts';
import { directoryWith, writeFiles } from './scope.ts';
import { startSilentServer } from './silent-server.ts';
import { apiUrl, machineFile, newSites, releaseFiles } from './world.ts';

const timeout = 60_000;

interface Bench {
  readonly directory: string;
  readonly sites: ReturnType<typeof newSites>;
  readonly coordinator: FairleadProcess;
}

async function startBench(context: TestContext): Promise<Bench> {
  const sites = newSites();
  const directory = directoryWith(context, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...releaseFiles(sites, { coordinators: ['fra'] }),
  });
  return { directory, sites, coordinator: await startCoordinator(context, directory) };
}

async function serialOf(server: string): Promise<string> {
  return / SOA \S+ \S+ (\d+) /.exec(await askUdp(server, 'example.com. SOA'))?.[1] ?? 'none';
}

test(
  'SIGHUP: a good change is served under a higher serial, a bad one changes nothing',
  { timeout },
  async (context) => {
    const { directory, sites, coordinator } = await startBench(context);
    assert.equal(await serialOf(sites.fra), '16777217');

    const added = releaseFiles(sites, { coordinators: ['fra'], records: 'new IN A 192.0.2.77\n' });
    writeFiles(directory, added);
    // Twice at once: the second finds nothing new.
    coordinator.signal('SIGHUP');
    coordinator.signal('SIGHUP');
    await coordinator.untilLogged(/release 1\.2 by .* is in force/);
    assert.deepEqual(await addressesOf(sites.fra, 'new.example.com.'), ['192.0.2.77']);
    assert.equal(await serialOf(sites.fra), '16777218');

    writeFiles(directory, {
      'zones/example.com.zone': '$TTL 300\n@ IN SOA nonsense\n',
      'sites/fra.yaml': 'sit: fra\n',
    });
    coordinator.signal('SIGHUP');
    await coordinator.untilLogged(/reload refused, what ran keeps running/);
    assert.match(coordinator.output(), /zones\/example\.com\.zone:2:\d+: /);
    assert.match(coordinator.output(), /sites\/fra\.yaml:1:1: unknown key 'sit', did you mean 'site'\?/);
    assert.deepEqual(await addressesOf(sites.fra, 'new.example.com.'), ['192.0.2.77']);

    writeFiles(directory, added);
    coordinator.signal('SIGHUP');
    await coordinator.untilLogged(/reload: the files have not changed/, coordinator.output().indexOf('reload refused'));
    assert.equal(await serialOf(sites.fra), '16777218');
    assert.doesNotMatch(coordinator.output(), /release 1\.3/);
  },
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it with 0 within 5 s, long polls included`, { timeout }, async (context) => {
    const { sites, coordinator } = await startBench(context);
    const poll = callApi(`${apiUrl(sites.fra)}/v1/heads?since=1.1&waitMs=30000`).then(
      ({ status }) => String(status),
      () => 'cut',
    );
    await addressesOf(sites.fra, 'plain.example.com.');
    const startedAt = monotonicMs();
    coordinator.signal(signal);
    assert.equal(await coordinator.ended(), 0);
    assert.ok(monotonicMs() - startedAt < 5_000);
    assert.match(await poll, /^(204|cut)$/);
    assert.doesNotMatch(coordinator.output(), /not everything ended/);
  });
}

test(
  'fairlead stop returns when the coordinator has ended with 0; then status and stop exit with 75',
  { timeout },
  async (context) => {
    const { directory, coordinator } = await startBench(context);
    const { code, stdout } = await runFairlead(['stop'], directory);
    assert.deepEqual([code, stdout], [0, 'stopped\n']);
    assert.equal(await coordinator.ended(), 0);
    for (const command of ['status', 'stop']) {
      const after = await runFairlead([command], directory);
      assert.match(after.stderr, /no coordinator runs here/);
      assert.equal(after.code, 75);
    }
  },
);

test('SIGTERM in the first round of checks ends it, and DNS does not open after', { timeout }, async (context) => {
  const sites = newSites();
  // A check that gets no answer keeps the first round waiting.
  await startSilentServer(context, sites.fra);
  const files = releaseFiles(sites, { coordinators: ['fra'] });
  const slow = files['zones/services.yaml']?.replace('timeout: 5s', 'timeout: 60s') ?? '';
  const directory = directoryWith(context, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...files,
    'zones/services.yaml': slow,
  });
  const coordinator = startFairlead(context, ['coordinator'], directory);
  await coordinator.untilLogged(/is in force/);
  coordinator.signal('SIGTERM');
  assert.equal(await coordinator.ended(), 0);
  assert.doesNotMatch(coordinator.output(), /answering DNS|not everything ended/);
});

test('SIGTERM ends a follower that waits for its first release', { timeout }, async (context) => {
  const sites = newSites();
  const directory = directoryWith(context, { 'fairlead.yaml': machineFile(sites, { site: 'iad', follows: ['fra'] }) });
  const follower = startFairlead(context, ['coordinator'], directory);
  await follower.untilLogged(/waiting for the first from the writer/);
  follower.signal('SIGHUP');
  await follower.untilLogged(/nothing to reload: this coordinator follows the writer/);
  follower.signal('SIGTERM');
  assert.equal(await follower.ended(), 0);
});
test(
  'SIGHUP says that a changed fairlead.yaml waits for a start, and that a bad one would fail it',
  { timeout },
  async (context) => {
    const { directory, sites, coordinator } = await startBench(context);
    const machine = machineFile(sites, { site: 'fra' });
    writeFiles(directory, { 'fairlead.yaml': `${machine}log: { level: warn }\n` });
    coordinator.signal('SIGHUP');
    await coordinator.untilLogged(/fairlead\.yaml has changed, which takes effect at the next start/);
    writeFiles(directory, { 'fairlead.yaml': `${machine}lag: { level: warn }\n` });
    coordinator.signal('SIGHUP');
    await coordinator.untilLogged(
      /the next start would fail:.*fairlead\.yaml:6:1: unknown key 'lag', did you mean 'log'\?/,
    );
    assert.deepEqual(await addressesOf(sites.fra, 'plain.example.com.'), ['192.0.2.1']);
  },
);

test(
  'a control socket that cannot be had ends the start with one line and exit code 1',
  { timeout },
  async (context) => {
    const sites = newSites();
    const directory = directoryWith(context, {
      'fairlead.yaml': machineFile(sites, { site: 'fra' }),
      ...releaseFiles(sites, { coordinators: ['fra'] }),
      'var/control.sock/in-the-way': '',
    });
    const coordinator = startFairlead(context, ['coordinator'], directory);
    assert.equal(await coordinator.ended(), 1);
    assert.match(coordinator.output(), /^fairlead: .*control\.sock/m);
    assert.doesNotMatch(coordinator.output(), /^ +at /m);
  },
);
