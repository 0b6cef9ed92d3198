/** A server under test as processes: started on its cores, awaited until it answers right, ended by its ids. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '#base/clock.ts';
import { freePort } from '../../src/bgp-ts/test/free-port.ts';
import { staticAddress, staticName, zoneName } from './data.ts';
import type { DynamicPlace } from './dynamic.ts';
import type { Peer } from './peers/peer.ts';
import { processTree } from './process-figures.ts';

/** A running server. */
export interface Server {
  readonly peer: Peer;
  readonly port: number;
  /** From its start to its first right answer. */
  readonly startMs: number;
  /** Its processes now. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** How to start a server; `cores` is a list for taskset, undefined for all. */
export interface StartOptions {
  readonly zoneFile: string;
  readonly threads: number;
  readonly dynamic?: DynamicPlace;
  readonly cores: string | undefined;
}

const startLimitMs = 180_000;
const stopLimitMs = 10_000;
const askEveryMs = 5;

/** Servers that run, with their directories: a benchmark that is interrupted or fails leaves none. */
const running = new Map<ChildProcess, string>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.once('exit', () => {
  for (const [{ pid }, directory] of running) {
    if (pid !== undefined) for (const each of processTree(pid)) killQuietly(each);
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Starts a server in a new directory and waits for its first right answer. */
export async function startServer(peer: Peer, { zoneFile, threads, cores, dynamic }: StartOptions): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), `bench-${peer.name}-`));
  const port = await freePort();
  const home = join(directory, 'home');
  mkdirSync(home);
  const command = peer.prepare({ directory: home, zone: zoneName, zoneFile, port, threads, dynamic });
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'w');
  const argv = [...(cores === undefined ? [] : ['taskset', '-c', cores]), command.program, ...command.args];
  const startedMs = monotonicMs();
  const child = spawn(argv[0] ?? '', argv.slice(1), { cwd: home, stdio: ['ignore', log, log] });
  running.set(child, directory);
  child.once('exit', () => running.delete(child));
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  failed.catch(() => undefined);
  const stop = async (): Promise<void> => {
    await stopProcess(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([untilAnswered(child, port), failed]);
  } catch (error) {
    const said = readFileSync(logFile, 'utf8').slice(-2000);
    await stop();
    throw new Error(`${peer.name} did not start: ${String(error)}\n${said}`, { cause: error });
  }
  const startMs = monotonicMs() - startedMs;
  return { peer, port, startMs, pids: () => processTree(child.pid ?? 0), stop };
}

/** Asks for the zone's last name until the right address comes. */
async function untilAnswered(child: ChildProcess, port: number): Promise<void> {
  const query = addressQuery(staticName);
  const socket = createSocket('udp4');
  const answered = { isRight: false };
  socket.on('message', (reply) => (answered.isRight ||= isRight(reply)));
  // A closed port is told by an error, which only says that it is too early.
  socket.on('error', () => undefined);
  try {
    const deadlineMs = monotonicMs() + startLimitMs;
    while (!answered.isRight) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
      if (monotonicMs() > deadlineMs) throw new Error(`no right answer within ${startLimitMs} ms`);
      socket.send(query, port, '127.0.0.1');
      await sleep(askEveryMs);
    }
  } finally {
    socket.close();
  }
}

const queryId = 4711;

/** A plain query for the A records of a name without escapes (RFC 1035 §4.1). */
function addressQuery(name: string): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(queryId, 0);
  head.writeUInt16BE(1, 4);
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.of(0, 0, 1, 0, 1)]);
}

/** Whether it is NOERROR with one answer whose last octets are the address; minimal responses end with it. */
function isRight(reply: Buffer): boolean {
  const isAnswer =
    reply.readUInt16BE(0) === queryId && (reply.readUInt16BE(2) & 0xf) === 0 && reply.readUInt16BE(6) === 1;
  return isAnswer && reply.includes(Buffer.from(staticAddress));
}

/** SIGTERM; SIGKILL to what is left of its processes when it takes too long. */
async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const pids = processTree(child.pid);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const pid of pids) killQuietly(pid);
  }, stopLimitMs);
  await ended;
  clearTimeout(timer);
}

/** SIGKILL; one that has ended meanwhile is what is wanted. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
