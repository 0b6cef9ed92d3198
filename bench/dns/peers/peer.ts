/** What the benchmark needs to know of a DNS server: how it is set up and started. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamicCase, DynamicPlace } from '../dynamic.ts';

/** A program that a server needs, and the Debian package that brings it. */
export interface Requirement {
  readonly program: string;
  readonly package: string;
}

/** Where and how one server is to run. */
export interface Place {
  /** An empty directory of its own. */
  readonly directory: string;
  /** The apex of the one zone, without its last dot. */
  readonly zone: string;
  /** The zone's master file. */
  readonly zoneFile: string;
  readonly port: number;
  /** UDP workers. */
  readonly threads: number;
  /** What is to be answered dynamically beside the zone; undefined where nothing is. */
  readonly dynamic: DynamicPlace | undefined;
}

/** What a server has a record like: master files as they are, or one of the dynamic cases. */
export type RecordKind = 'static' | DynamicCase;

/** A command that runs in the foreground until it gets SIGTERM. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** A server under test, on 127.0.0.1, with minimal responses, without rate limiting, without logs of queries. */
export interface Peer {
  readonly name: string;
  readonly requirements: readonly Requirement[];
  /** What can be asked of it; it is left out of the other cases. */
  readonly records: readonly RecordKind[];
  /** The version that is installed; called only when the requirements are met. */
  version(): string;
  /** Writes the server's files into its directory and says how to start it. */
  prepare(place: Place): Command;
}

/** The file of the zone with further lines: a copy where there are any, else the shared one. */
export function zoneFileWith({ directory, zone, zoneFile }: Place, lines: string): string {
  if (lines === '') return zoneFile;
  const file = join(directory, `${zone}.zone`);
  writeFileSync(file, readFileSync(zoneFile, 'utf8') + lines);
  return file;
}

/** The first version number that a command prints, wherever it prints it. */
export function printedVersion(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, [...args], { encoding: 'utf8' });
  // A log line may begin with a time of day.
  const text = (stdout + stderr).replaceAll(/\d+:\d+:\d+/g, '');
  return /\d+(?:\.\d+)+\S*/.exec(text)?.[0] ?? 'of unknown version';
}
