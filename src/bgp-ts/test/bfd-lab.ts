/**
 * Two network namespaces with a cable between them: our BFD speaker at the near end, FRR's bfdd or BIRD at the far one.
 * Whatever was started ends, and the namespaces go, when the lab is disposed of.
 */
import { execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot } from '../src/bfd/types.ts';
import type { BfdChildCommand, BfdChildNews } from './bfd-child.ts';
import { eventually, EventLog } from './wait.ts';

const bfddPath = '/usr/lib/frr/bfdd';

/** Why tests with real BFD daemons cannot run here; false when they can. Under CI nothing is skipped, so they fail. */
export const bfdLabIsMissing: string | false = process.env['CI'] === 'true' ? false : (missing() ?? false);

/** Addresses of both ends; the far ones are the peer's. */
export const near = { ipv4: '192.0.2.1', ipv6: '2001:db8::1', linkLocal: 'fe80::1' } as const;
export const far = { ipv4: '192.0.2.2', ipv6: '2001:db8::2', linkLocal: 'fe80::2' } as const;

let labCount = 0;
const openLabs = new Set<BfdLab>();

// A test that ran out of time disposes of nothing; neither namespaces nor daemons shall outlive it.
process.once('exit', () => {
  for (const lab of openLabs) lab.abandon();
});
process.once('SIGTERM', () => process.exit(143));

/** A lab of two ends. */
export class BfdLab implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bgp-ts-bfd-'));
  readonly #id = `${process.pid}x${labCount++}`;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    openLabs.add(this);
    chmodSync(this.folder, 0o777);
    const [a, b] = [this.namespace('near'), this.namespace('far')];
    try {
      for (const namespace of [a, b]) ip('netns', 'add', namespace);
      ip('link', 'add', 'near', 'netns', a, 'type', 'veth', 'peer', 'name', 'far', 'netns', b);
      for (const [end, addresses] of [
        ['near', near],
        ['far', far],
      ] as const) {
        const within = ['-n', this.namespace(end)];
        ip(...within, 'address', 'add', `${addresses.ipv4}/24`, 'dev', end);
        for (const address of [addresses.ipv6, addresses.linkLocal]) {
          ip(...within, 'address', 'add', `${address}/64`, 'dev', end, 'nodad');
        }
        for (const device of ['lo', end]) ip(...within, 'link', 'set', device, 'up');
      }
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  namespace(end: 'near' | 'far'): string {
    return `bfd-${end}-${this.#id}`;
  }

  /** Starts a program at one end; it ends with the lab. */
  spawn(end: 'near' | 'far', command: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace(end), ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    return child;
  }

  /** Runs a program at one end and gives what it prints. */
  run(end: 'near' | 'far', command: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace(end), ...command], { encoding: 'utf8' });
  }

  /** Starts our speaker at one end. */
  async ours(end: 'near' | 'far' = 'near'): Promise<OurBfd> {
    const entry = join(import.meta.dirname, 'bfd-child.ts');
    // `ip netns exec NAMESPACE node ENTRY`: ip becomes the program, and the channel is inherited.
    const child = fork(entry, { execPath: 'ip', execArgv: ['netns', 'exec', this.namespace(end), process.execPath] });
    this.#children.add(child);
    await once(child, 'spawn');
    return new OurBfd(child);
  }

  /** Starts bfdd at the far end with `lines` under `bfd`. */
  async bfdd(lines: string): Promise<Bfdd> {
    const config = join(this.folder, 'bfdd.conf');
    writeFileSync(config, `bfd\n${lines}\n`);
    const folder = mkdtempSync(join(this.folder, 'run-'));
    chmodSync(folder, 0o777);
    const files = ['-f', config, '-i', `${folder}/pid`, '--vty_socket', folder];
    const sockets = ['--bfdctl', `${folder}/control`, '-z', `${folder}/zserv`];
    const child = this.spawn('far', [bfddPath, '-u', 'frr', '-g', 'frr', ...files, ...sockets]);
    await eventually('the vty of bfdd', () => (existsSync(`${folder}/bfdd.vty`) ? true : undefined));
    return new Bfdd(child, (commands) =>
      this.run('far', ['vtysh', '--vty_socket', folder, ...commands.flatMap((command) => ['-c', command])]),
    );
  }

  /** Starts BIRD at the far end with `lines` inside its protocol bfd. */
  async bird(lines: string): Promise<BirdBfd> {
    const config = join(this.folder, 'bird.conf');
    const write = (text: string): void =>
      writeFileSync(config, `router id 192.0.2.2;\nprotocol device {}\nprotocol bfd {\n${text}\n}\n`);
    write(lines);
    const control = join(this.folder, 'bird.ctl');
    const child = this.spawn('far', ['bird', '-f', '-c', config, '-s', control, '-P', `${this.folder}/bird.pid`]);
    await eventually('the control socket of BIRD', () => (existsSync(control) ? true : undefined));
    const ask = (command: string): string => this.run('far', ['birdc', '-s', control, ...command.split(' ')]);
    return new BirdBfd(child, ask, (text) => {
      write(text);
      ask('configure');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await end(child);
    this.abandon();
  }

  /** Takes down what can be taken down without waiting. */
  abandon(): void {
    openLabs.delete(this);
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
    for (const side of ['near', 'far'] as const) spawnSync('ip', ['netns', 'delete', this.namespace(side)]);
  }
}

/** Our speaker in a process of its own. */
export class OurBfd {
  readonly log = new EventLog<BfdEvent>();
  readonly #news = new EventLog<BfdChildNews>();
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (news: BfdChildNews) => {
      this.#news.add(news);
      if (news.kind === 'event') this.log.add(news.event);
    });
  }

  async add(options: BfdSessionOptions, isInStorm = false): Promise<void> {
    const news = await this.#ask({ kind: 'add', options, isInStorm }, 'added');
    if (news.kind === 'added' && news.fault !== undefined) throw new Error(news.fault);
  }

  remove(name: string): void {
    this.tell({ kind: 'remove', name });
  }

  /** The session at this moment. */
  async snapshot(name: string): Promise<BfdSnapshot> {
    const news = await this.#ask({ kind: 'snapshot' }, 'snapshot');
    const found = news.kind === 'snapshot' ? news.snapshot.find((session) => session.name === name) : undefined;
    if (found === undefined) throw new Error(`no session ${name}`);
    return found;
  }

  /** Waits until the snapshot of a session matches. */
  async shows(name: string, awaited: string, matches: (snapshot: BfdSnapshot) => boolean): Promise<BfdSnapshot> {
    return eventually(awaited, async () => {
      const snapshot = await this.snapshot(name);
      return matches(snapshot) ? snapshot : undefined;
    });
  }

  /** Waits for a change of state, from event `from` on. */
  async state(name: string, state: string, from = 0): Promise<BfdEvent & { readonly kind: 'bfdState' }> {
    const event = await this.log.find(
      `${name} is ${state}`,
      (seen) => seen.kind === 'bfdState' && seen.session === name && seen.state === state,
      from,
    );
    if (event.kind !== 'bfdState') throw new Error('bug: another kind of event was found');
    return event;
  }

  async send(hex: string, address: string, ttl: number): Promise<void> {
    await this.#ask({ kind: 'send', hex, address, ttl }, 'sent');
  }

  tell(command: BfdChildCommand): void {
    this.#child.send(command);
  }

  /** Stops the process for a while, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Ends without a word. */
  async kill(): Promise<void> {
    await end(this.#child);
  }

  async stopped(isSilent: boolean): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.tell({ kind: 'stop', isSilent });
    await exit;
  }

  async #ask(command: BfdChildCommand, kind: BfdChildNews['kind']): Promise<BfdChildNews> {
    const from = this.#news.events.length;
    this.tell(command);
    return this.#news.find(kind, (news) => news.kind === kind, from);
  }
}

