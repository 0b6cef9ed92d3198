/** `fairlead status` of a node, for people: who takes its reports, what is in them, and what it tells its routers. */
import { formatDuration } from '#base/time.ts';
import type { AgentStatus } from '#api/agent.ts';
import { formatTable } from './table.ts';
import type { Paint } from './table.ts';

/** Writes the tables. */
export function renderAgentStatus(status: AgentStatus, nowUnixMs: number, paint: Paint): string {
  const sections = [
    `node ${status.node} of site ${status.site}, up ${formatDuration(status.uptimeMs)}`,
    renderCoordinators(status, nowUnixMs, paint),
    ...renderReport(status, paint),
    ...renderBgpSide(status, nowUnixMs, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** 0 where every coordinator hears it, every service is up and every session is established, 1 otherwise. */
export function agentExitCode({ coordinators, report, bgp }: AgentStatus): 0 | 1 {
  const isWell =
    coordinators.every(({ state }) => state === 'reached') &&
    report?.services.every(({ state }) => state === 'up') === true &&
    (bgp === undefined ||
      (bgp.instruction === 'current' &&
        bgp.missing.length === 0 &&
        bgp.neighbors.every(({ state }) => state === 'established')));
  return isWell ? 0 : 1;
}

function renderCoordinators({ coordinators }: AgentStatus, nowUnixMs: number, paint: Paint): string {
  const rows = coordinators.map(({ url, state, reason, sinceUnixMs }) => [
    url,
    paint(state === 'reached' ? 'good' : 'bad', state),
    formatDuration(nowUnixMs - sinceUnixMs),
    reason,
  ]);
  return formatTable(['COORDINATOR', 'STATE', 'SINCE', 'REASON'], rows);
}

function renderReport({ report }: AgentStatus, paint: Paint): readonly string[] {
  if (report === undefined) return [paint('bad', 'nothing is reported yet: HAProxy or keepalived was not heard')];
  const services = report.services.map(({ service, state, reason, holding, usableServers, totalServers }) => [
    service,
    paint(state === 'up' ? 'good' : 'bad', holding === undefined ? state : `${state}, held`),
    `${usableServers}/${totalServers}`,
    holding ?? reason,
  ]);
  const addresses = report.vips.map(({ address, owned, instance, state }) => [
    address,
    owned ? 'here' : 'not here',
    instance ?? '-',
    state,
  ]);
  return [
    formatTable(['SERVICE', 'STATE', 'SERVERS', 'REASON'], services),
    formatTable(['VIP', 'WHERE', 'INSTANCE', 'VRRP'], addresses),
  ];
}

const instructions = {
  current: 'acts on what its coordinator says',
  kept: 'acts on what its coordinator said before the last restart of this agent (R23)',
  none: 'no coordinator has said yet what to tell',
} as const;

function renderBgpSide({ bgp }: AgentStatus, nowUnixMs: number, paint: Paint): readonly string[] {
  if (bgp === undefined) return [];
  const head = `BGP: ${paint(bgp.instruction === 'current' ? 'good' : 'bad', instructions[bgp.instruction])}`;
  const managed = bgp.managed.length === 0 ? '' : `\non the loopback by this agent: ${bgp.managed.join(' ')}`;
  const routers = bgp.neighbors.map(({ name, address, state, sinceUnixMs, announced, reason }) => [
    name,
    address,
    paint(state === 'established' ? 'good' : 'bad', state),
    formatDuration(nowUnixMs - sinceUnixMs),
    announced.map(({ prefix }) => prefix).join(' ') || '-',
    reason,
  ]);
  const missing = bgp.missing.map(({ prefix, reason }) => [prefix, paint('bad', reason)]);
  return [
    `${head}${managed}`,
    formatTable(['ROUTER', 'ADDRESS', 'SESSION', 'SINCE', 'TOLD', 'REASON'], routers),
    formatTable(['NOT TOLD', 'WHY'], missing),
  ];
}
