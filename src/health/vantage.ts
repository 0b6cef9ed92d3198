/**
 * This coordinator as a vantage: the states of its own checks, and whether it may trust them (R5, sans-IO).
 *
 * A vantage that is not sane counts no failure against anybody, and after a freeze it looks at every target afresh:
 * it then presumes what is believed, so that rise and fall apply to the first results too.
 */
import type { MonoMs } from '#base/time.ts';
import type { CheckDefinition, CheckId } from './check.ts';
import { isTurning, trackCheck } from './check-tracker.ts';
import type { CheckResult, CheckState } from './check-tracker.ts';
import type { HealthModel, SiteId, Subject } from './model.ts';
import type { VantageView } from './outside.ts';
import type { Observation } from './report.ts';
import { judgeSanity, trustedFailingRounds } from './sanity.ts';
import type { Sanity } from './sanity.ts';

/** A probe of an address that is no endpoint, as records read it (R1). */
export interface ProbeState {
  readonly state: 'up' | 'down' | 'unknown';
  readonly changePending: boolean;
}

/** A turn of the vantage's trust in itself. */
export interface SanityChange {
  readonly from: Sanity;
  readonly to: Sanity;
  readonly reason: string;
}

/** What is believed of a check's target before its first result; undefined where there is no evidence. */
export type Presumption = CheckState['state'] | undefined;

/** One coordinator's own probes. */
export class Vantage {
  readonly #ownSite: SiteId;
  #model: Pick<HealthModel, 'references' | 'subjects'> = { references: [], subjects: [] };
  #checks = new Map<CheckId, CheckDefinition>();
  #states = new Map<CheckId, CheckState>();
  #probes = new Map<CheckId, ProbeState>();
  #sanity: Sanity = 'sane';

  constructor(ownSite: SiteId) {
    this.#ownSite = ownSite;
  }

  get sanity(): Sanity {
    return this.#sanity;
  }

  /** Takes the wanted checks; what is known of one that stays is kept. */
  replace(model: HealthModel): void {
    this.#model = model;
    const definitions = [...model.references, ...model.probes, ...model.subjects.map((subject) => subject.check)];
    this.#checks = new Map(definitions.map((check) => [check.id, check]));
    const known = (id: CheckId): boolean => this.#checks.has(id);
    this.#states = new Map([...this.#states].filter(([id]) => known(id)));
    this.#probes = new Map([...this.#probes].filter(([id]) => known(id)));
  }

  /** Takes one result in; one of a check that a reload removed is dropped. */
  take(id: CheckId, result: CheckResult, presumed: (id: CheckId) => Presumption): void {
    const check = this.#checks.get(id);
    if (check === undefined) return;
    const isReference = this.#model.references.some((reference) => reference.id === id);
    if (!isReference && !result.passed && this.#sanity !== 'sane') return;
    const before = this.#states.get(id) ?? presumedState(presumed(id), result.at);
    const state = trackCheck(before, result, check);
    this.#states.set(id, state);
    const trusted = state.lastPassed || trustedFailingRounds(state, this.#references()) > 0;
    if (this.#sanity !== 'sane' || !trusted) return;
    this.#probes.set(id, { state: state.state === 'pass' ? 'up' : 'down', changePending: isTurning(state) });
  }

  /** Judges itself by its references; undefined while nothing changes. */
  judge(): SanityChange | undefined {
    const states = this.#references();
    const from = this.#sanity;
    const to = judgeSanity(states);
    if (from === to) return undefined;
    this.#sanity = to;
    if (from === 'frozen') this.#forgetTargets();
    const failing = states.find((state) => state?.lastPassed === false);
    return {
      from,
      to,
      reason: to === 'sane' ? 'a reference answers' : `no reference answers: ${failing?.reason ?? ''}`,
    };
  }

  /** What this vantage says of a subject; undefined while it has nothing that it may trust. */
  view(subject: Subject): VantageView | undefined {
    const state = this.#states.get(subject.check.id);
    if (this.#sanity !== 'sane' || state === undefined) return undefined;
    const failingRounds = trustedFailingRounds(state, this.#references());
    if (!state.lastPassed && failingRounds === 0) return undefined;
    return { vantage: this.#ownSite, state: state.state, failingRounds, reason: state.reason };
  }

  /** What it saw of the subjects' checks, for its peers; only what it may trust. */
  observations(): readonly Observation[] {
    return this.#model.subjects.flatMap((subject) => {
      const view = this.view(subject);
      if (view === undefined) return [];
      const { state, failingRounds, reason } = view;
      return [{ check: subject.check.id, state, failingRounds, reason: reason.slice(0, 500) }];
    });
  }

  /** What its probe of an address says (R1). */
  probe(check: CheckId): ProbeState {
    return this.#probes.get(check) ?? { state: 'unknown', changePending: true };
  }

  #forgetTargets(): void {
    const references = new Set(this.#model.references.map((reference) => reference.id));
    this.#states = new Map([...this.#states].filter(([id]) => references.has(id)));
  }

  #references(): readonly (CheckState | undefined)[] {
    return this.#model.references.map((reference) => this.#states.get(reference.id));
  }
}

function presumedState(presumed: Presumption, at: MonoMs): CheckState | undefined {
  if (presumed === undefined) return undefined;
  return { state: presumed, lastPassed: presumed === 'pass', streak: 0, streakSince: at, lastAt: at, reason: '' };
}
