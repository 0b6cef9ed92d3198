/** Releases whose service `www` is given by a test, compiled. */
import assert from 'node:assert/strict';
import type { ServicePolicy } from '#steering/policy/model.ts';
import { formatProblem } from './problem.ts';
import { compileRelease } from './release.ts';
import type { CompiledRelease } from './release.ts';
import { readAnyZone, readingsOf, releaseWith } from './release.fixture.ts';
import type { ZoneReader } from './release.fixture.ts';
import type { SteerUse } from './zone-facts.ts';

/** The check of `www`. */
export const check = '    check: { type: tcp }\n';

/** Compiles a release whose service `www` has these lines, and whose file goes on with these. */
export function compile(
  www: string,
  { more = '', sites = {}, steers = [] }: { more?: string; sites?: Record<string, string>; steers?: SteerUse[] } = {},
): ReturnType<typeof compileRelease> {
  return compileFiles({ ...sites, 'zones/www.yaml': `services:\n  www:\n${check}${www}${more}` }, steers);
}

function compileFiles(
  changes: Readonly<Record<string, string>>,
  steers: SteerUse[],
): ReturnType<typeof compileRelease> {
  const files = releaseWith(changes);
  const readZone: ZoneReader = (file, text) => {
    const reading = readAnyZone(file, text);
    return { ...reading, facts: reading.facts && { ...reading.facts, steers } };
  };
  return compileRelease(files, { site: 'fra', zones: readingsOf(files, readZone) });
}

/** The compiled release, which must be sound. */
export function compiled(...args: Parameters<typeof compile>): CompiledRelease {
  const release = compile(...args);
  assert.ok(release.ok, release.ok ? '' : release.fault.map(formatProblem).join('\n'));
  return release.value;
}

/** The policy of `www`. */
export function policyOf(...args: Parameters<typeof compile>): ServicePolicy | undefined {
  return compiled(...args).steering.services?.get('www');
}

/** Every problem of a release that must be refused, a line for each. */
export function refusal(...args: Parameters<typeof compile>): string {
  return problemsOf(compile(...args)).join('\n');
}

/** Every problem of a release with these files in place of others, which must be refused. */
export function refusalOfFiles(changes: Readonly<Record<string, string>>, steers: SteerUse[]): readonly string[] {
  return problemsOf(compileFiles(changes, steers));
}

function problemsOf(release: ReturnType<typeof compileRelease>): readonly string[] {
  assert.equal(release.ok, false, 'the release must be refused');
  return release.fault.map(formatProblem);
}

/** The text of a policy with these steps. */
export const steps = (...lines: readonly string[]): string =>
  `    policy:\n${lines.map((line) => `      - ${line}\n`).join('')}`;
