/**
 * The BGP side of a coordinator: the announcer's routes, carried out by sessions of its own or by the site's nodes, as
 * the release says (`bgp.speaker`).
 *
 * Which route may go is the announcer's decision. A release that changes who speaks moves all that is wanted there:
 * the sessions of the one end when routers hear all of it from the other, and those of a site that has no routers any
 * more when nothing is wanted there. What it changes of sessions that are up waits for this site's turn
 * (session-stages.ts).
 */
import { createWorkerBfd, createWorkerSpeaker } from 'bgp-ts';
import { monotonicMs } from '#base/clock.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import type { Instruction, NodeBgp } from '#border/instruction.ts';
import { BorderSessions, gracefulShutdownMs } from '#border/sessions.ts';
import type { BorderSessionsOptions } from '#border/sessions.ts';
import type { SpeakingMachine } from '#border/machine.ts';
import type { SiteBgp } from '#config/bgp.ts';
import type { CompiledRelease } from '#config/release.ts';
import type { Logger } from '#config/log.ts';
import type { Hearing } from '#decide/decision.ts';
import type { SiteId } from '#health/model.ts';
import type { Report } from '#health/report.ts';
import type { WantedRoute } from '#steering/announcer/attributes.ts';
import { NodeRoutes } from './node-routes.ts';
import type { PrefixHere } from './node-routes.ts';
import { SessionStages } from './session-stages.ts';
import type { SessionChange } from './session-stages.ts';

/** What the release says of this site's routes. */
export interface RoutesSite {
  readonly site: string;
  readonly bgp: SiteBgp | undefined;
  readonly prefixes: readonly PrefixHere[];
  readonly answers: readonly IpAddress[];
}

const workers: Pick<BorderSessionsOptions, 'createSpeaker' | 'createBfd'> = {
  createSpeaker: createWorkerSpeaker,
  createBfd: createWorkerBfd,
};

/** Stands where a node has no session that a BGP Identifier would be sent on. */
const noRouterId = '0.0.0.0' as IpAddress; // Canonical as it stands.

/** The routes of this site and who carries them. */
export class Routes {
  readonly sessions: BorderSessions;
  readonly nodes: NodeRoutes;
  readonly #blocked = new Map<string, number>();
  readonly #log: Logger;
  readonly #onHearing: (hearing: Hearing) => void;
  readonly #stages: SessionStages;
  #site: RoutesSite | undefined;
  /** Whether sessions are still open that the release has no more. */
  #isHandingOver = false;
  #isComplete = false;
  #toldChange: SessionChange | undefined;

