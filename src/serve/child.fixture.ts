/** A fixture that runs as a process of its own, and whose parent waits for what it tells. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { TestContext } from 'node:test';

/** A running fixture. */
export interface Child {
  readonly process: ChildProcess;
  /** What it has written to standard error so far. */
  readonly stderr: () => string;
  /** The next message that it sends; its end before that is a failure that has what it wrote. */
  readonly next: () => Promise<unknown>;
}

/** Starts a fixture of this folder, which ends with the test at the latest. */
export function startChild(context: TestContext, file: string, args: readonly string[]): Child {
  const child = fork(new URL(file, import.meta.url), args, { silent: true });
  context.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        child.off('close', onClose);
        resolve(message);
      };
      // Unlike its exit, this comes after every message.
      const onClose = (code: number | null, signal: string | null): void => {
        child.off('message', onMessage);
        reject(new Error(`${file} ended with ${code ?? signal ?? 'nothing'} and told nothing:\n${stderr}`));
      };
      child.once('message', onMessage).once('close', onClose);
    });
  return { process: child, stderr: () => stderr, next };
}
