/** Runs a script of the house with this Node and waits for its end. */
import { execFile } from 'node:child_process';

/** How a command ended and all that it printed. */
export interface CommandOutcome {
  readonly code: number;
  readonly output: string;
}

/** Runs `node ARGS…`. */
export function runCommand(args: readonly string[]): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args], (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, output: stdout + stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, output: stdout + stderr });
      else reject(new Error('the command did not run', { cause: error }));
    });
  });
}
