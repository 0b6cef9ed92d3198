/**
 * A real BIRD 2 in a network namespace of its own, at the other end of a veth pair: a neighbor over a link, with its own
 * kernel counters. Needs root. Everything goes away with the namespace, also when a test run was killed.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { birdIsMissing } from './bird.ts';
import { eventually, patienceMs } from './wait.ts';

const namePrefix = 'bgp-ts-';

/** Why tests with a router cannot run here; false when they can. Under CI nothing is skipped, so they fail instead. */
export const routerIsMissing: string | false = birdIsMissing !== false ? birdIsMissing : whyNoNamespaces();

function whyNoNamespaces(): string | false {
  if (process.env['CI'] === 'true') return false;
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  return spawnSync('ip', ['netns', 'list']).status === 0 ? false : 'ip netns does not work here';
}

/** The link between us and the router. */
export interface Link {
  /** Our end in this namespace, and the router's in its own. */
  readonly device: string;
  readonly routerDevice: string;
  /** Our address of this number, 1 to 99. */
  readonly ipv4: (host: number) => string;
  readonly ipv6: (host: number) => string;
  /** The router's addresses, one for each of ours. */
  readonly routerIpv4: (host: number) => string;
  readonly routerIpv6: (host: number) => string;
}

/** A running BIRD behind a link. */
export class Router implements AsyncDisposable {
  readonly link: Link;
  readonly #namespace: string;
  readonly #folder: string;
  readonly #bird: ChildProcess;
  readonly #removeAtExit = (): void => removeNamespace(this.#namespace, this.link.device);

