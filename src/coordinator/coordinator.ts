/**
 * The coordinator: wires reports, probes and releases to the decision, and the decision to DNS, BGP and peers.
 *
 * Order of a start (R11, R18): release, state, API and probes; then, when the first round is in or after
 * `startupWaitMs`, DNS; then the routes. Order of an end (R24): routes, DNS, the rest.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startApi } from '#api/server.ts';
import type { Checks } from '#api/checks.ts';
import type { Api } from '#api/server.ts';
import { monotonicMs } from '#base/clock.ts';
import { formatHostPort } from '#base/ip.ts';
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import type { Logger } from '#config/log.ts';
import type { MachineConfig } from '#config/machine.ts';
import { formatProblem } from '#config/problem.ts';
import { Decision } from '#decide/decision.ts';
import type { DecisionEffect } from '#decide/effects.ts';
import { createProber } from '#probe/prober.ts';
import type { Prober } from '#probe/prober.ts';
import { formatHeadId } from '#replication/head.ts';
import { createCalls } from './calls.ts';
import { DecisionLoop, presentMoment } from './decision-loop.ts';
import type { DnsService } from './dns-service.ts';
import { firstRound } from './first-round.ts';
import { narrate } from './narrate.ts';
import { OwnDnsWatch } from './own-dns-watch.ts';
import { ProbeResults } from './probe-results.ts';
import { describeChecks } from './checks.ts';
import { Peers } from './peers.ts';
import type { Releases, RunningRelease } from './releases.ts';
import { Explainer } from './explain.ts';
import type { ExplainContext } from './explain.ts';
import { goesByLatency, Latencies } from './latencies.ts';
import { extendGeneration } from './generation.ts';
import { NodesLeaving } from './nodes-leaving.ts';
import { Routes, routesOf } from './routes.ts';
import { RoutesLeaving } from './routes-leaving.ts';
import { describeBgp } from './bgp-status.ts';
import type { BgpStatus } from '#api/bgp.ts';
import { readState } from './state-file.ts';
import { StateKeeper } from './state-keeper.ts';
import { describeStatus } from './status.ts';
import { WantedTargets } from './wanted-targets.ts';
import type { ApiFault } from '#api/fault.ts';
import type { Explanation } from '#api/explanation.ts';
import type { ExplainRequest } from '#api/requests.ts';
import type { Status } from '#api/status.ts';
import type { Prng } from '#base/prng.ts';

/** How a coordinator ends. */
export type StopMode =
  /** `fairlead stop`: it means it, so the routes are taken back first. */
  | { readonly kind: 'leave'; readonly reason: string }
  /** SIGTERM: it will be back, so nothing is said. */
  | { readonly kind: 'restart' }
  /** Another process takes over: DNS goes on being answered from what was decided last until that one answers. */
  | { readonly kind: 'handOver' };

/** What a coordinator is started with. */
export interface CoordinatorOptions {
  readonly machine: MachineConfig;
  readonly log: Logger;
  /** For choices that are explained; serving threads have their own. */
  readonly prng: Prng;
  readonly version: string;
  readonly releases: Releases;
  /** Open already where a process before or an earlier attempt opened it; stays open at a hand-over. */
  readonly dns: DnsService;
  /** Called once when a person asked it to stop. */
  readonly onStopRequest: () => void;
}

