/**
 * What `GET /v1/metrics` says of border routers and prefixes: sessions, NOTIFICATIONs, UPDATEs, BFD, standings, and what
 * the kernel has dropped. The names are those that BGP speakers are usually watched by.
 */
import type { BgpStatus } from './bgp.ts';
import type { Labels, Scrape } from './scrape.ts';
import type { Status } from './status.ts';

/** Sessions in the order of RFC 4271 §8.2.2, as `bgp_peer_state` numbers them; what is none of them is 0. */
const sessionStates = ['stopped', 'idle', 'connect', 'active', 'openSent', 'openConfirm', 'established'];

/** BFD states by their numbers on the wire (RFC 5880 §4.1). */
const bfdStates = ['adminDown', 'down', 'init', 'up'];

type Sample = readonly [Labels, number];

/** Writes them. */
export function addBgp(scrape: Scrape, status: Pick<Status, 'site' | 'prefixes'>, bgp: BgpStatus): void {
  const neighbors = bgp.speakers.flatMap(({ speaker, neighbors: each }) =>
    each.map((neighbor) => ({ labels: { speaker, peer: neighbor.name }, neighbor })),
  );
  const sample = (value: (neighbor: (typeof neighbors)[number]['neighbor']) => number): Sample[] =>
    neighbors.map(({ labels, neighbor }) => [labels, value(neighbor)]);

  const states = sample(({ state }) => Math.max(0, sessionStates.indexOf(state)));
  scrape.gauge(
    'bgp_peer_state',
    'The session: 1 idle, 2 connect, 3 active, 4 openSent, 5 openConfirm, 6 established.',
    states,
  );
  scrape.counter(
    'bgp_session_flaps_total',
    'Established sessions that were lost.',
    sample(({ flaps }) => flaps),
  );
  const notifications = neighbors.flatMap(({ labels, neighbor }) =>
    neighbor.notifications.map(({ direction, code, subcode, count }): Sample => [
      { ...labels, dir: direction, code: String(code), subcode: String(subcode) },
      count,
    ]),
  );
  scrape.counter('bgp_notifications_total', 'NOTIFICATIONs, by direction, code and subcode.', notifications);
  const updates = neighbors.flatMap(({ labels, neighbor }): Sample[] => [
    [{ ...labels, dir: 'sent' }, neighbor.updatesSent],
    [{ ...labels, dir: 'received' }, neighbor.updatesReceived],
  ]);
  scrape.counter('bgp_updates_total', 'UPDATEs, by direction.', updates);
  const faulty = neighbors.flatMap(({ labels, neighbor }): Sample[] =>
    Object.entries(neighbor.updateFaults).map(([action, count]) => [{ ...labels, action }, count]),
  );
  scrape.counter('bgp_rfc7606_actions_total', 'Received UPDATEs with a fault, by what it cost.', faulty);
  const stalled = sample(({ sendStalledMs }) => sendStalledMs / 1000);
  scrape.gauge('bgp_send_stalled_seconds', 'For how long a neighbor has read nothing of what waits for it.', stalled);
  const prefixes = sample(({ announced }) => announced.length);
  scrape.gauge('bgp_adj_rib_out_prefixes', 'Prefixes that a neighbor was told and not untold.', prefixes);

  const withBfd = neighbors.flatMap(({ labels, neighbor: { bfd } }) => (bfd === undefined ? [] : [{ labels, bfd }]));
  const bfd = withBfd.map(({ labels, bfd: { state } }): Sample => [labels, bfdStates.indexOf(state)]);
  scrape.gauge('bfd_state', 'The BFD session: 0 adminDown, 1 down, 2 init, 3 up.', bfd);
  const late = withBfd.map(({ labels, bfd: { lateTicks } }): Sample => [labels, lateTicks]);
  scrape.counter('bfd_late_ticks_total', 'Turns of the own BFD timer that came more than an interval late.', late);

  addKernel(scrape, bgp);
  addPrefixes(scrape, status, bgp);
}

/** Of this machine, and of each node that speaks. */
function addKernel(scrape: Scrape, { kernel, speakers }: BgpStatus): void {
  const ofNodes = speakers.flatMap(({ speaker, kernel: own }) => (own === undefined ? [] : [{ speaker, drops: own }]));
  const all = [{ speaker: 'coordinator', drops: kernel }, ...ofNodes];
  scrape.counter(
    'tcp_md5_failures',
    'Segments that the kernel dropped for their TCP-MD5 signature.',
    all.map(({ speaker, drops }): Sample => [{ speaker }, drops.md5Failures]),
  );
  scrape.counter(
    'tcp_minttl_drops',
    'Segments that the kernel dropped for their TTL.',
    all.map(({ speaker, drops }): Sample => [{ speaker }, drops.minTtlDrops]),
  );
}

function addPrefixes(
  scrape: Scrape,
  { site, prefixes }: Pick<Status, 'site' | 'prefixes'>,
  { blocked }: BgpStatus,
): void {
  const states = prefixes.map(({ prefix, state }): Sample => [{ prefix, site, state }, 1]);
  scrape.gauge('anycast_state', 'Where a prefix stands at this site.', states);
  const rules = blocked.map(({ rule, count }): Sample => [{ rule }, count]);
  scrape.counter('anycast_withdraw_blocked_total', 'Withdrawals that a rule held back.', rules);
}
