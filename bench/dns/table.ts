/** Figures as tables for people: medians over the rounds, and each peer's paired ratio. */
import type { LoadFigures } from './load.ts';
import type { Round } from './measure.ts';
import { quartiles } from './statistics.ts';

/** The rounds of one server in one case, in order; the same index is the same round in every server. */
export interface ServerRounds {
  readonly server: string;
  readonly rounds: readonly Round[];
}

/** Formats a case: a row a server, then ours against each of the others. The first server is ours. */
export function formatCase(title: string, results: readonly ServerRounds[]): string {
  const columns: readonly (readonly [string, (round: Round) => number, digits: number])[] = [
    ['CPU µs/answer', (round) => round.cpuUs, 2],
    ['user', (round) => round.userUs, 2],
    ['system', (round) => round.systemUs, 2],
    ['at half load', (round) => round.halfCpuUs, 2],
    ['answers/s', (round) => round.answersPerSecond, 0],
    ['busy', (round) => round.busy, 2],
    ['p50 ms', (round) => round.p50Ms, 3],
    ['p99 ms', (round) => round.p99Ms, 3],
    ['lost %', (round) => round.lost * 100, 3],
    ['octets', (round) => round.responseBytes, 0],
  ];
  const rows = results.map(({ server, rounds }) => [
    server,
    ...columns.map(([, pick, digits]) => quartiles(rounds.map(pick)).median.toFixed(digits)),
  ]);
  const parts = [`${title}\n`, formatRows([['server', ...columns.map(([name]) => name)], ...rows])];
  const [ours, ...others] = results;
  if (ours !== undefined && others.length > 0) parts.push('', formatRatios(ours, others));
  return parts.join('\n');
}

function formatRatios(ours: ServerRounds, others: readonly ServerRounds[]): string {
  const ratio = (other: ServerRounds, pick: (round: Round) => number): string => {
    const ratios = ours.rounds.map((round, index) => pick(round) / pickFrom(other.rounds[index], pick));
    const { lower, median, upper } = quartiles(ratios);
    return `${median.toFixed(3)} (${lower.toFixed(3)} to ${upper.toFixed(3)})`;
  };
  return formatRows([
    [`${ours.server} / peer`, 'CPU µs/answer', 'answers/s', 'p50', 'p99'],
    ...others.map((other) => [
      other.server,
      ratio(other, (round) => round.cpuUs),
      ratio(other, (round) => round.answersPerSecond),
      ratio(other, (round) => round.p50Ms),
      ratio(other, (round) => round.p99Ms),
    ]),
  ]);
}

function pickFrom(round: Round | undefined, pick: (round: Round) => number): number {
  return round === undefined ? NaN : pick(round);
}

/** Formats load time and memory: a row a server. */
export function formatLoad(title: string, results: readonly LoadFigures[]): string {
  const mib = (kib: readonly number[]): string => (quartiles(kib).median / 1024).toFixed(0);
  const rows = results.map(({ server, starts }) => [
    server,
    (quartiles(starts.map(({ startMs }) => startMs)).median / 1000).toFixed(2),
    mib(starts.map(({ memory }) => memory.pssKib)),
    mib(starts.map(({ memory }) => memory.rssKib)),
    mib(starts.map(({ memory }) => memory.peakKib)),
  ]);
  return `${title}\n\n${formatRows([['server', 'first answer s', 'PSS MiB', 'RSS MiB', 'peak RSS MiB'], ...rows])}`;
}

/** Aligns columns; the first is words, the others are figures. */
function formatRows(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
