/** `fairlead get checks` of a running coordinator: each check with its state, and what this machine may not run. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checksSchema } from '#api/checks.ts';
import type { Checks } from '#api/checks.ts';
import { runFairlead } from '../../src/cli/process.fixture.ts';
import { startCoordinator } from './fairlead-process.ts';
import { directoryWith, fileScope } from './scope.ts';
import { startWebServer } from './web-server.ts';
import { machineFile, newSites, releaseFiles } from './world.ts';

const timeout = 60_000;
const scope = fileScope();
const sites = newSites();
await startWebServer(scope, sites.fra);
const timing = 'interval: 100ms, timeout: 5s';
const directory = directoryWith(scope, releaseFiles(sites, { coordinators: ['fra'] }));
const programs = join(directory, 'programs');
mkdirSync(programs);
writeFileSync(join(programs, 'good'), '#!/bin/sh\necho "fine at $FAIRLEAD_ADDRESS"\n');
chmodSync(join(programs, 'good'), 0o755);
writeFileSync(
  join(directory, 'fairlead.yaml'),
  machineFile(sites, { site: 'fra', more: `checks: { exec: ['${programs}'] }\n` }),
);
writeFileSync(
  join(directory, 'zones/more.yaml'),
  `services:
  job: { check: { type: exec, command: ['${programs}/good'], ${timing} } }
  other: { check: { type: exec, command: ['/bin/true'], ${timing} } }
`,
);
const endpoints = ['job', 'other']
  .map((name, index) => `  ${name}: [ { address: ${sites.fra}, port: ${81 + index} } ]\n`)
  .join('');
const siteFile = join(directory, 'sites/fra.yaml');
writeFileSync(siteFile, `${releaseFiles(sites, { coordinators: ['fra'] })['sites/fra.yaml'] ?? ''}${endpoints}`);
await startCoordinator(scope, directory);

async function checksThat(isWanted: (checks: Checks['checks']) => boolean): Promise<Checks['checks']> {
  for (;;) {
    const { code, stdout, stderr } = await runFairlead(['get', 'checks', '-o', 'json'], directory);
    assert.equal(code, 0, stderr);
    const { checks } = checksSchema.parse(JSON.parse(stdout));
    if (isWanted(checks)) return checks;
    await sleep(100);
  }
}

test('each check is listed with its state, what it is for, and how it ran', { timeout }, async () => {
  const checks = await checksThat((all) => all.length === 4 && all.every(({ runs }) => runs >= 3));
  const of = (user: string) => checks.find(({ usedBy }) => usedBy.includes(user));
  const [www, dead, job, other] = ['www/fra/4', 'www/iad/4', 'job/fra/4', 'other/fra/4'].map(of);
  assert.deepEqual([www?.state, www?.last?.reason, www?.failures], ['up', 'status 200', 0]);
  assert.equal(dead?.state, 'down');
  assert.match(dead.last?.reason ?? '', /refused$/);
  assert.deepEqual([job?.state, job?.last?.reason], ['up', `exit code 0: fine at ${sites.fra}`]);
  assert.equal(other?.state, 'unknown');
  assert.equal(other.last?.result, 'unable');
  assert.match(other.last.reason, /\/bin\/true is not permitted here/);
});

test('the table shows the same, and the failing alone where that is asked', { timeout }, async () => {
  const { stdout } = await runFairlead(['get', 'checks', '--failing'], directory);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^STATE +STREAK +RUNS +FAILED +TOOK +LATE +LAST +CHECK +FOR$/);
  assert.match(lines[1] ?? '', /^down .* refused .* www\/iad\/4$/);
  assert.ok(lines.every((line) => !line.startsWith('up')));
  const wrong = await runFairlead(['get', 'zones'], directory);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /got 'zones', expected checks/);
});
