/**
 * The decision (sans-IO): composes health, overrides, answers and announcer into one step.
 *
 * The coordinator runs it on real time and sockets; a simulation can run it on virtual ones. A step takes one input
 * and both clocks (R12) and returns effects in the order in which they must be carried out: what is promised to
 * others is on disk before it is told (R19).
 */
import { earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { IpPrefix } from '#base/ip.ts';
import { present } from '#base/assert.ts';
import { HealthEngine } from '#health/engine.ts';
import type { HealthEffect } from '#health/engine.ts';
import type { ServiceId, SiteId, Subject, SubjectKey } from '#health/model.ts';
import { OverrideBook } from '#health/overrides.ts';
import type { Moment, OverriddenThing } from '#health/overrides.ts';
import type { AnchorReport, Override, PeerReport } from '#health/report.ts';
import type { Verdict } from '#health/verdict.ts';
import { AnswerEngine, isUsable } from '#steering/answers.ts';
import type { AnswerInput, EndpointDecision, ServiceDecision, ServiceMode } from '#steering/answers.ts';
import type { PrefixStatus } from '#steering/announcer/engine.ts';
import type { Permission } from '#steering/safety/permission.ts';
import { managedPrefixes } from '#steering/model.ts';
import type { Endpoint, PrefixPolicy, SteeringModel } from '#steering/model.ts';
import { succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { Drains } from './drains.ts';
import type { DecisionEffect, DecisionEvent, DurableState } from './effects.ts';
import type { DecisionIdentity, DecisionInput } from './input.ts';
import { Failovers } from './failovers.ts';
import type { FailoverCommand, FailoverStatus } from './failovers.ts';
import { Paces } from './paces.ts';
import { anchorsOf, awaitsAnswer, isAcknowledged, votersAmong } from './peers.ts';
import type { Coordinators } from './peers.ts';
import { durableShape } from './durable-shape.ts';
import { judgeRouteOverride } from './route-overrides.ts';
import { RoutesHere } from './routes-here.ts';
import { serviceHere } from './service-here.ts';
import { decideServices } from './services.ts';
import { SuspendedProbes } from './suspended-probes.ts';
import { Teller } from './teller.ts';

export type { DecisionIdentity, DecisionInput } from './input.ts';
export type { Hearing } from './routes-here.ts';
export { tellIntervalMs } from './teller.ts';

const emptySteering: SteeringModel = { endpoints: [], prefixes: [], longestTtlSeconds: 0 };

/** One coordinator's decision. */
export class Decision {
  readonly #identity: DecisionIdentity;
  readonly #health: HealthEngine;
  readonly #overrides = new OverrideBook();
  readonly #answers = new AnswerEngine();
  readonly #routes: RoutesHere;
  readonly #drains: Drains;
  readonly #suspended = new SuspendedProbes();
  readonly #failovers: Failovers;
  readonly #paces: Paces;
  readonly #teller = new Teller();
  readonly #stored: DurableState;
  #steering = emptySteering;
  #subjects: ReadonlyMap<SubjectKey, Subject> = new Map();
  #managed: ReadonlyMap<Endpoint, PrefixPolicy> = new Map();
  #release: PeerReport['release'] = { epoch: 0, sequence: 0 };
  #coordinators: readonly SiteId[] = [];
  #isLoaded = false;
  #services: readonly ServiceDecision[] = [];
  #modes: ReadonlyMap<string, ServiceMode> = new Map();
  #kept = '';

  constructor(identity: DecisionIdentity, stored: DurableState, moment: Moment) {
    this.#identity = identity;
    this.#health = new HealthEngine(identity.site);
    this.#routes = new RoutesHere(identity, stored, moment);
    this.#drains = new Drains(identity.site, stored.overrides);
    this.#failovers = new Failovers(identity.site, stored.failovers);
    this.#paces = new Paces(stored);
    this.#stored = stored;
    this.#overrides.restore(stored.overrides, moment);
  }

  /** Takes one input in and returns what to do, in order. */
  step(input: DecisionInput, moment: Moment): readonly DecisionEffect[] {
    const events: DecisionEvent[] = [...this.#take(input, moment)];
    return this.#decide(events, moment);
  }

  /** Puts an operator's override in force (R26); the refusal says why not. */
  addOverride(override: Override, moment: Moment): Result<readonly DecisionEffect[], string> {
    const judged = judgeRouteOverride(override, this.#steering.prefixes);
    const added = judged.ok ? this.#overrides.add(override, moment) : judged;
    return added.ok ? succeed(this.#decide([], moment)) : added;
  }

  /** Takes back the overrides of one thing, which is a drain where only a site is given; none may be in force. */
  removeOverrides(
    thing: SiteId | OverriddenThing,
    moment: Moment,
  ): { readonly removed: readonly Override[]; readonly effects: readonly DecisionEffect[] } {
    const removed = this.#overrides.remove(typeof thing === 'string' ? { kind: 'drain', site: thing } : thing, moment);
    return { removed, effects: this.#decide([], moment) };
  }

  /** Makes another tier of a service active, because a person asks for it (R27); the refusal says why not. */
  failover(command: FailoverCommand, moment: Moment): Result<readonly DecisionEffect[], string> {
    const done = this.#failovers.command(command, moment);
    return done.ok ? { ok: true, value: this.#decide([], moment) } : done;
  }

  /** When to step next, if nothing comes before. */
  nextDeadlineMs(moment: Moment): MonoMs | undefined {
    return [
      this.#health.nextDeadlineMs(moment.nowMs),
      this.#overrides.nextDeadlineMs(moment),
      this.#routes.nextDeadlineMs(moment.nowMs),
      this.#drains.nextDeadlineMs(),
      this.#failovers.nextDeadlineMs(moment),
      this.#paces.nextDeadlineMs(),
      this.#teller.nextDeadlineMs(moment.nowMs),
    ].reduce(earliest, undefined);
  }

  /** The health engine, to read from. */
  get health(): Pick<
    HealthEngine,
    | 'awaitsReports'
    | 'verdict'
    | 'probe'
    | 'owners'
    | 'nodeReport'
    | 'peerReport'
    | 'freshPeers'
    | 'checkState'
    | 'sanity'
  > {
    return this.#health;
  }

  /** What is decided of each service and its endpoints. */
  get services(): readonly ServiceDecision[] {
    return this.#services;
  }

  /** The active tier of each service that has tiers, and why (R27). */
  get failovers(): readonly FailoverStatus[] {
    return this.#failovers.status;
  }

  /** Each prefix of this site. */
  get prefixes(): readonly PrefixStatus[] {
    return this.#routes.status;
  }

  /** Whether changed session settings may be applied here; undefined where none wait (R28). */
  get sessionTurn(): Permission | undefined {
    return this.#routes.turn;
  }

  /** The prefixes of the release in force, of all sites. */
  get prefixPolicies(): readonly PrefixPolicy[] {
    return this.#steering.prefixes;
  }

  /** Overrides in force, each with how far it has come. */
  get overrides(): readonly { readonly override: Override; readonly state: string }[] {
    return [
      ...this.#drains.inForce.map((override) => ({ override, state: this.#drains.describe(override) })),
      ...this.#routes.overrides.map((override) => ({ override, state: 'in effect in BGP' })),
    ];
  }

  /** What is decided of each endpoint, by subject. */
  endpointDecisions(): ReadonlyMap<SubjectKey, EndpointDecision> {
    return new Map(
      this.#services.flatMap((service) => service.endpoints.map((decided) => [decided.endpoint.subject, decided])),
    );
  }

  #take(input: DecisionInput, moment: Moment): readonly HealthEffect[] {
    switch (input.kind) {
      case 'generation':
        return this.#load(input, moment.nowMs);
      case 'open':
        this.#routes.open();
        return [];
      case 'stop':
        this.#routes.stop(input, moment.nowMs);
        return [];
      case 'stay':
        this.#routes.stay();
        return [];
      case 'sessions':
        this.#routes.takeHearing(input);
        return [];
      case 'ownDns':
        this.#routes.takeOwnDns(input, moment.nowMs);
        return [];
      case 'peerReport':
        this.#overrides.merge([...input.report.overrides, ...(input.report.routeOverrides ?? [])], moment);
        this.#failovers.merge(input.report.failovers ?? []);
        if (awaitsAnswer(input.report, this.#toldBy(input.report.site), this.#routes.reports)) this.#teller.hurry();
        return this.#health.step(input, moment.nowMs);
      case 'result':
      case 'results': {
        const heard = this.#suspended.filter(input, (prefix) => this.#isAnnouncedHere(prefix));
        return this.#health.step(heard, moment.nowMs);
      }
      case 'report':
      case 'tick':
        return this.#health.step(input, moment.nowMs);
    }
  }

  #load(input: Extract<DecisionInput, { kind: 'generation' }>, nowMs: MonoMs): readonly HealthEffect[] {
    this.#steering = input.steering;
    this.#managed = managedPrefixes(input.steering);
    this.#subjects = new Map(input.health.subjects.map((subject) => [subject.key, subject]));
    this.#suspended.replace(input.health, input.steering.prefixes);
    this.#release = input.release;
    this.#coordinators = input.health.sites;
    const effects = this.#health.step({ kind: 'model', model: input.health }, nowMs);
    if (this.#isLoaded) return effects;
    this.#isLoaded = true;
    return [...effects, ...this.#health.step({ kind: 'restore', verdicts: this.#stored.verdicts }, nowMs)];
  }

  #decide(events: DecisionEvent[], moment: Moment): readonly DecisionEffect[] {
    this.#decideDrains(events, moment);
    this.#decideAnswers(events, moment);
    const routes = this.#decideRoutes(events, moment);
    return [
      ...this.#persist(moment),
      { kind: 'publish' },
      ...routes,
      ...this.#tell(moment),
      ...events.map((event): DecisionEffect => ({ kind: 'event', event })),
    ];
  }

  #decideDrains(events: DecisionEvent[], moment: Moment): void {
    // Before there is a release, no endpoint tells whether a drain would take the last one out.
    if (!this.#isLoaded) return;
    const inForce = this.#overrides.active(moment);
    events.push(...this.#routes.takeOverrides(inForce));
    const decided = this.#drains.decide({
      inForce: inForce.filter(({ kind }) => kind === 'drain'),
      endpoints: this.#steering.endpoints,
      verdictOf: (subject) => this.#verdictOf(subject),
    });
    events.push(...decided);
    this.#drains.advance({
      isAcknowledged: (override) => isAcknowledged(override, this.#health.freshPeers(moment.nowMs), this.#known),
      longestTtlMs: this.#steering.longestTtlSeconds * 1000,
      nowMs: moment.nowMs,
    });
  }

  #decideAnswers(events: DecisionEvent[], moment: Moment): void {
    // Before there is a release, a service without endpoints is one that has not been read yet.
    if (!this.#isLoaded) return;
    const { nowMs } = moment;
    const unreachable = new Set<Endpoint>();
    for (const [endpoint, { prefix }] of this.#managed) {
      if (!this.#isAnnouncedAt(endpoint.site, prefix, nowMs)) unreachable.add(endpoint);
    }
    const input: AnswerInput = {
      verdictOf: (subject) => this.#verdictOf(subject),
      drainedSites: this.#drains.drainedSites,
      isReachable: (endpoint) => !unreachable.has(endpoint),
      nowMs,
    };
    const isSane = this.#health.sanity === 'sane';
    const voters = { ...votersAmong(this.#health.freshPeers(nowMs), this.#known), isSane };
    const services = decideServices({
      ...input,
      steering: this.#steering,
      answers: this.#answers,
      activeTier: (policy, tiers) => this.#failovers.decide(policy, tiers, { voters, moment, events }),
    });
    this.#failovers.keep(new Set(services.map(({ service }) => service)), moment);
    this.#services = this.#paces.decide({
      services,
      policyOf: (service) => this.#steering.services?.get(service),
      isUsable: (endpoint) => isUsable(endpoint, input),
      nodesOf: (service, site) => this.#health.servingReports(service, site, nowMs),
      nowMs,
    });
    for (const { service, mode } of this.#services) {
      const from = this.#modes.get(service) ?? 'normal';
      if (from !== mode) events.push({ kind: 'serviceMode', service, from, to: mode });
    }
    this.#modes = new Map(this.#services.map(({ service, mode }) => [service, mode]));
  }

  #decideRoutes(events: DecisionEvent[], { nowMs, unixMs }: Moment): readonly DecisionEffect[] {
    const drain = this.#drains.progress;
    const look = {
      prefixes: this.#steering.prefixes,
      serviceHere: (service: ServiceId) =>
        serviceHere(service, {
          site: this.#identity.site,
          endpoints: this.#steering.endpoints,
          subjects: this.#subjects,
          verdictOf: (subject) => this.#verdictOf(subject),
          checkState: (check) => this.#health.checkState(check),
        }),
      peers: this.#health.freshPeers(nowMs),
      coordinators: this.#known,
      drain:
        drain?.stage.kind === 'routes'
          ? { reason: `drained: ${drain.override.reason}`, forced: drain.override.forced }
          : undefined,
      isDrained: drain !== undefined,
      sanity: this.#health.sanity,
      nowMs,
      unixMs,
    };
    return this.#routes.decide(look, events);
  }

  #persist(moment: Moment): readonly DecisionEffect[] {
    const state: DurableState = {
      verdicts: this.#isLoaded ? this.#health.storedVerdicts() : this.#stored.verdicts,
      overrides: this.#overrides
        .stored(moment)
        .map((stored) => ({ ...stored, inEffect: this.#drains.inEffect.has(stored.override.id) })),
      ...this.#routes.stored(moment),
      failovers: this.#failovers.stored(moment.nowMs),
      ...this.#paces.stored(),
    };
    const shape = durableShape(state, (service) => this.#failovers.isTimed(service));
    if (shape === this.#kept) return [];
    this.#kept = shape;
    return [{ kind: 'persist', state }];
  }

  #tell(moment: Moment): readonly DecisionEffect[] {
    const known = this.#overrides.all(moment);
    const routeOverrides = known.filter(({ kind }) => kind !== 'drain');
    const { sessionChange } = this.#routes;
    const state = {
      site: this.#identity.site,
      boot: this.#identity.boot,
      sane: this.#health.sanity === 'sane',
      observations: [...this.#health.observations()],
      anchors: [...this.#routes.reports],
      overrides: known.filter(({ kind }) => kind === 'drain'),
      ...(routeOverrides.length === 0 ? {} : { routeOverrides }),
      appliedOverrides: [...this.#drains.inEffect],
      failovers: [...this.#failovers.reports()],
      ...(sessionChange === undefined ? {} : { sessionChange }),
      release: this.#release,
    };
    const report = this.#teller.tell(state, moment.nowMs);
    return report === undefined ? [] : [{ kind: 'tell', report }];
  }

  #toldBy(site: SiteId): readonly AnchorReport[] {
    return this.#health.peerReport(site)?.report.anchors ?? [];
  }

  get #known(): Coordinators {
    return { own: this.#identity.site, all: this.#coordinators };
  }

  #verdictOf(subject: SubjectKey): Verdict {
    return present(this.#health.verdict(subject), `the verdict on ${subject}`);
  }

  #isAnnouncedHere(prefix: IpPrefix): boolean {
    const policy = this.#steering.prefixes.find((candidate) => candidate.prefix === prefix);
    return policy?.sites.includes(this.#identity.site) === true && this.#routes.isAnnounced(prefix);
  }

  /** R25: an endpoint inside a managed prefix is answered only while its site announces that prefix. */
  #isAnnouncedAt(site: SiteId, prefix: IpPrefix, nowMs: MonoMs): boolean {
    if (site === this.#identity.site) return this.#routes.isAnnounced(prefix);
    const peer = anchorsOf(this.#health.freshPeers(nowMs), prefix).find((entry) => entry.site === site);
    return peer === undefined || peer.report.announced;
  }
}
