/** `sites/<id>.yaml`: one place, its nodes, its endpoints and its border routers (R16). Part of the release. */
import { z } from 'zod';
import { familyOf } from '#base/ip.ts';
import type { Family, IpAddress } from '#base/ip.ts';
import type { Result } from '#base/result.ts';
import { refuse, succeed } from '#base/result.ts';
import { durationMs } from '#health/check.ts';
import type { NodeId, ServiceId, SiteId } from '#health/model.ts';
import { defaultWeight } from '#steering/policy/model.ts';
import { tagsSchema, weightSchema } from '#steering/policy/schema.ts';
import { bgpSchema, siteBgpOf, siteBgpProblems } from './bgp.ts';
import type { SiteBgp } from './bgp.ts';
import { apiUrl, hostName, ipAddress, port, routerId, shortName } from './fields.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { loadYaml } from './yaml-document.ts';
import type { YamlDocument } from './yaml-document.ts';

const endpointSchema = z.strictObject({
  address: ipAddress,
  port,
  vip: ipAddress.optional(),
  probe: ipAddress.optional(),
  nextHop: ipAddress.optional(),
  weight: weightSchema.default(defaultWeight),
  capacity: z.number().positive().optional(),
  tags: tagsSchema,
  name: hostName.optional(),
});

/** The schema of `sites/*.yaml`. */
export const siteSchema = z.strictObject({
  site: shortName,
  name: z.string().min(1).max(100),
  location: z.strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
  }),
  coordinator: z.strictObject({ api: apiUrl }).optional(),
  /** One with a router id speaks BGP where `bgp.speaker` is `nodes`. */
  nodes: z.array(z.strictObject({ name: shortName, routerId: routerId.optional() })).default([]),
  /** 3 × advert (1 s) + skew (1 s) + script interval × fall (3 s) + 1 s (R6). */
  vrrpGrace: durationMs.default(8_000),
  endpoints: z.record(shortName, z.array(endpointSchema).min(1)).default({}),
  bgp: bgpSchema.optional(),
});

/** One endpoint with every role of its address filled in (R16). */
export interface EndpointConfig {
  readonly service: ServiceId;
  readonly family: Family;
  readonly answer: IpAddress;
  readonly port: number;
  readonly vip: IpAddress;
  readonly probe: IpAddress;
  readonly nextHop: IpAddress;
  /** Its part in proportion to others, 0 to 65,535. */
  readonly weight: number;
  /** The load that it can take, in the unit in which load is reported. */
  readonly capacity: number | undefined;
  /** Words by which policies sort it out. */
  readonly tags: readonly string[];
  /** The host name that leads to it, absolute, for answers of type CNAME. */
  readonly name: string | undefined;
  /** Where it stands in its file. */
  readonly path: DocumentPath;
}

/** One site of a release. */
export interface SiteConfig {
  readonly id: SiteId;
  readonly name: string;
  readonly location: { readonly latitude: number; readonly longitude: number };
  /** Where agents and other coordinators reach its coordinator. */
  readonly coordinatorApi: string | undefined;
  readonly nodes: readonly NodeId[];
  readonly vrrpGraceMs: number;
  readonly endpoints: readonly EndpointConfig[];
  readonly bgp: SiteBgp | undefined;
}

/** A site together with the file that it came from, for checks across files. */
export interface SiteDocument {
  readonly file: string;
  readonly site: SiteConfig;
  readonly problemAt: YamlDocument<unknown>['problemAt'];
}

/** Reads one site file and checks what can be checked within it. */
export function parseSite(file: string, text: string): Result<SiteDocument, readonly Problem[]> {
  const loaded = loadYaml(file, text, siteSchema);
  if (!loaded.ok) return loaded;
  const { value, problemAt } = loaded.value;
  const speaking = value.nodes.flatMap(({ name, routerId: own }) =>
    own === undefined ? [] : [{ node: name, routerId: own }],
  );
  const bgp = value.bgp && siteBgpOf(value.bgp, speaking);
  const site: SiteConfig = {
    id: value.site,
    name: value.name,
    location: value.location,
    coordinatorApi: value.coordinator?.api,
    nodes: value.nodes.map((node) => node.name),
    vrrpGraceMs: value.vrrpGrace,
    endpoints: Object.entries(value.endpoints).flatMap(([service, list]) =>
      list.map((endpoint, index) => toEndpoint(endpoint, ['endpoints', service, index])),
    ),
    bgp,
  };
  const document = { file, site, problemAt };
  const problems = [...nameProblems(document), ...endpointProblems(document), ...bgpProblems(document)];
  return problems.length > 0 ? refuse(problems) : succeed(document);
}

function toEndpoint(endpoint: z.output<typeof endpointSchema>, path: DocumentPath): EndpointConfig {
  const vip = endpoint.vip ?? endpoint.address;
  return {
    service: String(path[1]),
    family: familyOf(endpoint.address),
    answer: endpoint.address,
    port: endpoint.port,
    vip,
    probe: endpoint.probe ?? endpoint.address,
    nextHop: endpoint.nextHop ?? vip,
    weight: endpoint.weight,
    capacity: endpoint.capacity,
    tags: endpoint.tags,
    name: endpoint.name,
    path,
  };
}

function nameProblems({ file, site, problemAt }: SiteDocument): readonly Problem[] {
  const problems: Problem[] = [];
  const expected = `sites/${site.id}.yaml`;
  if (file !== expected) {
    problems.push(problemAt(['site'], `site '${site.id}' stands in '${file}', expected it in '${expected}'`));
  }
  for (const [index, node] of site.nodes.entries()) {
    if (site.nodes.indexOf(node) === index) continue;
    problems.push(
      problemAt(['nodes', index, 'name'], `node '${node}' is given twice, expected one entry for each node`),
    );
  }
  return problems;
}

function endpointProblems({ site, problemAt }: SiteDocument): readonly Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const endpoint of site.endpoints) {
    const { path, family, service } = endpoint;
    const key = `${service}/${family}`;
    if (seen.has(key)) {
      const message = `'${endpoint.answer}' is a second IPv${family} endpoint of ${service}, expected at most one for each family`;
      problems.push(problemAt([...path, 'address'], message));
    }
    seen.add(key);
    for (const role of ['vip', 'probe', 'nextHop'] as const) {
      if (familyOf(endpoint[role]) === family) continue;
      const message = `'${endpoint[role]}' is not of the family of the address '${endpoint.answer}', expected IPv${family}`;
      // A next hop that follows a wrong vip is told once, at the vip.
      if (role !== 'nextHop' || endpoint.nextHop !== endpoint.vip) problems.push(problemAt([...path, role], message));
    }
  }
  return problems;
}

function bgpProblems({ site, problemAt }: SiteDocument): readonly Problem[] {
  return site.bgp === undefined ? [] : siteBgpProblems(site.bgp, site.nodes.length, problemAt);
}
