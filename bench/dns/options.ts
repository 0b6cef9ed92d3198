/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { QueryKind } from './data.ts';
import { dynamicCases } from './dynamic.ts';
import type { DynamicCase } from './dynamic.ts';
import { maxClients } from './full-load.ts';
import { allPeers } from './peers/all.ts';
import { ownProgram } from './peers/fairlead.ts';

/** Something to measure of master files: which zone, what is asked, what must be answered. */
interface StaticBenchCase {
  readonly zone: 'small' | 'large';
  readonly name: string;
  readonly title: string;
  readonly kind: QueryKind;
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
}

/** One name that is answered dynamically, in a small zone of its own. */
export interface DynamicBenchCase {
  readonly zone: 'dynamic';
  readonly name: DynamicCase;
  readonly title: string;
  readonly rcode: 'NOERROR';
}

export type BenchCase = StaticBenchCase | DynamicBenchCase;

const dynamicTitles: Readonly<Record<DynamicCase, string>> = {
  ifportup: 'one of two addresses whose port is checked',
  multi: 'all of four addresses whose port is checked',
  weighted: 'one of four addresses by weight',
  geo: "one of four addresses by the client's country, from its network",
  steered: 'one of two endpoints by policy',
};

/** Every case; `load` is measured apart. */
export const benchCases: readonly BenchCase[] = [
  { name: 'static', title: 'one static name', zone: 'small', kind: 'static', rcode: 'NOERROR' },
  { name: 'names', title: '100,000 names at random', zone: 'small', kind: 'names', rcode: 'NOERROR' },
  { name: 'nxdomain', title: 'names that do not exist', zone: 'small', kind: 'absent', rcode: 'NXDOMAIN' },
  { name: 'million', title: '1,000,000 names at random', zone: 'large', kind: 'names', rcode: 'NOERROR' },
  ...dynamicCases.map((name) => ({ name, title: dynamicTitles[name], zone: 'dynamic', rcode: 'NOERROR' }) as const),
];

/** What to run. */
export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  /** Whether load time and memory of the large zone are measured. */
  readonly hasLoad: boolean;
  readonly edns: readonly boolean[];
  /** All that are there, where undefined. */
  readonly servers: readonly string[] | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly threads: number;
  readonly seed: number;
  /** Queries under way at full load; undefined to leave that to dnsperf. */
  readonly window: number | undefined;
  /** Addresses that queries of the full load come from in turn. */
  readonly clients: number;
  /** The `bin/fairlead.js` to measure. */
  readonly program: string;
  /** Where the figures of each round go as JSON. */
  readonly jsonFile: string | undefined;
}

export const usage = `npm run bench:dns -- [options]
  --cases LIST     of ${benchCases.map(({ name }) => name).join(',')},load
                   (default all)
  --edns WHICH     both, yes or no (default both)
  --servers LIST   of fairlead,gdnsd,knot,nsd,pdns,pdns-shared
                   (default those that are installed)
  --rounds N       measured rounds after a warm-up (default 9)
  --seconds N      length of each run; a round has two for each server (default 2)
  --threads N      UDP workers of each server (default 1)
  --seed N         of the queries (default 1)
  --window N       queries under way at full load (default 128)
  --clients N      addresses that these queries come from in turn, 1 to 16384 (default 1)
  --dnsperf        leave full load to dnsperf, too: with one core it does not keep
                   the fastest servers busy
  --fairlead PATH  another checkout's bin/fairlead.js
  --json FILE      write every round's figures`;

/** Reads the arguments; the fault is one line. */
export function readOptions(args: readonly string[]): Result<BenchOptions, string> {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const names = values.cases?.split(',') ?? [...benchCases.map(({ name }) => name), 'load'];
  const unknown = names.find((name) => name !== 'load' && !benchCases.some((known) => known.name === name));
  if (unknown !== undefined) return refuse(`--cases: no case "${unknown}"`);
  const servers = values.servers?.split(',');
  const stranger = servers?.find((name) => !allPeers(values.fairlead).some((peer) => peer.name === name));
  if (stranger !== undefined) return refuse(`--servers: no server "${stranger}"`);
  const edns = { both: [false, true], yes: [true], no: [false] }[values.edns];
  if (edns === undefined) return refuse(`--edns: got "${values.edns}", expected both, yes or no`);
  const numbers = { rounds: 0, seconds: 0, threads: 0, seed: 0, window: 0, clients: 0 };
  for (const key of ['rounds', 'seconds', 'threads', 'seed', 'window', 'clients'] as const) {
    numbers[key] = Number(values[key]);
    const isRight = Number.isSafeInteger(numbers[key]) && numbers[key] >= 1;
    if (!isRight) return refuse(`--${key}: got "${values[key]}", expected a whole number from 1`);
  }
  if (numbers.clients > maxClients) return refuse(`--clients: got ${numbers.clients}, expected at most ${maxClients}`);
  return succeed({
    ...numbers,
    window: values.dnsperf ? undefined : numbers.window,
    cases: benchCases.filter(({ name }) => names.includes(name)),
    hasLoad: names.includes('load'),
    edns,
    servers,
    program: values.fairlead,
    jsonFile: values.json,
  });
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string' },
      edns: { type: 'string', default: 'both' },
      servers: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '2' },
      threads: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      window: { type: 'string', default: '128' },
      clients: { type: 'string', default: '1' },
      dnsperf: { type: 'boolean', default: false },
      fairlead: { type: 'string', default: ownProgram },
      json: { type: 'string' },
    },
  }).values;
}
