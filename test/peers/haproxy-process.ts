/** A real HAProxy on loopback with web servers behind it, for the tests of the agent's side. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { askHaproxy } from '#edge/haproxy/socket.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';

/** What is missing for the tests with a real HAProxy; undefined when nothing is. */
export function missingHaproxy(): string | undefined {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    const missing = 'haproxy is missing: apt-get install -y haproxy';
    if (process.env['CI'] === 'true') throw new Error(missing);
    return missing;
  }
}

/** Where cleaning up is left: a test's context, or the scope of a file. */
interface Scope {
  after(clean: () => unknown): void;
}

/** A web server that can die and come back on the same port. */
export interface Backend {
  readonly port: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a web server that answers everything with 200. */
export async function startBackend(context: Scope): Promise<Backend> {
  let server: http.Server | undefined;
  // Chosen by us, so that nobody else gets it while the server is stopped.
  const port = await freePort();
  const start = async (): Promise<void> => {
    server = http.createServer((_, response) => response.end('ok'));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, 'close');
    closing.close();
    closing.closeAllConnections();
    await closed;
  };
  await start();
  context.after(stop);
  return { port, start, stop };
}

/** A running HAProxy with a service in `fe_www` and `be_www`. */
export interface HaproxyProcess {
  readonly socketPath: string;
  /** Sends one line to the stats socket and returns the answer. */
  ask(command: string): Promise<string>;
  /** As `systemctl reload`: the master starts a new worker. */
  reload(): void;
  /** SIGKILL to every process of it. */
  kill(): Promise<void>;
  start(): void;
}

/** Starts HAProxy in master-worker mode; it checks every 200 ms with 5 s for an answer, and both fall and rise are 2. */
export function startHaproxy(context: Scope, backends: readonly Backend[]): HaproxyProcess {
  const folder = mkdtempSync(path.join(tmpdir(), 'fairlead-haproxy-'));
  const socketPath = path.join(folder, 'admin.sock');
  const config = path.join(folder, 'haproxy.cfg');
  writeFileSync(config, configText(socketPath, backends));
  execFileSync('haproxy', ['-c', '-f', config], { stdio: 'pipe' });
  let master: ChildProcess | undefined;
  const start = (): void => {
    // A process group of its own, so that master and workers can be killed together.
    master = spawn('haproxy', ['-W', '-f', config], { stdio: 'ignore', detached: true });
  };
  const kill = async (): Promise<void> => {
    const dying = master;
    master = undefined;
    if (dying?.pid === undefined || dying.exitCode !== null) return;
    const gone = once(dying, 'exit');
    process.kill(-dying.pid, 'SIGKILL');
    await gone;
  };
  start();
  context.after(async () => {
    await kill();
    rmSync(folder, { recursive: true });
  });
  return {
    socketPath,
    ask: async (command) => {
      const answer = await askHaproxy({ path: socketPath, command });
      if (!answer.ok) throw new Error(answer.fault.message);
      return answer.value;
    },
    reload: () => master?.kill('SIGUSR2'),
    kill,
    start,
  };
}

function configText(socketPath: string, backends: readonly Backend[]): string {
  return `
global
  stats socket ${socketPath} mode 600 level admin expose-fd listeners
  maxconn 200
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  timeout check 5s
frontend fe_www
  bind unix@${path.join(path.dirname(socketPath), 'www.sock')}
  default_backend be_www
backend be_www
  option httpchk GET /
  default-server inter 200ms fall 2 rise 2
${backends.map(({ port }, index) => `  server web${index + 1} 127.0.0.1:${port} check`).join('\n')}
`;
}
