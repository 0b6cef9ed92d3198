/** What operators do to routes for a time, as a real BIRD at each site sees it: blackhole, depref, and a forced drain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import type { Finished } from '../../src/cli/process.fixture.ts';
import { birdOptions as options, drainedBy, ofPrefix, prefix, startBirdSites, startOnce } from '../cli/bird-sites.ts';
import type { BirdSites } from '../cli/bird-sites.ts';
import { startCoordinator } from '../cli/fairlead-process.ts';
import { fileScope } from '../cli/scope.ts';
import type { Files, Sites } from '../cli/scope.ts';

const scope = fileScope();
const notFound = /Network not found/;

/** A steered record is served for a second only, so that the drain of a site comes to its routes. */
function withShortTtl(files: Files): Files {
  const zone = files['zones/example.com.zone'] ?? '';
  return { ...files, 'zones/example.com.zone': zone.replace('www 30 IN LUA', 'www 1 IN LUA') };
}

async function startBench(): Promise<BirdSites> {
  const bench = await startBirdSites(scope, {
    prefixLines: "    export: { communities: ['64500:1'], depreferred: { communities: ['64500:80'] } }\n",
    neighborKeys: { fra: 'export: { med: 10 }', iad: 'export: { med: 50 }' },
    adapt: withShortTtl,
  });
  const { fra, iad } = bench.birds;
  await Promise.all([fra, iad].map((bird) => bird.shows(ofPrefix, /BGP\.as_path: 65010\n/)));
  return bench;
}

const world = startOnce(startBench);

/** Runs a command at a site; its words are separated by spaces, and why is asked of all of them. */
function run(site: keyof Sites, words: string): Promise<Finished> {
  return runFairlead([...words.split(' ')], world().directories[site]);
}

test(
  'R26: a blackhole is told to both routers with BLACKHOLE and NO_EXPORT beside its prefix, and taken back at once',
  options,
  async () => {
    const { birds } = world();
    const { code, stdout } = await run('fra', 'blackhole 203.0.113.7 --for 1h --why flood');
    assert.deepEqual([code, stdout.replace(/until.*/, '')], [0, '203.0.113.7/32 is discarded at fra, iad \n']);
    for (const bird of [birds.fra, birds.iad]) {
      const route = await bird.shows('show route all 203.0.113.7/32', /BGP\.community:/);
      assert.match(route, /BGP\.community: \(65535,666\) \(65535,65281\)\n/);
      assert.match(route, /BGP\.as_path: 65010\n/);
      assert.match(await bird.ask('show', 'route', 'all', prefix), /BGP\.community: \(64500,1\)\n/);
    }
    const [status, shown] = await Promise.all([run('iad', 'status'), run('iad', 'bgp')]);
    assert.match(status.stdout, /^blackhole 203\.0\.113\.7\/32 +fra .*in effect in BGP +flood$/m);
    assert.match(status.stdout, /^blackhole 203\.0\.113\.7\/32 +iad .*in effect in BGP +flood$/m);
    assert.match(shown.stdout, /203\.0\.113\.7\/32 +via \S+ path 65010 65535:666 65535:65281 .*flood/);
    const undone = await run('iad', 'unblackhole 203.0.113.7');
    assert.match(undone.stdout, /^203\.0\.113\.7\/32 is no longer discarded at (fra, iad|iad, fra)\n$/);
    for (const bird of [birds.fra, birds.iad]) {
      await bird.shows('show route 203.0.113.7/32', notFound);
      assert.match(await bird.ask('show', 'route', 'all', prefix), /BGP\.as_path: 65010\n/);
    }
  },
);

test(
  'R26: a blackhole at one site is seen there alone, and ends by itself; what is not one address of ours is refused',
  options,
  async () => {
    const { birds, coordinators } = world();
    const since = coordinators.fra.output().length;
    assert.equal((await run('iad', 'blackhole 203.0.113.8 --for 4s --why scan --site fra')).code, 0);
    await birds.fra.shows('show route all 203.0.113.8/32', /\(65535,666\)/);
    assert.match(await birds.iad.ask('show', 'route', '203.0.113.8/32'), notFound);
    const refusals = [
      [
        '192.0.2.7 --for 1h --why x',
        /'192\.0\.2\.7\/32' lies in no prefix of ours, expected one of 203\.0\.113\.0\/24/,
        1,
      ],
      ['203.0.113.0/25 --for 1h --why x', /'203\.0\.113\.0\/25' is not a single address, expected \/32/, 1],
      ['203.0.113.9 --for 1h --why x --site ams', /at ams: .*lies in no prefix of ours/, 1],
      ['203.0.113.9 --for 1h', /expected --why/, 2],
      ['203.0.113.9 --why x', /got '', expected a duration such as 30m/, 2],
      ['203.0.113.9/24 --for 1h --why x', /expected an address or a prefix, its host bits zero/, 2],
    ] as const;
    const refuse = async ([words, message, code]: (typeof refusals)[number]): Promise<void> => {
      const refused = await run('fra', `blackhole ${words}`);
      assert.match(refused.stderr, message);
      assert.equal(refused.code, code, words);
    };
    await Promise.all(refusals.map(refuse));
    await birds.fra.shows('show route 203.0.113.8/32', notFound);
    await coordinators.fra.untilLogged(/203\.0\.113\.8\/32.* is over/, since);
    const [status, again] = await Promise.all([run('fra', 'status'), run('fra', 'unblackhole 203.0.113.8')]);
    assert.doesNotMatch(status.stdout, /203\.0\.113\.[89]/);
    assert.equal(again.code, 1);
    assert.match(await birds.fra.ask('show', 'route', 'count'), /^1 of 1 routes for 1 networks/m);
  },
);

