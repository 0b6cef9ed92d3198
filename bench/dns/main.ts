/**
 * fairlead's DNS against gdnsd, Knot, NSD and PowerDNS in the same run: `npm run bench:dns -- --help`.
 *
 * All servers run at once, idle but for the one that is asked; in each round every one has its turn, so that what the
 * machine does meanwhile touches all alike. Method and results are in docs/reference/performance.md. Installs nothing.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startBackends } from './backends.ts';
import { untilRight } from './check-answers.ts';
import { drawNetworks, writeDatabase, writeSubnetQueries } from './client-networks.ts';
import type { ClientNetworks } from './client-networks.ts';
import { writeNameQueries, writeQueries, writeZone } from './data.ts';
import { caseName, isDynamicCase } from './dynamic.ts';
import type { DynamicPlace } from './dynamic.ts';
import { measureLoad } from './load.ts';
import { measureRound, warmUp } from './measure.ts';
import type { Load, Round } from './measure.ts';
import { readOptions, usage } from './options.ts';
import type { BenchCase, BenchOptions } from './options.ts';
import { allPeers } from './peers/all.ts';
import type { Peer } from './peers/peer.ts';
import { startServer } from './server.ts';
import type { Server } from './server.ts';
import { formatCase, formatLoad } from './table.ts';
import type { ServerRounds } from './table.ts';

const namesIn = { small: 100_000, large: 1_000_000, dynamic: 1000 } as const;
const maxQueriesPerRun = 4_000_000;
const loadStarts = 3;

/** What one invocation shares. */
interface Bench {
  readonly options: BenchOptions;
  readonly peers: readonly Peer[];
  readonly directory: string;
  /** For taskset; undefined where there is none or too few cores. */
  readonly serverCores: string | undefined;
  readonly clientCores: string | undefined;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** The wanted servers that can run; what is missing is said. */
function findPeers({ servers, program }: BenchOptions): readonly Peer[] {
  return allPeers(program).filter(({ name, requirements }) => {
    if (servers !== undefined && !servers.includes(name)) return false;
    const missing = requirements.filter((requirement) => !isInstalled(requirement.program));
    for (const requirement of missing) say(`${name} is left out: apt-get install ${requirement.package}`);
    return missing.length === 0;
  });
}

/** The zone's file, written when it is first needed. */
function zoneFile({ directory }: Bench, zone: BenchCase['zone']): string {
  const file = join(directory, `${zone}.zone`);
  if (!existsSync(file)) writeZone(file, namesIn[zone]);
  return file;
}

/** A case's queries, written when they are first needed. */
function queryFile({ directory, options }: Bench, wanted: BenchCase): string {
  const { zone } = wanted;
  const file = join(directory, `${zone}-${zone === 'dynamic' ? wanted.name : wanted.kind}.queries`);
  if (existsSync(file)) return file;
  if (zone !== 'dynamic') writeQueries(file, wanted.kind, namesIn[zone], options.seed);
  else if (hasNetworks(wanted)) {
    writeSubnetQueries(file, caseName(wanted.name), { lines: namesIn.small, seed: options.seed });
  } else writeNameQueries(file, caseName(wanted.name));
  return file;
}

/** Whether a case's queries name the client's network. */
function hasNetworks({ name }: BenchCase): boolean {
  return name === 'geo';
}

/** Runs every round of one case; in each round another server begins. */
async function runCase(bench: Bench, servers: readonly Server[], load: Load): Promise<readonly ServerRounds[]> {
  const rounds = new Map<Server, Round[]>(servers.map((server) => [server, []]));
  for (const server of servers) await warmUp(server, load);
  for (let round = 0; round < bench.options.rounds; round++) {
    for (const turn of servers.keys()) {
      const server = servers[(round + turn) % servers.length];
      if (server === undefined) continue;
      const figures = await measureRound(server, load);
      rounds.get(server)?.push(figures);
      const figure = `${figures.cpuUs.toFixed(2)} µs, ${figures.answersPerSecond.toFixed(0)} answers/s`;
      say(`round ${round + 1}/${bench.options.rounds} ${server.peer.name}: ${figure}`);
    }
  }
  return [...rounds].map(([server, list]) => ({ server: server.peer.name, rounds: list }));
}

/** Whether a server has a record like the case's. */
function canAnswer({ records }: Peer, wanted: BenchCase): boolean {
  return records.includes(wanted.zone === 'dynamic' ? wanted.name : 'static');
}

/** Runs the cases of one zone with all servers up that have a like record. */
async function runZone(bench: Bench, zone: BenchCase['zone'], dynamic?: DynamicWorld): Promise<readonly object[]> {
  const cases = bench.options.cases.filter((each) => each.zone === zone);
  const { options, serverCores } = bench;
  const servers: Server[] = [];
  const figures: object[] = [];
  try {
    for (const peer of bench.peers.filter((each) => cases.some((wanted) => canAnswer(each, wanted)))) {
      say(`starting ${peer.name} with the ${zone} zone`);
      const place = { zoneFile: zoneFile(bench, zone), threads: options.threads, cores: serverCores };
      servers.push(await startServer(peer, { ...place, ...dynamicFor(peer, cases, dynamic) }));
    }
    for (const wanted of cases) {
      const able = servers.filter(({ peer }) => canAnswer(peer, wanted));
      if (dynamic !== undefined && wanted.zone === 'dynamic') {
        for (const server of able) await untilRight(server, wanted.name, dynamic.networks);
      }
      figures.push(...(await runLoads(bench, able, wanted)));
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  return figures;
}

/** What a server is to answer dynamically: the cases for which it has a like record. */
function dynamicFor(
  { records }: Peer,
  cases: readonly BenchCase[],
  world: DynamicWorld | undefined,
): { readonly dynamic?: DynamicPlace } {
  if (world === undefined) return {};
  const names = cases.map(({ name }) => name).filter(isDynamicCase);
  return { dynamic: { ...world.place, cases: names.filter((name) => records.includes(name)) } };
}

/** Runs one case plain and with EDNS, as far as it is wanted, and prints its tables. */
async function runLoads(bench: Bench, servers: readonly Server[], wanted: BenchCase): Promise<readonly object[]> {
  const unable = bench.peers.filter((peer) => !canAnswer(peer, wanted)).map(({ name }) => name);
  const figures: object[] = [];
  for (const hasEdns of hasNetworks(wanted) ? [true] : bench.options.edns) {
    const heading = `${wanted.title}, ${hasEdns ? 'with EDNS' : 'plain'}`;
    say(heading);
    const results = await runCase(bench, servers, loadOf(bench, wanted, hasEdns));
    console.log(`\n${formatCase(heading, results)}`);
    if (unable.length > 0) console.log(`no like record: ${unable.join(', ')}`);
    figures.push({ case: wanted.name, hasEdns, results });
  }
  return figures;
}

function loadOf(bench: Bench, wanted: BenchCase, hasEdns: boolean): Load {
  const { options, directory, clientCores } = bench;
  const isEveryName = wanted.zone !== 'dynamic' && wanted.kind === 'names';
  const lines = isEveryName ? namesIn[wanted.zone] : namesIn.small;
  return {
    queryFile: queryFile(bench, wanted),
    isBinary: hasNetworks(wanted),
    hasEdns,
    rcode: wanted.rcode,
    seconds: options.seconds,
    window: options.window,
    clients: options.clients,
    maxRuns: Math.ceil(maxQueriesPerRun / lines),
    cores: clientCores,
    directory,
  };
}

/** What the dynamic cases share: backends that are up, and where clients are. */
interface DynamicWorld {
  readonly place: Omit<DynamicPlace, 'cases'>;
  readonly networks: ClientNetworks;
}

async function runDynamicZone(bench: Bench): Promise<readonly object[]> {
  const networks = drawNetworks(bench.options.seed);
  const databaseFile = join(bench.directory, 'countries.mmdb');
  if (bench.options.cases.some(hasNetworks)) writeDatabase(databaseFile, networks);
  const listening = await startBackends();
  try {
    const place = { backendPort: listening.port, databaseFile };
    return await runZone(bench, 'dynamic', { place, networks });
  } finally {
    listening.close();
  }
}

async function runBench(bench: Bench): Promise<void> {
  const { options, peers } = bench;
  const figures: object[] = [];
  if (options.hasLoad) {
    const { threads } = options;
    const able = peers.filter(({ records }) => records.includes('static'));
    const results = await measureLoad(able, zoneFile(bench, 'large'), { times: loadStarts, threads, report: say });
    console.log(`\n${formatLoad('loading a zone of 1,000,000 names', results)}`);
    figures.push({ case: 'load', results });
  }
  if (options.cases.length > 0 && !isInstalled('dnsperf')) {
    say('every case but load is left out: apt-get install dnsperf');
  } else {
    for (const zone of ['small', 'large'] as const) figures.push(...(await runZone(bench, zone)));
    if (options.cases.some(({ zone }) => zone === 'dynamic')) figures.push(...(await runDynamicZone(bench)));
  }
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(figures)}\n`);
}

/** Which cores servers and dnsperf get: they share none while there are enough. */
function splitCores(threads: number): Pick<Bench, 'serverCores' | 'clientCores'> {
  const cores = availableParallelism();
  if (!isInstalled('taskset') || cores <= threads) {
    say(
      `nothing is pinned: ${isInstalled('taskset') ? `${cores} cores for ${threads} threads` : 'taskset is missing'}`,
    );
    return { serverCores: undefined, clientCores: undefined };
  }
  return { serverCores: `0-${threads - 1}`, clientCores: `${threads}-${cores - 1}` };
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
  // Debian keeps servers where only root looks.
  process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;
  const peers = findPeers(options.value);
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bench-dns-'));
  process.once('exit', () => {
    rmSync(directory, { recursive: true });
  });
  const { threads, rounds, seconds } = options.value;
  console.log(peers.map((peer) => `${peer.name} ${peer.version()}`).join(', '));
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores; Node ${process.version}`);
  console.log(`${threads} UDP worker each, ${rounds} rounds of ${seconds} s`);
  await runBench({ options: options.value, peers, directory, ...splitCores(threads) });
  return 0;
}

process.exitCode = await main();
