/** The three measurements, each of one daemon that is already up: how soon, how fast, at what price. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '#base/clock.ts';
import { cpuBetween, readCpu, readMemory } from '../dns/process-figures.ts';
import type { Receiver } from './receiver.ts';
import type { Running } from './running.ts';

const limitMs = 20_000;

/** From a line to its UPDATE, in milliseconds, one figure a line. */
export interface FlipTimes {
  readonly announceMs: readonly number[];
  readonly withdrawMs: readonly number[];
}

/**
 * Announces and withdraws one prefix `times` over. After `pauseMs` each line finds a daemon that rests, as it does in
 * operation; undefined: one line follows the other.
 */
export async function measureFlips(
  { channel }: Running,
  receiver: Receiver,
  { times, pauseMs }: { readonly times: number; readonly pauseMs?: number },
): Promise<FlipTimes> {
  const announceMs: number[] = [];
  const withdrawMs: number[] = [];
  for (let count = 0; count < times; count++) {
    for (const isAnnounced of [true, false]) {
      const told = (): number => (isAnnounced ? receiver.told.announced : receiver.told.withdrawn);
      const before = told();
      const startedMs = monotonicMs();
      const answered = channel.flip(isAnnounced);
      await receiver.until('the UPDATE of one line', () => told() > before, limitMs);
      (isAnnounced ? announceMs : withdrawMs).push(receiver.changedAtMs - startedMs);
      await answered;
      if (pauseMs !== undefined) await sleep(pauseMs);
    }
  }
  return { announceMs, withdrawMs };
}

/** Ten thousand prefixes: from the first line to the last prefix, and the daemon's CPU for it. */
export interface ManyFigures {
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly rssMib: number;
}

/** Announces all of a daemon's many prefixes once. */
export async function measureMany(running: Running, receiver: Receiver, count: number): Promise<ManyFigures> {
  const wanted = receiver.told.announced + count;
  const before = readCpu(running.pids());
  const startedMs = monotonicMs();
  const said = running.channel.announceMany();
  await Promise.all([said, receiver.until(`${count} prefixes`, () => receiver.told.announced >= wanted, 120_000)]);
  const elapsedMs = receiver.changedAtMs - startedMs;
  const cpuMs = cpuBetween(before, readCpu(running.pids())).totalUs / 1000;
  return { elapsedMs, cpuMs, rssMib: readMemory(running.pids()).rssKib / 1024 };
}

/** What sessions that say nothing but KEEPALIVE cost. */
export interface IdleFigures {
  /** Share of one core. */
  readonly cpuShare: number;
  readonly rssMib: number;
  readonly pssMib: number;
  /** KEEPALIVEs that one session gave in a second: who sends fewer does less. */
  readonly keepalivesPerSecond: number;
  /** Sessions that ended meanwhile. */
  readonly lost: number;
}

/** Watches established sessions for some seconds. */
export async function measureIdle(running: Running, receiver: Receiver, seconds: number): Promise<IdleFigures> {
  const { lost, keepalives } = receiver;
  const before = readCpu(running.pids());
  const startedMs = monotonicMs();
  await sleep(seconds * 1000);
  const cpuMs = cpuBetween(before, readCpu(running.pids())).totalUs / 1000;
  const { rssKib, pssKib } = readMemory(running.pids());
  const elapsedMs = monotonicMs() - startedMs;
  return {
    cpuShare: cpuMs / elapsedMs,
    rssMib: rssKib / 1024,
    pssMib: pssKib / 1024,
    keepalivesPerSecond: (1000 * (receiver.keepalives - keepalives)) / elapsedMs / receiver.sessions,
    lost: receiver.lost - lost,
  };
}
