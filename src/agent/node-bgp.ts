/**
 * A node that speaks BGP itself (ADR 25): carries out what its site's coordinator says in the answers to its reports,
 * and goes on with that when the coordinator is gone (R23), over its own restart too.
 *
 * A route that is told goes on until an instruction without it comes. One begins when an instruction asks for it, or
 * after a restart without a coordinator, when this node is well; and in both cases only with its addresses on the node
 * (R16). Managed addresses are put on the loopback before, and taken off when the withdrawal has had its time.
 */
import { createWorkerBfd, createWorkerSpeaker } from 'bgp-ts';
import type { Logger } from 'pino';
import { monotonicMs } from '#base/clock.ts';
import type { IpAddress, IpPrefix } from '#base/ip.ts';
import { succeed } from '#base/result.ts';
import type { Instruction, InstructedRoute, LeaveAnswer, NodeBgp as NodeBgpReport } from '#border/instruction.ts';
import { Loopback } from '#border/loopback.ts';
import type { RunIp } from '#border/loopback.ts';
import { readKernelDrops } from '#border/kernel-drops.ts';
import { BorderSessions, gracefulShutdownMs } from '#border/sessions.ts';
import type { BorderSessionsOptions } from '#border/sessions.ts';
import type { NeighborSnapshot } from '#border/snapshot.ts';
import type { BgpMachine } from '#config/bgp-machine.ts';
import { localAddresses } from '#edge/keepalived/local-addresses.ts';
import type { ServiceReport } from '#health/report.ts';
import { readBgpState, readBoot, writeBgpState } from './bgp-state.ts';
import { LeaveAsking } from './leave-asking.ts';
import type { Leave } from './leave-asking.ts';

/** Between two looks at sessions and addresses. */
const lookIntervalMs = 1000;

/** What a node speaks with. */
export interface NodeBgpOptions {
  readonly site: string;
  readonly node: string;
  readonly machine: BgpMachine;
  /** Where the last instruction is kept. */
  readonly stateFile: string;
  readonly log: Logger;
  /** Called when there is something that coordinators should hear at once. */
  readonly onChange: () => void;
  /** Tells this boot of the machine from others. */
  readonly boot?: string;
  readonly readAddresses?: () => ReadonlySet<IpAddress>;
  readonly runIp?: RunIp;
  readonly create?: Pick<BorderSessionsOptions, 'createSpeaker' | 'createBfd'>;
}

/** What a node acts on, and what came of it. */
export interface NodeBgpDescription {
  readonly instruction: Instruction | undefined;
  /** Whether a coordinator gave it in this run. */
  readonly isFresh: boolean;
  /** Why a wanted prefix is not told. */
  readonly missing: readonly { readonly prefix: IpPrefix; readonly reason: string }[];
  /** Addresses that it put on the loopback. */
  readonly managed: readonly IpAddress[];
  readonly neighbors: readonly NeighborSnapshot[];
}

/** The BGP side of one node. */
export class NodeBgp {
  readonly #options: NodeBgpOptions;
  readonly #sessions: BorderSessions;
  readonly #loopback: Loopback;
  readonly #leave: LeaveAsking;
  readonly #boot: string;
  readonly #readAddresses: () => ReadonlySet<IpAddress>;
  /** Addresses of ours that no route needs any more, until they are taken off. */
  readonly #settling = new Map<IpAddress, NodeJS.Timeout>();
  /** Why a wanted route is not told. */
  readonly #missing = new Map<IpPrefix, string>();
  readonly #look: NodeJS.Timeout;
  #instruction: Instruction | undefined;
  /** Whether the instruction is of this run, so that it counts whatever the node itself sees. */
  #isFresh = false;
  #services: readonly ServiceReport[] | undefined;
  #latest: NodeBgpReport | undefined;
  #told = '';
  readonly #complaints = new Set<string>();
  #applying: Promise<void> = Promise.resolve();
  #isLeaving = false;

