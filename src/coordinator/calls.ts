/** What the API's calls do in a coordinator: reports and overrides go to the decision, releases to their keeper. */
import { randomUUID } from 'node:crypto';
import { unixMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ApiFault } from '#api/fault.ts';
import type { Explanation } from '#api/explanation.ts';
import type { ExplainRequest, FailoverRequest, OverrideRequest, UndrainRequest } from '#api/requests.ts';
import type { BgpStatus } from '#api/bgp.ts';
import type { Checks } from '#api/checks.ts';
import type { CallResult, CoordinatorCalls } from '#api/server.ts';
import type { Status } from '#api/status.ts';
import type { Override } from '#health/report.ts';
import type { DecisionLoop } from './decision-loop.ts';
import type { Latencies } from './latencies.ts';
import type { NodesLeaving } from './nodes-leaving.ts';
import type { Releases } from './releases.ts';
import { overrideRoutes, restoreRoutes } from './route-override-calls.ts';
import type { Routes } from './routes.ts';

/** The parts that calls act on. */
export interface CallParts {
  readonly site: string;
  readonly loop: DecisionLoop;
  readonly releases: Releases;
  readonly latencies: Latencies;
  readonly routes: Routes;
  readonly nodesLeaving: NodesLeaving;
  readonly bgp: () => Promise<BgpStatus>;
  /** The sites of the release in force. */
  readonly sites: () => readonly string[];
  readonly status: () => Promise<Status>;
  readonly checks: () => Checks;
  readonly explain: (request: ExplainRequest) => Promise<Result<Explanation, ApiFault>>;
  /** Takes the routes back before a stop, or says why they stay. */
  readonly leaveRoutes: (forced: readonly string[]) => Promise<Result<void, ApiFault>>;
  readonly onStopRequest: () => void;
}

/** What a stop may take besides its routes. */
const restOfStopMs = 10_000;

/** Builds the calls. */
export function createCalls(parts: CallParts): CoordinatorCalls {
  const { loop, releases, latencies: known } = parts;
  return {
    status: parts.status,
    checks: parts.checks,
    bgp: parts.bgp,
    report: ({ latencies, bgp, ...report }) => {
      known.take({ kind: 'node', site: report.site, node: report.node }, latencies);
      loop.feed({ kind: 'report', report });
      // After the decision, so that what follows from this report goes back in the answer to it.
      if (report.site !== parts.site) return succeed({ taken: true });
      const instruction = parts.routes.instruct(report, bgp);
      const leave = parts.nodesLeaving.take(report.node, bgp);
      const told = {
        ...(instruction === undefined ? {} : { bgp: instruction }),
        ...(leave === undefined ? {} : { leave }),
      };
      return succeed({ taken: true, ...told });
    },
    peerReport: ({ latencies, ...report }) => {
      // Our own site's name from elsewhere is a second coordinator of this site, or a wrong file on its machine.
      if (report.site === parts.site) return refuse(wrongSite(report.site));
      releases.hint(report.release);
      known.take({ kind: 'coordinator', site: report.site }, latencies);
      loop.feed({ kind: 'peerReport', report });
      return succeed({ taken: true });
    },
    heads: (query) => releases.heads(query),
    object: (digest) => releases.object(digest),
    apply: (request) => releases.apply(request),
    history: () => releases.history(),
    rollback: (request) => releases.rollback(request),
    override: (request) => drain(request, parts),
    undrain: (request) => undrain(request, parts),
    overrideRoutes: (request) => overrideRoutes(request, loop),
    restoreRoutes: (request) => restoreRoutes(request, loop),
    failover: (request) => failover(request, parts),
    explain: parts.explain,
    prepareStop: ({ force }) => parts.leaveRoutes(force),
    stopWithinMs: () => parts.routes.leaveMs + restOfStopMs,
    stop: parts.onStopRequest,
  };
}

function drain(request: OverrideRequest, parts: CallParts): CallResult {
  if (!parts.sites().includes(request.site)) return refuse(noSite(request.site, parts.sites()));
  const override: Override = {
    id: randomUUID(),
    kind: request.kind,
    site: request.site,
    reason: request.reason,
    who: request.who,
    createdAtUnixMs: unixMs(),
    durationMs: request.durationMs,
    ...(request.forced === undefined ? {} : { forced: request.forced }),
    revision: 0,
    removed: false,
  };
  const added = parts.loop.addOverride(override);
  if (!added.ok) return refuse({ status: 409, code: 'override-refused', message: added.fault });
  const state = parts.loop.decision.overrides.find((entry) => entry.override.id === override.id)?.state;
  return succeed({ override, state });
}

function undrain(request: UndrainRequest, parts: CallParts): CallResult {
  if (!parts.sites().includes(request.site)) return refuse(noSite(request.site, parts.sites()));
  const removed = parts.loop.removeOverrides(request.site);
  if (removed.length > 0) return succeed({ removed });
  return refuse({ status: 404, code: 'no-override', message: `${request.site} is not drained` });
}

function failover({ service, kind, to, who, reason }: FailoverRequest, { loop }: CallParts): CallResult {
  const known = loop.decision.failovers.map((entry) => entry.service);
  if (!known.includes(service)) return refuse(noFailover(service, known));
  const done = loop.failover({ service, kind, to, who, reason });
  if (!done.ok) return refuse({ status: 409, code: 'failover-refused', message: done.fault });
  const status = loop.decision.failovers.find((entry) => entry.service === service);
  return succeed({ service, active: status?.tiers[status.active], held: status?.held });
}

function noFailover(service: string, known: readonly string[]): ApiFault {
  const expected = known.length === 0 ? 'and no service has one' : `expected one of ${known.join(', ')}`;
  return { status: 404, code: 'no-failover', message: `'${service}' has no failover step, ${expected}` };
}

function noSite(site: string, known: readonly string[]): ApiFault {
  const message = `there is no site '${site}' in the release, expected one of ${known.join(', ')}`;
  return { status: 404, code: 'no-site', message };
}

function wrongSite(site: string): ApiFault {
  const message = `this coordinator is the one of site '${site}', expected reports of the others`;
  return { status: 409, code: 'own-site', message };
}
