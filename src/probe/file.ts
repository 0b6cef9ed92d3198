/**
 * Reads a file that says `up` or `down`, and after it why: `down replacing the disk`.
 *
 * A file that is missing or says neither is no evidence (R3): the target's state stays. A change is noticed at once where
 * the system tells of changes (`watchFiles`), else by the next run.
 */
import { open } from 'node:fs/promises';
import { constants, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { unable } from './outcome.ts';
import type { Cancel, Outcome } from './outcome.ts';

const maxBytes = 300;

/** Runs a `file` check. */
export function startFile(path: string, done: (outcome: Outcome) => void): Cancel {
  let isCancelled = false;
  void readState(path).then((outcome) => {
    if (!isCancelled) done(outcome);
  });
  return () => {
    isCancelled = true;
  };
}

async function readState(path: string): Promise<Outcome> {
  try {
    // Not waiting for a writer, should it be a FIFO.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return unable(`${path} is no plain file`);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
      return judge(path, buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    return unable(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function judge(path: string, text: string): Outcome {
  const [, state, why] = /^\s*(up|down)\b[ \t:]*([^\r\n]*)/i.exec(text) ?? [];
  if (state === undefined) return unable(`${path} says neither up nor down`);
  const words = (why ?? '').replaceAll(/\p{Cc}/gu, '?').trim();
  const said = state.toLowerCase();
  return { passed: said === 'up', reason: `${path} says ${said}${words === '' ? '' : `: ${words}`}` };
}

/** Watches files by the directories that they lie in, since a file is often replaced by another of its name. */
export class FileWatch {
  readonly #onChange: (path: string) => void;
  #watchers = new Map<string, FSWatcher>();
  #paths: ReadonlySet<string> = new Set();

  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  /** Takes the wanted files; a directory that cannot be watched is left to the checks' intervals. */
  replace(paths: ReadonlySet<string>): void {
    this.#paths = paths;
    const directories = new Set([...paths].map((path) => dirname(path)));
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of directories) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  close(): void {
    this.replace(new Set());
  }

  #watch(directory: string): void {
    const told = (name: string | null): void => {
      for (const path of this.#paths) {
        if (dirname(path) === directory && (name === null || basename(path) === name)) this.#onChange(path);
      }
    };
    try {
      const watcher = watch(directory, { persistent: false }, (_, name) => {
        told(name);
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(directory);
      });
      this.#watchers.set(directory, watcher);
    } catch {
      // No such directory yet, or no watches left: the next run reads the file all the same.
    }
  }
}