  /** `onHearing` is told whether border routers hear this site, at each change. */
  constructor(
    log: Logger,
    machine: SpeakingMachine,
    onHearing: (hearing: Hearing) => void,
    create = workers,
    now: () => number = monotonicMs,
  ) {
    this.#onHearing = onHearing;
    this.#log = log;
    this.sessions = new BorderSessions({
      log,
      machine,
      ...create,
      onHeard: () => this.#sayHearing(),
    });
    this.nodes = new NodeRoutes(() => this.#sayHearing(), now);
    const isHere = (prefix: IpPrefix): boolean => this.#speaking.some((each) => each.hears(prefix));
    const evidence = {
      up: (sinceMs: number) => this.#up(sinceMs),
      heard: () => (this.#site?.prefixes ?? []).map(({ prefix }) => prefix).filter(isHere),
      wanted: () => this.sessions.prefixes,
      now,
    };
    this.#stages = new SessionStages(evidence, () => this.#sayHearing());
  }

  /** Who speaks and to whom, by the release in force. */
  get bgp(): SiteBgp | undefined {
    return this.#site?.bgp;
  }

  /** Session settings that wait for this site's turn, or are changing; undefined where none are (R28). */
  get sessionChange(): { readonly state: 'waiting' | 'going'; readonly neighbors: readonly string[] } | undefined {
    const { state, neighbors } = this.#stages;
    return state === undefined ? undefined : { state, neighbors };
  }

  /** Takes a release's neighbors; sessions that are up go on, those that it changes until it is this site's turn. */
  replace(site: RoutesSite): void {
    this.#apply({ ...site, bgp: this.#stages.replace(this.#site?.bgp, site.bgp) });
  }

  /** It is this site's turn to change its sessions (R28). */
  changeSessions(): void {
    const bgp = this.#stages.begin();
    if (bgp !== undefined && this.#site !== undefined) this.#apply({ ...this.#site, bgp });
  }

  #apply(site: RoutesSite): void {
    this.#site = site;
    const { bgp } = site;
    const isByNodes = bgp?.speaker === 'nodes';
    this.nodes.replace(isByNodes ? { ...site, bgp } : undefined);
    this.#isHandingOver = bgp?.speaker !== 'coordinator';
    if (bgp?.speaker === 'coordinator') this.sessions.replace(bgp.neighbors, bgp.routerId);
    this.#endHandOver();
    this.#sayHearing();
  }

  /** Ends the sessions of a coordinator that is to speak no more, once nothing rests on them. */
  #endHandOver(): void {
    if (!this.#isHandingOver) return;
    const isByNodes = this.#site?.bgp?.speaker === 'nodes';
    const isDone = isByNodes
      ? !this.sessions.isHeard || this.#isAllHeard(this.nodes)
      : this.sessions.prefixes.length === 0;
    if (!isDone) return;
    this.#isHandingOver = false;
    this.sessions.replace([], undefined);
  }

  /** Whether routers hear all prefixes that are wanted from this one. */
  #isAllHeard(from: Pick<NodeRoutes, 'hears'>): boolean {
    const wanted = new Set(this.sessions.prefixes);
    return (this.#site?.prefixes ?? []).every(({ prefix }) => !wanted.has(prefix) || from.hears(prefix));
  }

  /** A site promises to others what a router hears of it alone, prefix by prefix (R19). */
  #sayHearing(): void {
    this.#stages.look();
    const { prefixes = [] } = this.#site ?? {};
    const speaking = this.#speaking;
    const isHeard = (prefix: IpPrefix): boolean => speaking.some((each) => each.hears(prefix));
    const unheard = prefixes.flatMap(({ prefix }) => (isHeard(prefix) ? [] : [prefix]));
    const { state } = this.#stages;
    this.#tellChange(state);
    const changing = state === undefined ? {} : { sessionChange: state };
    const isByNodes = this.#site?.bgp?.speaker === 'nodes';
    this.#onHearing({ established: speaking.some((each) => each.isHeard), unheard, isByNodes, ...changing });
  }

  #tellChange(state: SessionChange | undefined): void {
    if (state === this.#toldChange) return;
    this.#toldChange = state;
    const texts = { waiting: 'wait for the turn of this site', going: 'change now, the other sites wait' };
    const what = `session settings of ${this.#stages.neighbors.join(', ')} that the release changes`;
    const text = state === undefined ? 'session settings are as the release has them' : `${what} ${texts[state]}`;
    this.#log.info({ event: 'bgp.sessionChange' }, `${text} (R28)`);
  }

  get #speaking(): readonly (BorderSessions | NodeRoutes)[] {
    const { bgp } = this.#site ?? {};
    return [
      ...(bgp?.speaker === 'nodes' ? [this.nodes] : []),
      ...(bgp?.speaker === 'coordinator' || this.#isHandingOver ? [this.sessions] : []),
    ];
  }

  /** Sessions as `SPEAKER NEIGHBOR`; those of nodes by what was said since. */
  #up(sinceMs: number): ReadonlySet<string> {
    const isByNodes = this.#site?.bgp?.speaker === 'nodes';
    return new Set(isByNodes ? this.nodes.up(sinceMs) : this.sessions.up.map((name) => `coordinator ${name}`));
  }