  private constructor(link: Link, namespace: string, folder: string, bird: ChildProcess) {
    this.link = link;
    this.#namespace = namespace;
    this.#folder = folder;
    this.#bird = bird;
    process.on('exit', this.#removeAtExit);
  }

  /**
   * Makes the link with addresses of the numbers `hosts` at both ends, and starts BIRD with the protocols that `configure`
   * writes. A second one beside it has no `hosts`.
   */
  static async start(
    hosts: readonly number[],
    configure: (link: Link) => string,
    { isSecond = false }: { readonly isSecond?: boolean } = {},
  ): Promise<Router> {
    removeLeftovers();
    const namespace = `${namePrefix}${process.pid}${isSecond ? '-2' : ''}`;
    const link = linkOf(process.pid, isSecond);
    const folder = mkdtempSync(join(tmpdir(), 'bgp-ts-router-'));
    try {
      makeLink(namespace, link, hosts);
      const config = `
        router id 192.0.2.254;
        log "${folder}/bird.log" all;
        debug protocols { states, events };
        protocol device {}
        ${configure(link)}`;
      writeFileSync(join(folder, 'bird.conf'), config);
      const files = ['-c', `${folder}/bird.conf`, '-s', `${folder}/control`, '-P', `${folder}/pid`];
      const bird = spawn('ip', ['netns', 'exec', namespace, 'bird', '-f', ...files], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const router = new Router(link, namespace, folder, bird);
      // BIRD opens its control socket before it has read its configuration.
      await eventually('an answer of BIRD', () => {
        if (bird.exitCode !== null) throw new Error(`BIRD refused its configuration:\n${config}`);
        const asked = spawnSync('birdc', ['-s', `${folder}/control`, 'show', 'status'], { encoding: 'utf8' });
        return asked.stdout.includes('Daemon is up and running') ? true : undefined;
      });
      return router;
    } catch (error) {
      removeNamespace(namespace, link.device);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits until birdc's answer to a command matches. */
  async shows(command: string, pattern: RegExp): Promise<string> {
    let last = '';
    return eventually(`"${pattern.source}" in "${command}"`, async () => {
      const child = spawn('birdc', ['-s', join(this.#folder, 'control'), ...command.split(' ')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      last = await text(child.stdout);
      return pattern.test(last) ? last : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen:\n${last}`);
    });
  }

  /** A kernel counter of the router's namespace, such as `TcpExtTCPMD5Failure`. */
  counter(name: string): number {
    return kernelCounter(name, this.#namespace);
  }

  /** Starts to wait for a packet at the router's end of the link that a tcpdump filter matches. */
  async packet(filter: string): Promise<{ readonly seen: Promise<string> }> {
    const command = ['tcpdump', '-n', '-v', '-l', '-c', '1', '-i', this.link.routerDevice, filter];
    const child = spawn('ip', ['netns', 'exec', this.#namespace, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const seen = text(child.stdout);
    const listening = Promise.withResolvers<undefined>();
    child.stderr.on('data', (bytes) => {
      if (String(bytes).includes('listening on')) listening.resolve(undefined);
    });
    child.on('exit', () => listening.reject(new Error('tcpdump ended before it listened')));
    await listening.promise;
    const deadline = setTimeout(() => child.kill(), patienceMs);
    void seen.then(() => clearTimeout(deadline));
    return { seen };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#bird.exitCode === null && this.#bird.signalCode === null) {
      this.#bird.kill('SIGKILL');
      await once(this.#bird, 'exit');
    }
    removeNamespace(this.#namespace, this.link.device);
    process.off('exit', this.#removeAtExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A kernel counter as nstat shows it, since the start of a namespace; default ours. */
export function kernelCounter(name: string, namespace?: string): number {
  const nstat = ['nstat', '-a', '-s', '-z', name];
  const command = namespace === undefined ? nstat : ['ip', 'netns', 'exec', namespace, ...nstat];
  const shown = execFileSync('env', command, { encoding: 'utf8' });
  const value = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(shown)?.[1];
  if (value === undefined) throw new Error(`nstat does not show ${name}:\n${shown}`);
  return Number(value);
}

/** Addresses of RFC 2544 and RFC 4193 by process, so that test runs side by side do not meet. */
function linkOf(processId: number, isSecond: boolean): Link {
  const [near, far] = isSecond ? ['c', 'd'] : ['a', 'b'];
  const net = processId % 256;
  const upper = (processId >> 8) % 2;
  return {
    device: `bt${processId}${near}`,
    routerDevice: `bt${processId}${far}`,
    ipv4: (host) => `198.${18 + upper}.${net}.${host}`,
    ipv6: (host) => `fd00:${processId.toString(16)}::${host.toString(16)}`,
    routerIpv4: (host) => `198.${18 + upper}.${net}.${100 + host}`,
    routerIpv6: (host) => `fd00:${processId.toString(16)}::${(100 + host).toString(16)}`,
  };
}

function makeLink(namespace: string, link: Link, hosts: readonly number[]): void {
  const { device, routerDevice } = link;
  ip('netns', 'add', namespace);
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', routerDevice, 'netns', namespace);
  const within = ['-n', namespace];
  for (const host of hosts) {
    addAddress(link, host);
    ip('address', 'add', `${link.ipv6(host)}/64`, 'dev', link.device, 'nodad');
    ip(...within, 'address', 'add', `${link.routerIpv4(host)}/24`, 'dev', routerDevice);
    ip(...within, 'address', 'add', `${link.routerIpv6(host)}/64`, 'dev', routerDevice, 'nodad');
  }
  ip(...within, 'address', 'add', 'fe80::fe/64', 'dev', routerDevice, 'nodad');
  ip('address', 'add', 'fe80::1/64', 'dev', device, 'nodad');
  ip(...within, 'link', 'set', 'lo', 'up');
  ip(...within, 'link', 'set', routerDevice, 'up');
  ip('link', 'set', device, 'up');
}

/** Gives us the IPv4 address of this number. */
export function addAddress(link: Link, host: number): void {
  ip('address', 'add', `${link.ipv4(host)}/24`, 'dev', link.device);
}

/** Takes the IPv4 address of this number from us. */
export function removeAddress(link: Link, host: number): void {
  ip('address', 'delete', `${link.ipv4(host)}/24`, 'dev', link.device);
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Removes a router's namespace and the link to it, of which `device` is our end. */
function removeNamespace(namespace: string, device: string): void {
  // The namespace outlives its name while a program runs in it, and takes the link with it only some time after that:
  // the next router of this process would meet a device of its name.
  spawnSync('ip', ['link', 'delete', device]);
  const shown = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
  for (const line of shown.stdout.split('\n')) if (/^\d+$/.test(line)) tryKill(Number(line));
  spawnSync('ip', ['netns', 'delete', namespace]);
}

/** Removes the namespaces of test runs that were killed. */
function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const line of stdout.split('\n')) {
    const match = /^(bgp-ts-(\d+)(-2)?)(?:\s|$)/.exec(line);
    if (match === null || existsSync(`/proc/${match[2]}`)) continue;
    const { device } = linkOf(Number(match[2]), match[3] !== undefined);
    removeNamespace(match[1] ?? '', device);
  }
}

function tryKill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
