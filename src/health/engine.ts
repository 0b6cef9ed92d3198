/**
 * The health engine (sans-IO): reports, peer reports and probe results in; verdicts out.
 *
 * Read inside.ts, outside.ts, vantage.ts and verdict.ts first: the rules are there. This file keeps the state between
 * them: leases, gaps, verdicts. It does not know overrides, DNS or BGP, and reads no clock.
 */
import { after, earliest } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import { assertNever } from '#base/assert.ts';
import { partsOf } from './check-definition.ts';
import type { CheckId } from './check-definition.ts';
import type { CheckState } from './check-tracker.ts';
import { followedServices, serviceState } from './dependencies.ts';
import { isHeld, viewInside } from './inside.ts';
import type { GapSince, Inside } from './inside.ts';
import { LeaseBook } from './leases.ts';
import type { HealthEffect, HealthInput, ProbeFinding, StoredVerdict } from './engine-input.ts';
import type { HealthModel, ServiceId, SiteId, Subject, SubjectKey } from './model.ts';
import { overrulingRounds, viewOutside } from './outside.ts';
import type { Outside, VantageView } from './outside.ts';
import { PeerVantages } from './peer-vantages.ts';
import type { HeardReport, PeerVantage } from './peer-vantages.ts';
import type { Observation, Report, ServiceReport } from './report.ts';
import type { Sanity } from './sanity.ts';
import { Vantage } from './vantage.ts';
import type { Presumption, ProbeState } from './vantage.ts';
import { judge, judgeFrozen, restoredVerdict, unknownVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

export type { HealthEffect, HealthInput, ProbeFinding, StoredVerdict } from './engine-input.ts';

/** Not having been run for longer than this means that the engine is late, and leases are granted an interval (R10). */
const lateAfterMs = 1500;

/**
 * How long after a start agents are waited for before probes alone may judge: a proxy whose servers are all dead
 * still accepts connections, so a probe may say up of what its agent knows to be down (R1, R11).
 */
export const startupWaitMs = 3000;

/** Two owners of one VIP for longer than this is an alert (R6). */
const twoOwnersAlertMs = 3000;

/** How many services may follow one another; the config refuses those that follow themselves. */
const longestChain = 16;

interface SubjectState {
  readonly subject: Subject;
  verdict: Verdict;
  gapSince: GapSince;
  /** When the site itself last said that failing probes mean nothing: the VIP moves, or the proxy restarts (R6, R7). */
  heldAt: MonoMs | undefined;
  owners: readonly string[];
  twoOwnersSince: MonoMs | undefined;
  twoOwnersTold: boolean;
}

/** One coordinator's health engine; `ownSite` is its vantage's name. */
export class HealthEngine {
  readonly #vantage: Vantage;
  #subjects = new Map<SubjectKey, SubjectState>();
  #byService = new Map<ServiceId, readonly SubjectState[]>();
  #byCheck = new Map<CheckId, SubjectState>();
  /** Those whose checks follow other services. */
  #followers: readonly SubjectState[] = [];
  readonly #reports = new LeaseBook<Report>();
  readonly #peers: PeerVantages;
  /** Who votes at this step. */
  #voting: readonly PeerVantage[] = [];
  readonly #reporting = new Set<string>();
  #lastStepAt: MonoMs | undefined;
  #startedAt: MonoMs | undefined;

  constructor(ownSite: SiteId) {
    this.#peers = new PeerVantages(ownSite);
    this.#vantage = new Vantage(ownSite, (service, site) => this.#serviceState(service, site));
  }

  /** Takes one input in and returns what changed. */
  step(input: HealthInput, nowMs: MonoMs): readonly HealthEffect[] {
    this.#grantIfLate(nowMs);
    const effects: HealthEffect[] = [];
    this.#take(input, nowMs, effects);
    this.#watchNodes(nowMs, effects);
    const change = this.#vantage.judge();
    if (change !== undefined) effects.push({ kind: 'sanity', ...change });
    this.#voting = this.#peers.voting(nowMs);
    for (const state of this.#subjects.values()) this.#judgeSubject(state, nowMs, effects);
    this.#judgeFollowers(nowMs, effects);
    return effects;
  }

  /** When the engine wants to be run next, if nothing comes before. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs | undefined {
    let next = earliest(this.#reports.nextExpiry(nowMs), this.#peers.nextExpiry(nowMs));
    for (const { gapSince, subject, twoOwnersSince, twoOwnersTold } of this.#subjects.values()) {
      if (gapSince !== undefined) next = earliest(next, later(gapSince, subject.vrrpGraceMs, nowMs));
      if (twoOwnersSince !== undefined && !twoOwnersTold) {
        next = earliest(next, later(twoOwnersSince, twoOwnersAlertMs, nowMs));
      }
    }
    if (this.#startedAt !== undefined) next = earliest(next, later(this.#startedAt, startupWaitMs, nowMs));
    return next;
  }

  get sanity(): Sanity {
    return this.#vantage.sanity;
  }

  /** Whether agents may still send their first report since the start, so that opening can wait for it (R11). */
  awaitsReports(nowMs: MonoMs): boolean {
    return [...this.#subjects.values()].some(({ subject }) => this.#isAwaited(subject, nowMs));
  }

  /** The verdict on a subject; undefined when the model does not have it. */
  verdict(subject: SubjectKey): Verdict | undefined {
    return this.#subjects.get(subject)?.verdict;
  }

  /** Nodes that own the subject's VIP now. */
  owners(subject: SubjectKey): readonly string[] {
    return this.#subjects.get(subject)?.owners ?? [];
  }

  /** What this vantage's own probe of an address says (R1). */
  probe(check: CheckId): ProbeState {
    return this.#vantage.probe(check);
  }

  /** What is known of a single check at this vantage; undefined before its first result. */
  checkState(check: CheckId): CheckState | undefined {
    return this.#vantage.checkState(check);
  }

  /** The fresh report of a node, with the instant of its receipt. */
  nodeReport(site: SiteId, node: string): { readonly report: Report; readonly receivedAt: MonoMs } | undefined {
    return this.#reports.last(senderOf(site, node));
  }

  /** What the nodes that serve a service at a site say of it, while that is fresh: its owners, or all without VRRP. */
  servingReports(service: ServiceId, site: SiteId, nowMs: MonoMs): readonly ServiceReport[] {
    const here = [...this.#subjects.values()].filter(
      ({ subject }) => subject.service === service && subject.site === site,
    );
    const owners = here.flatMap((state) => state.owners);
    const nodes = owners.length > 0 ? owners : here.flatMap(({ subject }) => subject.nodes);
    return [...new Set(nodes)].flatMap((node) => {
      const report = this.#reports.fresh(senderOf(site, node), nowMs);
      return report?.services.filter((entry) => entry.service === service) ?? [];
    });
  }

  /** Reports of other coordinators whose lease lasts. */
  freshPeers(nowMs: MonoMs): readonly HeardReport[] {
    return this.#peers.fresh(nowMs);
  }

  /** The last report of a peer, fresh or not. */
  peerReport(site: SiteId): Omit<HeardReport, 'sender'> | undefined {
    return this.#peers.last(site);
  }

  /** What this vantage saw of the subjects' checks, for its peers; only what it may trust. */
  observations(): readonly Observation[] {
    return this.#vantage.observations();
  }

  /** Every verdict in the form in which it is stored. */
  storedVerdicts(): readonly StoredVerdict[] {
    return [...this.#subjects.values()]
      .filter(({ verdict }) => verdict.state !== 'unknown')
      .map(({ subject, verdict }) => ({ subject: subject.key, state: verdict.state, reason: verdict.reason }));
  }

  #grantIfLate(nowMs: MonoMs): void {
    const last = this.#lastStepAt;
    if (last !== undefined && nowMs - last > lateAfterMs) {
      this.#reports.grantInterval(last, nowMs);
      this.#peers.grantInterval(last, nowMs);
      this.#stretch(nowMs - last);
    }
    this.#lastStepAt = nowMs;
    this.#startedAt ??= nowMs;
  }

  /** Nobody could be heard while the engine stood still, so what is being waited for is waited for longer (R10). */
  #stretch(lateMs: number): void {
    if (this.#startedAt !== undefined) this.#startedAt = after(this.#startedAt, lateMs);
    for (const state of this.#subjects.values()) {
      if (state.gapSince !== undefined) state.gapSince = after(state.gapSince, lateMs);
      if (state.twoOwnersSince !== undefined) state.twoOwnersSince = after(state.twoOwnersSince, lateMs);
    }
  }

  #take(input: HealthInput, nowMs: MonoMs, effects: HealthEffect[]): void {
    switch (input.kind) {
      case 'model':
        this.#replaceModel(input.model, nowMs);
        return;
      case 'restore':
        this.#restore(input.verdicts, nowMs);
        return;
      case 'report': {
        const sender = senderOf(input.report.site, input.report.node);
        const accepted = this.#reports.accept(sender, input.report, nowMs);
        if (!accepted.ok) effects.push({ kind: 'refused', sender, reason: accepted.fault });
        return;
      }
      case 'peerReport': {
        const accepted = this.#peers.accept(input.report, nowMs);
        if (!accepted.ok) effects.push({ kind: 'refused', sender: input.report.site, reason: accepted.fault });
        return;
      }
      case 'result':
        this.#takeResult(input, nowMs);
        return;
      case 'results':
        for (const result of input.results) this.#takeResult(result, nowMs);
        return;
      case 'tick':
        return;
      default:
        assertNever(input);
    }
  }

  #takeResult({ check: id, passed, reason, weight }: ProbeFinding, nowMs: MonoMs): void {
    this.#vantage.take(id, { passed, reason, weight, at: nowMs }, (check) => this.#presumed(check));
  }

  #replaceModel(model: HealthModel, nowMs: MonoMs): void {
    const before = this.#subjects;
    this.#subjects = new Map(model.subjects.map((subject) => [subject.key, carryOver(subject, before, nowMs)]));
    const states = [...this.#subjects.values()];
    this.#followers = states.filter(({ subject }) => followedServices(subject.check).length > 0);
    this.#byService = Map.groupBy(states, ({ subject }) => subject.service);
    this.#byCheck = new Map(
      states.toReversed().flatMap((state) => partsOf(state.subject.check).map(({ id }) => [id, state] as const)),
    );
    this.#peers.replaceVoters(model.sites);
    this.#vantage.replace(model);
  }

  #restore(verdicts: readonly StoredVerdict[], nowMs: MonoMs): void {
    for (const { subject, state, reason } of verdicts) {
      const known = this.#subjects.get(subject);
      if (known?.verdict.state === 'unknown') known.verdict = restoredVerdict(state, reason, nowMs);
    }
  }

  /** What is believed of a check's target, until its own results say otherwise. */
  #presumed(check: CheckId): Presumption {
    const known = this.#byCheck.get(check);
    if (known === undefined || known.verdict.state === 'unknown') return undefined;
    return known.verdict.state === 'down' ? 'fail' : 'pass';
  }

  /** What is believed of another service: at this site where it has endpoints here, else anywhere. */
  #serviceState(service: ServiceId, site: SiteId): CheckState['state'] | undefined {
    const all = this.#byService.get(service) ?? [];
    const here = all.filter(({ subject }) => subject.site === site);
    return serviceState((here.length > 0 ? here : all).map(({ verdict }) => verdict.state));
  }

  #watchNodes(nowMs: MonoMs, effects: HealthEffect[]): void {
    for (const { sender, report } of this.#reports.allFresh(nowMs)) {
      if (this.#reporting.has(sender)) continue;
      this.#reporting.add(sender);
      effects.push({ kind: 'node', site: report.site, node: report.node, state: 'reporting' });
    }
    for (const sender of this.#reporting) {
      const last = this.#reports.last(sender);
      if (last === undefined || this.#reports.fresh(sender, nowMs) !== undefined) continue;
      this.#reporting.delete(sender);
      effects.push({ kind: 'node', site: last.report.site, node: last.report.node, state: 'silent' });
    }
  }

  /** Judges those again that follow others, until no verdict changes: however long the chain, it changes as one. */
  #judgeFollowers(nowMs: MonoMs, effects: HealthEffect[]): void {
    for (let round = 0; round < longestChain; round++) {
      const before = effects.length;
      for (const state of this.#followers) this.#judgeSubject(state, nowMs, effects);
      if (effects.length === before) return;
    }
  }

  #judgeSubject(state: SubjectState, nowMs: MonoMs, effects: HealthEffect[]): void {
    const { subject, verdict: before } = state;
    const nodes = subject.nodes.map((node) => ({
      node,
      report: this.#reports.fresh(senderOf(subject.site, node), nowMs),
    }));
    const view = viewInside(subject, nodes, { since: state.gapSince, nowMs });
    state.gapSince = view.gapSince;
    state.owners = view.owners;
    this.#watchOwners(state, nowMs, effects);
    const inside = this.#isAwaited(subject, nowMs) ? awaitAgents : view.inside;
    if (isHeld(view.inside)) state.heldAt = nowMs;
    state.verdict =
      this.#vantage.sanity === 'frozen'
        ? judgeFrozen(before, inside, nowMs)
        : judge(before, inside, this.#viewOutside(state, nowMs), nowMs);
    if (state.verdict.state !== before.state) {
      effects.push({ kind: 'verdict', subject, before, verdict: state.verdict });
    }
  }

  /** Whether the subject's agents have not spoken since this engine started, and still may. */
  #isAwaited(subject: Subject, nowMs: MonoMs): boolean {
    if (this.#startedAt === undefined || nowMs - this.#startedAt >= startupWaitMs) return false;
    const heard = subject.nodes.some((node) => this.#reports.last(senderOf(subject.site, node)) !== undefined);
    return subject.nodes.length > 0 && !heard;
  }

  #watchOwners(state: SubjectState, nowMs: MonoMs, effects: HealthEffect[]): void {
    if (state.owners.length < 2) {
      state.twoOwnersSince = undefined;
      state.twoOwnersTold = false;
      return;
    }
    state.twoOwnersSince ??= nowMs;
    if (!state.twoOwnersTold && nowMs - state.twoOwnersSince > twoOwnersAlertMs) {
      state.twoOwnersTold = true;
      effects.push({ kind: 'owners', subject: state.subject, owners: state.owners });
    }
  }

  #viewOutside({ subject, heldAt }: SubjectState, nowMs: MonoMs): Outside {
    // A vantage that may be cut off is seen by others as dead: what they say of its targets is its own trouble.
    if (this.#vantage.sanity !== 'sane') return viewOutside([], 0);
    const own = this.#vantage.view(subject);
    const views: VantageView[] = own === undefined ? [] : [own];
    for (const { sender, seen } of this.#voting) {
      const observation = seen.get(subject.check.id);
      if (observation !== undefined) views.push({ vantage: sender, ...observation });
    }
    const outside = viewOutside(views, 1 + this.#voting.length);
    // Rounds that failed while the VIP moved are no evidence, wherever they were counted: it takes as many new ones.
    const { intervalMs, timeoutMs } = subject.check;
    const quietMs = overrulingRounds * intervalMs + timeoutMs;
    return heldAt !== undefined && nowMs - heldAt < quietMs ? { ...outside, overrules: false } : outside;
  }
}

const awaitAgents: Inside = { kind: 'hold', reason: 'waiting for the first reports after the start' };

function carryOver(subject: Subject, before: ReadonlyMap<SubjectKey, SubjectState>, nowMs: MonoMs): SubjectState {
  const known = before.get(subject.key);
  if (known !== undefined) return { ...known, subject };
  return {
    subject,
    verdict: unknownVerdict(nowMs),
    gapSince: undefined,
    heldAt: undefined,
    owners: [],
    twoOwnersSince: undefined,
    twoOwnersTold: false,
  };
}

function senderOf(site: SiteId, node: string): string {
  return `${site}/${node}`;
}

/** The deadline `delayMs` after `since`, if it lies ahead. */
function later(since: MonoMs, delayMs: number, nowMs: MonoMs): MonoMs | undefined {
  const deadline = (since + delayMs + 1) as MonoMs;
  return deadline > nowMs ? deadline : undefined;
}
