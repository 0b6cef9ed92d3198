/** `fairlead bgp` for people: neighbors, what each was told, and what each would be told now. */
import { formatHostPort } from '#base/ip.ts';
import { formatDuration } from '#base/time.ts';
import type { BgpStatus } from '#api/bgp.ts';
import type { NeighborSnapshot, ToldAttributes } from '#border/snapshot.ts';
import { formatTable } from './table.ts';
import type { Paint } from './table.ts';

/** Writes the tables. */
export function renderBgp(status: BgpStatus, nowUnixMs: number, paint: Paint): string {
  if (status.bgp === undefined) return `site ${status.site} has no border routers (bgp in sites/${status.site}.yaml)\n`;
  const { asn, mode } = status.bgp;
  const sections = [
    `site ${status.site}  AS ${asn}  spoken by ${mode === 'nodes' ? 'its nodes' : 'its coordinator'}`,
    renderSessionChange(status, paint),
    renderNeighbors(status, nowUnixMs, paint),
    renderTold(status, nowUnixMs),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** How a change is marked. */
const marks = { keep: '=', announce: '+', replace: '~', withdraw: '-', refuse: '!' } as const;

/** Writes what would be told now, the difference marked. */
export function renderPlan(status: BgpStatus, paint: Paint): string {
  const rows = status.speakers.flatMap(({ speaker, neighbors }) =>
    neighbors.flatMap(({ name, announced, plan }) =>
      plan.map(({ change, prefix, attributes, refusal, reason }) => {
        const told = announced.find((route) => route.prefix === prefix)?.attributes;
        const unknown = change === 'announce' ? 'its route, when there is a session' : 'nothing';
        const planned = attributes === undefined ? (refusal ?? unknown) : describeAttributes(attributes);
        return [
          paint(change === 'keep' ? 'good' : 'bad', marks[change]),
          speaker,
          name,
          prefix,
          told === undefined ? 'nothing' : describeAttributes(told),
          change === 'keep' ? 'the same' : planned,
          reason,
        ];
      }),
    ),
  );
  const table = formatTable(['', 'SPEAKER', 'NEIGHBOR', 'PREFIX', 'TOLD', 'WOULD BE TOLD', 'WHY'], rows);
  return table === '' ? 'nothing is told, and nothing would be\n' : `${table}\n`;
}

/** 0 where every session is up and told what it should be, 1 otherwise. */
export function bgpExitCode(status: BgpStatus): 0 | 1 {
  const isWell = status.speakers.every(
    ({ neighbors }) =>
      (status.bgp?.mode !== 'nodes' || neighbors.length > 0) &&
      neighbors.every(({ state, plan }) => state === 'established' && plan.every(({ change }) => change === 'keep')),
  );
  return isWell && status.sessionChange === undefined ? 0 : 1;
}

function renderSessionChange({ sessionChange }: BgpStatus, paint: Paint): string {
  if (sessionChange === undefined) return '';
  const { state, neighbors, reason } = sessionChange;
  const what = state === 'waiting' ? 'wait for the turn of this site' : 'are changing now';
  return paint('bad', `the release's session settings of ${neighbors.join(', ')} ${what} (R28): ${reason}`);
}

function renderNeighbors(status: BgpStatus, nowUnixMs: number, paint: Paint): string {
  const asns = new Map(status.bgp?.neighbors.map(({ name, peerAsn }) => [name, peerAsn]));
  const rows = status.speakers.flatMap(({ speaker, ageMs, neighbors }) => {
    if (neighbors.length === 0) {
      const reason = ageMs === undefined ? 'has not reported since the start' : 'reports no sessions';
      return [[speaker, '-', '-', '-', paint('bad', 'unknown'), '-', '-', '-', reason]];
    }
    return neighbors.map((neighbor) => [
      speaker,
      neighbor.name,
      formatHostPort(neighbor.address, neighbor.port),
      String(asns.get(neighbor.name) ?? '-'),
      paint(neighbor.state === 'established' ? 'good' : 'bad', neighbor.state),
      formatDuration(nowUnixMs - neighbor.sinceUnixMs),
      describeNegotiated(neighbor),
      describeBfd(neighbor, paint),
      neighbor.reason,
    ]);
  });
  return formatTable(['SPEAKER', 'NEIGHBOR', 'ADDRESS', 'AS', 'SESSION', 'SINCE', 'AGREED', 'BFD', 'REASON'], rows);
}

function describeNegotiated({ negotiated }: NeighborSnapshot): string {
  if (negotiated === undefined) return '-';
  const { holdTimeSeconds, families, gracefulRestart } = negotiated;
  const parts = [
    `hold ${holdTimeSeconds}s`,
    families.map((family) => family.replace('-unicast', '')).join('+'),
    ...(gracefulRestart === undefined ? [] : [gracefulRestart.hasNotification ? 'restart+N' : 'restart']),
  ];
  return parts.join(', ');
}

function describeBfd({ bfd }: NeighborSnapshot, paint: Paint): string {
  if (bfd === undefined) return '-';
  return paint(bfd.state === 'up' ? 'good' : 'bad', `${bfd.state}, ${bfd.detectionTimeMs}ms`);
}

function renderTold(status: BgpStatus, nowUnixMs: number): string {
  const rows = status.speakers.flatMap(({ speaker, neighbors }) =>
    neighbors.flatMap(({ name, announced, withdrawn }) => {
      const told = new Set(announced.map(({ prefix }) => prefix));
      const row = (prefix: string, what: string, sentAtUnixMs: number, reason: string): readonly string[] => {
        return [speaker, name, prefix, what, `${formatDuration(nowUnixMs - sentAtUnixMs)} ago`, reason];
      };
      return [
        ...announced.map(({ prefix, attributes, sentAtUnixMs, reason }) =>
          row(prefix, describeAttributes(attributes), sentAtUnixMs, reason),
        ),
        ...withdrawn
          .filter(({ prefix }) => !told.has(prefix))
          .map(({ prefix, sentAtUnixMs, reason }) => row(prefix, 'withdrawn', sentAtUnixMs, reason)),
      ];
    }),
  );
  return formatTable(['SPEAKER', 'NEIGHBOR', 'PREFIX', 'TOLD', 'WHEN', 'WHY'], rows);
}

/** The attributes in one line. */
function describeAttributes(attributes: ToldAttributes): string {
  const { nextHop, asPath, med, localPreference, communities = [], largeCommunities = [] } = attributes;
  return [
    `via ${nextHop}`,
    ...(asPath === '' ? [] : [`path ${asPath}`]),
    ...(med === undefined ? [] : [`med ${med}`]),
    ...(localPreference === undefined ? [] : [`pref ${localPreference}`]),
    ...communities,
    ...largeCommunities,
  ].join(' ');
}
