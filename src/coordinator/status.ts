/** What a coordinator believes and does, as `GET /v1/status` tells it: read from the parts, nothing decided here. */
import type { EndpointStatus, FailoverStatus, NodeStatus, Status } from '#api/status.ts';
import type { BgpStatus, SpeakerStatus } from '#api/bgp.ts';
import type { Decision } from '#decide/decision.ts';
import type { HealthModel, Subject } from '#health/model.ts';
import type { Moment } from '#health/overrides.ts';
import type { EndpointDecision } from '#steering/answers.ts';
import type { FailoverRecord } from '#steering/failover-record.ts';
import { describeMode } from '#steering/failover-mode.ts';
import { configuredWeight } from '#steering/model.ts';
import { maxShed } from '#steering/table.ts';

/** The parts that a status is read from. */
export interface StatusSource {
  readonly site: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly release: Status['release'];
  readonly role: Status['role'];
  readonly decision: Decision;
  readonly model: HealthModel;
  readonly bgp: BgpStatus;
  readonly listen: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Builds the status at one moment. */
export function describeStatus(source: StatusSource, moment: Moment): Status {
  const { decision } = source;
  return {
    site: source.site,
    version: source.version,
    uptimeMs: moment.nowMs - source.startedAtMs,
    release: source.release,
    role: source.role,
    sanity: decision.health.sanity,
    services: decision.services.map(({ service, mode, endpoints }) => ({
      service,
      mode,
      ...describeFailover(service, decision),
      endpoints: endpoints.map((decided) => describeEndpoint(decided, source, moment)),
    })),
    prefixes: decision.prefixes.map(({ prefix, state, holdsAnchor, blocked }) => ({
      prefix,
      state: state.kind,
      reason: state.reason,
      sinceMs: moment.nowMs - state.since,
      holdsAnchor,
      ...(blocked === undefined ? {} : { blocked: `${blocked.rule}: ${blocked.reason}` }),
    })),
    routers: source.bgp.speakers.flatMap(describeRouters),
    overrides: decision.overrides.map(({ override, state }) => ({
      id: override.id,
      kind: override.kind,
      site: override.site,
      ...(override.prefix === undefined ? {} : { prefix: override.prefix }),
      reason: override.reason,
      who: override.who,
      createdAtUnixMs: override.createdAtUnixMs,
      expiresAtUnixMs: override.createdAtUnixMs + override.durationMs,
      state,
    })),
    peers: source.model.sites
      .filter((site) => site !== source.site)
      .map((site) => describePeer(site, decision, moment)),
    dns: describeDns(source),
  };
}

function describeEndpoint(decided: EndpointDecision, source: StatusSource, moment: Moment): EndpointStatus {
  const { endpoint, answerable, drained, standby, changePending, weight, shed, reason } = decided;
  const configured = configuredWeight(endpoint);
  const verdict = source.decision.health.verdict(endpoint.subject);
  const subject = source.model.subjects.find((candidate) => candidate.key === endpoint.subject);
  return {
    site: endpoint.site,
    family: endpoint.family,
    address: endpoint.answer,
    port: endpoint.port,
    state: verdict?.state ?? 'unknown',
    answered: answerable,
    drained,
    changePending,
    standby,
    weight,
    ...(weight === configured ? {} : { configuredWeight: configured }),
    ...(shed === 0 ? {} : { shed: shed / maxShed }),
    basis: verdict?.basis ?? 'none',
    reason,
    sinceMs: verdict === undefined ? 0 : moment.nowMs - verdict.since,
    nodes: subject === undefined ? [] : subject.nodes.map((node) => describeNode(node, subject, source, moment)),
  };
}

function describeFailover(service: string, decision: Decision): Pick<Status['services'][number], 'failover'> {
  const found = decision.failovers.find((entry) => entry.service === service);
  if (found === undefined) return {};
  const { tiers, modes, active, record, held } = found;
  return {
    failover: {
      tiers: [...tiers],
      failover: describeMode(modes.failover),
      failback: describeMode(modes.failback),
      active,
      ...(record === undefined ? {} : { last: pickRecord(record) }),
      ...(held === undefined ? {} : { held }),
    },
  };
}

function pickRecord({ cause, site, who, reason, sinceUnixMs }: FailoverRecord): FailoverStatus['last'] {
  return { cause, site, who, reason, sinceUnixMs };
}

function describeNode(node: string, subject: Subject, source: StatusSource, moment: Moment): NodeStatus {
  const last = source.decision.health.nodeReport(subject.site, node);
  if (last === undefined) return { node, state: 'silent', reason: 'has not reported since the start' };
  const { report, receivedAt } = last;
  const ageMs = moment.nowMs - receivedAt;
  const service = report.services.find((entry) => entry.service === subject.service);
  const vip = report.vips.find((entry) => entry.address === subject.vip);
  const owns = vip === undefined ? {} : { ownsVip: vip.owned };
  if (ageMs >= report.leaseMs) return { node, state: 'silent', ageMs, ...owns, reason: 'its lease ran out' };
  if (service === undefined) return { node, state: 'unknown', ageMs, ...owns, reason: 'does not report this service' };
  return { node, state: service.state, ageMs, ...owns, reason: service.holding ?? service.reason };
}

function describeRouters({ speaker, neighbors }: SpeakerStatus): Status['routers'] {
  return neighbors.map(({ name, address, state, reason, announced, bfd }) => ({
    name: speaker === 'coordinator' ? name : `${speaker} ${name}`,
    address,
    state,
    reason: bfd === undefined || bfd.state === 'up' ? reason : `${reason}; BFD is ${bfd.state}: ${bfd.reason}`,
    announced: announced.map((route) => route.prefix),
  }));
}

function describePeer(site: string, decision: Decision, moment: Moment): Status['peers'][number] {
  const last = decision.health.peerReport(site);
  if (last === undefined) return { site, state: 'silent' };
  const { report, receivedAt } = last;
  const ageMs = moment.nowMs - receivedAt;
  return {
    site,
    state: ageMs < report.leaseMs ? 'fresh' : 'silent',
    sane: report.sane,
    release: `${report.release.epoch}.${report.release.sequence}`,
    ageMs,
  };
}

function describeDns({ listen, counters }: StatusSource): Status['dns'] {
  return { listen: [...listen], queries: counters['queries'] ?? 0, counters: { ...counters } };
}
