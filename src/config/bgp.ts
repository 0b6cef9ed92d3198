/**
 * `bgp` of `sites/<id>.yaml`: who speaks at a site and to which border routers, every default filled in by mode.
 *
 * Off the path (`speaker: coordinator`) the speaker may die while traffic goes on, so graceful restart is on and BFD
 * off; on the path (`speaker: nodes`) both die together, so it is the other way round (R24).
 */
import { z } from 'zod';
import { familyOf } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { bgpFamilies, bgpRoles } from '#border/plan.ts';
import type { NeighborPlan } from '#border/plan.ts';
import { durationMs } from '#health/check.ts';
import type { NodeId } from '#health/model.ts';
import { exportSchema } from '#steering/export.ts';
import { asn, ipAddress, ipPrefix, port, routerId, shortName } from './fields.ts';
import type { DocumentPath, Problem } from './problem.ts';

const neighborSchema = z.strictObject({
  name: shortName,
  address: ipAddress,
  asn,
  port: port.default(179),
  localAddress: ipAddress.optional(),
  holdTime: durationMs.default(9_000),
  connection: z.enum(['active', 'passive', 'both']).default('active'),
  families: z
    .array(z.enum(bgpFamilies))
    .min(1)
    .default([...bgpFamilies]),
  multihop: z.int().min(2).max(255).optional(),
  ttlSecurity: z.int().min(1).max(254).optional(),
  md5: shortName.optional(),
  device: z.string().min(1).max(15).optional(),
  dscp: z.int().min(0).max(63).optional(),
  role: z.strictObject({ local: z.enum(bgpRoles), strict: z.boolean().default(false) }).optional(),
  gracefulRestart: z
    .strictObject({
      enabled: z.boolean().optional(),
      restartTime: durationMs.default(120_000),
      notification: z.boolean().default(true),
    })
    .prefault({}),
  bfd: z
    .strictObject({
      enabled: z.boolean().optional(),
      interval: durationMs.default(500),
      multiplier: z.int().min(3).max(50).default(4),
      strict: z.boolean().default(false),
    })
    .prefault({}),
  extendedNextHop: z.boolean().default(false),
  prefixes: z.array(ipPrefix).min(1).optional(),
  blackhole: z.boolean().default(true),
  export: exportSchema.optional(),
});

/** The schema of `bgp`. */
export const bgpSchema = z.strictObject({
  asn,
  routerId,
  speaker: z.enum(['coordinator', 'nodes']).default('coordinator'),
  /** Whether agents put anycast addresses on their node's loopback. */
  loopback: z.enum(['operator', 'managed']).default('operator'),
  neighbors: z.array(neighborSchema).min(1),
});

/** A node that speaks: its own BGP Identifier. */
export interface SpeakingNode {
  readonly node: NodeId;
  readonly routerId: IpAddress;
}

/** Who speaks BGP at a site, and to whom. */
export interface SiteBgp {
  readonly asn: number;
  readonly routerId: IpAddress;
  readonly speaker: 'coordinator' | 'nodes';
  readonly loopback: 'operator' | 'managed';
  readonly neighbors: readonly NeighborPlan[];
  /** The nodes that speak; empty where the coordinator does. */
  readonly nodes: readonly SpeakingNode[];
}

type BgpFields = z.output<typeof bgpSchema>;
type NeighborFields = z.output<typeof neighborSchema>;

/** Fills in what the mode decides; `nodes` are those of the site that have a router id. */
export function siteBgpOf(fields: BgpFields, nodes: readonly SpeakingNode[]): SiteBgp {
  const { speaker, loopback, neighbors } = fields;
  return {
    asn: fields.asn,
    routerId: fields.routerId,
    speaker,
    loopback,
    neighbors: neighbors.map((neighbor) => planOf(neighbor, fields)),
    nodes: speaker === 'nodes' ? nodes : [],
  };
}

function planOf(neighbor: NeighborFields, { asn: localAsn, speaker }: BgpFields): NeighborPlan {
  const { name, address, connection, families, extendedNextHop, gracefulRestart, bfd, role } = neighbor;
  const isOnPath = speaker === 'nodes';
  const { localAddress, multihop, ttlSecurity, md5, device, dscp, prefixes } = neighbor;
  return {
    name,
    address,
    port: neighbor.port,
    peerAsn: neighbor.asn,
    localAsn,
    holdTimeSeconds: neighbor.holdTime / 1000,
    connection,
    families,
    extendedNextHop,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(multihop === undefined ? {} : { multihop }),
    ...(ttlSecurity === undefined ? {} : { ttlSecurityHops: ttlSecurity }),
    ...(md5 === undefined ? {} : { md5Key: md5 }),
    ...(device === undefined ? {} : { device }),
    ...(dscp === undefined ? {} : { dscp }),
    ...(role === undefined ? {} : { role: { local: role.local, isStrict: role.strict } }),
    ...(prefixes === undefined ? {} : { prefixes }),
    ...(neighbor.blackhole ? {} : { blackhole: false }),
    ...(neighbor.export === undefined ? {} : { export: neighbor.export }),
    ...((gracefulRestart.enabled ?? !isOnPath)
      ? {
          gracefulRestart: {
            restartTimeSeconds: gracefulRestart.restartTime / 1000,
            hasNotification: gracefulRestart.notification,
          },
        }
      : {}),
    ...((bfd.enabled ?? isOnPath)
      ? { bfd: { intervalMs: bfd.interval, multiplier: bfd.multiplier, isStrict: bfd.strict } }
      : {}),
  };
}

