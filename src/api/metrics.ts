/**
 * `GET /v1/metrics`: what this coordinator counts and believes, in the text form of Prometheus. Each scrape writes the
 * present numbers into a registry of its own, so that nothing is kept between scrapes.
 */
import { Registry } from 'prom-client';
import type { BgpStatus } from './bgp.ts';
import { addBgp } from './bgp-metrics.ts';
import type { Checks } from './checks.ts';
import { Scrape } from './scrape.ts';
import type { Status } from './status.ts';

/** The media type of the text. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Writes all metrics. */
export function renderMetrics(status: Status, checks: Checks, bgp: BgpStatus): Promise<string> {
  const scrape = new Scrape();
  addCoordinator(scrape, status);
  addDecisions(scrape, status);
  addChecks(scrape, checks);
  addBgp(scrape, status, bgp);
  return scrape.text();
}

function addCoordinator(scrape: Scrape, { release, version, site, role, uptimeMs, sanity, dns, peers }: Status): void {
  const { epoch, sequence, digest } = release;
  const info = { site, version, role, release: `${epoch}.${sequence}`, digest };
  scrape.gauge('fairlead_info', 'Which coordinator this is, and the release in force.', [[info, 1]]);
  scrape.gauge('fairlead_uptime_seconds', 'Since the start of the process.', [[{}, uptimeMs / 1000]]);
  const sanities = ['sane', 'doubtful', 'frozen'].map((each) => [{ sanity: each }, Number(each === sanity)] as const);
  scrape.gauge('fairlead_sanity', 'Whether this vantage trusts what it sees (R5).', sanities);
  const counts = Object.entries(dns.counters).map(([kind, count]) => [{ kind }, count] as const);
  scrape.counter('fairlead_dns_total', 'What the DNS server counts, by kind.', counts);
  const fresh = peers.map((peer) => [{ site: peer.site }, Number(peer.state === 'fresh')] as const);
  scrape.gauge('fairlead_peer_fresh', 'Whether the coordinator of another site is heard.', fresh);
}

function addDecisions(scrape: Scrape, { services, prefixes, routers }: Status): void {
  const endpoints = services.flatMap(({ service, endpoints: each }) =>
    each.map((endpoint) => ({
      labels: { service, site: endpoint.site, family: String(endpoint.family) },
      endpoint,
    })),
  );
  const up = endpoints.map(({ labels, endpoint }) => [labels, Number(endpoint.state === 'up')] as const);
  scrape.gauge('fairlead_endpoint_up', 'The verdict on an endpoint.', up);
  const answered = endpoints.map(({ labels, endpoint }) => [labels, Number(endpoint.answered)] as const);
  scrape.gauge('fairlead_endpoint_answered', 'Whether DNS answers with an endpoint.', answered);
  const modes = services.map(({ service, mode }) => [{ service, mode }, 1] as const);
  scrape.gauge('fairlead_service_mode', 'How a service is answered.', modes);
  const announced = prefixes.map(({ prefix, state }) => [{ prefix, state }, Number(state !== 'withdrawn')] as const);
  scrape.gauge('fairlead_prefix_announced', 'Whether an anycast prefix is announced here.', announced);
  const established = routers.map(({ name, state }) => [{ router: name }, Number(state === 'established')] as const);
  scrape.gauge('fairlead_bgp_established', 'Whether the session with a border router is up.', established);
}

function addChecks(scrape: Scrape, { checks }: Checks): void {
  const rows = checks.map((check) => ({ labels: { check: check.check, used_by: check.usedBy.join(' ') }, check }));
  const known = rows.flatMap(({ labels, check }) => (check.state === 'unknown' ? [] : [{ labels, check }]));
  const up = known.map(({ labels, check }) => [labels, Number(check.state === 'up')] as const);
  scrape.gauge('fairlead_check_up', 'The state of a check after rise and fall; absent before its first result.', up);
  const runs = rows.map(({ labels, check }) => [labels, check.runs] as const);
  scrape.counter('fairlead_check_runs_total', 'Runs of a check.', runs);
  const failures = rows.map(({ labels, check }) => [labels, check.failures] as const);
  scrape.counter('fairlead_check_failures_total', 'Runs of a check that failed.', failures);
  const unable = rows.map(({ labels, check }) => [labels, check.unable] as const);
  scrape.counter('fairlead_check_unable_total', 'Runs that this machine could not do.', unable);
  const last = rows.flatMap(({ labels, check }) => (check.last === undefined ? [] : [{ labels, last: check.last }]));
  const took = last.map(({ labels, last: { durationMs } }) => [labels, durationMs / 1000] as const);
  scrape.gauge('fairlead_check_duration_seconds', 'How long the last run took.', took);
  const late = last.map(({ labels, last: { latenessMs } }) => [labels, latenessMs / 1000] as const);
  scrape.gauge('fairlead_check_lateness_seconds', 'How much later than its slot the last run began.', late);
}
