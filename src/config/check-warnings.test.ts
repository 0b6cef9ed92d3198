import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkDirectory } from './check-directory.ts';
import { formatProblem } from './problem.ts';
import { compileRelease } from './release.ts';
import { readAnyZone, readingsOf, releaseWith, siteText } from './release.fixture.ts';

/** What a release is warned of whose services are these lines. */
function warningsOf(services: string): readonly string[] {
  const references = 'references:\n  - { type: tcp, address: 198.51.100.1, port: 80 }\n';
  // A third coordinator without endpoints, so that nothing is said of even numbers.
  const witness =
    "site: lon\nname: L\nlocation: { latitude: 51, longitude: 0 }\ncoordinator: { api: 'http://10.66.3.53:8053' }\n";
  const files = releaseWith({ 'sites/lon.yaml': witness, 'zones/www.yaml': `services:\n${services}${references}` });
  const release = compileRelease(files, {
    site: 'fra',
    zones: readingsOf(files, readAnyZone),
    inability: (check) => (check.type === 'exec' ? `${check.command[0]} is not permitted here` : undefined),
  });
  assert.ok(release.ok, release.ok ? '' : release.fault.map(formatProblem).join('\n'));
  return release.value.warnings.map(formatProblem);
}

test('a Prometheus check that passes with any value is warned of, one whose expression leaves samples out is not', () => {
  const check = (expression: string, more = ''): string =>
    `  www:\n    check: { type: prometheus, url: 'http://192.0.2.9:9090', expression: ${JSON.stringify(expression)}${more} }\n`;
  const warning =
    "zones/www.yaml:3:74: services.www.check.expression: every value passes, expected 'above', 'below', or a comparison such as == 1 in the expression";
  for (const expression of [
    'up',
    'up{instance!="$address:$port"}',
    "label_replace(up, 'a', 'x == 1', 'b', '.*')",
    'up == bool 1',
    'rate(errors_total[5m]) / rate(requests_total[5m])',
  ]) {
    assert.deepEqual(warningsOf(check(expression)), [warning], expression);
  }
  for (const expression of ['up{instance="$address"} == 1', 'load < 4', 'up unless on(job) broken', 'absent(alarm)']) {
    assert.deepEqual(warningsOf(check(expression)), [], expression);
  }
  assert.deepEqual(warningsOf(check('up', ', above: 0')), []);
});

test('a check that this machine cannot run is warned of, with the votes that a failure needs', () => {
  assert.deepEqual(warningsOf('  www:\n    checks: [{ type: tcp }, { type: exec, command: [/opt/look] }]\n'), [
    'zones/www.yaml:3:29: services.www.checks[1]: /opt/look is not permitted here: this machine has no vote here, and a failure counts with 2 of 3 coordinators',
  ]);
});

test('a program that is not permitted and a file that is not there are found by checking the directory', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const kinds = [
    `exec, command: ['${directory}/bin/look']`,
    `exec, command: ['${directory}/bin/gone']`,
    "exec, command: ['/bin/true']",
    `file, path: '${directory}/bin/look'`,
    `file, path: '${directory}/gone'`,
  ];
  const files = {
    'bin/look': 'up',
    'sites/fra.yaml': siteText('fra', 1).replace(/bgp:[^]*/, ''),
    'zones/www.yaml': `services:\n  www:\n    checks:\n${kinds.map((kind) => `      - { type: ${kind} }\n`).join('')}`,
    'fairlead.yaml': `site: fra
stateDirectory: var
dns: { listen: ['127.0.0.1:5300'] }
api: { listen: '127.0.0.1:8053' }
replication: { role: writer }
checks: { exec: ['${directory}/bin'] }
`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const checked = checkDirectory(directory);
  assert.ok(checked.ok, checked.ok ? '' : checked.fault.problems.map(formatProblem).join('\n'));
  const warned = checked.value.release.warnings.map(formatProblem).filter((line) => line.includes('no vote'));
  const noVote =
    'this machine has no vote here, and a failure counts with 1 of 1 coordinators, so that this check never fails';
  assert.deepEqual(
    warned.map((line) => line.replaceAll(directory, '')),
    [
      `zones/www.yaml:5:9: services.www.checks[1]: /bin/gone cannot be run: ENOENT: no such file or directory, lstat '/bin/gone': ${noVote}`,
      `zones/www.yaml:6:9: services.www.checks[2]: /bin/true is not permitted here: it is not in /bin: ${noVote}`,
      `zones/www.yaml:8:9: services.www.checks[4]: /gone is not there: ${noVote}`,
    ],
  );
});