/** Builds a problem below `bgp`. */
type ProblemAt = (path: DocumentPath, message: string) => Problem;

/** What no schema can say of one site's `bgp`; `nodeCount` is how many nodes the site has. */
export function siteBgpProblems(bgp: SiteBgp, nodeCount: number, problemAt: ProblemAt): readonly Problem[] {
  return [
    ...speakerProblems(bgp, nodeCount, problemAt),
    ...bgp.neighbors.flatMap((_, index) => neighborProblems(bgp, index, problemAt)),
  ];
}

function speakerProblems(
  { speaker, loopback, nodes }: SiteBgp,
  nodeCount: number,
  problemAt: ProblemAt,
): readonly Problem[] {
  if (speaker === 'coordinator') {
    if (loopback === 'operator') return [];
    return [problemAt(['bgp', 'loopback'], "got 'managed' where the coordinator speaks, expected speaker: nodes")];
  }
  const problems: Problem[] = [];
  if (nodes.length === 0) {
    const found = nodeCount === 0 ? 'the site has no nodes' : 'no node of the site has a routerId';
    problems.push(problemAt(['bgp', 'speaker'], `${found}, expected nodes with a routerId each`));
  }
  for (const [index, { node, routerId: own }] of nodes.entries()) {
    const first = nodes.findIndex((other) => other.routerId === own);
    if (first === index) continue;
    const message = `node '${node}' has the routerId '${own}' of '${nodes[first]?.node ?? ''}', expected one of its own`;
    problems.push(problemAt(['bgp', 'speaker'], message));
  }
  return problems;
}

function neighborProblems(
  { asn: ownAsn, speaker, neighbors }: SiteBgp,
  index: number,
  problemAt: ProblemAt,
): readonly Problem[] {
  const neighbor = neighbors[index];
  if (neighbor === undefined) return [];
  const problems: Problem[] = [];
  const add = (path: DocumentPath, message: string): void => {
    problems.push(problemAt(['bgp', 'neighbors', index, ...path], message));
  };
  if (neighbors.findIndex((other) => other.name === neighbor.name) !== index) {
    add(['name'], `neighbor '${neighbor.name}' is given twice, expected distinct names`);
  }
  const isSameSession = (other: NeighborPlan): boolean => sessionEnds(other) === sessionEnds(neighbor);
  const first = neighbors.find(isSameSession);
  if (first !== undefined && first !== neighbor) {
    const expected = 'expected another address, port, localAddress or device: two sessions would end each other';
    add(['address'], `'${neighbor.address}' port ${neighbor.port} is neighbor '${first.name}' already, ${expected}`);
  }
  const { localAddress, gracefulRestart, bfd } = neighbor;
  if (!isWholeBetween(neighbor.holdTimeSeconds, 3, 65_535) && neighbor.holdTimeSeconds !== 0) {
    const expected = 'expected whole seconds from 3s to 65535s (RFC 4271), or 0 with BFD';
    add(['holdTime'], `a hold time of ${neighbor.holdTimeSeconds} seconds, ${expected}`);
  }
  if (localAddress !== undefined && familyOf(localAddress) !== familyOf(neighbor.address)) {
    add(['localAddress'], `'${localAddress}' and '${neighbor.address}' are of different families`);
  }
  if (localAddress !== undefined && speaker === 'nodes') {
    add(
      ['localAddress'],
      'all nodes would speak from one address, expected bgp.localAddress in the config of each agent',
    );
  }
  if (gracefulRestart !== undefined && !isWholeBetween(gracefulRestart.restartTimeSeconds, 1, 4095)) {
    const expected = 'expected whole seconds from 1s to 4095s (RFC 4724)';
    add(
      ['gracefulRestart', 'restartTime'],
      `a restart time of ${gracefulRestart.restartTimeSeconds} seconds, ${expected}`,
    );
  }
  if (bfd !== undefined && !isWholeBetween(bfd.intervalMs, 300, 60_000)) {
    add(
      ['bfd', 'interval'],
      `got '${bfd.intervalMs}ms', expected 300ms to 60s: a process in Node cannot keep less apart from its own pauses`,
    );
  }
  problems.push(
    ...hopProblems(neighbor, ownAsn, (path, message) => problemAt(['bgp', 'neighbors', index, ...path], message)),
  );
  return problems;
}

/** What tells two sessions apart. */
function sessionEnds({ address, port, localAddress, device }: NeighborPlan): string {
  return JSON.stringify([address, port, localAddress, device]);
}

function hopProblems(
  { peerAsn, role, multihop, ttlSecurityHops, device }: NeighborPlan,
  ownAsn: number,
  at: ProblemAt,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (role !== undefined && peerAsn === ownAsn) {
    problems.push(
      at(['role'], `a role towards AS ${ownAsn}, which is ours, expected roles between different ASes (RFC 9234)`),
    );
  }
  if (ttlSecurityHops !== undefined && multihop !== undefined && ttlSecurityHops < multihop) {
    problems.push(
      at(
        ['ttlSecurity'],
        `${ttlSecurityHops} would drop a neighbor ${multihop} hops away, expected at least ${multihop}`,
      ),
    );
  }
  if (device !== undefined && !/^[^\s/:]{1,15}$/.test(device)) {
    problems.push(at(['device'], `'${device}' is no name of an interface`));
  }
  return problems;
}

function isWholeBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
