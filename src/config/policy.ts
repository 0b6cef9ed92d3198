/** `zones/*.yaml`: services (service.ts), prefixes and what gates them (R17), references (R5), places of networks. */
import { z } from 'zod';
import type { IpPrefix } from '#base/ip.ts';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import type { CheckDefinition } from '#health/check.ts';
import { checkFromFields, referenceKinds } from '#health/check-schema.ts';
import type { CheckFields } from '#health/check-schema.ts';
import type { ServiceId, SiteId } from '#health/model.ts';
import { prefixSchema } from '#steering/model.ts';
import type { Gate, PrefixExport, PrefixLimits } from '#steering/model.ts';
import { ipAddress, ipPrefix, port, shortName } from './fields.ts';
import { netFrom, netProblems, netSchema } from './nets.ts';
import type { NetConfig } from './nets.ts';
import type { PolicyPlace } from './policy-place.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { checksOf, serviceProblems, serviceSchema } from './service.ts';
import type { ServiceConfig } from './service.ts';
import { loadYamlParts } from './yaml-document.ts';
import type { YamlDocument } from './yaml-document.ts';

const target = { address: ipAddress, port };
const [tcp, http, https, tls, dns, icmp] = referenceKinds;
const referenceSchema = z.discriminatedUnion('type', [
  tcp.extend(target),
  http.extend(target),
  https.extend(target),
  tls.extend(target),
  dns.extend(target),
  icmp.extend(target),
]);

/** The schema of `zones/*.yaml`. */
export const policySchema = z.strictObject({
  services: z.record(shortName, serviceSchema).default({}),
  prefixes: z.array(prefixSchema.extend({ prefix: ipPrefix })).default([]),
  references: z.array(referenceSchema).default([]),
  nets: z.array(netSchema).default([]),
});

/** A prefix, the sites that may announce it, and its gate. */
export interface PrefixConfig {
  readonly prefix: IpPrefix;
  readonly sites: readonly SiteId[];
  readonly gate: Gate;
  readonly drainMs: number;
  readonly limits: PrefixLimits | undefined;
  readonly export: PrefixExport | undefined;
  readonly place: PolicyPlace;
}

/** A target outside every site, and where it is written. */
export interface ReferenceConfig {
  readonly check: CheckDefinition;
  readonly place: PolicyPlace;
}

/** All policy files of a release as one. */
export interface Policy {
  readonly services: ReadonlyMap<ServiceId, ServiceConfig>;
  readonly prefixes: readonly PrefixConfig[];
  readonly references: readonly ReferenceConfig[];
  readonly nets: readonly NetConfig[];
}

/** Policy files as far as they can be read. */
export interface PolicyParts {
  readonly problems: readonly Problem[];
  /** What is sound in them; undefined where a file is nothing that can be read. */
  readonly policy: Policy | undefined;
  /** Services of which something is refused, whether the policy has what is left of them or not. */
  readonly faulty: ReadonlySet<ServiceId>;
}

/** Reads and merges policy files, in the order given; what stands in two of them is refused at the second place. */
export function parsePolicies(files: ReadonlyMap<string, string>): Result<Policy, readonly Problem[]> {
  const { problems, policy } = parsePolicyParts(files);
  return problems.length > 0 || policy === undefined ? refuse(problems) : succeed(policy);
}

/** Reads as `parsePolicies` does; what can be read comes with the problems of the rest. */
export function parsePolicyParts(files: ReadonlyMap<string, string>): PolicyParts {
  const problems: Problem[] = [];
  const services = new Map<ServiceId, ServiceConfig>();
  const prefixes = new Map<IpPrefix, PrefixConfig>();
  const references: ReferenceConfig[] = [];
  const nets = new Map<IpPrefix, NetConfig>();
  const faulty = new Set<ServiceId>();
  let isReadable = true;
  for (const [file, text] of files) {
    const { document, damaged, problems: refused } = loadYamlParts(file, text, policySchema, entryOf);
    problems.push(...refused);
    for (const [section, name] of damaged) if (section === 'services') faulty.add(String(name));
    if (document === undefined) {
      isReadable = false;
      continue;
    }
    for (const service of servicesOf(document)) {
      // What is missing from a damaged one may be what was left out of it.
      const own = faulty.has(service.service) ? [] : serviceProblems(service);
      if (own.length > 0) faulty.add(service.service);
      problems.push(...own, ...addOnce(services, service.service, service));
    }
    for (const prefix of prefixesOf(document)) problems.push(...addOnce(prefixes, prefix.prefix, prefix));
    references.push(...referencesOf(document));
    for (const net of netsOf(document, problems)) problems.push(...addOnce(nets, net.prefix, net));
    problems.push(...timingProblems(document));
  }
  const policy = { services, prefixes: [...prefixes.values()], references, nets: [...nets.values()] };
  return { problems, policy: isReadable ? policy : undefined, faulty };
}

