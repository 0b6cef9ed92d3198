/** The config of a directory, checked as a coordinator would: `fairlead.yaml`, then the release. Never uses the network. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { findProgram } from '#probe/exec.ts';
import { bgpMachineProblems } from './bgp-checks.ts';
import type { Inability } from './check-warnings.ts';
import { loadMachine, machineFileName } from './machine.ts';
import type { MachineConfig } from './machine.ts';
import { readGeoFile } from './geo-file.ts';
import { fileProblem, sortProblems } from './problem.ts';
import type { Problem } from './problem.ts';
import { readReleaseFiles } from './release-files.ts';
import type { ReleaseFiles } from './release-files.ts';
import { compileRelease } from './release.ts';
import type { CompiledRelease } from './release.ts';
import { parseSite } from './site.ts';
import { readZones } from './zone-reader.ts';
import type { ZoneReading } from './zone-facts.ts';

/** A config that a coordinator could start with. */
export interface CheckedConfig {
  readonly machine: MachineConfig;
  readonly release: CompiledRelease;
  readonly files: ReleaseFiles;
}

/** Everything that keeps it from starting, with the texts to show it in. */
export interface ConfigFault {
  readonly problems: readonly Problem[];
  readonly sources: ReadonlyMap<string, string>;
}

/** The machine of a directory without a release: a follower, which has its release from the writer. */
export function loadBareFollower(directory: string): MachineConfig | undefined {
  if (hasReleaseFolders(directory)) return undefined;
  const machine = loadMachine(directory);
  return machine.ok && machine.value.replication.role === 'follower' ? machine.value : undefined;
}

/** Checks a directory; all problems of all files at once. */
export function checkDirectory(directory: string): Result<CheckedConfig, ConfigFault> {
  const machine = loadMachine(directory);
  const sources = new Map<string, string>();
  if (!machine.ok && machine.fault.text !== undefined) sources.set(machineFileName, machine.fault.text);
  // Without a sound fairlead.yaml it may be a follower's directory, which needs no release.
  if (!machine.ok && !hasReleaseFolders(directory)) return refuse({ problems: machine.fault.problems, sources });
  const files = readReleaseFiles(directory);
  for (const [path, text] of files.ok ? files.value : []) sources.set(path, text);
  const site = machine.ok ? machine.value.site : undefined;
  const inability = machine.ok ? inabilityOf(machine.value) : (): undefined => undefined;
  const zones = files.ok ? readZones(files.value).readings : new Map<string, ZoneReading>();
  const release = files.ok ? compileRelease(files.value, { site, zones, inability }) : files;
  const ofDatabases = machine.ok ? databaseProblems(machine.value) : [];
  const ofBgp = machine.ok && files.ok && release.ok ? ownSiteProblems(machine.value, files.value) : [];
  if (machine.ok && files.ok && release.ok && ofDatabases.length + ofBgp.length === 0) {
    return succeed({ machine: machine.value, release: release.value, files: files.value });
  }
  const ofMachine = machine.ok ? ofDatabases : machine.fault.problems;
  const ofRelease = release.ok ? ofBgp : release.fault;
  return refuse({ problems: [...sortProblems(ofMachine), ...sortProblems(ofRelease)], sources });
}

/** What keeps this machine from running checks that look at the machine itself. */
function inabilityOf({ checks }: MachineConfig): Inability {
  return (check) => {
    if (check.type === 'file') return existsSync(check.path) ? undefined : `${check.path} is not there`;
    if (check.type !== 'exec') return undefined;
    const program = findProgram(check.command[0], checks.execDirectories);
    return program.isAllowed ? undefined : program.why;
  };
}

/** A coordinator starts without a database that is damaged, and answers as if it knew less: better told beforehand. */
function databaseProblems({ geoDatabases }: MachineConfig): readonly Problem[] {
  return geoDatabases.flatMap((path) => {
    const read = readGeoFile(path);
    return read.ok ? [] : [fileProblem(machineFileName, `geo.databases: ${read.fault}`)];
  });
}

/** What this machine lacks for the neighbors of its own site. */
function ownSiteProblems({ site, bgp }: MachineConfig, files: ReleaseFiles): readonly Problem[] {
  const file = `sites/${site}.yaml`;
  const own = parseSite(file, files.get(file) ?? '');
  return own.ok ? bgpMachineProblems(own.value.site, bgp, own.value.problemAt) : [];
}

function hasReleaseFolders(directory: string): boolean {
  return ['sites', 'zones'].some((folder) => existsSync(join(directory, folder)));
}
