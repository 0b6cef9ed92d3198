/** `fairlead check`: is the config sound? Says everything that is wrong, starts nothing, uses no network. */
import { formatProblem, formatProblems } from '#config/problem.ts';
import type { Problem } from '#config/problem.ts';
import { checkDirectory, loadBareFollower } from '#config/check-directory.ts';
import type { CheckedConfig, ConfigFault } from '#config/check-directory.ts';
import { exitCode } from '../command.ts';
import { defineCommand } from '../define.ts';
import { configDirectory } from '../options.ts';
import type { Result } from '#base/result.ts';

export const command = defineCommand({
  name: 'check',
  summary: 'check fairlead.yaml, sites/ and zones/',
  usage: `Usage: fairlead check [--config DIR] [-o json]

Checks fairlead.yaml and the release beside it, and says everything that is wrong with its place.
Exit code: 0 sound (warnings go to stderr), 1 not sound, 2 wrong usage.

  -c, --config DIR   where fairlead.yaml, sites/ and zones/ lie (default: here, else /etc/fairlead)
  -o, --output json  one JSON object: {ok, release, problems, warnings}`,
  options: { config: { type: 'string', short: 'c' }, output: { type: 'string', short: 'o' } },
  run: ({ values, misused }) => {
    const isJson = values.output === 'json';
    if (values.output !== undefined && !isJson) {
      return Promise.resolve(misused(`got output '${values.output}', expected json`));
    }
    return Promise.resolve(check(configDirectory(values.config), isJson));
  },
});

function check(directory: string, isJson: boolean): number {
  const follower = loadBareFollower(directory);
  if (follower !== undefined) {
    if (isJson) write({ ok: true, release: null, problems: [], warnings: [] });
    else process.stdout.write(`ok: ${follower.site} follows, its release comes from the writer\n`);
    return exitCode.ok;
  }
  const checked = checkDirectory(directory);
  if (isJson) writeJson(checked);
  else writeText(checked);
  return checked.ok ? exitCode.ok : exitCode.failed;
}

function writeText(checked: Result<CheckedConfig, ConfigFault>): void {
  if (!checked.ok) {
    const { problems, sources } = checked.fault;
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    process.stderr.write(`${formatProblems(problems, sources)}${count}\n`);
    return;
  }
  const { machine, release } = checked.value;
  process.stderr.write(release.warnings.map((warning) => `warning: ${formatProblem(warning)}\n`).join(''));
  const { sites, zones, steering, digest } = release;
  const services = new Set(steering.endpoints.map((endpoint) => endpoint.service)).size;
  const parts = [
    counted(sites.size, 'site'),
    counted(services, 'service'),
    counted(steering.prefixes.length, 'prefix', 'prefixes'),
    counted(zones.length, 'zone'),
  ];
  process.stdout.write(`ok: ${machine.site}, ${parts.join(', ')}, release ${digest.slice(0, 12)}\n`);
}

function writeJson(checked: Result<CheckedConfig, ConfigFault>): void {
  const value: JsonOutput = checked.ok
    ? { ok: true, release: checked.value.release.digest, problems: [], warnings: checked.value.release.warnings }
    : { ok: false, release: null, problems: checked.fault.problems, warnings: [] };
  write(value);
}

/** What `-o json` writes. */
interface JsonOutput {
  readonly ok: boolean;
  readonly release: string | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function write(value: JsonOutput): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