  constructor(options: NodeBgpOptions) {
    const { log, machine, create = { createSpeaker: createWorkerSpeaker, createBfd: createWorkerBfd } } = options;
    this.#options = options;
    this.#readAddresses = options.readAddresses ?? localAddresses;
    this.#leave = new LeaveAsking({ hurry: options.onChange, now: monotonicMs });
    this.#sessions = new BorderSessions({ log, machine, onHeard: () => void this.#refresh(), ...create });
    this.#boot = options.boot ?? readBoot();
    const { instruction, owned } = readBgpState(options.stateFile, this.#boot);
    const present = this.#readAddresses();
    this.#loopback = new Loopback({
      // One that is gone was taken off by somebody else, who may put it there again.
      owned: owned.filter((address) => present.has(address)),
      readAddresses: this.#readAddresses,
      onOwned: () => this.#keep(),
      ...(options.runIp === undefined ? {} : { runIp: options.runIp }),
    });
    if (instruction !== undefined && this.#isOurs(instruction)) this.#instruction = instruction;
    this.#look = setInterval(() => {
      // What stood in the way of a route may be gone: the same instruction counts again.
      if (this.#missing.size > 0) this.#apply();
      else void this.#refresh();
    }, lookIntervalMs);
  }

  /** Takes what the coordinator answered. */
  take(instruction: Instruction): void {
    if (!this.#isOurs(instruction) || this.#isLeaving) return;
    const isSame = this.#isFresh && JSON.stringify(instruction) === JSON.stringify(this.#instruction);
    this.#instruction = instruction;
    this.#isFresh = true;
    if (isSame) return;
    this.#complaints.clear();
    this.#keep();
    this.#apply();
  }

  /** Takes what the node's own proxy is like; decides alone what may begin where no coordinator says it. */
  takeServices(services: readonly ServiceReport[]): void {
    this.#services = services;
    if (!this.#isFresh) this.#apply();
  }

  /** What to report; undefined before the first look. */
  get report(): NodeBgpReport | undefined {
    const { wish } = this.#leave;
    return this.#latest === undefined || wish === undefined ? this.#latest : { ...this.#latest, leaving: wish };
  }

  /** Asks the coordinator whether this node may leave; nobody where no router hears it, or `R19` is passed over. */
  askToLeave(forced: readonly string[]): Promise<Leave> {
    const isTold = this.#sessions.isHeard && this.#sessions.prefixes.length > 0;
    if (!isTold || forced.includes('R19')) return Promise.resolve(succeed({ warning: undefined }));
    return this.#leave.ask(forced);
  }

  /** Takes what the coordinator answered to that. */
  takeLeave(answer: LeaveAnswer): void {
    this.#leave.take(answer);
  }

  /** What it acts on, and what came of it. */
  async describe(): Promise<NodeBgpDescription> {
    return {
      instruction: this.#instruction,
      isFresh: this.#isFresh,
      missing: [...this.#missing].map(([prefix, reason]) => ({ prefix, reason })),
      managed: this.#loopback.owned,
      neighbors: await this.#sessions.snapshot(),
    };
  }

  /** How long `leave` may take. */
  get leaveMs(): number {
    return gracefulShutdownMs + (this.#instruction?.settleMs ?? 0);
  }

  /** Resolves when everything that was asked for is carried out. */
  settled(): Promise<void> {
    return this.#applying;
  }

  /** Drains, withdraws, waits, ends the sessions, and takes off what it put on the loopback (R24). */
  async leave(reason: string): Promise<void> {
    this.#isLeaving = true;
    this.#leave.end('it is ending already');
    clearInterval(this.#look);
    // Other nodes are not to rely on this one from now on.
    if (this.#latest !== undefined) this.#latest = { ...this.#latest, prefixes: [] };
    this.#options.onChange();
    await this.#applying;
    await this.#sessions.leave(reason, this.#instruction?.settleMs ?? 0);
    for (const timer of this.#settling.values()) clearTimeout(timer);
    for (const address of this.#loopback.owned) this.#complain(await this.#loopback.takeOff(address));
  }

  #isOurs({ site, node }: Instruction): boolean {
    return site === this.#options.site && node === this.#options.node;
  }

  #apply(): void {
    this.#applying = this.#applying.then(() => this.#carryOut());
  }

  async #carryOut(): Promise<void> {
    const instruction = this.#instruction;
    if (instruction === undefined || this.#isLeaving) return;
    this.#sessions.replace(instruction.neighbors, instruction.routerId);
    this.#missing.clear();
    for (const route of instruction.routes) await this.#begin(route, instruction);
    this.#end(instruction);
    if (this.#isFresh) this.#sessions.declareComplete();
    await this.#refresh();
  }

  async #begin(route: InstructedRoute, { loopback }: Instruction): Promise<void> {
    const { prefix, standing, settings, addresses, reason } = route;
    const isTold = this.#sessions.prefixes.includes(prefix);
    if (!isTold && !this.#isFresh && !this.#isWell(route)) {
      this.#missing.set(prefix, 'no coordinator asks for it yet, and this node does not serve it (R23)');
      return;
    }
    if (loopback === 'managed') for (const address of addresses) this.#complain(await this.#loopback.put(address));
    const present = this.#readAddresses();
    const missing = addresses.find((address) => !present.has(address));
    if (!isTold && missing !== undefined) {
      const reason = `${missing} is not on this node (R16)`;
      this.#missing.set(prefix, reason);
      this.#complain({ ok: false, fault: `${prefix} is not told: ${reason}` });
      return;
    }
    this.#sessions.announce(prefix, { nextHop: 'self', standing, settings }, reason);
  }

  /** Withdraws what is no longer asked for; its addresses stay while traffic may still come. */
  #end({ routes, settleMs }: Instruction): void {
    const wanted = new Set(routes.map(({ prefix }) => prefix));
    for (const prefix of this.#sessions.prefixes) {
      if (!wanted.has(prefix)) this.#sessions.withdraw(prefix, 'the coordinator takes it from this node');
    }
    const used = new Set(routes.flatMap(({ addresses }) => addresses));
    for (const address of this.#loopback.owned) this.#settle(address, used.has(address) ? undefined : settleMs);
  }

  /** Takes an address off when it has not been needed for so long; undefined where it is needed. */
  #settle(address: IpAddress, settleMs: number | undefined): void {
    const running = this.#settling.get(address);
    if (settleMs === undefined) {
      clearTimeout(running);
      this.#settling.delete(address);
    } else if (running === undefined) {
      const timer = setTimeout(() => {
        this.#settling.delete(address);
        this.#applying = this.#applying.then(() => this.#takeOff(address));
      }, settleMs);
      this.#settling.set(address, timer);
    }
  }

  async #takeOff(address: IpAddress): Promise<void> {
    const isUsed = this.#instruction?.routes.some(({ addresses }) => addresses.includes(address)) === true;
    if (!this.#isLeaving && !isUsed) this.#complain(await this.#loopback.takeOff(address));
  }

  /** Whether this node itself can serve the route, by its own proxy; one that does not report on it has no say. */
  #isWell({ services }: InstructedRoute): boolean {
    const reports = this.#services?.filter(({ service }) => services.includes(service));
    return reports !== undefined && (reports.length === 0 || reports.some(({ state }) => state === 'up'));
  }

  /** Looks at sessions and addresses, and says when they are not as they were. */
  async #refresh(): Promise<void> {
    const neighbors = await this.#sessions.snapshot();
    if (this.#isLeaving) return;
    const prefixes = [...this.#sessions.prefixes];
    const addresses = [...this.#readAddresses()].sort();
    this.#latest = { neighbors: [...neighbors], addresses, prefixes, kernel: readKernelDrops() };
    const states = neighbors.map(({ name, state, bfd }) => [name, state, bfd?.state]);
    const told = JSON.stringify([states, addresses, prefixes]);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onChange();
  }

  #keep(): void {
    try {
      const state = { instruction: this.#instruction, owned: this.#loopback.owned };
      writeBgpState(this.#options.stateFile, state, this.#boot);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#complain({ ok: false, fault: `${this.#options.stateFile} cannot be written: ${why}` });
    }
  }

  /** Tells a fault once, not each time it is met again. */
  #complain(result: { readonly ok: true } | { readonly ok: false; readonly fault: string }): void {
    if (result.ok || this.#complaints.has(result.fault)) return;
    this.#complaints.add(result.fault);
    this.#options.log.error({ event: 'bgp.node' }, result.fault);
  }
}
