/** Runs the matrix in namespaces of its own and gathers its cells. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cell } from './matrix.ts';
import { enterCommand } from './world.ts';

const inside = fileURLToPath(new URL('inside-main.ts', import.meta.url));

/** Runs what `words` choose (see inside-main.ts); cells in the order in which they ended. */
export async function collectCells(words: readonly string[]): Promise<readonly Cell[]> {
  const [command, ...rest] = [...enterCommand, process.execPath, inside, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  // Its death is that of all that it started.
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const cells: Cell[] = [];
  createInterface(child.stdout).on('line', (line) => {
    // Lines are what inside-main.ts writes: cells.
    cells.push(JSON.parse(line) as Cell);
  });
  await once(child, 'close');
  process.off('exit', end);
  if (child.exitCode !== 0) throw new Error(`the matrix ended with ${child.exitCode ?? child.signalCode ?? ''}`);
  return cells;
}

/** What a host needs for the matrix: programs, and the Debian package of each. */
const programs = {
  '/usr/sbin/bird': 'bird2',
  '/usr/lib/frr/bgpd': 'frr',
  '/usr/bin/gobgpd': 'gobgpd',
  '/usr/sbin/exabgp': 'exabgp',
  '/usr/sbin/bgpd': 'openbgpd',
} as const;

/** Why the matrix cannot run here; undefined when it can. Under CI that is an error instead. */
export function missingForMatrix(): string | undefined {
  const missing = findMissing();
  if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
  return missing;
}

function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root: run the tests with sudo';
  const packages = Object.entries(programs).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (packages.length > 0) return `daemons are missing: apt-get install -y ${packages.join(' ')}`;
  try {
    const [command, ...rest] = [...enterCommand, 'true'];
    execFileSync(command, rest, { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'namespaces cannot be made here: run the tests on a host or in a privileged container';
  }
}
