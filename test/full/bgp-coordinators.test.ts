/** Routes with a real BIRD at each site: announced, withdrawn by health, left by stop, kept quiet by SIGTERM. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { untilAnswered } from '../cli/ask.ts';
import { birdOptions as options, drainedBy, ofPrefix, prefix, startBirdSites, startOnce } from '../cli/bird-sites.ts';
import { startCoordinator } from '../cli/fairlead-process.ts';
import { fileScope } from '../cli/scope.ts';
import type { Sites } from '../cli/scope.ts';
import { apiUrl } from '../cli/world.ts';

/** Between two looks at BIRD while something else goes on, which needs the processor, too. */
const betweenLooksMs = 20;

const scope = fileScope();
const world = startOnce(() => startBirdSites(scope));

test('both BIRDs learn the prefix with the site as next hop', options, async () => {
  const { birds, sites } = world();
  for (const site of ['fra', 'iad'] as const) {
    const route = await birds[site].shows(ofPrefix, /BGP\.as_path: 65010\n/);
    assert.ok(route.includes(`BGP.next_hop: ${sites[site]}`), route);
    assert.doesNotMatch(route, /65535,0/);
  }
});

test(
  'fairlead bgp shows the session and what it was told; the plan says the same, the doctor what is missing',
  options,
  async () => {
    const { birds, directories } = world();
    const shown = await runFairlead(['bgp'], directories.fra);
    assert.equal(shown.code, 0, shown.stdout);
    assert.match(shown.stdout, /^site fra {2}AS 65010 {2}spoken by its coordinator$/m);
    assert.match(shown.stdout, /^coordinator +fra-rt +127\.0\.0\.1:\d+ +65000 +established .*hold 9s, /m);
    assert.match(shown.stdout, /^coordinator +fra-rt +203\.0\.113\.0\/24 +via \S+ path 65010 .*ago +www is up/m);
    const plan = await runFairlead(['bgp', '--plan'], directories.fra);
    assert.match(plan.stdout, /^= +coordinator +fra-rt +203\.0\.113\.0\/24 .*the same/m);
    const doctor = await runFairlead(['doctor', 'bgp'], directories.fra);
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /^fra: fra has one border router/m);
    const printed = await runFairlead(['doctor', 'bgp', '--for', 'bird'], directories.fra);
    assert.match(printed.stdout, new RegExp(`local 127\\.0\\.0\\.1 port ${birds.fra.port} as 65000;`));
    assert.match(printed.stdout, /neighbor 127\.0\.0\.1 as 65010;/);
    const wrong = await runFairlead(['doctor', 'bgp', '--for', 'ios'], directories.fra);
    assert.deepEqual(
      [wrong.code, wrong.stderr.split('\n')[0]],
      [2, "fairlead doctor: got --for 'ios', expected one of bird, frr, gobgp, junos, arista"],
    );
  },
);

test('metrics count sessions and routes by neighbor', options, async () => {
  const { sites } = world();
  const text = await (await fetch(`${apiUrl(sites.fra)}/v1/metrics`)).text();
  assert.match(text, /^bgp_peer_state\{speaker="coordinator",peer="fra-rt"\} 6$/m);
  assert.match(text, /^bgp_adj_rib_out_prefixes\{speaker="coordinator",peer="fra-rt"\} 1$/m);
  assert.match(text, /^anycast_state\{prefix="203\.0\.113\.0\/24",site="fra",state="announced"\} 1$/m);
});

test('R24: a coordinator that is killed and starts again takes no route from its router', options, async () => {
  const { birds, coordinators, directories } = world();
  coordinators.iad.signal('SIGKILL');
  await coordinators.iad.ended();
  const progress: { isBack: boolean } = { isBack: false };
  const starting = startCoordinator(scope, directories.iad).then(async (coordinator) => {
    coordinators.iad = coordinator;
    await birds.iad.shows('show protocols all announcer', /BGP state: +Established/);
    progress.isBack = true;
  });
  while (!progress.isBack) {
    assert.match(await birds.iad.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
    await pause(betweenLooksMs);
  }
  await starting;
  await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010\n/);
});

test('a site that dies is withdrawn with its session up while another serves, and comes back', options, async () => {
  const { birds, web, sites, coordinators } = world();
  const since = coordinators.fra.output().length;
  await web.fra.stop();
  await birds.fra.shows(ofPrefix, /Network not found/);
  await birds.fra.shows('show protocols all announcer', /BGP state: +Established/);
  assert.match(await birds.iad.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
  assert.doesNotMatch(birds.fra.log(), /Received: /);
  await untilAnswered(sites.iad, 'www.example.com.', [sites.iad]);
  await web.fra.start();
  await birds.fra.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  await coordinators.fra.untilLogged(/203\.0\.113\.0\/24 is announced/, since);
});

test('everything dead: one BIRD at least keeps the route in every sample (R19)', options, async () => {
  const { birds, web, coordinators } = world();
  const since = coordinators.iad.output().length;
  await Promise.all([web.fra.stop(), web.iad.stop()]);
  await coordinators.iad.untilLogged(/everything went down at once|nothing is up/, since);
  for (let sample = 0; sample < 20; sample++) {
    const routes = await Promise.all([birds.fra, birds.iad].map((bird) => bird.ask('show', 'route', prefix)));
    assert.ok(
      routes.some((route) => route.includes(prefix)),
      routes.join('\n'),
    );
  }
  await Promise.all([web.fra.start(), web.iad.start()]);
  await Promise.all([birds.fra, birds.iad].map((bird) => bird.shows(ofPrefix, /BGP\.as_path: 65010\n/)));
});

test('SIGTERM closes TCP without a NOTIFICATION, and a restart announces again', options, async () => {
  const { birds, coordinators, directories } = world();
  const before = birds.iad.log().length;
  coordinators.iad.signal('SIGTERM');
  assert.equal(await coordinators.iad.ended(), 0);
  const log = await birds.iad.logs(/Connection closed/, before);
  assert.doesNotMatch(log, /Received: /);
  assert.doesNotMatch(log, /withdraw|removed/i, 'no UPDATE takes it back');
  coordinators.iad = await startCoordinator(scope, directories.iad);
  await birds.iad.shows('show protocols all announcer', /BGP state: +Established/);
  await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010\n/);
});

