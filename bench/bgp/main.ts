/**
 * bgp-ts against BIRD, ExaBGP, GoBGP and FRR in the same run: `npm run bench:bgp -- --help`.
 *
 * Every daemon dials the same small receiver. For the short measurements all are up at once and each has its turn in
 * each round; with hundreds of sessions they run one after the other, since idle sessions cost, too. Method and results
 * are in docs/reference/performance.md. Installs nothing.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Daemon } from './daemons/daemon.ts';
import type { FlipTimes, IdleFigures, ManyFigures } from './measure.ts';
import { measureFlips, measureIdle, measureMany } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { readOptions, usage } from './options.ts';
import { Receiver } from './receiver.ts';
import type { Running } from './running.ts';
import { startDaemon } from './running.ts';
import type { Rounds } from './table.ts';
import { formatFlips, formatIdle, formatMany } from './table.ts';

const quietHoldTimeSeconds = 90;
const busyHoldTimeSeconds = 3;
const manyPrefixes: readonly string[] = Array.from(
  { length: 10_000 },
  (_, index) => `10.${index >> 8}.${index & 0xff}.0/24`,
);
/** Lines before the first that is timed: whoever compiles while running has compiled. */
const warmUpLines = 500;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function isInstalled(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program);
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** The wanted daemons that can run; what is missing is said. */
function findDaemons({ daemons }: BenchOptions): readonly Daemon[] {
  return daemons.filter(({ name, requirements }) => {
    const missing = requirements.filter(({ program }) => !isInstalled(program));
    for (const requirement of missing) say(`${name} is left out: apt-get install ${requirement.package}`);
    return missing.length === 0;
  });
}

/** A daemon with the receiver that it alone talks to. */
interface Pair {
  readonly running: Running;
  readonly receiver: Receiver;
}

async function startPair(daemon: Daemon, sessions: number, holdTimeSeconds: number): Promise<Pair> {
  const receiver = await Receiver.start({ holdTimeSeconds });
  say(`starting ${daemon.name} ${daemon.version()}, ${sessions} session${sessions === 1 ? '' : 's'}`);
  const running = await startDaemon(daemon, { receiver, sessions, holdTimeSeconds, many: manyPrefixes });
  return { running, receiver };
}

async function stopPair({ running, receiver }: Pair): Promise<void> {
  await running.stop();
  receiver.stop();
}

/** All daemons up at once; in each round another one begins. */
async function runFlips(daemons: readonly Daemon[], { rounds, lines, pauseMs }: BenchOptions): Promise<void> {
  const pairs: Pair[] = [];
  const figures = new Map<Daemon, FlipTimes[]>(daemons.map((daemon) => [daemon, []]));
  try {
    for (const daemon of daemons) pairs.push(await startPair(daemon, 1, quietHoldTimeSeconds));
    for (const { running, receiver } of pairs) {
      // FRR answers a line in 50 ms, whatever it has to do: there, fewer lines say as much.
      const [first = 0] = (await measureFlips(running, receiver, { times: 1 })).announceMs;
      await measureFlips(running, receiver, { times: first > 20 ? 10 : warmUpLines });
    }
    for (let round = 0; round < rounds; round++) {
      for (const turn of pairs.keys()) {
        const pair = pairs[(round + turn) % pairs.length];
        if (pair === undefined) continue;
        const times = await measureFlips(pair.running, pair.receiver, { times: lines, pauseMs });
        figures.get(pair.running.daemon)?.push(times);
      }
      say(`flips: round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const pair of pairs) await stopPair(pair);
  }
  console.log(`\n${formatFlips(rowsOf(figures))}`);
}

/** A new process for each turn: what it has announced stays announced. */
async function runMany(daemons: readonly Daemon[], { rounds }: BenchOptions): Promise<void> {
  const figures = new Map<Daemon, ManyFigures[]>(daemons.map((daemon) => [daemon, []]));
  for (let round = 0; round < rounds; round++) {
    for (const turn of daemons.keys()) {
      const daemon = daemons[(round + turn) % daemons.length];
      if (daemon === undefined) continue;
      const pair = await startPair(daemon, 1, quietHoldTimeSeconds);
      try {
        figures.get(daemon)?.push(await measureMany(pair.running, pair.receiver, manyPrefixes.length));
      } finally {
        await stopPair(pair);
      }
    }
  }
  console.log(`\n${formatMany(rowsOf(figures), manyPrefixes.length)}`);
}

async function runSessions(daemons: readonly Daemon[], { sessions, seconds }: BenchOptions): Promise<void> {
  const figures = new Map<Daemon, IdleFigures[]>(daemons.map((daemon) => [daemon, []]));
  for (const daemon of daemons) {
    const pair = await startPair(daemon, sessions, busyHoldTimeSeconds);
    try {
      figures.get(daemon)?.push(await measureIdle(pair.running, pair.receiver, seconds));
    } finally {
      await stopPair(pair);
    }
  }
  console.log(`\n${formatIdle(rowsOf(figures), `${sessions} sessions with keepalives each second, ${seconds} s`)}`);
}

function rowsOf<Figures>(figures: ReadonlyMap<Daemon, readonly Figures[]>): readonly Rounds<Figures>[] {
  return Array.from(figures, ([{ name, channel }, rounds]) => ({ daemon: name, channel, rounds }));
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  const options = readOptions(args);
  if (!options.ok) {
    console.error(`${options.fault}\n${usage}`);
    return 2;
  }
  // Debian keeps daemons where only root looks.
  process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;
  const daemons = findDaemons(options.value);
  console.log(daemons.map((daemon) => `${daemon.name} ${daemon.version()}`).join(', '));
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores; Node ${process.version}`);
  if (options.value.cases.includes('flips')) await runFlips(daemons, options.value);
  if (options.value.cases.includes('many')) await runMany(daemons, options.value);
  if (options.value.cases.includes('sessions')) await runSessions(daemons, options.value);
  return 0;
}

process.exitCode = await main();
