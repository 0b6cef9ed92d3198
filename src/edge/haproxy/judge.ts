/**
 * Judges one service from one sample of HAProxy: is it up, how many servers, how much of its capacity. Pure.
 *
 * What a sample cannot tell, such as a proxy that is not there, is `unknown`, never `down` (R3). Time and reloads are
 * tracker.ts.
 */
import type { ServiceId } from '#health/model.ts';
import type { ServiceReport } from '#health/report.ts';
import type { FrontendRow, HaproxySample, ServerRow } from './sample.ts';

/** Which proxies of HAProxy carry a service. */
export interface ServiceMapping {
  readonly service: ServiceId;
  readonly backend: string;
  /** All must be open; none named, none looked at. */
  readonly frontends: readonly string[];
  /** Usable servers that the service needs to be up. */
  readonly minServers: number;
  /** Whether servers marked `backup` count as usable. */
  readonly allowBackup: boolean;
}

/** A verdict of one sample. */
export interface Judgement {
  readonly report: ServiceReport;
  /**
   * Whether HAProxy has looked at every server: no check is still to have its first result, none is between two
   * states. After a reload HAProxy shows servers as up, or as they were configured, before it has looked.
   */
  readonly isSettled: boolean;
}

const maxReasonLength = 500;
const maxServersNamed = 3;

/** Judges the service of `mapping` by the rows of `sample`. */
export function judge(sample: HaproxySample, mapping: ServiceMapping): Judgement {
  const backend = sample.rows.find((row) => row.kind === 'backend' && row.proxy === mapping.backend);
  const named = frontendsOf(sample, mapping);
  const absent = backend === undefined ? `backend "${mapping.backend}"` : named.absent;
  if (backend === undefined || absent !== undefined) return unjudgeable(mapping, `HAProxy has no ${absent}`);
  const servers = sample.rows.filter((row) => row.kind === 'server').filter((row) => row.proxy === mapping.backend);
  const usable = servers.filter((server) => isUsable(server, mapping));
  const { state, reason } = stateOf({ mapping, backendStatus: backend.status, servers, usable, closed: named.closed });
  const load = loadOf(usable, named.frontends);
  return {
    isSettled: servers.every(isLookedAt),
    report: {
      service: mapping.service,
      state,
      reason: reason.slice(0, maxReasonLength),
      usableServers: usable.length,
      totalServers: servers.filter((server) => counts(server, mapping)).length,
      capacity: capacityOf(servers, usable),
      sessions: sum(usable.map((server) => server.sessions)),
      ...(load === undefined ? {} : { load }),
    },
  };
}

interface Facts {
  readonly mapping: ServiceMapping;
  readonly backendStatus: string;
  readonly servers: readonly ServerRow[];
  readonly usable: readonly ServerRow[];
  readonly closed: FrontendRow | undefined;
}

function stateOf(facts: Facts): Pick<ServiceReport, 'state' | 'reason'> {
  const { mapping, servers, usable, closed } = facts;
  if (closed !== undefined) return { state: 'down', reason: `frontend ${closed.proxy} is ${closed.status}` };
  const counted = servers.filter((server) => counts(server, mapping));
  if (servers.length === 0 && facts.backendStatus.startsWith('UP')) {
    return { state: 'up', reason: `backend ${mapping.backend} answers without servers` };
  }
  const numbers = `${usable.length} of ${counted.length} servers usable`;
  if (usable.length >= mapping.minServers && facts.backendStatus.startsWith('UP')) {
    const isChecked = usable.some((server) => server.status !== 'no check');
    return { state: 'up', reason: isChecked ? numbers : `${numbers}, none of them checked` };
  }
  if (counted.length > 0 && counted.every(isDrained)) {
    return { state: 'draining', reason: `all ${counted.length} servers are in drain or maintenance` };
  }
  const wanted = mapping.minServers > 1 ? `, ${mapping.minServers} wanted` : '';
  return {
    state: 'down',
    reason: `${numbers}${wanted}${describeUnusable(counted.filter((row) => !usable.includes(row)))}`,
  };
}

function describeUnusable(servers: readonly ServerRow[]): string {
  if (servers.length === 0) return '';
  const named = servers.slice(0, maxServersNamed).map((server) => {
    const found = [server.checkStatus, server.lastCheck].filter((text) => text !== '').join(' ');
    return `${server.name} ${server.status}${found === '' ? '' : ` (${found})`}`;
  });
  const rest = servers.length - named.length;
  return `: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function counts(server: ServerRow, mapping: ServiceMapping): boolean {
  return mapping.allowBackup || !server.isBackup;
}

function isUsable(server: ServerRow, mapping: ServiceMapping): boolean {
  return /^(?:UP|no check)\b/.test(server.status) && server.weight > 0 && counts(server, mapping);
}

/** Taken out by a person. A server without an address (`MAINT (resolution)`) is not: its name does not resolve. */
function isDrained(server: ServerRow): boolean {
  return /^(?:DRAIN|MAINT)\b/.test(server.status) && server.status !== 'MAINT (resolution)';
}

/** Whether the row says what a check of this process found; a server that tracks another has no check status. */
function isLookedAt(server: ServerRow): boolean {
  if (server.status === 'no check' || isDrained(server)) return true;
  if (/ \d+\/\d+$/.test(server.status)) return false;
  return server.checkStatus !== 'UNK' && server.checkStatus !== 'INI';
}

/** Usable share of the weight of the active servers that are not in maintenance. */
function capacityOf(servers: readonly ServerRow[], usable: readonly ServerRow[]): number {
  if (servers.length === 0) return 1;
  const active = servers.filter((server) => !server.isBackup && !server.status.startsWith('MAINT'));
  const whole = sum(active.map((server) => server.userWeight));
  if (whole === 0) return usable.length > 0 ? 1 : 0;
  return Math.min(1, sum(usable.map((server) => server.weight)) / whole);
}

/** Sessions over their limit, at the servers or at a frontend, whichever is fuller; undefined without any limit. */
function loadOf(usable: readonly ServerRow[], frontends: readonly FrontendRow[]): number | undefined {
  const limited = usable.filter((server) => server.sessionLimit !== undefined);
  const ratios = frontends.map((row) => (row.sessionLimit === undefined ? undefined : row.sessions / row.sessionLimit));
  if (limited.length > 0) {
    ratios.push(sum(limited.map((row) => row.sessions)) / sum(limited.map((row) => row.sessionLimit ?? 0)));
  }
  const known = ratios.filter((ratio) => ratio !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

interface Frontends {
  readonly frontends: readonly FrontendRow[];
  /** The first that HAProxy does not have, as words. */
  readonly absent: string | undefined;
  /** The first that is not open. */
  readonly closed: FrontendRow | undefined;
}

function frontendsOf(sample: HaproxySample, mapping: ServiceMapping): Frontends {
  const all = sample.rows.filter((row) => row.kind === 'frontend');
  const frontends = all.filter((row) => mapping.frontends.includes(row.proxy));
  const absent = mapping.frontends.find((name) => !frontends.some((row) => row.proxy === name));
  return {
    frontends,
    absent: absent === undefined ? undefined : `frontend "${absent}"`,
    closed: frontends.find((row) => row.status !== 'OPEN'),
  };
}

function unjudgeable({ service }: ServiceMapping, reason: string): Judgement {
  const report = { service, state: 'unknown', reason, usableServers: 0, totalServers: 0, capacity: 0 } as const;
  return { report, isSettled: true };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
