/**
 * The BGP sessions of one machine: a speaker and BFD, each in a worker of its own, told wanted routes as desired state
 * (R20, R24). The coordinator has one off the path, the agent of a node that speaks has one on it.
 *
 * Which route is wanted and at which standing is the announcer's decision; what one neighbor is told of it is computed
 * here from its settings; what it was told and when is the speaker's to know.
 */
import type { BfdEvent, BfdSpeaker, BgpSpeaker, OnSpeakerEvent, SpeakerEvent } from 'bgp-ts';
import type { Logger } from 'pino';
import { monotonicMs } from '#base/clock.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { attributesFor } from '#steering/announcer/attributes.ts';
import type { RouteAttributes, WantedRoute } from '#steering/announcer/attributes.ts';
import { BfdSessions } from './bfd-sessions.ts';
import { SessionCounters } from './counters.ts';
import type { SpeakingMachine } from './machine.ts';
import { bfdOptionsOf, peerOptionsOf } from './peer-options.ts';
import { mayBeTold, sessionShape } from './plan.ts';
import type { NeighborPlan } from './plan.ts';
import { logSpeakerEvent } from './session-log.ts';
import { describeHeld, describeNeighbor, shortReason } from './snapshot.ts';
import type { NeighborSnapshot } from './snapshot.ts';

/** How long after the end of its worker the speaker is started anew, and between two attempts to listen. */
const restartDelayMs = 1000;
const listenRetryMs = 5000;

/** How long GRACEFUL_SHUTDOWN stands before the withdrawal of a stop, so that routers take other paths first (R24). */
export const gracefulShutdownMs = 1000;

/** What sessions are opened with. */
export interface BorderSessionsOptions {
  readonly log: Logger;
  readonly machine: SpeakingMachine;
  /** Told whether any session is established, at each change of one. */
  readonly onHeard: (established: boolean) => void;
  readonly createSpeaker: (options: { readonly onEvent: OnSpeakerEvent }) => BgpSpeaker;
  readonly createBfd: (options: { readonly onEvent: (event: BfdEvent) => void }) => BfdSpeaker;
}

/** A route that is wanted, and why. */
interface Wanted {
  readonly route: WantedRoute;
  readonly reason: string;
}

/** A neighbor and how far it has come. */
interface Neighbor {
  plan: NeighborPlan;
  /** Why the speaker does not have it; undefined where it does. */
  held: { readonly state: 'refused' | 'waiting'; readonly reason: string; readonly sinceUnixMs: number } | undefined;
}

/** The sessions of one machine. */
export class BorderSessions {
  readonly #options: BorderSessionsOptions;
  readonly #bfd: BfdSessions;
  readonly #counters = new SessionCounters();
  /** The families that each established session has agreed on; undefined until the speaker has said so. */
  readonly #established = new Map<string, readonly string[] | undefined>();
  readonly #wanted = new Map<IpPrefix, Wanted>();
  readonly #neighbors = new Map<string, Neighbor>();
  #routerId: IpAddress | undefined;
  /** Undefined before the first neighbor, and while a speaker whose worker ended is to be started anew. */
  #speaker: BgpSpeaker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #listenRetry: NodeJS.Timeout | undefined;
  #isListening = false;
  #isComplete = false;
  #isStopped = false;
  #isLeaving = false;
  /** When a prefix was last taken back. */
  #withdrawnAtMs = -Infinity;

