/**
 * The BGP side of a coordinator: the announcer's routes, carried out by sessions of its own or by the site's nodes, as
 * the release says (`bgp.speaker`).
 *
 * Which route may go is the announcer's decision. A release that changes who speaks moves all that is wanted there:
 * the sessions of the one end after the other has it.
 */
import { createWorkerBfd, createWorkerSpeaker } from 'bgp-ts';
import { monotonicMs } from '#base/clock.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import type { Instruction, NodeBgp } from '#border/instruction.ts';
import { BorderSessions, gracefulShutdownMs } from '#border/sessions.ts';
import type { SpeakingMachine } from '#border/machine.ts';
import type { SiteBgp } from '#config/bgp.ts';
import type { Logger } from '#config/log.ts';
import type { Hearing } from '#decide/decision.ts';
import type { Report } from '#health/report.ts';
import type { WantedRoute } from '#steering/announcer/attributes.ts';
import { NodeRoutes } from './node-routes.ts';
import type { PrefixHere } from './node-routes.ts';

/** What the release says of this site's routes. */
export interface RoutesSite {
  readonly site: string;
  readonly bgp: SiteBgp | undefined;
  readonly prefixes: readonly PrefixHere[];
  readonly answers: readonly IpAddress[];
}

/** The routes of this site and who carries them. */
export class Routes {
  readonly sessions: BorderSessions;
  readonly nodes: NodeRoutes;
  readonly #blocked = new Map<string, number>();
  readonly #onHearing: (hearing: Hearing) => void;
  #site: RoutesSite | undefined;

  /** `onHearing` is told whether border routers hear this site, at each change. */
  constructor(log: Logger, machine: SpeakingMachine, onHearing: (hearing: Hearing) => void) {
    this.#onHearing = onHearing;
    this.sessions = new BorderSessions({
      log,
      machine,
      createSpeaker: createWorkerSpeaker,
      createBfd: createWorkerBfd,
      onHeard: () => this.#sayHearing(),
    });
    this.nodes = new NodeRoutes(() => this.#sayHearing(), monotonicMs);
  }

  /** Who speaks and to whom, by the release in force. */
  get bgp(): SiteBgp | undefined {
    return this.#site?.bgp;
  }

  /** Takes a release's neighbors; sessions whose settings did not change go on. */
  replace(site: RoutesSite): void {
    this.#site = site;
    const { bgp } = site;
    const isByNodes = bgp?.speaker === 'nodes';
    this.nodes.replace(isByNodes ? { ...site, bgp } : undefined);
    this.sessions.replace(isByNodes ? [] : (bgp?.neighbors ?? []), bgp?.routerId);
    this.#sayHearing();
  }

  /** A site promises to others what a router hears of it alone, prefix by prefix (R19). */
  #sayHearing(): void {
    const { bgp, prefixes = [] } = this.#site ?? {};
    const speaking = bgp?.speaker === 'nodes' ? this.nodes : this.sessions;
    const unheard = prefixes.flatMap(({ prefix }) => (speaking.hears(prefix) ? [] : [prefix]));
    this.#onHearing({ established: speaking.isHeard, unheard });
  }

  announce(prefix: IpPrefix, route: WantedRoute, reason: string): void {
    this.sessions.announce(prefix, route, reason);
    this.nodes.announce(prefix, route, reason);
  }

  withdraw(prefix: IpPrefix, reason: string): void {
    this.sessions.withdraw(prefix, reason);
    this.nodes.withdraw(prefix);
  }

  /** A rule held a withdrawal back. */
  countBlocked(rule: string): void {
    this.#blocked.set(rule, (this.#blocked.get(rule) ?? 0) + 1);
  }

  /** How often each rule has. */
  blocked(): { rule: string; count: number }[] {
    return Array.from(this.#blocked, ([rule, count]) => ({ rule, count }));
  }

  /** Everything that is wanted has been said: End-of-RIB may go out, and nodes are told (R24). */
  declareComplete(): void {
    this.sessions.declareComplete();
    this.nodes.declareComplete();
  }

  /** Takes a node's report and gives what that node is to do now. */
  instruct(report: Report, bgp: NodeBgp | undefined): Instruction | undefined {
    return this.nodes.take(report, bgp) ? this.nodes.instructionFor(report.node) : undefined;
  }

  /** How long `leave` takes at most. */
  get leaveMs(): number {
    return gracefulShutdownMs + this.#settleMs;
  }

  /** `fairlead stop` means it (R24). Nodes that speak go on: their proxies serve, whoever decides. */
  leave(reason: string): Promise<void> {
    return this.sessions.leave(reason, this.#settleMs);
  }

  get #settleMs(): number {
    return Math.max(0, ...(this.#site?.prefixes ?? []).map(({ drainMs }) => drainMs));
  }

  /** A process that will be back closes TCP and says nothing (R24). */
  closeSilently(): Promise<void> {
    return this.sessions.closeSilently();
  }
}
