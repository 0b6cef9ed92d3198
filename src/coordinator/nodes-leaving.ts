/**
 * Nodes that speak and are stopped by a person (ADR 32): one may go while another of the site is well and tells what it
 * tells. The last one asks through the announcer, as a site that stops does, so that the anchor is asked (R19, R24).
 *
 * A node says in its reports that it asks, and reads in the answers whether it may go, so nothing here waits: each
 * report is judged by what is known then. What the last one took along comes back when a node that is well is there.
 *
 * Does not cover SIGTERM, nor a death: those ask nobody, and are seen like any node that is silent.
 */
import type { IpPrefix } from '#base/ip.ts';
import type { LeaveAnswer, NodeBgp } from '#border/instruction.ts';
import type { Logger } from '#config/log.ts';
import type { DecisionInput } from '#decide/decision.ts';
import type { PrefixStatus } from '#steering/announcer/engine.ts';
import type { NodeRoutes } from './node-routes.ts';
import { askMs, describeStaying } from './routes-leaving.ts';

/** What it stands on. */
export interface NodesLeavingParts {
  readonly log: Logger;
  readonly nodes: Pick<NodeRoutes, 'isComplete' | 'restingOn' | 'couldTell' | 'isFresh'>;
  /** What a node that is to speak no more still tells, while routers hear it of nobody else. */
  readonly restingOnFormer: (node: string, told: NodeBgp['prefixes']) => readonly IpPrefix[];
  /** How each prefix of this site stands. */
  readonly prefixes: () => readonly PrefixStatus[];
  readonly feed: (input: Extract<DecisionInput, { kind: 'stop' | 'stay' }>) => void;
  readonly now: () => number;
}

/** The last node of a site, for whose routes other sites are asked. */
interface Asking {
  readonly node: string;
  readonly sinceMs: number;
  readonly forced: readonly string[];
  readonly prefixes: readonly IpPrefix[];
}

/** The stops of the nodes of one site. */
export class NodesLeaving {
  readonly #parts: NodesLeavingParts;
  /** Nodes that may go, until they say that they stay. */
  readonly #granted = new Set<string>();
  /** Nodes that are to stay, and why, until they ask no more. */
  readonly #refused = new Map<string, string>();
  #asking: Asking | undefined;
  /** Prefixes that went with the last node that could tell them. */
  #gone: readonly IpPrefix[] = [];
  /** What the announcer was told last. */
  #told = '';

  constructor(parts: NodesLeavingParts) {
    this.#parts = parts;
  }

  /** Takes a report of a node of this site; the answer where the node asks to leave. */
  take(node: string, bgp: NodeBgp | undefined): LeaveAnswer | undefined {
    const leaving = bgp?.leaving;
    if (leaving === undefined) {
      this.#granted.delete(node);
      this.#refused.delete(node);
      if (this.#asking?.node === node) this.#asking = undefined;
    }
    this.#look();
    return bgp === undefined || leaving === undefined ? undefined : this.#judge(node, bgp.prefixes, leaving.forced);
  }

  /** The nodes of this site speak no more: nothing that went with them stays away. */
  forget(): void {
    this.#granted.clear();
    this.#refused.clear();
    this.#asking = undefined;
    this.#gone = [];
    this.#tell();
  }

  #judge(node: string, told: NodeBgp['prefixes'], forced: readonly string[]): LeaveAnswer {
    if (this.#granted.has(node)) return { verdict: 'granted', reason: 'it may go' };
    const refusal = this.#refused.get(node);
    if (refusal !== undefined) return { verdict: 'refused', reason: refusal };
    const { nodes, restingOnFormer, now } = this.#parts;
    if (!nodes.isComplete) return { verdict: 'waiting', reason: 'the coordinator starts and has not decided yet' };
    const former = restingOnFormer(node, told);
    if (former.length > 0)
      return { verdict: 'waiting', reason: `routers hear ${former.join(', ')} of nobody else yet` };
    const resting = nodes.restingOn(node, (other) => this.#granted.has(other));
    if (resting.length === 0) return this.#grant(node);
    if (this.#asking !== undefined && this.#asking.node !== node) {
      return { verdict: 'waiting', reason: `${this.#asking.node} asks to leave, too, and came first` };
    }
    const { sinceMs, prefixes } = this.#asking ?? { sinceMs: now(), prefixes: [] };
    if (now() - sinceMs >= askMs) return this.#refuse(node, resting);
    this.#asking = { node, sinceMs, forced, prefixes: [...new Set([...prefixes, ...resting])] };
    this.#tell();
    return { verdict: 'waiting', reason: `no other node tells ${resting.join(', ')}: other sites are asked (R19)` };
  }

  #grant(node: string): LeaveAnswer {
    this.#granted.add(node);
    const asking = this.#asking?.node === node ? this.#asking : undefined;
    if (asking !== undefined) {
      this.#asking = undefined;
      this.#gone = [...new Set([...this.#gone, ...asking.prefixes])];
    }
    const reason = asking === undefined ? 'other nodes tell its routes' : 'other sites serve what it told';
    this.#parts.log.info({ event: 'bgp.nodeLeaves', node }, `${node} is stopped and may go: ${reason}`);
    return { verdict: 'granted', reason };
  }

  #refuse(node: string, resting: readonly IpPrefix[]): LeaveAnswer {
    const reason = describeStaying(this.#parts.prefixes().filter(({ prefix }) => resting.includes(prefix)));
    this.#asking = undefined;
    this.#refused.set(node, reason);
    this.#tell();
    this.#parts.log.warn({ event: 'bgp.nodeLeaves', node }, `${node} is stopped and is to stay: ${reason}`);
    return { verdict: 'refused', reason };
  }

  /** What is known of the nodes may have changed. */
  #look(): void {
    const { nodes } = this.#parts;
    if (this.#asking !== undefined && !nodes.isFresh(this.#asking.node)) this.#asking = undefined;
    const isLeaving = (node: string): boolean => this.#granted.has(node) || this.#asking?.node === node;
    this.#gone = this.#gone.filter((prefix) => !nodes.couldTell(prefix, isLeaving));
    this.#tell();
  }

  /** Tells the announcer which prefixes are to leave, where that is news. */
  #tell(): void {
    const prefixes = [...new Set([...this.#gone, ...(this.#asking?.prefixes ?? [])])];
    const told = prefixes.join(' ');
    if (told === this.#told) return;
    this.#told = told;
    const forced = this.#asking?.forced ?? [];
    if (prefixes.length === 0) this.#parts.feed({ kind: 'stay' });
    else this.#parts.feed({ kind: 'stop', reason: 'fairlead stop on the last node that tells it', forced, prefixes });
  }
}
