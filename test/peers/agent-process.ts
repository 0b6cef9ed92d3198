/** The agent as a process of its own, for tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export interface AgentProcess {
  /** Everything that it has logged. */
  log(): string;
  /** Resolves when the log holds a line that matches; rejects after ten seconds. */
  untilLogged(pattern: RegExp): Promise<void>;
  rewriteConfig(text: string): void;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code. */
  exited(): Promise<number | null>;
}

const main = fileURLToPath(new URL('agent-main.ts', import.meta.url));

/** Starts the agent with this config, through the command of `prefix` where given; it dies with the test. */
export function startAgentProcess(context: TestContext, config: string, prefix: readonly string[] = []): AgentProcess {
  const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-agent-'));
  const file = path.join(folder, 'agent.yaml');
  writeFileSync(file, config);
  // `env` runs its arguments as a command: something to start where there is no prefix.
  const child = spawn('env', [...prefix, process.execPath, main, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += String(chunk);
      wake();
    });
  }
  // `close` comes when everything that it wrote has been read.
  const exit = once(child, 'close');
  context.after(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  });
  return {
    log: () => output,
    untilLogged: async (pattern) => {
      const late = AbortSignal.timeout(10_000);
      while (!pattern.test(output)) {
        if (late.aborted) throw new Error(`nothing like ${String(pattern)} in\n${output}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          late.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    rewriteConfig: (text) => writeFileSync(file, text),
    signal: (signal) => child.kill(signal),
    exited: async () => {
      await exit;
      return child.exitCode;
    },
  };
}
