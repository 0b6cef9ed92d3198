/**
 * A site in network namespaces: machines and a border router with a real BIRD 2 on one LAN, nothing of it in our own
 * namespace. Needs root. Everything goes away with the namespaces, also when a test run was killed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { routerIsMissing } from '../../src/bgp-ts/test/router.ts';
import { eventually } from '../../src/bgp-ts/test/wait.ts';
import type { Scope } from './scope.ts';

/** Why these tests cannot run here; false when they can. */
export const labIsMissing: string | false = whyNot();

function whyNot(): string | false {
  if (routerIsMissing !== false || process.env['CI'] === 'true') return routerIsMissing;
  return spawnSync('nft', ['--version']).error === undefined ? false : 'nft is missing: apt-get install -y nftables';
}

/** Where BIRD stands on the LAN. */
export const routerAddress = '10.9.0.254';

const namePrefix = 'fairlead-path-';
/** A busy machine starts several processes at once. */
const patienceMs = 20_000;

/** The LAN of a site. */
export class PathLab {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fairlead-path-'));
  readonly #names: readonly string[];
  #bird: ChildProcess | undefined;

  private constructor(machines: readonly string[]) {
    this.#names = ['router', ...machines];
  }

  /** Builds the LAN with machines by name and address, and starts BIRD with these protocols. */
  static async start(scope: Scope, machines: Readonly<Record<string, string>>, protocols: string): Promise<PathLab> {
    removeLeftovers();
    const lab = new PathLab(Object.keys(machines));
    const remove = (): void => lab.#remove();
    process.on('exit', remove);
    scope.after(async () => {
      process.off('exit', remove);
      if (lab.#bird !== undefined && lab.#bird.exitCode === null && lab.#bird.signalCode === null) {
        lab.#bird.kill('SIGKILL');
        await once(lab.#bird, 'exit');
      }
      remove();
    });
    lab.#build(machines);
    await lab.#startBird(protocols);
    return lab;
  }

  /** What to put before a program so that it runs on a machine. */
  within(machine: string): readonly string[] {
    return ['ip', ...this.#netns(machine)];
  }

  /** Runs a program on a machine and gives what it prints. */
  run(machine: string, ...command: readonly string[]): string {
    return execFileSync('ip', [...this.#netns(machine), ...command], { encoding: 'utf8' });
  }

  /** Drops every BFD packet that comes to a machine or leaves it, or lets them through again. */
  blockBfd(machine: string, isBlocked: boolean): void {
    if (!isBlocked) {
      this.run(machine, 'nft', 'delete', 'table', 'inet', 'bfd');
      return;
    }
    const chain = (hook: string): string =>
      `chain ${hook} { type filter hook ${hook} priority 0; udp dport { 3784, 4784 } drop; };`;
    this.run(machine, 'nft', `table inet bfd { ${chain('input')} ${chain('output')} }`);
  }

  /** Pulls a machine's cable, or puts it in again. */
  setLink(machine: string, state: 'up' | 'down'): void {
    this.run(machine, 'ip', 'link', 'set', 'lan', state);
  }

  /** Gives BIRD other protocols; what is the same goes on. */
  async configure(protocols: string): Promise<void> {
    writeFileSync(join(this.#folder, 'bird.conf'), this.#config(protocols));
    const answer = await this.ask('configure');
    if (!answer.includes('Reconfigur')) throw new Error(`BIRD refused its configuration: ${answer}\n${protocols}`);
  }

  /** Runs a command of birdc and returns what it prints. */
  async ask(command: string): Promise<string> {
    const child = spawn('birdc', ['-s', join(this.#folder, 'control'), ...command.split(' ')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return text(child.stdout);
  }

  /** Waits until birdc's answer to a command matches. */
  async shows(command: string, pattern: RegExp): Promise<string> {
    let last = '';
    return this.#until(
      `"${pattern.source}" in "${command}"`,
      async () => {
        last = await this.ask(command);
        return pattern.test(last) ? last : undefined;
      },
      () => last,
    );
  }

  /** BIRD's log so far; times with microseconds at the start of each line. */
  log(): string {
    return readFileSync(join(this.#folder, 'bird.log'), 'utf8');
  }

  /** Waits until BIRD's log from `since` on matches. */
  async logs(pattern: RegExp, since = 0): Promise<string> {
    const read = (): string => this.log().slice(since);
    return this.#until(
      `"${pattern.source}" in the log of BIRD`,
      () => (pattern.test(read()) ? read() : undefined),
      read,
    );
  }

  /** Starts to wait for a packet on the LAN that a tcpdump filter matches. */
  async packet(filter: string): Promise<{ readonly seen: Promise<string> }> {
    const args = [...this.#netns('router'), 'tcpdump', '-n', '-v', '-l', '-c', '1', '-i', 'lan', filter];
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const seen = text(child.stdout);
    const deadline = setTimeout(() => child.kill(), patienceMs);
    void seen.then(() => clearTimeout(deadline));
    const listening = Promise.withResolvers<undefined>();
    child.stderr.on('data', (bytes) => {
      if (String(bytes).includes('listening on')) listening.resolve(undefined);
    });
    child.on('exit', () => listening.reject(new Error('tcpdump ended before it listened')));
    await listening.promise;
    return { seen };
  }

  /** Notes each change of a machine's addresses with its time, until the lab goes. */
  async watchAddresses(machine: string): Promise<() => string> {
    const args = [...this.#netns(machine), 'ip', '-ts', '-o', 'monitor', 'address'];
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += String(chunk)));
    // Its first line proves that it listens.
    let host = 0;
    await eventually('a line of ip monitor', () => {
      if (output !== '') return true;
      this.run(machine, 'ip', 'address', 'add', `127.9.9.${++host}/32`, 'dev', 'lo');
      return undefined;
    });
    return () => output;
  }

  #netns(machine: string): readonly string[] {
    return ['netns', 'exec', this.#namespace(machine)];
  }

  #namespace(machine: string): string {
    return `${namePrefix}${process.pid}-${machine}`;
  }

  #build(machines: Readonly<Record<string, string>>): void {
    for (const name of this.#names) {
      execFileSync('ip', ['netns', 'add', this.#namespace(name)]);
      this.run(name, 'ip', 'link', 'set', 'lo', 'up');
    }
    this.run('router', 'ip', 'link', 'add', 'lan', 'type', 'bridge');
    this.run('router', 'ip', 'address', 'add', `${routerAddress}/24`, 'dev', 'lan');
    this.run('router', 'ip', 'link', 'set', 'lan', 'up');
    for (const [name, address] of Object.entries(machines)) {
      const far = ['peer', 'name', 'lan', 'netns', this.#namespace(name)];
      this.run('router', 'ip', 'link', 'add', `to-${name}`, 'type', 'veth', ...far);
      this.run('router', 'ip', 'link', 'set', `to-${name}`, 'master', 'lan', 'up');
      this.run(name, 'ip', 'address', 'add', `${address}/24`, 'dev', 'lan');
      this.run(name, 'ip', 'link', 'set', 'lan', 'up');
    }
  }

  async #startBird(protocols: string): Promise<void> {
    writeFileSync(join(this.#folder, 'bird.conf'), this.#config(protocols));
    const files = [
      '-c',
      join(this.#folder, 'bird.conf'),
      '-s',
      join(this.#folder, 'control'),
      '-P',
      `${this.#folder}/pid`,
    ];
    const args = [...this.#netns('router'), 'bird', '-f', ...files];
    const bird = spawn('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#bird = bird;
    await eventually('an answer of BIRD', () => {
      if (bird.exitCode !== null) throw new Error(`BIRD refused its configuration:\n${protocols}`);
      const asked = spawnSync('birdc', ['-s', join(this.#folder, 'control'), 'show', 'status'], { encoding: 'utf8' });
      return asked.stdout.includes('Daemon is up and running') ? true : undefined;
    });
  }

  #config(protocols: string): string {
    return `
      router id 192.0.2.254;
      timeformat log iso long us;
      log "${this.#folder}/bird.log" all;
      debug protocols { states, events, routes };
      protocol device {}
      ${protocols}`;
  }

  async #until(
    awaited: string,
    probe: () => string | undefined | Promise<string | undefined>,
    last: () => string,
  ): Promise<string> {
    return eventually(awaited, probe, patienceMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen:\n${last()}`);
    });
  }

  #remove(): void {
    for (const name of this.#names) removeNamespace(this.#namespace(name));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function removeNamespace(namespace: string): void {
  // The namespace outlives its name while a program runs in it.
  const { stdout } = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) if (/^\d+$/.test(line)) tryKill(Number(line));
  spawnSync('ip', ['netns', 'delete', namespace]);
}

/** Removes the namespaces of test runs that were killed. */
function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) {
    const match = /^(fairlead-path-(\d+)-\w+)\b/.exec(line);
    if (match !== null && !existsSync(`/proc/${match[2]}`)) removeNamespace(match[1] ?? '');
  }
}

function tryKill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
