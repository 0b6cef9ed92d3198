/** A real BIRD 2 on loopback for tests: unprivileged port, its own folder, control socket and log. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from './free-port.ts';
import { eventually } from './wait.ts';

/** Why tests with BIRD cannot run here; false when they can. Under CI nothing is skipped, so they fail instead. */
export const birdIsMissing: string | false =
  process.env['CI'] === 'true' || spawnSync('bird', ['--version']).error === undefined
    ? false
    : 'BIRD 2 is missing: apt-get install -y bird2';

/** A running BIRD whose protocol `announcer` waits for us. */
export class Bird implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.#folder = folder;
    this.port = port;
    this.#process = process;
  }

  /** Starts BIRD with `protocolLines` inside its BGP protocol; `peer` is `as NUMBER` or `external`. */
  static async start(asns: { readonly local: number; readonly peer: string }, protocolLines: string): Promise<Bird> {
    const folder = mkdtempSync(join(tmpdir(), 'bgp-ts-bird-'));
    const port = await freePort();
    const config = `
      router id 192.0.2.254;
      log "${folder}/bird.log" all;
      debug protocols { states, events, packets };
      protocol device {}
      protocol bgp announcer {
        local 127.0.0.1 port ${port} as ${asns.local};
        neighbor 127.0.0.1 ${asns.peer};
        passive on;
        multihop;
        error wait time 1, 2;
        ${protocolLines}
      }`;
    writeFileSync(join(folder, 'bird.conf'), config);
    const files = ['-c', `${folder}/bird.conf`, '-s', `${folder}/control`, '-P', `${folder}/pid`];
    const child = spawn('bird', ['-f', ...files], { stdio: ['ignore', 'ignore', 'inherit'] });
    const bird = new Bird(folder, port, child);
    await eventually('the control socket of BIRD', () => {
      if (child.exitCode !== null) throw new Error(`BIRD refused its configuration:\n${config}`);
      return existsSync(join(folder, 'control')) ? true : undefined;
    });
    return bird;
  }

  /** Runs a command of birdc and returns what it prints, also where birdc calls it a failure: "Network not found". */
  async ask(...command: readonly string[]): Promise<string> {
    const child = spawn('birdc', ['-s', join(this.#folder, 'control'), ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return text(child.stdout);
  }

  /** Waits until a command prints something that matches. */
  async shows(command: string, pattern: RegExp): Promise<string> {
    let last = '';
    return eventually(`"${pattern.source}" in "${command}"`, async () => {
      last = await this.ask(...command.split(' '));
      return pattern.test(last) ? last : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen:\n${last}`);
    });
  }

  /** The log so far. */
  log(): string {
    return readFileSync(join(this.#folder, 'bird.log'), 'utf8');
  }

  /** Waits until the log from `since` on matches, and gives it. */
  async logs(pattern: RegExp, since = 0): Promise<string> {
    const read = (): string => this.log().slice(since);
    return eventually(`"${pattern.source}" in the log of BIRD`, () =>
      pattern.test(read()) ? read() : undefined,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; the log:\n${read()}`);
    });
  }

  /** Sends the process a signal, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