/** A running coordinator. */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #startedAtMs = presentMoment().nowMs;
  readonly #dns: DnsService;
  readonly #ownDns: OwnDnsWatch;
  readonly #routes: Routes;
  readonly #prober: Prober;
  readonly #results: ProbeResults;
  readonly #latencies: Latencies;
  readonly #peers: Peers;
  readonly #wanted: WantedTargets;
  readonly #explainer = new Explainer();
  readonly #loop: DecisionLoop;
  readonly #leaving: RoutesLeaving;
  readonly #nodesLeaving: NodesLeaving;
  readonly #keeper: StateKeeper;
  #running: RunningRelease | undefined;
  #api: Api | undefined;
  /** Resolves when it is asked to end, so that a start which still waits gives up. */
  readonly #stopAsked = Promise.withResolvers<undefined>();
  #isStopping = false;
  #starting: Promise<Result<void, readonly string[]>> | undefined;

  constructor(options: CoordinatorOptions) {
    const { machine, log } = options;
    this.#options = options;
    this.#dns = options.dns;
    this.#ownDns = new OwnDnsWatch({
      site: machine.site,
      subject: () => {
        const { generation } = this.#running ?? {};
        const prefixes = generation?.release.steering.prefixes ?? [];
        return { prefixes, zone: generation?.zones[0], bound: this.#dns.bound };
      },
      onResult: (prefix, result) => this.#loop.feed({ kind: 'ownDns', prefix, ...result }),
    });
    this.#routes = new Routes(log, machine.bgp, (hearing) => {
      this.#loop.feed({ kind: 'sessions', ...hearing });
    });
    this.#prober = createProber({
      execDirectories: machine.checks.execDirectories,
      onResult: (result) => {
        this.#results.add(result);
      },
      onUnable: ({ id }, reason) => {
        log.warn({ event: 'check.unable' }, `${id} cannot be run here, so it says nothing: ${reason}`);
      },
    });
    this.#results = new ProbeResults((results) => {
      this.#loop.feed({ kind: 'results', results });
    });
    this.#latencies = new Latencies({
      site: machine.site,
      log,
      table: this.#dns.latency,
      onTable: (table) => this.#dns.replaceLatency(table),
    });
    this.#dns.onRoundTrips((roundTrips) => this.#latencies.takeConnections(roundTrips));
    this.#peers = new Peers(machine.api.token, log, () => this.#latencies.news());
    this.#wanted = new WantedTargets((targets) => {
      if (this.#running === undefined || this.#isStopping) return;
      this.#run({ ...this.#running, generation: extendGeneration(this.#running.generation, targets) });
      log.info({ event: 'check.wanted' }, `records asked for checks as they ran, now ${targets.length}`);
    });
    this.#dns.onTargetWanted((target) => {
      this.#wanted.add(target);
    });
    const statePath = join(machine.stateDirectory, 'state.json');
    const { state, complaint } = readState(statePath);
    this.#keeper = new StateKeeper(statePath, log);
    if (complaint !== undefined) log.error({ event: 'state' }, complaint);
    const identity = { site: machine.site, boot: randomUUID() };
    const decision = new Decision(identity, state, presentMoment());
    this.#loop = new DecisionLoop(decision, (effect) => {
      this.#carryOut(effect);
    });
    this.#leaving = new RoutesLeaving(this.#loop, this.#routes, this.#stopAsked.promise);
    this.#nodesLeaving = new NodesLeaving({
      log,
      nodes: this.#routes.nodes,
      restingOnFormer: (node, told) => this.#routes.restingOnFormer(node, told),
      prefixes: () => this.#loop.decision.prefixes,
      feed: (input) => this.#loop.feed(input),
      now: monotonicMs,
    });
  }

  /** Opens everything; the fault is one line for each thing that could not be had. */
  start(): Promise<Result<void, readonly string[]>> {
    this.#starting = this.#open();
    return this.#starting;
  }

  async #open(): Promise<Result<void, readonly string[]>> {
    const { releases, log } = this.#options;
    const api = await this.#startApi();
    if (!api.ok) return api;
    const first = await releases.first();
    if (first === undefined) return refuse(['stopped before there was a release']);
    this.#activate(first);
    releases.follow(first, (running) => {
      this.#activate(running);
    });
    await firstRound({ prober: this.#prober, loop: this.#loop }, this.#stopAsked.promise);
    if (this.#isStopping) return refuse(['stopped in the first round of checks']);
    const dns = await this.#dns.open();
    if (!dns.ok) return dns;
    log.info({ event: 'dns.open' }, `answering DNS on ${this.dnsAddresses().join(', ')}`);
    await this.#ownDns.start();
    this.#loop.feed({ kind: 'open' });
    // The release is loaded, the first round is in, its own DNS was asked, and the first decision is carried out (R24).
    this.#routes.declareComplete();
    return succeed(undefined);
  }

  /** Takes in what SIGHUP lets change of this machine: the cookie secrets. */
  reloadMachine(): void {
    this.#dns.reloadSecrets();
  }

  /** Where DNS is answered, as text. */
  dnsAddresses(): readonly string[] {
    return this.#dns.bound.map(({ address, port }) => formatHostPort(address, port));
  }

  /** How long `fairlead stop` may take for the routes alone. */
  get leaveMs(): number {
    return this.#routes.leaveMs;
  }

  /** Ends everything in order. */
  async stop(mode: StopMode): Promise<void> {
    const { releases } = this.#options;
    this.#isStopping = true;
    this.#stopAsked.resolve(undefined);
    releases.endFollowing();
    await this.#starting;
    if (mode.kind === 'leave') await this.#routes.leave(mode.reason);
    else await this.#routes.closeSilently();
    this.#loop.stop();
    this.#results.stop();
    this.#latencies.close();
    this.#wanted.clear();
    this.#ownDns.stop();
    const dns = mode.kind === 'handOver' ? undefined : this.#dns.close();
    await Promise.all([dns, this.#prober.close(), this.#peers.close(), this.#api?.close()]);
    await releases.close();
  }

  async #startApi(): Promise<Result<void, readonly string[]>> {
    const { machine, log, releases, onStopRequest } = this.#options;
    const calls = createCalls({
      site: machine.site,
      loop: this.#loop,
      releases,
      latencies: this.#latencies,
      routes: this.#routes,
      nodesLeaving: this.#nodesLeaving,
      bgp: () => this.#bgp(),
      sites: () => [...(this.#running?.generation.release.sites.keys() ?? [])],
      status: () => this.#status(),
      checks: () => this.#checks(),
      explain: (request) => this.#explain(request),
      leaveRoutes: (forced) => this.#leaving.leave(forced),
      onStopRequest,
    });
    const { listen, token } = machine.api;
    try {
      this.#api = await startApi(calls, {
        listen,
        token,
        controlSocket: machine.controlSocket,
        onFailure: (call, error) => {
          const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
          log.error({ event: 'api.failure' }, `${call} failed: ${why}`);
        },
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refuse([`the API cannot listen on ${formatHostPort(listen.address, listen.port)}: ${why}`]);
    }
    log.info({ event: 'api.open' }, `API on http://${formatHostPort(listen.address, listen.port)}`);
    return succeed(undefined);
  }

  /** Puts a release in force, whole. */
  #activate(running: RunningRelease): void {
    const { machine, log } = this.#options;
    const { generation, head } = running;
    const { release } = generation;
    // The same release again, as after a change of a geo database, goes on with what its records asked for.
    if (this.#running?.head.release !== head.release) this.#wanted.clear();
    const others = [...release.sites.values()].filter(({ id }) => id !== machine.site);
    this.#peers.replace(new Map(others.map(({ id, coordinatorApi }) => [id, coordinatorApi])));
    this.#routes.replace(routesOf(machine.site, release));
    if (this.#routes.bgp?.speaker !== 'nodes') this.#nodesLeaving.forget();
    this.#latencies.replace([...release.sites.keys()], goesByLatency(generation.shared.services));
    this.#run({ ...running, generation: extendGeneration(generation, this.#wanted.targets) });
    for (const warning of release.warnings) log.warn({ event: 'release.warning' }, formatProblem(warning));
    log.info({ event: 'release' }, `release ${formatHeadId(head)} by ${head.author} is in force: ${head.reason}`);
  }

  /** Decides, checks and answers by a generation. */
  #run(running: RunningRelease): void {
    const { release, health, shared } = running.generation;
    const { epoch, sequence } = running.head;
    this.#running = running;
    this.#loop.feed({ kind: 'generation', health, steering: release.steering, release: { epoch, sequence } });
    this.#dns.swap(shared);
    this.#prober.replace([...health.references, ...health.probes, ...health.subjects.map((subject) => subject.check)]);
  }

  #carryOut(effect: DecisionEffect): void {
    switch (effect.kind) {
      case 'persist':
        this.#keeper.keep(effect.state);
        return;
      case 'publish':
        this.#running?.generation.slots.publish(this.#loop.decision);
        return;
      case 'announce':
        this.#routes.announce(effect.prefix, effect.route, effect.reason);
        return;
      case 'withdraw':
        this.#routes.withdraw(effect.prefix, effect.reason);
        return;
      case 'changeSessions':
        // After this decision is carried out: what follows from it is a decision of its own.
        setImmediate(() => this.#routes.changeSessions());
        return;
      case 'tell':
        if (this.#keeper.flush()) this.#peers.tell(effect.report);
        return;
      case 'event': {
        if (effect.event.kind === 'blocked') this.#routes.countBlocked(effect.event.permission.rule);
        const { level, text } = narrate(effect.event);
        this.#options.log[level]({ event: `decision.${effect.event.kind}` }, text);
        return;
      }
    }
  }

  async #explain(request: ExplainRequest): Promise<Result<Explanation, ApiFault>> {
    const { machine, prng, releases } = this.#options;
    if (this.#running === undefined) {
      return refuse({ status: 503, code: 'no-release', message: 'there is no release here yet' });
    }
    const { nets } = this.#running.generation.release;
    const context: ExplainContext = {
      findingsOf: (address) => releases.geo.findingsOf(address, nets),
      prng,
      latency: this.#dns.latency,
      unixMs: presentMoment().unixMs,
      isMinimal: machine.dns.minimalResponses,
      stepLimit: machine.dns.luaStepLimit,
    };
    return this.#explainer.explain(request, this.#running.generation.shared, context);
  }

  #checks(): Checks {
    const { health } = this.#loop.decision;
    const model = this.#running?.generation.health ?? { subjects: [], references: [], probes: [], sites: [] };
    const source = { site: this.#options.machine.site, health, model, counts: this.#prober.status() };
    return describeChecks(source, presentMoment().nowMs);
  }

  #bgp(): Promise<BgpStatus> {
    const { prefixes } = this.#running?.generation.release.steering ?? { prefixes: [] };
    return describeBgp(this.#options.machine.site, this.#routes, prefixes, this.#loop.decision.sessionTurn?.reason);
  }

  async #status(): Promise<Status> {
    const { machine, version } = this.#options;
    const { epoch, sequence, release } = this.#running?.head ?? { epoch: 0, sequence: 0, release: '' };
    return describeStatus(
      {
        site: machine.site,
        version,
        startedAtMs: this.#startedAtMs,
        release: { epoch, sequence, digest: release },
        role: machine.replication.role,
        decision: this.#loop.decision,
        model: this.#running?.generation.health ?? { subjects: [], references: [], probes: [], sites: [] },
        bgp: await this.#bgp(),
        listen: this.dnsAddresses(),
        counters: this.#dns.counts(),
      },
      presentMoment(),
    );
  }
}
