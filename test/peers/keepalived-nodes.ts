/**
 * Two nodes as network namespaces joined by a veth pair, each with a real keepalived and the agent, and a collector
 * of their reports. Needs root.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { reportSchema } from '#health/report.ts';
import type { Report, VipReport } from '#health/report.ts';
import { startAgentProcess } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';

export const vip = '10.99.0.100';

/** What is missing for these tests; undefined when nothing is. */
export function missingForKeepalived(): string | undefined {
  const missing = findMissing();
  if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
  return missing;
}

function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root: run the tests with sudo';
  try {
    execFileSync('keepalived', ['--version'], { stdio: 'ignore' });
  } catch {
    return 'keepalived is missing: apt-get install -y keepalived';
  }
  const probe = `fairlead-${process.pid}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'delete', probe], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'network namespaces cannot be made here: run the tests on a host or in a privileged container with iproute2';
  }
}

export interface KeepalivedNode {
  readonly name: string;
  readonly agent: AgentProcess;
  start(): void;
  /** Ends keepalived in order and awaits its end. */
  stop(): Promise<void>;
  /** SIGKILL to both of its processes: the VIP is left behind. */
  kill(): Promise<void>;
  reload(): void;
  /** Runs a command on the node and returns what it wrote. */
  run(command: string): string;
}

export interface KeepalivedWorld {
  readonly nodes: readonly [KeepalivedNode, KeepalivedNode];
  readonly reports: readonly Report[];
  /** The first report of the node, from the `from`th report of all on, whose address is as wanted. */
  until(
    what: string,
    node: KeepalivedNode,
    isWanted: (report: VipReport) => boolean,
    from?: number,
  ): Promise<VipReport>;
}

/** Builds the world; keepalived runs on neither node yet, the agents do. */
export function startKeepalivedWorld(context: TestContext): KeepalivedWorld {
  const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-keepalived-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const spaces = [`fairlead-${process.pid}-a`, `fairlead-${process.pid}-b`] as const;
  joinNamespaces(context, spaces);
  const log = startCollector(context, spaces[0]);
  const node = (index: 0 | 1, priority: number): KeepalivedNode =>
    startNode(context, { name: `lb${index + 1}`, space: spaces[index], folder, priority });
  return { nodes: [node(0, 150), node(1, 100)], ...log };
}

function joinNamespaces(context: TestContext, [a, b]: readonly [string, string]): void {
  const ip = (...words: string[]): void => void execFileSync('ip', words);
  for (const space of [a, b]) {
    ip('netns', 'add', space);
    context.after(() => ip('netns', 'delete', space));
  }
  ip('link', 'add', 'v0', 'netns', a, 'type', 'veth', 'peer', 'name', 'v0', 'netns', b);
  for (const [index, space] of [a, b].entries()) {
    ip('-n', space, 'address', 'add', `10.99.0.${index + 1}/24`, 'dev', 'v0');
    ip('-n', space, 'link', 'set', 'lo', 'up');
    ip('-n', space, 'link', 'set', 'v0', 'up');
  }
}

function startCollector(context: TestContext, space: string): Pick<KeepalivedWorld, 'reports' | 'until'> {
  const main = fileURLToPath(new URL('keepalived-collector-main.ts', import.meta.url));
  const words = ['netns', 'exec', space, process.execPath, main, '10.99.0.1'];
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => end(child, 'SIGKILL'));
  const reports: Report[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    reports.push(reportSchema.parse(JSON.parse(line)));
    for (const wake of waiting) wake();
    waiting.clear();
  });
  const until: KeepalivedWorld['until'] = async (what, node, isWanted, from = 0) => {
    const late = AbortSignal.timeout(15_000);
    for (let index = from; ; index++) {
      while (index >= reports.length) {
        if (late.aborted) throw new Error(`${node.name} did not report "${what}":\n${node.agent.log()}`);
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          late.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      const report = reports[index];
      const found = report?.node === node.name ? report.vips[0] : undefined;
      if (found !== undefined && isWanted(found)) return found;
    }
  };
  return { reports, until };
}

interface NodeParts {
  readonly name: string;
  readonly space: string;
  readonly folder: string;
  readonly priority: number;
}

function startNode(context: TestContext, { name, space, folder, priority }: NodeParts): KeepalivedNode {
  const fifo = path.join(folder, `${name}.fifo`);
  const config = path.join(folder, `${name}.conf`);
  writeFileSync(config, keepalivedConfig(fifo, priority));
  const vrrpPid = path.join(folder, `${name}.vrrp.pid`);
  const parentPid = path.join(folder, `${name}.pid`);
  let daemon: ChildProcess | undefined;
  const endDaemon = async (signal: NodeJS.Signals): Promise<void> => {
    const dying = daemon;
    daemon = undefined;
    if (dying !== undefined) await end(dying, signal);
  };
  context.after(() => endDaemon('SIGTERM'));
  return {
    name,
    agent: startAgentProcess(context, agentConfig(name, fifo), ['ip', 'netns', 'exec', space]),
    start: () => {
      // Left behind by a kill; where nobody reaps the dead, keepalived takes them for itself, running.
      for (const file of [parentPid, vrrpPid]) rmSync(file, { force: true });
      const pids = ['--pid', parentPid, '--vrrp_pid', vrrpPid];
      const words = ['--dont-fork', '--log-console', '--vrrp', '--use-file', config, ...pids];
      daemon = spawn('ip', ['netns', 'exec', space, 'keepalived', ...words], { stdio: 'ignore' });
    },
    stop: () => endDaemon('SIGTERM'),
    kill: async () => {
      const child = Number(readFileSync(vrrpPid, 'utf8'));
      // The parent first, for it would start its child again; stopped, the child cannot clean up meanwhile.
      process.kill(child, 'SIGSTOP');
      const gone = endDaemon('SIGKILL');
      process.kill(child, 'SIGKILL');
      await gone;
    },
    reload: () => daemon?.kill('SIGHUP'),
    run: (command) => execFileSync('ip', ['netns', 'exec', space, 'sh', '-c', command], { encoding: 'utf8' }),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

function agentConfig(name: string, fifo: string): string {
  return `
site: fra
node: ${name}
interval: 300ms
coordinators: ['http://10.99.0.1:8053']
keepalived:
  fifo: ${fifo}
  instances:
    VI_1: { addresses: [${vip}] }
`;
}

function keepalivedConfig(fifo: string, priority: number): string {
  return `
global_defs {
  script_user root
  enable_script_security
  vrrp_notify_fifo ${fifo} root
  fifo_write_vrrp_states_on_reload
  vrrp_version 3
}
vrrp_instance VI_1 {
  state BACKUP
  nopreempt
  interface v0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  virtual_ipaddress {
    ${vip}/24 dev v0
  }
}
`;
}