/** A running bfdd. */
export class Bfdd {
  readonly #child: ChildProcess;
  readonly #vtysh: (commands: readonly string[]) => string;

  constructor(child: ChildProcess, vtysh: (commands: readonly string[]) => string) {
    this.#child = child;
    this.#vtysh = vtysh;
  }

  configure(...lines: readonly string[]): void {
    this.#vtysh(['configure terminal', 'bfd', ...lines]);
  }

  /** Waits until what it shows of a peer matches. */
  async shows(peer: string, pattern: RegExp): Promise<string> {
    return seen(() => this.#vtysh([`show bfd peer ${peer}`]), pattern);
  }

  /** A number of what it counts for a peer, such as `Control packet output`. */
  counter(peer: string, name: string): number {
    const shown = this.#vtysh([`show bfd peer ${peer} counters`]);
    return Number(new RegExp(`${name}: (\\d+)`).exec(shown)?.[1]);
  }

  async kill(): Promise<void> {
    await end(this.#child);
  }
}

/** A running BIRD. */
export class BirdBfd {
  readonly #child: ChildProcess;
  readonly #ask: (command: string) => string;
  readonly configure: (lines: string) => void;

  constructor(child: ChildProcess, ask: (command: string) => string, configure: (lines: string) => void) {
    this.#child = child;
    this.#ask = ask;
    this.configure = configure;
  }

  async shows(pattern: RegExp): Promise<string> {
    return seen(() => this.#ask('show bfd sessions'), pattern);
  }

  async kill(): Promise<void> {
    await end(this.#child);
  }
}

async function seen(ask: () => string, pattern: RegExp): Promise<string> {
  let last = '';
  return eventually(pattern.source, () => {
    last = ask();
    return pattern.test(last) ? last : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; last seen:\n${last}`);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function missing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux';
  if (spawnSync('ip', ['-V']).error !== undefined) return 'ip is missing: apt-get install -y iproute2';
  if (!existsSync(bfddPath)) return 'bfdd is missing: apt-get install -y frr';
  if (spawnSync('bird', ['--version']).error !== undefined) return 'BIRD 2 is missing: apt-get install -y bird2';
  return spawnSync('tcpdump', ['--version']).error === undefined ? undefined : 'tcpdump is missing';
}