  constructor(options: BorderSessionsOptions) {
    this.#options = options;
    this.#bfd = new BfdSessions({
      log: options.log,
      create: options.createBfd,
      onUp: (name) => this.#release(name),
      onFailed: (name) => this.#fail(name),
    });
  }

  /**
   * Takes the wanted neighbors; one whose plan changed is dialled anew, the others are not touched. Where only changed
   * what it is told and how, the session goes on: a release changes that at many sites at once.
   */
  replace(plans: readonly NeighborPlan[], routerId: IpAddress | undefined): void {
    const wanted = new Map(plans.map((plan) => [plan.name, plan]));
    const isOther = routerId !== this.#routerId;
    this.#routerId = routerId;
    for (const [name, neighbor] of this.#neighbors) {
      const next = wanted.get(name);
      if (isOther || next === undefined || sessionShape(next) !== sessionShape(neighbor.plan)) this.#forget(name, next);
      else this.#reexport(neighbor, next);
    }
    for (const plan of plans) if (!this.#neighbors.has(plan.name)) this.#add(plan);
    this.#listen();
  }

  announce(prefix: IpPrefix, route: WantedRoute, why: string): void {
    // What was decided while leaving comes too late: it would bring back what is being taken back.
    if (this.#isLeaving) return;
    const reason = shortReason(why);
    const known = this.#wanted.get(prefix);
    if (known?.reason === reason && JSON.stringify(known.route) === JSON.stringify(route)) return;
    this.#wanted.set(prefix, { route, reason });
    this.#tellAll(prefix);
    // A blackhole that becomes a prefix of its own is told to fewer.
    for (const neighbor of this.#neighbors.values()) {
      if (known !== undefined && mayBeTold(neighbor.plan, prefix, known.route.standing)) this.#untell(neighbor, prefix);
    }
  }

  withdraw(prefix: IpPrefix, reason: string): void {
    const standing = this.#wanted.get(prefix)?.route.standing;
    if (standing === undefined) return;
    this.#wanted.delete(prefix);
    this.#withdrawnAtMs = monotonicMs();
    for (const [name, { plan }] of this.#neighbors) {
      if (mayBeTold(plan, prefix, standing)) this.#set(name, prefix, null, shortReason(reason));
    }
  }

  /** Whether any session is established, and this machine is not leaving. */
  get isHeard(): boolean {
    return !this.#isLeaving && this.#established.size > 0;
  }

  /** Whether a session is established on which the prefix is told where it is wanted, its family agreed on (R19). */
  hears(prefix: IpPrefix): boolean {
    return [...this.#established].some(([name, agreed]) => {
      const plan = this.#neighbors.get(name)?.plan;
      return plan !== undefined && agreed !== undefined && mayBeTold({ ...plan, families: agreed }, prefix);
    });
  }

  /** The neighbors with a session. */
  get up(): readonly string[] {
    return [...this.#established.keys()];
  }

  /** Every prefix that is wanted now. */
  get prefixes(): readonly IpPrefix[] {
    return [...this.#wanted.keys()];
  }

  /** What is wanted is all that is wanted: until then a neighbor with graceful restart waits for the rest (R24). */
  declareComplete(): void {
    this.#isComplete = true;
    this.#speaker?.declareComplete();
  }

  /** Every neighbor with what it was told. */
  async snapshot(): Promise<readonly NeighborSnapshot[]> {
    if (this.#neighbors.size === 0) return [];
    const [snapshot, bfd] = await Promise.all([this.#speaker?.snapshot(), this.#bfd.snapshot()]);
    const peers = new Map((snapshot?.peers ?? []).map((peer) => [peer.name, peer]));
    return [...this.#neighbors.values()].map(({ plan, held }) => {
      const { name, address, port } = plan;
      const peer = held === undefined ? peers.get(name) : undefined;
      const counts = this.#counters.of(name);
      if (peer !== undefined) return describeNeighbor(peer, counts, bfd.get(name));
      const { state, reason, sinceUnixMs } = held ?? startingAnew();
      const waiting = { name, address, port, state, reason, sinceUnixMs, plan: this.#plannedFor(plan) };
      return describeHeld(waiting, counts, bfd.get(name));
    });
  }

  /**
   * Ends for good (R24): GRACEFUL_SHUTDOWN, withdrawal, `settleMs` in which traffic that comes still is served, then
   * Cease with the text. Resolves when all sessions are closed.
   */
  async leave(text: string, settleMs: number): Promise<void> {
    this.#isLeaving = true;
    // First of all, so that no other site leaves because this one still serves (R19).
    this.#sayWhetherHeard();
    const isHeard = this.#established.size > 0;
    const isTelling = isHeard && this.#wanted.size > 0;
    for (const [prefix, { route }] of this.#wanted) {
      if (route.standing === 'blackhole') continue;
      this.#wanted.set(prefix, { route: { ...route, standing: 'draining' }, reason: text });
      this.#tellAll(prefix);
    }
    if (isTelling) await pause(gracefulShutdownMs);
    for (const prefix of this.prefixes) this.withdraw(prefix, text);
    // Counted from the last withdrawal, which may have come before: as R19 permitted it.
    const restMs = this.#withdrawnAtMs + settleMs - monotonicMs();
    if (isHeard && restMs > 0) await pause(restMs);
    this.#end();
    // BFD last: a router that hears AdminDown before the Cease ends the session itself, and never reads why.
    await this.#speaker?.stop({ mode: 'administrative', text });
    await this.#bfd.stop({ isSilent: false });
  }

  /** A process that will be back closes TCP and says nothing (R24). */
  async closeSilently(): Promise<void> {
    this.#end();
    await Promise.all([this.#speaker?.stop({ mode: 'silent' }), this.#bfd.stop({ isSilent: true })]);
  }

  #end(): void {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#listenRetry);
  }

  #reexport(neighbor: Neighbor, plan: NeighborPlan): void {
    const before = neighbor.plan;
    neighbor.plan = plan;
    if (JSON.stringify(plan) === JSON.stringify(before)) return;
    for (const [prefix, { route }] of this.#wanted) {
      this.#tell(neighbor, prefix);
      if (mayBeTold(before, prefix, route.standing)) this.#untell(neighbor, prefix);
    }
  }

  #sayWhetherHeard(): void {
    this.#options.onHeard(this.isHeard);
  }

  #add(plan: NeighborPlan): void {
    const neighbor: Neighbor = { plan, held: undefined };
    this.#neighbors.set(plan.name, neighbor);
    const identity = { routerId: this.#routerId ?? plan.address, machine: this.#options.machine };
    const bfd = bfdOptionsOf(plan, identity);
    if (bfd !== undefined) this.#bfd.add(plan.name, bfd);
    if (plan.bfd?.isStrict === true && !this.#bfd.isUp(plan.name)) {
      neighbor.held = { state: 'waiting', reason: 'BFD is not up yet (strict)', sinceUnixMs: Date.now() };
      return;
    }
    this.#dial(neighbor);
  }

  #dial(neighbor: Neighbor): void {
    const { plan } = neighbor;
    neighbor.held = undefined;
    // All neighbors are dialled then, this one too.
    if (this.#restart !== undefined) return;
    const options = peerOptionsOf(plan, { routerId: this.#routerId ?? plan.address, machine: this.#options.machine });
    this.#speaker ??= this.#createSpeaker();
    const added = options.ok ? this.#speaker.addPeer(options.value) : options;
    if (!added.ok) {
      neighbor.held = { state: 'refused', reason: added.fault, sinceUnixMs: Date.now() };
      const text = `BGP neighbor ${plan.name} cannot be used: ${added.fault}`;
      this.#options.log.error({ event: 'bgp.refused', peer: plan.name }, text);
      return;
    }
    for (const prefix of this.#wanted.keys()) this.#tell(neighbor, prefix);
  }

  #forget(name: string, next?: NeighborPlan): void {
    const neighbor = this.#neighbors.get(name);
    this.#neighbors.delete(name);
    this.#bfd.remove(name);
    // One that is dialled anew with graceful restart keeps the routes meanwhile (R24).
    const isSilent = neighbor !== undefined && next !== undefined && keepsRoutes(neighbor.plan, next);
    if (neighbor?.held === undefined) this.#speaker?.removePeer(name, { mode: isSilent ? 'silent' : 'deconfigured' });
    this.#counters.forget(name);
    if (this.#established.delete(name)) this.#sayWhetherHeard();
  }

  /** BFD came up: a neighbor that waits for it is dialled. */
  #release(name: string): void {
    const neighbor = this.#neighbors.get(name);
    if (neighbor?.held?.state === 'waiting') this.#dial(neighbor);
  }

  /** BFD failed: the session ends as if its hold time had run out (RFC 5882 §4.3), a strict one until BFD is back. */
  #fail(name: string): void {
    const neighbor = this.#neighbors.get(name);
    if (neighbor === undefined || neighbor.held !== undefined || this.#isLeaving) return;
    this.#speaker?.resetPeer(name, { mode: 'bfdDown' });
    if (neighbor.plan.bfd?.isStrict !== true) return;
    this.#speaker?.removePeer(name);
    neighbor.held = { state: 'waiting', reason: 'BFD failed (strict)', sinceUnixMs: Date.now() };
    if (this.#established.delete(name)) this.#sayWhetherHeard();
  }

  #tellAll(prefix: IpPrefix): void {
    for (const neighbor of this.#neighbors.values()) this.#tell(neighbor, prefix);
  }

  /** What a neighbor without a session waits to be told. */
  #plannedFor(plan: NeighborPlan): NeighborSnapshot['plan'] {
    const told = [...this.#wanted].filter(([prefix, { route }]) => mayBeTold(plan, prefix, route.standing));
    return told.map(([prefix, { reason }]) => ({ change: 'announce', prefix, reason }));
  }

  #tell({ plan }: Neighbor, prefix: IpPrefix): void {
    const wanted = this.#wanted.get(prefix);
    if (wanted === undefined || !mayBeTold(plan, prefix, wanted.route.standing)) return;
    this.#set(plan.name, prefix, attributesFor(wanted.route, plan.export), wanted.reason);
  }

  /** Takes back what the neighbor may no longer be told; nothing where it was not told. */
  #untell({ plan }: Neighbor, prefix: IpPrefix): void {
    const wanted = this.#wanted.get(prefix);
    if (wanted === undefined || mayBeTold(plan, prefix, wanted.route.standing)) return;
    this.#set(plan.name, prefix, null, 'the release does not let it be told this');
  }

  #set(name: string, prefix: IpPrefix, attributes: RouteAttributes | null, reason: string): void {
    if (this.#neighbors.get(name)?.held !== undefined) return;
    const set = this.#speaker?.setDesiredFor(name, prefix, attributes, reason);
    if (set?.ok !== false) return;
    this.#options.log.error({ event: 'bgp', peer: name, prefix }, `${name} cannot be told ${prefix}: ${set.fault}`);
  }

  /** Asks the speaker what was agreed on: a router may take fewer families than it is offered. */
  async #learnFamilies(name: string): Promise<void> {
    const snapshot = await this.#speaker?.snapshot();
    const agreed = snapshot?.peers.find((peer) => peer.name === name)?.negotiated?.families;
    // The session may be gone meanwhile.
    if (agreed === undefined || !this.#established.has(name)) return;
    this.#established.set(name, agreed);
    this.#sayWhetherHeard();
  }

  #createSpeaker(): BgpSpeaker {
    const speaker = this.#options.createSpeaker({ onEvent: (event) => this.#take(event) });
    if (this.#isComplete) speaker.declareComplete();
    return speaker;
  }

  #take(event: SpeakerEvent): void {
    this.#counters.take(event);
    logSpeakerEvent(this.#options.log, event);
    if (event.kind === 'sessionState') {
      // One that is gone may have had its say underway.
      if (event.state === 'established' && this.#neighbors.has(event.peer)) {
        this.#established.set(event.peer, undefined);
        void this.#learnFamilies(event.peer);
      } else this.#established.delete(event.peer);
      this.#sayWhetherHeard();
    }
    if (event.kind !== 'ended') return;
    this.#established.clear();
    this.#sayWhetherHeard();
    this.#revive();
  }

  #revive(): void {
    this.#speaker = undefined;
    this.#isListening = false;
    if (this.#isStopped) return;
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      for (const neighbor of this.#neighbors.values()) if (neighbor.held?.state !== 'waiting') this.#dial(neighbor);
      this.#listen();
    }, restartDelayMs);
  }

  /** Listens where any neighbor may connect to us; what the system refuses is tried again. */
  #listen(): void {
    const speaker = this.#speaker;
    const isNeeded = [...this.#neighbors.values()].some(
      ({ plan, held }) => plan.connection !== 'active' && held === undefined,
    );
    if (speaker === undefined || !isNeeded || this.#isListening || this.#isStopped) return;
    this.#isListening = true;
    const { machine, log } = this.#options;
    const attempt = async ({ address, port }: (typeof machine.listen)[number]): Promise<void> => {
      const listening = await speaker.listen({ address, port });
      if (listening.ok || this.#isStopped || speaker !== this.#speaker) return;
      log.error({ event: 'bgp.listen' }, `BGP cannot listen on ${address} port ${port}: ${listening.fault}`);
      this.#listenRetry = setTimeout(() => void attempt({ address, port }), listenRetryMs);
    };
    for (const each of machine.listen) void attempt(each);
  }
}

/** Whether a router keeps what it was told while its session begins anew by another plan. */
function keepsRoutes(before: NeighborPlan, next: NeighborPlan): boolean {
  const isSameRouter = before.address === next.address && before.port === next.port;
  return isSameRouter && before.gracefulRestart !== undefined && next.gracefulRestart !== undefined;
}

function startingAnew(): NonNullable<Neighbor['held']> {
  return { state: 'waiting', reason: 'the speaker starts anew', sinceUnixMs: Date.now() };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
