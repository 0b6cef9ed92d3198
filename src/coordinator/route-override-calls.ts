/** Overrides of routes as the API takes them (R26): one for each site that is meant, and what became of each. */
import { randomUUID } from 'node:crypto';
import { unixMs } from '#base/clock.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { ApiFault } from '#api/fault.ts';
import type { RouteOverrideRequest, RouteOverrideRemoval } from '#api/requests.ts';
import type { CallResult } from '#api/server.ts';
import type { Override } from '#health/report.ts';
import { coverOf } from '#steering/announcer/blackholes.ts';
import type { DecisionLoop } from './decision-loop.ts';

/** Puts it in force at every site that is meant; refused where it can be at none. */
export function overrideRoutes(request: RouteOverrideRequest, loop: DecisionLoop): CallResult {
  const sites = sitesOf(request, loop);
  if (!sites.ok) return sites;
  const made: Override[] = [];
  const refused: string[] = [];
  for (const site of sites.value) {
    const { kind, prefix, reason, who, durationMs } = request;
    const createdAtUnixMs = unixMs();
    const override: Override = {
      id: randomUUID(),
      kind,
      site,
      prefix,
      reason,
      who,
      createdAtUnixMs,
      durationMs,
      revision: 0,
      removed: false,
    };
    const added = loop.addOverride(override);
    if (added.ok) made.push(override);
    else refused.push(added.fault);
  }
  if (made.length > 0) return succeed({ made, refused });
  return refuse({ status: 409, code: 'override-refused', message: refused.join('; ') });
}

/** Takes it back at the sites that are meant. */
export function restoreRoutes(request: RouteOverrideRemoval, loop: DecisionLoop): CallResult {
  const { kind, prefix } = request;
  const inForce = loop.decision.overrides.flatMap(({ override }) =>
    override.kind === kind && override.prefix === prefix ? [override.site] : [],
  );
  const sites = (request.sites ?? inForce).filter((site) => inForce.includes(site));
  const removed = sites.flatMap((site) => loop.removeOverrides({ kind, site, prefix }));
  if (removed.length > 0) return succeed({ removed });
  return refuse({ status: 404, code: 'no-override', message: `there is no ${kind} of ${prefix} to take back` });
}

/** The sites that are named, or all that may announce the prefix. */
function sitesOf(request: RouteOverrideRequest, { decision }: DecisionLoop): Result<readonly string[], ApiFault> {
  const policies = decision.prefixPolicies;
  const { prefix } = request;
  const fault = (message: string): Result<never, ApiFault> =>
    refuse({ status: 409, code: 'override-refused', message });
  if (request.kind === 'blackhole') {
    const cover = coverOf(prefix, policies);
    return cover.ok ? succeed(request.sites ?? cover.value.sites) : fault(cover.fault);
  }
  const policy = policies.find((candidate) => candidate.prefix === prefix);
  if (policy !== undefined) return succeed(request.sites ?? policy.sites);
  const known = policies.map((candidate) => candidate.prefix).join(', ');
  return fault(`there is no prefix '${prefix}', expected one of ${known === '' ? 'none' : known}`);
}
