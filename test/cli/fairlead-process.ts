/** `fairlead` as a process: what it logs is awaited line by line, how it ends is its exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Scope } from './scope.ts';

const program = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));
const longestWaitMs = 15_000;

/** A running `fairlead`. */
export interface FairleadProcess {
  /** Everything that it has written, standard error included. */
  output(): string;
  /** Resolves when the output from `since` on matches; rejects when it ends before, or after a deadline. */
  untilLogged(pattern: RegExp, since?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  isRunning(): boolean;
  readonly pid: number | undefined;
  /** Its exit code; null after a signal that it does not catch. Rejects when it does not end. */
  ended(): Promise<number | null>;
}

/** Starts `fairlead ARGS…` in a directory; it dies with its scope. `within` becomes it, as `ip netns exec NAME` does. */
export function startFairlead(
  scope: Scope,
  args: readonly string[],
  cwd: string,
  within: readonly string[] = [],
): FairleadProcess {
  const [first = '', ...rest] = [...within, process.execPath, program, ...args];
  const child = spawn(first, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += String(chunk);
      wake();
    });
  }
  let isOutputWhole = false;
  // Unlike 'exit', 'close' comes when all output has been read.
  const closed = once(child, 'close').then(() => {
    isOutputWhole = true;
    process.off('uncaughtExceptionMonitor', kill);
    wake();
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const kill = (): void => void child.kill('SIGKILL');
  // For a test file that fails before its tests: nothing is cleaned up then.
  process.once('uncaughtExceptionMonitor', kill);
  scope.after(async () => {
    if (isRunning()) kill();
    await closed;
  });
  return {
    output: () => output,
    untilLogged: async (pattern, since = 0) => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const fail = (why: string): void => {
        reject(new Error(`${why}: ${String(pattern)} in\n${output.slice(since)}`));
      };
      const check = (): void => {
        if (pattern.test(output.slice(since))) resolve(undefined);
        else if (isOutputWhole) fail('it ended without');
      };
      const late = setTimeout(fail, longestWaitMs, `not within ${longestWaitMs} ms`);
      waiting.add(check);
      check();
      await promise.finally(() => {
        clearTimeout(late);
        waiting.delete(check);
      });
    },
    signal: (signal) => child.kill(signal),
    isRunning,
    pid: child.pid,
    ended: async () => {
      const { promise, reject } = Promise.withResolvers<never>();
      const late = setTimeout(() => {
        reject(new Error(`it did not end within ${longestWaitMs} ms; its output:\n${output}`));
      }, longestWaitMs);
      await Promise.race([closed, promise]).finally(() => {
        clearTimeout(late);
      });
      return child.exitCode;
    },
  };
}

/** Starts a coordinator and waits until it answers DNS. */
export async function startCoordinator(scope: Scope, directory: string): Promise<FairleadProcess> {
  const coordinator = startFairlead(scope, ['coordinator'], directory);
  await coordinator.untilLogged(/answering DNS on/);
  return coordinator;
}