  announce(prefix: IpPrefix, route: WantedRoute, reason: string): void {
    this.sessions.announce(prefix, route, reason);
    this.nodes.announce(prefix, route, reason);
  }

  withdraw(prefix: IpPrefix, reason: string): void {
    this.sessions.withdraw(prefix, reason);
    this.nodes.withdraw(prefix);
    this.#endHandOver();
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
    this.#isComplete = true;
    this.sessions.declareComplete();
    this.nodes.declareComplete();
  }

  /** Takes a node's report and gives what that node is to do now. */
  instruct(report: Report, bgp: NodeBgp | undefined): Instruction | undefined {
    if (this.nodes.take(report, bgp)) {
      this.#endHandOver();
      return this.nodes.instructionFor(report.node);
    }
    return bgp === undefined ? undefined : this.#dismissal(report, bgp);
  }

  /** What ends the sessions of a node that speaks and is to do so no more, once others have all that is wanted (R19). */
  #dismissal({ site, node }: Report, { neighbors, prefixes }: NodeBgp): Instruction | undefined {
    const own = this.#site;
    if (own?.site !== site || !this.#isComplete) return undefined;
    if (neighbors.length === 0 && prefixes.length === 0) return undefined;
    const { bgp } = own;
    const isFree = bgp === undefined ? this.sessions.prefixes.length === 0 : this.#isAllHeard(this.#successorsIn(bgp));
    if (!isFree) return undefined;
    const routerId = bgp?.routerId ?? noRouterId;
    return {
      site,
      node,
      routerId,
      neighbors: [],
      routes: [],
      prefixes: [],
      loopback: 'operator',
      settleMs: this.#settleMs,
    };
  }

  #successorsIn({ speaker }: SiteBgp): Pick<NodeRoutes, 'hears'> {
    return speaker === 'nodes' ? this.nodes : this.sessions;
  }

  /** What a node that the release no longer has speak still tells, while routers hear it of nobody else (R19). */
  restingOnFormer(node: string, told: NodeBgp['prefixes']): readonly IpPrefix[] {
    const { bgp, prefixes = [] } = this.#site ?? {};
    if (bgp?.speaker === 'nodes' && bgp.nodes.some((each) => each.node === node)) return [];
    const resting = this.sessions.prefixes.filter((prefix) => told.includes(prefix));
    if (bgp === undefined) return resting;
    const here = new Set(prefixes.map((each) => each.prefix));
    return resting.filter((prefix) => here.has(prefix) && !this.#successorsIn(bgp).hears(prefix));
  }

  /** Whether a router is told anything by this coordinator itself. */
  get isTold(): boolean {
    return this.#site?.bgp?.speaker === 'coordinator' && this.sessions.isHeard && this.sessions.prefixes.length > 0;
  }

  /** How long `leave` takes at most. */
  get leaveMs(): number {
    return gracefulShutdownMs + this.#settleMs;
  }

  /** `fairlead stop` means it (R24). Nodes that speak go on: their proxies serve, whoever decides. */
  leave(reason: string): Promise<void> {
    this.#stages.stop();
    return this.sessions.leave(reason, this.#settleMs);
  }

  get #settleMs(): number {
    return Math.max(0, ...(this.#site?.prefixes ?? []).map(({ drainMs }) => drainMs));
  }

  /** A process that will be back closes TCP and says nothing (R24). */
  closeSilently(): Promise<void> {
    this.#stages.stop();
    return this.sessions.closeSilently();
  }
}

/** What a release says of the routes of one site. */
export function routesOf(site: SiteId, { sites, steering }: CompiledRelease): RoutesSite {
  const own = sites.get(site);
  const prefixes = steering.prefixes.filter((policy) => policy.sites.includes(site));
  return { site, bgp: own?.bgp, prefixes, answers: (own?.endpoints ?? []).map(({ answer }) => answer) };
}
