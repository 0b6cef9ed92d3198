/**
 * What the answer to `show info;show stat` says, as typed rows. Pure; tested on the words of HAProxy 2.6.
 *
 * Both commands travel in one line, so that one process answers both: across a reload two connections may reach two.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { parseHaproxyCsv } from './csv.ts';
import type { CsvRecord } from './csv.ts';

/** The line that asks for a sample. */
export const sampleCommand = 'show info;show stat';

export interface ProcessInfo {
  readonly pid: number;
  readonly startTimeSeconds: number;
  readonly uptimeSeconds: number;
  /** The process has had its stop signal and only finishes what it has. */
  readonly isStopping: boolean;
  readonly version: string;
}

export interface FrontendRow {
  readonly kind: 'frontend';
  readonly proxy: string;
  readonly status: string;
  readonly sessions: number;
  readonly sessionLimit: number | undefined;
}

export interface BackendRow {
  readonly kind: 'backend';
  readonly proxy: string;
  readonly status: string;
}

export interface ServerRow {
  readonly kind: 'server';
  readonly proxy: string;
  readonly name: string;
  /** Such as `UP`, `UP 1/3`, `DOWN`, `DRAIN`, `MAINT (via be/web1)`, `no check`. */
  readonly status: string;
  readonly isBackup: boolean;
  /** In effect now: shrunk in slow start. */
  readonly weight: number;
  /** As configured or set by the operator. */
  readonly userWeight: number;
  readonly sessions: number;
  /** Undefined where unlimited. */
  readonly sessionLimit: number | undefined;
  /** Such as `L7OK` or `L4CON`, without the mark of a running check; empty where there was none. */
  readonly checkStatus: string;
  /** What the last check met, such as `Connection refused`. */
  readonly lastCheck: string;
}

export type StatRow = FrontendRow | BackendRow | ServerRow;

/** One look at one HAProxy process. */
export interface HaproxySample {
  readonly info: ProcessInfo;
  readonly rows: readonly StatRow[];
}

/** Parses the answer to `sampleCommand`; the fault says what was expected. */
export function parseSample(text: string): Result<HaproxySample, string> {
  const tableAt = text.search(/^# /m);
  if (tableAt === -1) {
    return refuse(`expected the table of "show stat", got ${JSON.stringify(text.trim().slice(0, 120))}`);
  }
  const info = parseInfo(text.slice(0, tableAt));
  if (!info.ok) return info;
  const records = parseHaproxyCsv(text.slice(tableAt));
  if (!records.ok) return records;
  const missing = neededColumns.filter((column) => records.value[0]?.has(column) === false);
  if (missing.length > 0) return refuse(`"show stat" has no column ${missing.join(', ')}`);
  return succeed({ info: info.value, rows: records.value.map(rowOf).filter((row) => row !== undefined) });
}

const neededColumns = ['pxname', 'svname', 'type', 'status', 'weight', 'scur', 'slim', 'bck', 'check_status'];

function parseInfo(text: string): Result<ProcessInfo, string> {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) lines.set(line.slice(0, colon), line.slice(colon + 2).trim());
  }
  const pid = Number(lines.get('Pid') ?? 0);
  if (!Number.isInteger(pid) || pid <= 0) return refuse('"show info" has no line "Pid: <number>"');
  return succeed({
    pid,
    startTimeSeconds: Number(lines.get('Start_time_sec') ?? 0),
    uptimeSeconds: Number(lines.get('Uptime_sec') ?? 0),
    isStopping: lines.get('Stopping') === '1',
    version: lines.get('Version') ?? '',
  });
}

// Values of the column `type`.
const rowTypes = { frontend: '0', backend: '1', server: '2' } as const;

/** One row; undefined for listeners. */
function rowOf(record: CsvRecord): StatRow | undefined {
  const proxy = record.get('pxname') ?? '';
  const status = record.get('status') ?? '';
  switch (record.get('type')) {
    case rowTypes.frontend:
      return { kind: 'frontend', proxy, status, ...sessionsOf(record) };
    case rowTypes.backend:
      return { kind: 'backend', proxy, status };
    case rowTypes.server:
      return { kind: 'server', proxy, status, ...sessionsOf(record), ...serverParts(record) };
    default:
      return undefined;
  }
}

function serverParts(record: CsvRecord): Omit<ServerRow, 'kind' | 'proxy' | 'status' | 'sessions' | 'sessionLimit'> {
  const weight = numberOf(record, 'weight') ?? 0;
  return {
    name: record.get('svname') ?? '',
    isBackup: record.get('bck') === '1',
    weight,
    // Before 2.4 there is no uweight.
    userWeight: numberOf(record, 'uweight') ?? weight,
    checkStatus: (record.get('check_status') ?? '').replace(/^\* /, ''),
    lastCheck: record.get('last_chk') ?? '',
  };
}

function sessionsOf(record: CsvRecord): { readonly sessions: number; readonly sessionLimit: number | undefined } {
  const limit = numberOf(record, 'slim');
  return { sessions: numberOf(record, 'scur') ?? 0, sessionLimit: limit === 0 ? undefined : limit };
}

function numberOf(record: CsvRecord, column: string): number | undefined {
  const text = record.get(column);
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}
