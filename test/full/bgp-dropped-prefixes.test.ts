/** A release that drops many prefixes, with a real BIRD: what the bulk breaker holds back outlives a restart (R20, R24). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { Bird, birdIsMissing } from '../../src/bgp-ts/test/bird.ts';
import { startCoordinator } from '../cli/fairlead-process.ts';
import { directoryWith, fileScope } from '../cli/scope.ts';
import { startWebServer } from '../cli/web-server.ts';
import { machineFile, newSites, releaseFiles } from '../cli/world.ts';

const options = { timeout: 60_000, skip: birdIsMissing };
const scope = fileScope();
const count = 13;

test(
  'R20, R24: what a release drops in bulk and is held back stays told over a restart, community and all',
  options,
  async () => {
    const sites = newSites();
    const bird = await Bird.start({ local: 65_000, peer: 'as 65010' }, 'ipv4 { import all; export none; };');
    scope.after(() => bird[Symbol.asyncDispose]());
    await startWebServer(scope, sites.fra);
    const siteLines = {
      fra: `bgp:
  asn: 65010
  routerId: ${sites.fra}
  neighbors: [ { name: rt, address: 127.0.0.1, asn: 65000, port: ${bird.port} } ]
`,
    };
    const lines = Array.from({ length: count }, (_, index) => {
      const rest = `gatedBy: { any: [www] }, drain: 1s, export: { communities: ['64500:1'] }`;
      return `  - { prefix: 203.0.113.${index}/32, sites: [fra], ${rest} }\n`;
    });
    const releaseOf = (policyLines: string) => releaseFiles(sites, { siteLines, policyLines, coordinators: ['fra'] });
    const directory = directoryWith(scope, {
      'fairlead.yaml': machineFile(sites, { site: 'fra' }),
      ...releaseOf(`prefixes:\n${lines.join('')}`),
    });
    const before = await startCoordinator(scope, directory);
    await bird.shows('show route count', new RegExp(`^${count} of ${count} routes`, 'm'));

    writeFileSync(join(directory, 'zones/services.yaml'), releaseOf('')['zones/services.yaml'] ?? '');
    const applied = await runFairlead(['apply', '-r', 'an empty list'], directory);
    assert.equal(applied.code, 0, applied.stderr);
    await bird.shows('show route count', /^3 of 3 routes/m);

    before.signal('SIGTERM');
    await before.ended();
    const after = await startCoordinator(scope, directory);
    await after.untilLogged(/203\.0\.113\.12\/32 .*the release drops many prefixes at once/);
    await bird.logs(/Connection closed[^]*Got END-OF-RIB/);
    const routes = await bird.shows('show route all', /BGP\.community: \(64500,1\)/);
    assert.equal(routes.match(/^203\.0\.113\.1[0-2]\/32 /gm)?.length, 3, routes);
    assert.doesNotMatch(routes, /\(stale\)|65535,0/);
    const status = await runFairlead(['status'], directory);
    assert.match(status.stdout, /^203\.0\.113\.10\/32 .*stays \(bulk: the release drops many prefixes at once/m);
  },
);
