/** Tables of the results, one row a daemon; ratios are ours divided by theirs, round by round. */
import { quartiles } from '../dns/statistics.ts';
import type { FlipTimes, IdleFigures, ManyFigures } from './measure.ts';

/** All rounds of one daemon. */
export interface Rounds<Figures> {
  readonly daemon: string;
  readonly channel: string;
  readonly rounds: readonly Figures[];
}

const median = (values: readonly number[]): number => quartiles(values).median;

/** The median over rounds of ours divided by theirs, with quartiles; empty for ours. */
function ratio<Figures>(
  all: readonly Rounds<Figures>[],
  of: Rounds<Figures>,
  value: (round: Figures) => number,
): string {
  const ours = all[0];
  if (ours === undefined || ours === of || ours.daemon !== 'bgp-ts') return '';
  const ratios = of.rounds.map((round, index) => {
    const own = ours.rounds[index];
    return own === undefined ? NaN : value(own) / value(round);
  });
  const { lower, median: middle, upper } = quartiles(ratios);
  return `${middle.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`;
}

function format(heading: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [heading, '', line(columns), rule, ...rows.map(line), ''].join('\n');
}

/** One line to one UPDATE. */
export function formatFlips(all: readonly Rounds<FlipTimes>[]): string {
  const columns = ['daemon', 'told by', 'announce, ms', 'p90', 'ours/theirs', 'withdraw, ms', 'p90', 'ours/theirs'];
  const ninety = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.9)] ?? NaN;
  const rows = all.map((each) => {
    const announce = each.rounds.flatMap(({ announceMs }) => announceMs);
    const withdraw = each.rounds.flatMap(({ withdrawMs }) => withdrawMs);
    return [
      each.daemon,
      each.channel,
      median(announce).toFixed(3),
      ninety(announce).toFixed(3),
      ratio(all, each, ({ announceMs }) => median(announceMs)),
      median(withdraw).toFixed(3),
      ninety(withdraw).toFixed(3),
      ratio(all, each, ({ withdrawMs }) => median(withdrawMs)),
    ];
  });
  return format('from one line to the UPDATE at the peer', columns, rows);
}

/** Ten thousand prefixes. */
export function formatMany(all: readonly Rounds<ManyFigures>[], count: number): string {
  const rows = all.map((each) => [
    each.daemon,
    each.channel,
    median(each.rounds.map(({ elapsedMs }) => elapsedMs)).toFixed(0),
    ratio(all, each, ({ elapsedMs }) => elapsedMs),
    median(each.rounds.map(({ cpuMs }) => cpuMs)).toFixed(0),
    ratio(all, each, ({ cpuMs }) => cpuMs),
    median(each.rounds.map(({ rssMib }) => rssMib)).toFixed(0),
  ]);
  const columns = ['daemon', 'told by', 'elapsed, ms', 'ours/theirs', 'CPU, ms', 'ours/theirs', 'RSS after, MiB'];
  return format(`${count} prefixes, from the first line to the last prefix at the peer`, columns, rows);
}

/** Sessions that only live. */
export function formatIdle(all: readonly Rounds<IdleFigures>[], what: string): string {
  const rows = all.map((each) => [
    each.daemon,
    (100 * median(each.rounds.map(({ cpuShare }) => cpuShare))).toFixed(1),
    ratio(all, each, ({ cpuShare }) => cpuShare),
    median(each.rounds.map(({ rssMib }) => rssMib)).toFixed(0),
    median(each.rounds.map(({ pssMib }) => pssMib)).toFixed(0),
    median(each.rounds.map(({ keepalivesPerSecond }) => keepalivesPerSecond)).toFixed(2),
    String(each.rounds.reduce((total, { lost }) => total + lost, 0)),
  ]);
  const columns = ['daemon', 'CPU, % of a core', 'ours/theirs', 'RSS, MiB', 'PSS, MiB', 'keepalives/s', 'lost'];
  return format(what, columns, rows);
}
