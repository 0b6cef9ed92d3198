/**
 * A release's files into the models that health and steering run on, or into everything that is wrong with them.
 *
 * A release is taken whole or not at all (R28, R29). What only zones can tell (records that follow health, their name
 * servers) is read beforehand, so that this file knows neither DNS nor Lua.
 */
import { present } from '#base/assert.ts';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import type { GeoNet } from '#geo/atlas.ts';
import type { CheckDefinition } from '#health/check.ts';
import { checkFromList } from '#health/check-schema.ts';
import { subjectKey } from '#health/model.ts';
import type { HealthModel, ServiceId, SiteId, Subject } from '#health/model.ts';
import type { ServicePolicy } from '#steering/policy/model.ts';
import type { Endpoint, PrefixPolicy, SteeringModel } from '#steering/model.ts';
import type { Inability } from './check-warnings.ts';
import { didYouMean } from './nearest.ts';
import { parsePolicyParts } from './policy.ts';
import type { Policy } from './policy.ts';
import { compilePrefixes } from './prefix-policy.ts';
import { fileProblem, sortProblems } from './problem.ts';
import type { Problem } from './problem.ts';
import { crossProblems, crossWarnings, harmProblems } from './release-checks.ts';
import type { ReleaseParts } from './release-checks.ts';
import { isReleasePath, pathProblems, releaseDigest } from './release-files.ts';
import type { ReleaseFiles } from './release-files.ts';
import type { Gaps } from './service-members.ts';
import { compileServices } from './service-policy.ts';
import { parseSite } from './site.ts';
import type { SiteConfig, SiteDocument } from './site.ts';
import { steeringProblems, usesOf } from './steering-checks.ts';
import type { ReleaseZone, ZoneReading } from './zone-facts.ts';

/** A release that may run. */
export interface CompiledRelease {
  /** The release's name: sha256 in hexadecimal. */
  readonly digest: string;
  readonly health: HealthModel;
  readonly steering: SteeringModel;
  readonly sites: ReadonlyMap<SiteId, SiteConfig>;
  readonly zones: readonly ReleaseZone[];
  /** How each service that has a member is steered. */
  readonly services: ReadonlyMap<ServiceId, ServicePolicy>;
  /** Where networks are, over what databases say. */
  readonly nets: readonly GeoNet[];
  readonly warnings: readonly Problem[];
}

/** For whom a release is compiled. */
export interface CompileOptions {
  /** The site of this machine, which must be in the release; undefined where it is not known. */
  readonly site: SiteId | undefined;
  /** Every zone file of the release as it was read. */
  readonly zones: ReadonlyMap<string, ZoneReading>;
  /** Why this machine cannot run a check, for warnings; it can run all where absent. */
  readonly inability?: Inability;
  /**
   * It was accepted before, perhaps by a version that refused less. What could run and would harm is then a warning: a
   * new version is no reason to stop, or to go back to an older release (ADR 33). Default false.
   */
  readonly wasAccepted?: boolean;
}

/** Compiles a release. Returns every problem of every file otherwise, sorted by place. */
export function compileRelease(
  files: ReleaseFiles,
  options: CompileOptions,
): Result<CompiledRelease, readonly Problem[]> {
  const problems: Problem[] = [...pathProblems(files.keys())];
  if (options.site !== undefined && !files.has(`sites/${options.site}.yaml`)) {
    problems.push(missingSite(files, options.site));
  }
  const sites = parseSites(files, problems);
  const hasFaultySites = problems.length > 0;
  const { policy, faulty, problems: policyProblems } = parsePolicyParts(new Map(filesUnder(files, 'zones/', '.yaml')));
  problems.push(...policyProblems);
  // A broken site or policy file would echo in every file that names what it holds; a broken zone echoes nowhere.
  const isConnected = problems.length === 0;
  const { zones, warnings } = collectZones(files, options.zones, problems);
  if (policy === undefined) return refuse(sortProblems(problems));
  if (!isConnected) {
    const gaps = { hasFaultySites, faultyServices: faulty };
    return refuse(sortProblems([...problems, ...steeringFaults({ sites, policy, zones }, gaps)]));
  }

  const prefixes = compilePrefixes(sites, policy);
  const services = compileServices(sites, policy);
  const parts = { sites, policy, zones, services: services.policies };
  problems.push(...prefixes.problems, ...services.problems, ...crossProblems(parts));
  const harms = harmProblems(parts);
  if (options.wasAccepted !== true) problems.push(...harms);
  if (problems.length > 0) return refuse(sortProblems(problems));
  return succeed({
    digest: releaseDigest(files),
    health: buildHealth(sites, policy, options.site),
    steering: { ...buildSteering(sites, prefixes.policies, zones), services: services.policies },
    services: services.policies,
    nets: policy.nets.map(({ prefix, known }) => ({ prefix, place: known })),
    sites: new Map(sites.map(({ site }) => [site.id, site])),
    zones,
    warnings: sortProblems([
      ...harms.map(asTolerated),
      ...warnings,
      ...crossWarnings(parts, options.site, options.inability ?? (() => undefined)),
    ]),
  });
}