/**
 * What is left out for a fault: the checks of a service, which its policy does without, or else the service; of
 * everything else all of its list, whose places would move.
 */
function entryOf([section, name, key]: DocumentPath): DocumentPath {
  if (section === undefined) return [];
  if (section !== 'services' || name === undefined) return [section];
  return key === 'check' || key === 'checks' ? [section, name, key] : [section, name];
}

type PolicyDocument = YamlDocument<z.output<typeof policySchema>>;

function servicesOf(document: PolicyDocument): readonly ServiceConfig[] {
  return Object.entries(document.value.services).map(([service, fields]) => ({
    service,
    place: placeOf(document, ['services', service]),
    fields,
    checks: checksOf(fields).map(([, check]) => check),
  }));
}

function netsOf(document: PolicyDocument, problems: Problem[]): readonly NetConfig[] {
  return document.value.nets.map((fields, index) => {
    const place = placeOf(document, ['nets', index]);
    problems.push(...netProblems(fields, place));
    return netFrom(fields, place);
  });
}

function prefixesOf(document: PolicyDocument): readonly PrefixConfig[] {
  return document.value.prefixes.map(({ prefix, sites, gatedBy, drain, limits, export: settings }, index) => ({
    prefix,
    sites,
    gate: gatedBy,
    drainMs: drain,
    limits: limits && { minSites: limits.minSites, maxWithdrawn: limits.maxWithdrawn, settleMs: limits.settle },
    export: settings,
    place: placeOf(document, ['prefixes', index]),
  }));
}

function referencesOf(document: PolicyDocument): readonly ReferenceConfig[] {
  return document.value.references.map((fields, index) => ({
    check: checkFromFields(fields, fields.address, fields.port),
    place: placeOf(document, ['references', index]),
  }));
}

/** The shortest interval and timeout: less would be a flood, not a check. */
const minTimingMs = 100;

/** The longest: beyond 24.8 days a timer runs out at once, and the check would fail whatever its target does. */
const maxTimingMs = 86_400_000;

function timingProblems({ value, problemAt }: PolicyDocument): readonly Problem[] {
  const checks: readonly { readonly path: DocumentPath; readonly fields: CheckFields }[] = [
    ...Object.entries(value.services).flatMap(([name, service]) =>
      checksOf(service).map(([path, fields]) => ({ path: ['services', name, ...path], fields })),
    ),
    ...value.references.map((fields, index) => ({ path: ['references', index], fields })),
  ];
  return checks.flatMap(({ path, fields }) =>
    (['interval', 'timeout'] as const)
      .filter((key) => fields[key] < minTimingMs || fields[key] > maxTimingMs)
      .map((key) => {
        const expected = fields[key] < minTimingMs ? `at least ${minTimingMs}ms` : 'at most 1d';
        return problemAt([...path, key], `got '${fields[key]}ms', expected ${expected}`);
      }),
  );
}

function addOnce<Key extends string, Value extends { readonly place: PolicyPlace }>(
  all: Map<Key, Value>,
  key: Key,
  value: Value,
): readonly Problem[] {
  const first = all.get(key);
  if (first === undefined) {
    all.set(key, value);
    return [];
  }
  const message = `'${key}' is given twice, first in ${first.place.file}:${first.place.line}`;
  return [value.place.problem(message, 'key')];
}

function placeOf(document: PolicyDocument, path: DocumentPath): PolicyPlace {
  return {
    file: document.file,
    line: document.problemAt(path, '', 'key').line,
    problem: (message, at = 'value', below = []) => document.problemAt([...path, ...below], message, at),
  };
}
