/** Bad config: everything that is wrong is named with its place, the exit code is 1, and nothing is started. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { startCoordinator } from './fairlead-process.ts';
import { directoryWith, loopbackAddress } from './scope.ts';
import { addressesOf } from './ask.ts';
import { apiPort, dnsPort, machineFile, newSites, releaseFiles } from './world.ts';

const timeout = 60_000;

test(
  'errors in several files are all named with line and column, by start and by check, and nothing starts',
  { timeout },
  async (context) => {
    const directory = directoryWith(context, {
      'fairlead.yaml': `site: fra
stateDirectory: var
dns: { listn: ['127.0.0.1:5300'] }
api: { listen: '127.0.0.1' }
replication: { role: writer }
`,
      'sites/fra.yaml': `site: fra
name: Frankfurt
locaton: { latitude: 50.1, longitude: 8.6 }
location: { latitude: 'north', longitude: 8.6 }
endpoints:
  www:
    - { address: 192.0.2.300, port: 80 }
vrrpGrace: 8 apples
`,
      'zones/services.yaml': 'services:\n  www:\n    check: { type: http, interval: 1x }\n',
      'zones/example.com.zone':
        '$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 1209600 60\n@ IN NS ns1\nns1 IN A 1.2.3\n',
    });
    const runs = [await runFairlead(['coordinator'], directory), await runFairlead(['check'], directory)];
    for (const { code, stderr } of runs) {
      assert.equal(code, 1);
      for (const line of [
        /^fairlead\.yaml:3:8: dns: unknown key 'listn', did you mean 'listen'\?/m,
        /^fairlead\.yaml:4:16: api\.listen: got '127\.0\.0\.1', expected an address and port such as /m,
        /^sites\/fra\.yaml:3:1: unknown key 'locaton', did you mean 'location'\?/m,
        /^sites\/fra\.yaml:4:23: location\.latitude: got 'north', expected (a )?number/m,
        /^sites\/fra\.yaml:7:18: endpoints\.www\[0\]\.address: got '192\.0\.2\.300', expected an IPv4 or IPv6 address/m,
        /^sites\/fra\.yaml:8:12: vrrpGrace: got '8 apples', expected a duration/m,
        /^zones\/services\.yaml:3:36: services\.www\.check\.interval: got '1x', expected a duration/m,
        /^zones\/example\.com\.zone:4:10: .*1\.2\.3/m,
      ]) {
        assert.match(stderr, line);
      }
    }
    assert.equal(existsSync(join(directory, 'var')), false, 'no state is made');
  },
);

test('a gate with an unknown service is named with the nearest one', { timeout }, async (context) => {
  const sites = newSites();
  const policyLines = `prefixes:
  - { prefix: 203.0.113.0/24, sites: [fra], gatedBy: { any: [wwww] } }
`;
  const directory = directoryWith(context, {
    'fairlead.yaml': machineFile(sites, { site: 'fra' }),
    ...releaseFiles(sites, { policyLines }),
  });
  const { code, stderr } = await runFairlead(['coordinator'], directory);
  assert.match(
    stderr,
    /^zones\/services\.yaml:4:\d+: prefixes\[0\]\.gatedBy\.any\[0\]: no service 'wwww', .*did you mean 'www'\?/m,
  );
  assert.equal(code, 1);
});

test('an API for other machines needs a token file, says check', { timeout }, async (context) => {
  const sites = newSites();
  const machine = machineFile(sites, { site: 'fra' }).replace(`'${sites.fra}:${apiPort}'`, `'192.0.2.1:${apiPort}'`);
  const directory = directoryWith(context, { 'fairlead.yaml': machine, ...releaseFiles(sites) });
  const { code, stderr } = await runFairlead(['check'], directory);
  assert.match(stderr, /^fairlead\.yaml:4:16: api\.listen: '192\.0\.2\.1' can be reached .* expected a tokenFile/m);
  assert.equal(code, 1);
});

test('a missing directory and a missing fairlead.yaml are told in one line', { timeout }, async (context) => {
  const directory = directoryWith(context, {});
  for (const command of ['coordinator', 'check', 'status', 'demo']) {
    const { code, stderr } = await runFairlead([command, '--config', join(directory, 'nowhere')], directory);
    assert.match(stderr, /^fairlead\.yaml: cannot read .*nowhere\/fairlead\.yaml: there is no such file$/m);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.equal(code, 1);
  }
});

for (const [what, port] of [
  ['API', apiPort],
  ['DNS', dnsPort],
] as const) {
  test(
    `a port of the ${what} that is taken ends the start with one line and exit code 1`,
    { timeout },
    async (context) => {
      const sites = newSites();
      const blocker = createServer().listen(port, sites.fra);
      await once(blocker, 'listening');
      context.after(() => blocker.close());
      const files = { 'fairlead.yaml': machineFile(sites, { site: 'fra' }), ...releaseFiles(sites) };
      const { code, stderr } = await runFairlead(['coordinator'], directoryWith(context, files));
      assert.match(
        stderr,
        new RegExp(`^fairlead: .*${sites.fra}:${port}.*(in use|EADDRINUSE|another program has it)`, 'm'),
      );
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.equal(code, 1);
    },
  );
}

test(
  'a second coordinator with the same state directory is refused, the first is unharmed',
  { timeout },
  async (context) => {
    const sites = newSites();
    const directory = directoryWith(context, {
      'fairlead.yaml': machineFile(sites, { site: 'fra' }),
      ...releaseFiles(sites),
    });
    const first = await startCoordinator(context, directory);
    const elsewhere = directoryWith(context, {
      'fairlead.yaml': machineFile({ ...sites, fra: loopbackAddress() }, { site: 'fra' }).replace(
        'stateDirectory: var',
        `stateDirectory: ${join(directory, 'var')}`,
      ),
      ...releaseFiles(sites),
    });
    const { code, stderr } = await runFairlead(['coordinator'], elsewhere);
    assert.match(stderr, /another process holds it|another coordinator runs here/);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.equal(code, 1);
    assert.equal((await addressesOf(sites.fra, 'plain.example.com.')).join(), '192.0.2.1');
    assert.notEqual((await runFairlead(['status'], directory)).code, 75);
    assert.ok(first.isRunning());
  },
);
