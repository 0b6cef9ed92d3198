/** One run of dnsperf and what it says: how many answers came, which, and how late. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** What to send, where and how long. */
export interface DnsperfOptions {
  readonly port: number;
  readonly queryFile: string;
  /** Whether the file holds whole messages (RFC 1035 §4.2.2) instead of names and types. */
  readonly isBinary: boolean;
  /** Adds EDNS; a binary file has its own. */
  readonly hasEdns: boolean;
  readonly seconds: number;
  /** Ends the run after this many times through the file, if the time has not. */
  readonly maxRuns: number;
  /** Queries a second; without it as many as are answered, 100 under way at a time. */
  readonly ratePerSecond?: number;
  /** A list for taskset; undefined for all. */
  readonly cores: string | undefined;
  /** Where its output goes; best on a file system in memory. */
  readonly outputFile: string;
}

/** What dnsperf counted. */
export interface DnsperfOutcome {
  readonly sent: number;
  readonly completed: number;
  readonly lost: number;
  readonly seconds: number;
  /** Answers by response code. */
  readonly byRcode: Readonly<Record<string, number>>;
  readonly responseBytes: number;
  /** Ascending; empty unless the rate was limited. */
  readonly latenciesMs: Float64Array;
}

/** Runs dnsperf to its end; throws when it cannot be run or says nothing. */
export async function runDnsperf(options: DnsperfOptions): Promise<DnsperfOutcome> {
  const { port, queryFile, isBinary, hasEdns, seconds, maxRuns, ratePerSecond, cores, outputFile } = options;
  const output = openSync(outputFile, 'w');
  const rate = ratePerSecond === undefined ? [] : ['-Q', String(ratePerSecond), '-v'];
  const argv = [
    ...(cores === undefined ? [] : ['taskset', '-c', cores]),
    ...['dnsperf', '-s', '127.0.0.1', '-p', String(port), '-d', queryFile],
    ...[
      '-l',
      String(seconds),
      '-n',
      String(maxRuns),
      '-t',
      '1',
      ...(isBinary ? ['-B'] : hasEdns ? ['-e'] : []),
      ...rate,
    ],
  ];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', output, output] });
  await once(child, 'exit');
  closeSync(output);
  return parseDnsperf(readFileSync(outputFile, 'latin1'));
}

/** Reads dnsperf 2's output; lines of `-v` become latencies. Throws where the statistics are missing. */
export function parseDnsperf(text: string): DnsperfOutcome {
  const figure = (label: string): number => {
    const found = new RegExp(`^  ${label}:\\s+([\\d.]+)`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`dnsperf said nothing of "${label}":\n${text.slice(-1000)}`);
    return Number(found);
  };
  const codes = /^ {2}Response codes:(.*)$/m.exec(text)?.[1] ?? '';
  const byRcode = Object.fromEntries(
    [...codes.matchAll(/([A-Z]\w*) (\d+) \(/g)].map(([, code = '', count]) => [code, Number(count)]),
  );
  return {
    sent: figure('Queries sent'),
    completed: figure('Queries completed'),
    lost: figure('Queries lost'),
    seconds: figure('Run time \\(s\\)'),
    byRcode,
    responseBytes: Number(/, response (\d+)/.exec(text)?.[1] ?? 0),
    latenciesMs: readLatencies(text),
  };
}

/** Lines such as `> NOERROR www.example.com A 0.000123`, the last number in seconds. */
function readLatencies(text: string): Float64Array {
  const latencies: number[] = [];
  for (let at = text.indexOf('\n> '); at >= 0; at = text.indexOf('\n> ', at + 1)) {
    const end = text.indexOf('\n', at + 1);
    const seconds = Number(text.slice(text.lastIndexOf(' ', end), end));
    if (Number.isFinite(seconds)) latencies.push(seconds * 1000);
  }
  return Float64Array.from(latencies).sort();
}