test(
  'R26: depref is told by MED, AS_PATH and community over what the neighbor is told anyway, at one site',
  options,
  async () => {
    const { birds } = world();
    const unlucky = await run('fra', 'depref 198.51.100.0/24 --site iad --for 1h --why x');
    assert.match(unlucky.stderr, /there is no prefix '198\.51\.100\.0\/24', expected one of 203\.0\.113\.0\/24/);
    assert.equal((await run('fra', `depref ${prefix} --site iad --for 1h --why hot`)).code, 0);
    const lower = await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010 65010 65010 65010\n/);
    assert.match(lower, /BGP\.med: 1050\n/);
    assert.match(lower, /BGP\.community: \(64500,1\) \(64500,80\)\n/);
    const plain = await birds.fra.ask('show', 'route', 'all', prefix);
    assert.match(plain, /BGP\.as_path: 65010\n[^]*BGP\.med: 10\n[^]*BGP\.community: \(64500,1\)\n/);
    const [status, shown] = await Promise.all([run('iad', 'status'), run('iad', 'bgp')]);
    assert.match(status.stdout, /^203\.0\.113\.0\/24 +depreferred .*de-preferred: hot$/m);
    assert.match(status.stdout, /^depref 203\.0\.113\.0\/24 +iad .*in effect in BGP +hot$/m);
    assert.match(shown.stdout, /203\.0\.113\.0\/24 +via \S+ path 65010 65010 65010 65010 med 1050/);
  },
);

test(
  'R24, R26: depref and blackhole survive SIGKILL of their coordinator, and no route looks better meanwhile',
  options,
  async () => {
    const { birds, coordinators, directories } = world();
    assert.equal((await run('iad', 'blackhole 203.0.113.9 --for 1h --why worm --site iad')).code, 0);
    await birds.iad.shows('show route all 203.0.113.9/32', /\(65535,666\)/);
    coordinators.iad.signal('SIGKILL');
    await coordinators.iad.ended();
    const progress: { isBack: boolean } = { isBack: false };
    const starting = startCoordinator(scope, directories.iad).then(async (coordinator) => {
      coordinators.iad = coordinator;
      await birds.iad.shows('show protocols all announcer', /BGP state: +Established/);
      await run('iad', 'bgp');
      progress.isBack = true;
    });
    while (!progress.isBack) {
      assert.match(await birds.iad.ask('show', 'route', 'all', prefix), /BGP\.as_path: 65010 65010 65010 65010\n/);
      assert.match(await birds.iad.ask('show', 'route', 'all', '203.0.113.9/32'), /\(65535,666\)/);
    }
    await starting;
    assert.equal((await run('fra', `undepref ${prefix}`)).code, 0);
    assert.match(await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010\n/), /BGP\.med: 50\n/);
    assert.equal((await run('fra', 'unblackhole 203.0.113.9')).code, 0);
    await birds.iad.shows('show route 203.0.113.9/32', notFound);
  },
);

test(
  'R26: a drain that limits keep waiting is told by its rule, and goes on by --force of that rule alone',
  options,
  async () => {
    const { birds, web, coordinators } = world();
    await web.fra.stop();
    await birds.fra.shows(ofPrefix, notFound);
    const since = coordinators.fra.output().length;
    await web.fra.start();
    await birds.fra.shows(ofPrefix, /BGP\.as_path: 65010\n/);
    await coordinators.fra.untilLogged(/203\.0\.113\.0\/24 is announced/, since);
    // The other site came back a moment ago, and counts as out until it has settled.
    const before = coordinators.iad.output().length;
    assert.equal((await run('iad', 'drain iad -r kernel -e 30m')).code, 0);
    await coordinators.iad.untilLogged(/2 of 2 sites would be out, at most 50% may/, before);
    assert.match((await run('iad', 'status')).stdout, /^203\.0\.113\.0\/24 +announced .*stays \(.*2 of 2 sites/m);
    assert.equal((await run('iad', 'undrain iad')).code, 0);
    const wrong = await run('iad', 'drain iad -r kernel -e 30m --force R19');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /minSites/);
    const told = birds.iad.log().length;
    const forced = await run('iad', 'drain iad -r kernel -e 30m --force maxWithdrawn --force settle');
    assert.equal(forced.code, 0, forced.stderr);
    await birds.iad.logs(drainedBy('announcer'), told);
    await birds.iad.shows(ofPrefix, notFound);
    assert.match(await birds.fra.ask('show', 'route', 'all', prefix), /BGP\.as_path: 65010\n/);
    assert.match((await run('iad', 'status')).stdout, /^drain +iad .*in effect in DNS and BGP/m);
    assert.equal((await run('fra', 'undrain iad')).code, 0);
    await birds.iad.shows(ofPrefix, /BGP\.as_path: 65010\n/);
  },
);
