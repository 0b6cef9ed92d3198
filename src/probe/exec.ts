/**
 * Runs a program of this machine as a check: exit code 0 passes.
 *
 * No shell, a process group of its own that ends whole with the run, an environment of its own, little of its output
 * kept. Which programs exist is written in the release, which other machines may have made; so only those run that lie in
 * a directory which this machine's own config allows.
 */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { CheckDefinition } from '#health/check-definition.ts';
import type { ExecKind } from '#health/check-kind.ts';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';

const keptOutputBytes = 1024;
/** How long output may take to come in after the program's end; its group is gone by then. */
const outputGraceMs = 200;

/** Runs an `exec` check, if its program lies in one of `directories`. */
export function startExec(
  check: CheckDefinition,
  what: ExecKind,
  { directories, done }: { readonly directories: readonly string[]; readonly done: (outcome: Outcome) => void },
): Cancel {
  const program = findProgram(what.command[0] ?? '', directories);
  if (!program.isAllowed) {
    const timer = setImmediate(done, unable(program.why));
    return () => {
      clearImmediate(timer);
    };
  }
  const child = spawn(program.path, what.command.slice(1), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LC_ALL: 'C',
      FAIRLEAD_ADDRESS: check.address,
      FAIRLEAD_PORT: String(check.port),
    },
  });
  // A process without descriptors to spare gets a child without streams, which its types do not say.
  const streams: readonly (Readable | undefined)[] = [child.stdout, child.stderr];
  let output = '';
  let isOver = false;
  let grace: NodeJS.Timeout | undefined;
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  };
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(grace);
    for (const stream of streams) stream?.destroy();
    done(outcome);
  };
  for (const stream of streams) {
    stream?.on('data', (bytes: Buffer) => {
      if (output.length < keptOutputBytes) output += bytes.toString('latin1', 0, keptOutputBytes);
    });
  }
  child.on('error', (error) => {
    end(unable(`${program.path} cannot be run: ${error.message}`));
  });
  child.once('exit', (code, signal) => {
    // What the program has left behind is not left running.
    endGroup();
    const finish = (): void => {
      end(describeExit(code, signal, output));
    };
    child.once('close', finish);
    grace = setTimeout(finish, outputGraceMs);
  });
  return () => {
    isOver = true;
    clearTimeout(grace);
    endGroup();
    for (const stream of streams) stream?.destroy();
  };
}

function describeExit(code: number | null, signal: string | null, output: string): Outcome {
  const said = (output.split('\n').find((line) => line.trim() !== '') ?? '').replaceAll(/[^\x20-\x7e]/g, '?').trim();
  const words = said === '' ? '' : `: ${said.slice(0, 200)}`;
  return {
    passed: code === 0,
    reason: `${code === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${code}`}${words}`,
  };
}

/** A program that may run, or why it may not. */
export type Found =
  { readonly isAllowed: true; readonly path: string } | { readonly isAllowed: false; readonly why: string };

/** The program behind all links, if it lies in an allowed directory; what runs is what was looked at. */
export function findProgram(path: string, directories: readonly string[]): Found {
  if (directories.length === 0) {
    return { isAllowed: false, why: `${path} is not permitted here: fairlead.yaml names no directory in checks.exec` };
  }
  try {
    const real = realpathSync(path);
    if (directories.some((directory) => real.startsWith(realDirectory(directory))))
      return { isAllowed: true, path: real };
    return { isAllowed: false, why: `${path} is not permitted here: it is not in ${directories.join(' or ')}` };
  } catch (error) {
    return {
      isAllowed: false,
      why: `${path} cannot be run: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function realDirectory(path: string): string {
  const real = realpathSync(path);
  return real.endsWith(sep) ? real : `${real}${sep}`;
}
