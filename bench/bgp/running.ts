/** A daemon of the benchmark as processes: started in a folder of its own, awaited until its sessions are up, ended by id. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '#base/clock.ts';
import { processTree } from '../dns/process-figures.ts';
import type { Channel, Daemon, Place } from './daemons/daemon.ts';
import type { Receiver } from './receiver.ts';
import { receiverAsn } from './receiver.ts';

const localAsn = 65_001;
const startLimitMs = 60_000;
const stopLimitMs = 5_000;

/** A running daemon. */
export interface Running {
  readonly daemon: Daemon;
  readonly channel: Channel;
  /** Its processes now. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** How a daemon is started. */
export interface StartOptions {
  readonly receiver: Receiver;
  /** How many sessions, each with a loopback address of its own on the receiver's side. */
  readonly sessions: number;
  readonly holdTimeSeconds: number;
  readonly many: readonly string[];
}

/** Daemons that run: a benchmark that is interrupted or fails leaves none. */
const running = new Set<ChildProcess>();
const folders = new Set<string>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.once('exit', () => {
  for (const { pid } of running) if (pid !== undefined) for (const each of processTree(pid)) killQuietly(each);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts a daemon and waits until all its sessions are up and its channel is open. */
export async function startDaemon(daemon: Daemon, options: StartOptions): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${daemon.name.toLowerCase()}-`));
  folders.add(folder);
  const place: Place = {
    folder,
    peers: Array.from(
      { length: options.sessions },
      (_, index) => `127.90.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    ),
    port: options.receiver.port,
    localAsn,
    peerAsn: receiverAsn,
    holdTimeSeconds: options.holdTimeSeconds,
    many: options.many,
  };
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'w');
  const children = daemon.prepare(place).map(({ program, args, env }) => {
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.once('error', () => running.delete(child));
    return child;
  });
  const stop = async (): Promise<void> => {
    for (const child of children) await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
  };
  try {
    const { receiver, sessions } = options;
    await receiver.until(`${sessions} sessions of ${daemon.name}`, () => receiver.sessions === sessions, startLimitMs);
    const channel = await openChannel(daemon, place);
    return {
      daemon,
      channel,
      pids: () => children.flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid))),
      stop: async () => {
        channel.close();
        await stop();
      },
    };
  } catch (error) {
    const said = readFileSync(logFile, 'utf8').slice(-2000);
    await stop();
    throw new Error(`${daemon.name} did not start: ${String(error)}\n${said}`, { cause: error });
  }
}

async function openChannel(daemon: Daemon, place: Place): Promise<Channel> {
  const deadlineMs = monotonicMs() + startLimitMs;
  for (;;) {
    try {
      return await daemon.connect(place);
    } catch (error) {
      if (monotonicMs() > deadlineMs) throw error;
      await sleep(50);
    }
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || !running.has(child)) return;
  // Asked before the parent ends: what it leaves behind has another parent afterwards.
  const tree = processTree(child.pid);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await exited;
  clearTimeout(timer);
  for (const pid of tree.slice(1)) killQuietly(pid);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
