/** A status as text for people, and as an exit code for machines (Nagios: 0 ok, 1 degraded, 2 critical). Pure. */
import { formatDuration } from '#base/time.ts';
import { formatHostPort } from '#base/ip.ts';
import type { EndpointStatus, NodeStatus, Status } from '#api/status.ts';
import { formatTable } from './table.ts';
import type { Paint } from './table.ts';

/** Writes a status; `paint` colours words on a terminal and leaves them alone elsewhere. */
export function renderStatus(status: Status, nowUnixMs: number, paint: Paint): string {
  const sections = [
    renderHead(status, paint),
    renderServices(status, paint),
    renderFailovers(status, nowUnixMs, paint),
    renderNodes(status, paint),
    renderPrefixes(status, paint),
    renderRouters(status, paint),
    renderOverrides(status, nowUnixMs),
    renderPeers(status, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** How bad it is: 2 when a service is not answered by health, 1 when anything is not as it should be. */
export function statusExitCode(status: Status): 0 | 1 | 2 {
  if (status.services.some((service) => service.mode !== 'normal')) return 2;
  const degraded =
    status.sanity !== 'sane' ||
    status.overrides.length > 0 ||
    status.services.some((service) => service.endpoints.some((endpoint) => endpoint.state !== 'up')) ||
    status.services.some(({ failover }) => (failover?.active ?? 0) > 0) ||
    status.prefixes.some((prefix) => prefix.state !== 'announced' || prefix.blocked !== undefined) ||
    status.routers.some((router) => router.state !== 'established') ||
    status.peers.some((peer) => peer.state === 'silent');
  return degraded ? 1 : 0;
}

function renderHead(status: Status, paint: Paint): string {
  const { epoch, sequence, digest } = status.release;
  const sanity = status.sanity === 'sane' ? '' : `  ${paint('bad', status.sanity)}`;
  const dns = status.dns.listen.length === 0 ? 'DNS not open' : `DNS on ${status.dns.listen.join(', ')}`;
  return [
    `site ${status.site}${sanity}  release ${epoch}.${sequence} (${digest.slice(0, 12)}, ${status.role})`,
    `${dns}, ${status.dns.queries} queries, up ${formatDuration(status.uptimeMs)}`,
  ].join('\n');
}

function renderServices(status: Status, paint: Paint): string {
  const rows = status.services.flatMap(({ service, mode, endpoints }) =>
    endpoints.map((endpoint) => [
      service,
      endpoint.site,
      paint(endpoint.state === 'up' ? 'good' : 'bad', describeState(endpoint)),
      endpoint.answered ? 'yes' : 'no',
      formatHostPort(endpoint.address, endpoint.port),
      formatDuration(endpoint.sinceMs),
      mode === 'normal' ? endpoint.reason : paint('bad', endpoint.reason),
    ]),
  );
  return formatTable(['SERVICE', 'SITE', 'STATE', 'ANSWERED', 'ADDRESS', 'SINCE', 'REASON'], rows);
}

function describeState(endpoint: EndpointStatus): string {
  const { weight, configuredWeight, shed = 0 } = endpoint;
  const parts = [
    ...(endpoint.drained ? ['drained'] : []),
    ...(!endpoint.drained && endpoint.basis === 'held' ? ['held'] : []),
    ...(endpoint.standby === true ? ['standby'] : []),
    ...(weight !== undefined && configuredWeight !== undefined ? [`weight ${weight} of ${configuredWeight}`] : []),
    ...(shed > 0 ? [`sheds ${Math.round(shed * 100)}%`] : []),
  ];
  return [endpoint.state, ...parts].join(', ');
}

/** One row for each service with tiers: which is active, since when and why, and what waits. */
function renderFailovers(status: Status, nowUnixMs: number, paint: Paint): string {
  const rows = status.services.flatMap(({ service, mode, failover }) => {
    if (failover === undefined) return [];
    const { tiers, active, last, held } = failover;
    const name = tiers[active] ?? '';
    return [
      [
        service,
        paint(active === 0 && mode === 'normal' ? 'good' : 'bad', mode === 'normal' ? name : `${name}, ${mode}`),
        tiers.join(' > '),
        failover.failover,
        failover.failback,
        last === undefined ? '-' : formatDuration(nowUnixMs - last.sinceUnixMs),
        last === undefined ? '-' : `${last.who} at ${last.site}`,
        [...(last === undefined ? [] : [last.reason]), ...(held === undefined ? [] : [`waits: ${held}`])].join('; '),
      ],
    ];
  });
  return formatTable(['SERVICE', 'ACTIVE', 'TIERS', 'FAILOVER', 'FAILBACK', 'SINCE', 'BY', 'REASON'], rows);
}

/** One row for each node, not for each service on it: the worst of what it reports. */
function renderNodes(status: Status, paint: Paint): string {
  const rows = status.services.flatMap(({ service, endpoints }) =>
    endpoints.flatMap((endpoint) =>
      endpoint.nodes.map((node) => [
        endpoint.site,
        node.node,
        service,
        paint(node.state === 'up' ? 'good' : 'bad', node.state),
        describeOwner(node),
        node.ageMs === undefined ? '-' : formatDuration(node.ageMs),
        node.reason,
      ]),
    ),
  );
  return formatTable(['SITE', 'NODE', 'SERVICE', 'STATE', 'VIP', 'AGE', 'REASON'], rows);
}

function describeOwner(node: NodeStatus): string {
  if (node.ownsVip === undefined) return '-';
  return node.ownsVip ? 'owner' : 'spare';
}

function renderPrefixes(status: Status, paint: Paint): string {
  const rows = status.prefixes.map((prefix) => [
    prefix.prefix,
    paint(prefix.state === 'announced' ? 'good' : 'bad', prefix.state),
    prefix.holdsAnchor ? 'held' : '-',
    formatDuration(prefix.sinceMs),
    prefix.blocked === undefined ? prefix.reason : `stays (${prefix.blocked})`,
  ]);
  return formatTable(['PREFIX', 'STATE', 'ANCHOR', 'SINCE', 'REASON'], rows);
}

function renderRouters(status: Status, paint: Paint): string {
  const rows = status.routers.map((router) => [
    router.name,
    router.address,
    paint(router.state === 'established' ? 'good' : 'bad', router.state),
    router.announced.join(' ') || '-',
    router.reason,
  ]);
  return formatTable(['ROUTER', 'ADDRESS', 'SESSION', 'TOLD', 'REASON'], rows);
}

function renderOverrides(status: Status, nowUnixMs: number): string {
  const rows = status.overrides.map((override) => [
    override.prefix === undefined ? override.kind : `${override.kind} ${override.prefix}`,
    override.site,
    override.who,
    `in ${formatDuration(override.expiresAtUnixMs - nowUnixMs)}`,
    override.state,
    override.reason,
  ]);
  return formatTable(['OVERRIDE', 'SITE', 'WHO', 'ENDS', 'STATE', 'REASON'], rows);
}

function renderPeers(status: Status, paint: Paint): string {
  const rows = status.peers.map((peer) => [
    peer.site,
    paint(peer.state === 'fresh' ? 'good' : 'bad', peer.state),
    peer.sane === undefined ? '-' : peer.sane ? 'yes' : paint('bad', 'no'),
    peer.release ?? '-',
    peer.ageMs === undefined ? '-' : formatDuration(peer.ageMs),
  ]);
  return formatTable(['COORDINATOR', 'STATE', 'SANE', 'RELEASE', 'AGE'], rows);
}
