/**
 * The network of the interop matrix: one namespace for us, one for each daemon, each joined to ours by a veth pair.
 * Everything stands in a mount, network and PID namespace of its own (`enterCommand`), so that daemons, links,
 * sockets and files are gone with its first process, however that ends. Needs root.
 */
import type { ChildProcess } from 'node:child_process';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Runs what follows as the first process of namespaces of its own. */
export const enterCommand = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/** Users that packages bring, and containers without systemd have not got. */
const users = { _bgpd: { id: 64_901, home: '/run/openbgpd' } } as const;

/** Hides the host's /run behind an empty one and adds the users that daemons drop their rights to. */
export function enterWorld(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', '/run']);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const [name, { id, home }] of Object.entries(users)) {
    mkdirSync(home, { recursive: true });
    addLine('/etc/passwd', name, `${name}:x:${id}:${id}::${home}:/usr/sbin/nologin`);
    addLine('/etc/group', name, `${name}:x:${id}:`);
  }
}

function addLine(file: string, name: string, line: string): void {
  const text = readFileSync(file, 'utf8');
  if (text.includes(`\n${name}:`)) return;
  const copy = path.join('/run', path.basename(file));
  writeFileSync(copy, text);
  appendFileSync(copy, `${line}\n`);
  execFileSync('mount', ['--bind', copy, file]);
}

/** A daemon's namespace: it has `.254` and `::fe`, we have the numbers from 1 on. */
export interface Place {
  readonly space: string;
  readonly folder: string;
  readonly link: string;
  readonly theirs: { readonly v4: string; readonly v6: string };
  ours(index: number): { readonly v4: string; readonly v6: string };
}

/** Makes the namespace of the `number`th daemon (1 to 200), joined to ours with `addresses` addresses of ours. */
export function makePlace(name: string, number: number, addresses: number): Place {
  const place: Place = {
    space: name,
    folder: `/run/interop/${name}`,
    link: `to-${name}`,
    theirs: { v4: `10.${number}.0.254`, v6: `fd00:${number}::fe` },
    ours: (index) => ({ v4: `10.${number}.0.${index + 1}`, v6: `fd00:${number}::${(index + 1).toString(16)}` }),
  };
  mkdirSync(place.folder, { recursive: true, mode: 0o755 });
  const ours = Array.from({ length: addresses }, (_, index) => place.ours(index));
  execFileSync('ip', ['netns', 'add', name]);
  ip([
    `link add ${place.link} type veth peer name v0 netns ${name}`,
    ...ours.flatMap(({ v4, v6 }) => addressLines(v4, v6, place.link)),
    `link set ${place.link} up`,
  ]);
  ip([...addressLines(place.theirs.v4, place.theirs.v6, 'v0'), 'link set lo up', 'link set v0 up'], name);
  return place;
}

function addressLines(v4: string, v6: string, link: string): readonly string[] {
  return [`address add ${v4}/24 dev ${link}`, `address add ${v6}/64 dev ${link} nodad`];
}

function ip(lines: readonly string[], space?: string): void {
  const where = space === undefined ? [] : ['-n', space];
  execFileSync('ip', [...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** What carries data; acknowledgements alone pass, as from a host whose process is stopped. */
const data = ['-p', 'tcp', '--tcp-flags', 'PSH', 'PSH', '-j', 'DROP'];

/**
 * From now on no TCP data from this IPv4 address arrives in the namespace (undefined: ours), until `hear`. Dropped where
 * it would arrive: what is dropped where it leaves, the kernel there knows of, and takes for congestion.
 */
export function silence(space: string | undefined, address: string): void {
  filter(space, '-A', address);
}

/** Undoes `silence`. */
export function hear(space: string | undefined, address: string): void {
  filter(space, '-D', address);
}

function filter(space: string | undefined, action: '-A' | '-D', address: string): void {
  const where = space === undefined ? [] : ['ip', 'netns', 'exec', space];
  execFileSync('env', [...where, 'iptables', action, 'INPUT', '-s', address, ...data]);
}

/** What a command prints, also where it fails: daemons' clients fail for "not found". */
export function ask(command: string, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, words, { maxBuffer: 1 << 28 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** A process in a namespace, with its children in one process group. */
export class PlacedProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = '';

  constructor(place: Place, command: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const child = spawn('ip', ['netns', 'exec', place.space, command, ...words], {
      cwd: place.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => (this.#output += String(chunk)));
    }
    this.#child = child;
    this.#exit = once(child, 'exit');
  }

  /** What it has written to stdout and stderr. */
  output(): string {
    return this.#output;
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends a signal to it and its children. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && !this.hasEnded()) process.kill(-this.#child.pid, signal);
  }

  /** SIGKILL to it and its children; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exit;
  }
}