test(
  'a drained site keeps its route while answers with the longest TTL may still lead there (R25)',
  options,
  async () => {
    const { birds, directories } = world();
    const drained = await runFairlead(['drain', 'iad', '-r', 'new kernel', '-e', '30m'], directories.iad);
    assert.equal(drained.code, 0, drained.stderr);
    assert.match((await runFairlead(['status'], directories.iad)).stdout, /in effect in DNS/);
    const route = await birds.iad.ask('show', 'route', 'all', prefix);
    assert.match(route, /BGP\.as_path: 65010\n/);
    assert.doesNotMatch(route, /65535,0/);
    assert.equal((await runFairlead(['undrain', 'iad'], directories.iad)).code, 0);
    await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  },
);

test(
  'R24, R28: a release that changes sessions everywhere does so site by site, and takes no route',
  options,
  async () => {
    const { birds, directories } = world();
    for (const site of ['fra', 'iad']) {
      const path = join(directories.fra, 'sites', `${site}.yaml`);
      writeFileSync(path, readFileSync(path, 'utf8').replace('holdTime: 9s', 'holdTime: 12s'));
    }
    const progress: { isDone: boolean } = { isDone: false };
    const applying = runFairlead(['apply', '-r', 'longer hold time'], directories.fra).then(async ({ code }) => {
      assert.equal(code, 0);
      const isSlower = /BGP state: +Established[^]*Hold timer: +[0-9.]+\/12/;
      await birds.fra.shows('show protocols all announcer', isSlower);
      assert.doesNotMatch(await birds.iad.ask('show', 'protocols', 'all', 'announcer'), isSlower);
      const waiting = await runFairlead(['bgp'], directories.iad);
      assert.match(
        waiting.stdout,
        /^the release's session settings of iad-rt wait .* \(R28\): fra is changing its sessions$/m,
      );
      await birds.iad.shows('show protocols all announcer', isSlower);
      progress.isDone = true;
    });
    while (!progress.isDone) {
      for (const bird of [birds.fra, birds.iad]) {
        assert.match(await bird.ask('show', 'route', prefix), /203\.0\.113\.0\/24/);
      }
      await pause(betweenLooksMs);
    }
    await applying;
    for (const bird of [birds.fra, birds.iad]) assert.doesNotMatch(bird.log(), /Peer de-configured/);
  },
);

let remaining: keyof Sites = 'iad';

test(
  'R19: of two sites that are stopped at once one goes, the other keeps its route and says why',
  options,
  async () => {
    const { birds, coordinators, directories } = world();
    const since = { fra: birds.fra.log().length, iad: birds.iad.log().length };
    const [fra, iad] = await Promise.all([
      runFairlead(['stop'], directories.fra),
      runFairlead(['stop'], directories.iad),
    ]);
    const [gone, stays] = fra.code === 0 ? (['fra', 'iad'] as const) : (['iad', 'fra'] as const);
    remaining = stays;
    const ended = { fra, iad };
    assert.deepEqual([ended[gone].code, ended[gone].stdout], [0, 'stopped\n']);
    assert.equal(await coordinators[gone].ended(), 0);
    await birds[gone].logs(drainedBy('announcer'), since[gone]);
    await birds[gone].logs(/Received: Administrative shutdown: "fairlead stop"/, since[gone]);
    await birds[gone].shows(ofPrefix, /Network not found/);
    assert.equal(ended[stays].code, 1);
    const why = /203\.0\.113\.0\/24 stays: 0 other sites serve it, at least 1 must \(minSites\)/;
    assert.match(ended[stays].stderr, why);
    await birds[stays].shows(ofPrefix, /BGP\.as_path: 65010\n/);
    assert.doesNotMatch(birds[stays].log(), /Received: Administrative shutdown/);
  },
);

test(
  'fairlead stop --force R19: BIRD sees 65535:0, then the withdrawal, then Cease 6/2 with its text (R24)',
  options,
  async () => {
    const { birds, coordinators, directories } = world();
    const since = birds[remaining].log().length;
    const stopping = runFairlead(['stop', '--force', 'R19'], directories[remaining]);
    await birds[remaining].logs(drainedBy('announcer'), since);
    await birds[remaining].shows(ofPrefix, /Network not found/);
    const { code, stdout } = await stopping;
    assert.deepEqual([code, stdout], [0, 'stopped\n']);
    assert.equal(await coordinators[remaining].ended(), 0);
    await birds[remaining].logs(/Received: Administrative shutdown: "fairlead stop"/, since);
  },
);
