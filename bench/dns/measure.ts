/** One server, one case, one round: as fast as it goes, then at half of that. */
import { join } from 'node:path';
import { runDnsperf } from './dnsperf.ts';
import type { DnsperfOptions, DnsperfOutcome } from './dnsperf.ts';
import { countsByName, runFullLoad } from './full-load.ts';
import { cpuBetween, readCpu } from './process-figures.ts';
import type { CpuUse } from './process-figures.ts';
import type { Server } from './server.ts';
import { quantile } from './statistics.ts';

/** What is asked, and how long. */
export interface Load {
  readonly queryFile: string;
  readonly isBinary: boolean;
  readonly hasEdns: boolean;
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly seconds: number;
  readonly maxRuns: number;
  /** Queries under way at full load; undefined to leave that to dnsperf. */
  readonly window: number | undefined;
  /** Addresses that queries of the full load come from in turn. */
  readonly clients: number;
  /** The cores of the client, for taskset. */
  readonly cores: string | undefined;
  /** For dnsperf's output. */
  readonly directory: string;
}

/** The figures of one round. CPU is of all threads of the server, for each answer that the client counted. */
export interface Round {
  readonly cpuUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly answersPerSecond: number;
  /** Of one core: near 1 when the server was the bottleneck. */
  readonly busy: number;
  readonly responseBytes: number;
  /** At half load. */
  readonly halfCpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the queries of both runs without an answer. */
  readonly lost: number;
}

/** Measures one round; throws when the server gives wrong answers. */
export async function measureRound(server: Server, load: Load): Promise<Round> {
  const full = await run(server, load);
  const answersPerSecond = full.outcome.completed / full.outcome.seconds;
  const half = await run(server, load, Math.max(1, Math.round(answersPerSecond / 2)));
  const { totalUs, userUs, systemUs } = full.cpu;
  const answers = full.outcome.completed;
  return {
    cpuUs: totalUs / answers,
    userUs: userUs / answers,
    systemUs: systemUs / answers,
    answersPerSecond,
    busy: totalUs / 1e6 / full.outcome.seconds,
    responseBytes: full.outcome.responseBytes,
    halfCpuUs: half.cpu.totalUs / half.outcome.completed,
    p50Ms: quantile(half.outcome.latenciesMs, 0.5),
    p99Ms: quantile(half.outcome.latenciesMs, 0.99),
    lost: (full.outcome.lost + half.outcome.lost) / (full.outcome.sent + half.outcome.sent),
  };
}

/** Sends queries for a second and forgets what came, so that caches are filled and code is compiled. */
export async function warmUp(server: Server, load: Load): Promise<void> {
  await run(server, { ...load, seconds: 1 });
}

async function run(
  server: Server,
  load: Load,
  ratePerSecond?: number,
): Promise<{ readonly outcome: DnsperfOutcome; readonly cpu: CpuUse }> {
  const pids = server.pids();
  const before = readCpu(pids);
  const outcome = await ask(server, load, ratePerSecond);
  const cpu = cpuBetween(before, readCpu(pids));
  const right = outcome.byRcode[load.rcode] ?? 0;
  if (right === 0 || right < outcome.completed) {
    const said = JSON.stringify(outcome.byRcode);
    throw new Error(`${server.peer.name} answered ${said}, expected ${load.rcode} alone`);
  }
  return { outcome, cpu };
}

/** As fast as it goes by our own client, at a rate by dnsperf, which sees how late each answer is. */
async function ask(server: Server, load: Load, ratePerSecond: number | undefined): Promise<DnsperfOutcome> {
  const { queryFile, isBinary, hasEdns, seconds, maxRuns, window, clients, cores, directory } = load;
  const { port } = server;
  if (ratePerSecond === undefined && window !== undefined) {
    const full = await runFullLoad({ port, queryFile, isBinary, hasEdns, seconds, window, clients }, cores);
    const lost = full.sent - full.completed - window;
    return { ...full, lost: Math.max(0, lost), byRcode: countsByName(full), latenciesMs: new Float64Array(0) };
  }
  const options: DnsperfOptions = {
    ...{ port, queryFile, isBinary, hasEdns, seconds, maxRuns, cores },
    outputFile: join(directory, 'dnsperf.out'),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
  };
  return runDnsperf(options);
}
