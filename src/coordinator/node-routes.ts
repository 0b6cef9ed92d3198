/**
 * The routes of a site whose nodes speak (ADR 25): each node's instruction, made of what the announcer wants and of
 * what the nodes say of themselves, handed out in the answers to their reports.
 *
 * Nothing is handed out before everything that is wanted is known (`declareComplete`): until then a node goes on with
 * what it was told before (R23, R24).
 */
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { prefixContains } from '#base/ip.ts';
import type { Instruction, InstructedRoute, NodeBgp } from '#border/instruction.ts';
import type { KernelDrops } from '#border/kernel-drops.ts';
import { mayBeTold } from '#border/plan.ts';
import { shortReason } from '#border/snapshot.ts';
import type { NeighborSnapshot } from '#border/snapshot.ts';
import type { SiteBgp } from '#config/bgp.ts';
import type { Report } from '#health/report.ts';
import type { WantedRoute } from '#steering/announcer/attributes.ts';
import type { Gate } from '#steering/model.ts';
import { gateDemands } from '#steering/gate.ts';
import { gateNodes } from './node-gate.ts';
import type { NodeStanding } from './node-gate.ts';

/** A node's last report with what it says of BGP, and when it came. */
interface NodeState {
  readonly report: Pick<Report, 'services' | 'leaseMs'>;
  readonly bgp: NodeBgp | undefined;
  readonly receivedAtMs: number;
}

/** What a prefix means at this site: the addresses that must be on a node, and what its gate follows. */
export interface PrefixHere {
  readonly prefix: IpPrefix;
  readonly gate: Gate;
  readonly drainMs: number;
}

/** What the release says of this site. */
export interface NodeRoutesSite {
  readonly site: string;
  readonly bgp: SiteBgp;
  readonly prefixes: readonly PrefixHere[];
  /** Addresses that clients are answered with at this site. */
  readonly answers: readonly IpAddress[];
}

interface Wanted {
  readonly route: WantedRoute;
  readonly reason: string;
}

/** Instructions for the nodes of one site. */
export class NodeRoutes {
  readonly #onHeard: () => void;
  readonly #now: () => number;
  readonly #wanted = new Map<IpPrefix, Wanted>();
  readonly #nodes = new Map<string, NodeState>();
  #site: NodeRoutesSite | undefined;
  #isComplete = false;
  /** Fires when no node has reported for a lease. */
  #silence: NodeJS.Timeout | undefined;

  /** `onHeard` is called when what is heard of the nodes may have changed: at each report, and when all are silent. */
  constructor(onHeard: () => void, now: () => number) {
    this.#onHeard = onHeard;
    this.#now = now;
  }

  replace(site: NodeRoutesSite | undefined): void {
    this.#site = site;
    const known = new Set(site?.bgp.nodes.map(({ node }) => node));
    for (const node of this.#nodes.keys()) if (!known.has(node)) this.#nodes.delete(node);
  }

  announce(prefix: IpPrefix, route: WantedRoute, reason: string): void {
    this.#wanted.set(prefix, { route, reason });
  }

  withdraw(prefix: IpPrefix): void {
    this.#wanted.delete(prefix);
  }

  declareComplete(): void {
    this.#isComplete = true;
  }

  /** Takes what a node says of itself; true where the node is one that speaks. */
  take(report: Report, bgp: NodeBgp | undefined): boolean {
    if (this.#site?.bgp.nodes.some(({ node }) => node === report.node) !== true) return false;
    this.#nodes.set(report.node, { report, bgp, receivedAtMs: this.#now() });
    this.#onHeard();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#onHeard, report.leaseMs + 1).unref();
    return true;
  }

  /** What a node is to do now; undefined where there is nothing to tell it. */
  instructionFor(node: string): Instruction | undefined {
    const speaking = this.#site?.bgp.nodes.find((each) => each.node === node);
    if (speaking === undefined || this.#site === undefined || !this.#isComplete) return undefined;
    const { site, bgp, prefixes } = this.#site;
    return {
      site,
      node,
      routerId: speaking.routerId,
      neighbors: [...bgp.neighbors],
      loopback: bgp.loopback,
      prefixes: prefixes.map(({ prefix }) => prefix),
      settleMs: Math.max(0, ...prefixes.map(({ drainMs }) => drainMs)),
      routes: [...this.#wanted].flatMap(([prefix, wanted]) => this.#routeFor(node, prefix, wanted)),
    };
  }

  /** Whether a border router hears any node. */
  get isHeard(): boolean {
    return this.#speaking().some(hasSession);
  }

  /** Sessions of nodes, as `NODE NEIGHBOR`, by reports that came a lease or more after `sinceMs`, and still hold. */
  up(sinceMs: number): readonly string[] {
    return [...this.#nodes.keys()].flatMap((node) => {
      const known = this.#fresh(node);
      // One that came sooner may have been on its way when the node was told.
      if (known?.bgp === undefined || known.receivedAtMs - known.report.leaseMs < sinceMs) return [];
      const up = known.bgp.neighbors.filter(({ state }) => state === 'established');
      return up.map(({ name }) => `${node} ${name}`);
    });
  }

  /** Whether a border router hears a prefix from a node, its family agreed on. */
  hears(prefix: IpPrefix): boolean {
    return this.#speaking().some((bgp) => this.#isHeardOf(bgp, prefix));
  }

  /** `ifUnknown` stands for a session that the release has not, or not yet reported under its new name. */
  #isHeardOf({ prefixes, neighbors }: NodeBgp, prefix: IpPrefix, ifUnknown = false): boolean {
    if (!prefixes.includes(prefix)) return false;
    const plans = new Map(this.#site?.bgp.neighbors.map((plan) => [plan.name, plan]));
    return neighbors.some(({ name, state, negotiated }) => {
      const plan = plans.get(name);
      if (state !== 'established') return false;
      if (plan === undefined) return ifUnknown;
      return mayBeTold({ ...plan, families: negotiated?.families ?? plan.families }, prefix);
    });
  }

  /** Whether nodes are told what to do: everything that is wanted is known. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Routes that routers hear of this node, and of no other that is well and stays; blackholes count for nothing. */
  restingOn(node: string, isLeaving: (node: string) => boolean): readonly IpPrefix[] {
    const own = this.#fresh(node)?.bgp;
    if (own === undefined) return [];
    return [...this.#wanted].flatMap(([prefix, { route }]) => {
      if (route.standing === 'blackhole' || !this.#isHeardOf(own, prefix, true)) return [];
      const isHeardElsewhere = this.#staying(prefix, isLeaving).some(
        (other) => other.node !== node && this.#isHeardOf(other.bgp, prefix),
      );
      return isHeardElsewhere ? [] : [prefix];
    });
  }

  /** Whether a node is there that is well for a prefix, and stays. */
  couldTell(prefix: IpPrefix, isLeaving: (node: string) => boolean): boolean {
    return this.#staying(prefix, isLeaving).length > 0;
  }

  #staying(
    prefix: IpPrefix,
    isLeaving: (node: string) => boolean,
  ): readonly { readonly node: string; readonly bgp: NodeBgp }[] {
    return [...this.#nodes.keys()].flatMap((node) => {
      const known = this.#fresh(node);
      if (known?.bgp === undefined || isLeaving(node) || this.#faultOf(prefix, known) !== undefined) return [];
      return [{ node, bgp: known.bgp }];
    });
  }

  /** Whether what a node said last still holds. */
  isFresh(node: string): boolean {
    return this.#fresh(node) !== undefined;
  }

  /** Every node's sessions, with the age of what is known; undefined where it has not reported. */
  snapshot(): readonly {
    readonly node: string;
    readonly ageMs: number | undefined;
    readonly neighbors: readonly NeighborSnapshot[];
    readonly kernel: KernelDrops | undefined;
  }[] {
    return (this.#site?.bgp.nodes ?? []).map(({ node }) => {
      const known = this.#nodes.get(node);
      const ageMs = known === undefined ? undefined : this.#now() - known.receivedAtMs;
      return { node, ageMs, neighbors: known?.bgp?.neighbors ?? [], kernel: known?.bgp?.kernel };
    });
  }