function asTolerated(problem: Problem): Problem {
  return { ...problem, message: `${problem.message}; it runs since it was accepted before, a new release is refused` };
}

/** What is wrong with policies and their use, as far as that shows without what cannot be read. */
function steeringFaults({ sites, policy, zones }: Omit<ReleaseParts, 'services'>, gaps: Gaps): readonly Problem[] {
  const { policies, problems } = compileServices(sites, policy, gaps);
  if (gaps.hasFaultySites) return problems;
  const uses = usesOf(zones).filter(({ service }) => !gaps.faultyServices.has(service));
  return [...problems, ...steeringProblems(uses, policy, policies)];
}

function filesUnder(files: ReleaseFiles, folder: string, ending: string): readonly (readonly [string, string])[] {
  return [...files].filter(([path]) => isReleasePath(path) && path.startsWith(folder) && path.endsWith(ending));
}

function parseSites(files: ReleaseFiles, problems: Problem[]): readonly SiteDocument[] {
  return filesUnder(files, 'sites/', '.yaml').flatMap(([file, text]) => {
    const parsed = parseSite(file, text);
    if (parsed.ok) return [parsed.value];
    problems.push(...parsed.fault);
    return [];
  });
}

function collectZones(
  files: ReleaseFiles,
  readings: ReadonlyMap<string, ZoneReading>,
  problems: Problem[],
): { readonly zones: readonly ReleaseZone[]; readonly warnings: readonly Problem[] } {
  const warnings: Problem[] = [];
  const zones = filesUnder(files, 'zones/', '.zone').flatMap(([file]) => {
    const { facts, ...reading } = present(readings.get(file), `the reading of ${file}`);
    problems.push(...reading.problems);
    warnings.push(...reading.warnings);
    return facts === undefined ? [] : [{ file, facts }];
  });
  return { zones, warnings };
}

function missingSite(files: ReleaseFiles, site: SiteId): Problem {
  const present = filesUnder(files, 'sites/', '.yaml').map(([path]) => path.slice('sites/'.length, -'.yaml'.length));
  const message = `the release has no 'sites/${site}.yaml', expected one for the site of this machine`;
  return fileProblem('sites/', `${message}${didYouMean(site, present)}`);
}

function buildHealth(sites: readonly SiteDocument[], policy: Policy, localSite: SiteId | undefined): HealthModel {
  const subjects = sites.flatMap(({ site }) => subjectsOf(site, policy));
  const hasCoordinator = ({ site }: SiteDocument): boolean =>
    site.coordinatorApi !== undefined || site.id === localSite;
  return {
    subjects,
    references: [...byId(policy.references.map(({ check }) => check)).values()],
    // Records register what they name while their zones compile; whoever reads the zones adds those checks.
    probes: [],
    sites: sites.filter(hasCoordinator).map(({ site }) => site.id),
  };
}

function byId(checks: readonly CheckDefinition[]): ReadonlyMap<string, CheckDefinition> {
  return new Map(checks.map((check) => [check.id, check]));
}

function subjectsOf(site: SiteConfig, policy: Policy): readonly Subject[] {
  return site.endpoints.flatMap((endpoint) => {
    const service = policy.services.get(endpoint.service);
    if (service === undefined) return [];
    return [
      {
        key: subjectKey(endpoint.service, site.id, endpoint.family),
        service: endpoint.service,
        site: site.id,
        family: endpoint.family,
        vip: endpoint.vip,
        nodes: site.nodes,
        check: checkFromList(service.checks, endpoint.probe, endpoint.port),
        vrrpGraceMs: site.vrrpGraceMs,
      },
    ];
  });
}

function buildSteering(
  sites: readonly SiteDocument[],
  prefixes: readonly PrefixPolicy[],
  zones: readonly ReleaseZone[],
): SteeringModel {
  const endpoints: readonly Endpoint[] = sites.flatMap(({ site }) =>
    site.endpoints.map(({ service, family, answer, port, weight, capacity }) => ({
      subject: subjectKey(service, site.id, family),
      service,
      site: site.id,
      family,
      answer,
      port,
      hasAgents: site.nodes.length > 0,
      weight,
      ...(capacity === undefined ? {} : { capacity }),
    })),
  );
  const longestTtlSeconds = Math.max(0, ...zones.map((zone) => zone.facts.longestDynamicTtlSeconds));
  return { endpoints, prefixes, longestTtlSeconds };
}
