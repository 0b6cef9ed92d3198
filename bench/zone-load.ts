/**
 * Reading and checking one large zone, beside nsd-checkzone and named-checkzone: `node bench/zone-load.ts [RECORDS] [ROUNDS]`.
 *
 * In each round every one has its turn, so that what the machine does meanwhile touches all alike. Ours is a process of
 * its own too; the second figure is the reading alone, without starting Node and reading the file. A checker that is
 * not installed is named and left out. Installs nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { present } from '#base/assert.ts';
import { refuse } from '#base/result.ts';
import { parseName } from '#dns/wire/name.ts';
import { formatZoneProblem } from '#dns/zone/problem.ts';
import { readZone } from '#dns/zone/read-zone.ts';
import { quartiles } from './dns/statistics.ts';

const apex = 'example.com.';
const head = `$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n`;

/** One kind of zone: `count` records, as text. */
const kinds: Readonly<Record<string, (count: number) => string>> = {
  flat: (count) => repeat(count, (index) => `h${index} 300 IN A 10.${ipTail(index)}\n`),
  mixed: (count) =>
    repeat(count / 4, (index) => {
      const low = (index & 0xffff).toString(16);
      const address = `h${index} 300 IN A 10.${ipTail(index)}\nh${index} 300 IN AAAA 2001:db8::${low}\n`;
      return `${address}w${index} 300 IN CNAME h${index}\nh${index} 300 IN MX 10 h${index}\n`;
    }),
  delegations: (count) =>
    repeat(count / 4, (index) => {
      const digest = index.toString(16).padStart(64, '0');
      const cut = `d${index} NS ns1.d${index}\nd${index} NS ns2.test.\n`;
      return `${cut}ns1.d${index} A 10.${ipTail(index)}\nd${index} DS 12345 8 2 ${digest}\n`;
    }),
};

function ipTail(index: number): string {
  return `${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function repeat(count: number, line: (index: number) => string): string {
  const parts: string[] = [head];
  for (let index = 0; index < count; index++) parts.push(line(index));
  return parts.join('');
}

/** Reads a file as a child process and prints how long the reading alone took. */
function readOnce(file: string): void {
  const text = readFileSync(file, 'utf8');
  const origin = parseName(apex);
  if (!origin.ok) throw new Error(origin.fault);
  const begin = performance.now();
  const compile = (): ReturnType<typeof refuse<{ message: string; offset: number }>> =>
    refuse({ message: 'no code here', offset: 0 });
  const { zone, problems } = readZone({ file, text, origin: origin.value }, { compile });
  const readingMs = performance.now() - begin;
  if (zone === undefined) throw new Error(problems.map(formatZoneProblem).join('\n'));
  process.stdout.write(`${readingMs}\n`);
}

interface Run {
  readonly wallMs: number;
  readonly output: string;
}

/** Runs a checker; undefined where it is not installed. */
function runChecker(command: string, args: readonly string[]): Run | undefined {
  const begin = performance.now();
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`${command} failed: ${stdout}${stderr}`);
  return { wallMs: performance.now() - begin, output: stdout };
}

function measure(title: string, file: string, rounds: number): void {
  const samples = new Map<string, number[]>();
  const add = (name: string, ms: number): void => {
    samples.set(name, [...(samples.get(name) ?? []), ms]);
  };
  for (let round = 0; round < rounds; round++) {
    const ours = present(runChecker(process.execPath, [fileURLToPath(import.meta.url), '--read', file]), 'Node');
    add('fairlead', ours.wallMs);
    add('fairlead, reading alone', Number(ours.output));
    for (const command of ['nsd-checkzone', 'named-checkzone']) {
      const args = command === 'named-checkzone' ? ['-i', 'local', apex, file] : [apex, file];
      const run = runChecker(command, args);
      add(command, run?.wallMs ?? NaN);
    }
  }
  process.stdout.write(`${title}, ${rounds} rounds: median (quartiles) in ms\n`);
  for (const [name, values] of samples) {
    const { lower, median, upper } = quartiles(values);
    const figures = Number.isNaN(median)
      ? 'not installed'
      : `${median.toFixed(0)} (${lower.toFixed(0)} to ${upper.toFixed(0)})`;
    process.stdout.write(`  ${name.padEnd(24)} ${figures}\n`);
  }
}

const [first, second] = process.argv.slice(2);
if (first === '--read') {
  readOnce(present(second, 'the file'));
} else {
  const count = Number(first ?? '1000000');
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-zone-load-'));
  try {
    for (const [kind, write] of Object.entries(kinds)) {
      const file = join(directory, kind);
      writeFileSync(file, write(count));
      measure(`${kind}, ${count} records`, file, Number(second ?? '3'));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}