  #routeFor(node: string, prefix: IpPrefix, { route, reason }: Wanted): readonly InstructedRoute[] {
    const isBlackhole = route.standing === 'blackhole';
    const standing = this.#gate(prefix).find((each) => each.node === node);
    // Who is to have traffic discarded needs neither a proxy nor the address.
    if (standing?.isExcused === true && !isBlackhole) return [];
    return [
      {
        prefix,
        standing: route.standing,
        settings: route.settings,
        addresses: isBlackhole ? [] : this.#addressesIn(prefix),
        services: [...this.#servicesOf(prefix)],
        reason: shortReason(reason),
      },
    ];
  }

  #gate(prefix: IpPrefix): readonly NodeStanding[] {
    return gateNodes(
      (this.#site?.bgp.nodes ?? []).map(({ node }) => {
        const known = this.#fresh(node);
        return {
          node,
          fault: known === undefined ? undefined : this.#faultOf(prefix, known),
          isTelling: known?.bgp?.prefixes.includes(prefix) === true && hasSession(known.bgp),
        };
      }),
    );
  }

  #faultOf(prefix: IpPrefix, { report, bgp }: NodeState): string | undefined {
    // A node that manages its loopback puts the address there when it is told to tell the route, not before.
    const needed = this.#site?.bgp.loopback === 'managed' ? [] : this.#addressesIn(prefix);
    const missing = needed.find((address) => bgp?.addresses.includes(address) === false);
    if (missing !== undefined) return `${missing} is not on the node (R16)`;
    const services = this.#servicesOf(prefix);
    const reports = report.services.filter(({ service }) => services.includes(service));
    const isDown =
      reports.length > 0 && reports.every(({ state, holding }) => state === 'down' && holding === undefined);
    return isDown ? `${reports.map(({ service }) => service).join(', ')} down on the node` : undefined;
  }

  #addressesIn(prefix: IpPrefix): IpAddress[] {
    return (this.#site?.answers ?? []).filter((address) => prefixContains(prefix, address));
  }

  #servicesOf(prefix: IpPrefix): readonly string[] {
    const here = this.#site?.prefixes.find((each) => each.prefix === prefix);
    return here === undefined ? [] : gateDemands(here.gate).services;
  }

  /** What the nodes say of BGP whose reports still hold. */
  #speaking(): readonly NodeBgp[] {
    return [...this.#nodes.keys()].flatMap((node) => this.#fresh(node)?.bgp ?? []);
  }

  #fresh(node: string): NodeState | undefined {
    const known = this.#nodes.get(node);
    return known !== undefined && this.#now() - known.receivedAtMs < known.report.leaseMs ? known : undefined;
  }
}

function hasSession({ neighbors }: NodeBgp): boolean {
  return neighbors.some(({ state }) => state === 'established');
}
