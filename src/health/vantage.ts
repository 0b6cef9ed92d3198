/**
 * This coordinator as a vantage: the states of its own checks, and whether it may trust them (R5, sans-IO).
 *
 * A vantage that is not sane counts no failure against anybody, and after a freeze it looks at every target afresh:
 * it then presumes what is believed, so that rise and fall apply to the first results too.
 */
import type { MonoMs } from '#base/time.ts';
import { partsOf } from './check-definition.ts';
import type { CheckDefinition, CheckId } from './check-definition.ts';
import { isTurning, trackCheck } from './check-tracker.ts';
import type { CheckResult, CheckState } from './check-tracker.ts';
import type { HealthModel, ServiceId, SiteId, Subject } from './model.ts';
import { overrulingRounds } from './outside.ts';
import type { VantageView } from './outside.ts';
import type { Observation } from './report.ts';
import { judgeSanity, trustedFailingRounds } from './sanity.ts';
import type { Sanity } from './sanity.ts';

/** A probe of an address that is no endpoint, as records read it (R1). */
export interface ProbeState {
  readonly state: 'up' | 'down' | 'unknown';
  readonly changePending: boolean;
  /** The target's weight as its check last read it, 0 to 65,535. */
  readonly weight?: number | undefined;
}

/** What is believed of another service at a site; undefined while nothing is known. */
export type ServiceStates = (service: ServiceId, site: SiteId) => CheckState['state'] | undefined;

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
  readonly #serviceStates: ServiceStates;
  #model: Pick<HealthModel, 'references' | 'subjects'> = { references: [], subjects: [] };
  #checks = new Map<CheckId, CheckDefinition>();
  #states = new Map<CheckId, CheckState>();
  #probes = new Map<CheckId, ProbeState>();
  #sanity: Sanity = 'sane';

  constructor(ownSite: SiteId, serviceStates: ServiceStates = () => undefined) {
    this.#ownSite = ownSite;
    this.#serviceStates = serviceStates;
  }

  get sanity(): Sanity {
    return this.#sanity;
  }

  /** Takes the wanted checks; what is known of one that stays is kept. */
  replace(model: HealthModel): void {
    this.#model = model;
    const definitions = [...model.references, ...model.probes, ...model.subjects.map((subject) => subject.check)];
    this.#checks = new Map(definitions.flatMap(partsOf).map((check) => [check.id, check]));
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
    const { weight } = state;
    this.#probes.set(id, { state: state.state === 'pass' ? 'up' : 'down', changePending: isTurning(state), weight });
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

  /** What this vantage says of a subject, by the worst of its checks; undefined while it has nothing that it may trust. */
  view(subject: Subject): VantageView | undefined {
    if (this.#sanity !== 'sane') return undefined;
    const seen = partsOf(subject.check).map((check) => this.#see(check, subject.site));
    const failing = seen.filter((each) => each?.state === 'fail');
    const deciding = failing.length > 0 ? failing : seen;
    let worst: Seen | undefined;
    for (const each of deciding) {
      // All of several must be known to pass before together they do.
      if (each === undefined) return undefined;
      if (worst === undefined || each.failingRounds > worst.failingRounds) worst = each;
    }
    return worst === undefined ? undefined : { vantage: this.#ownSite, ...worst };
  }

  /** What is known of a single check. */
  checkState(id: CheckId): CheckState | undefined {
    return this.#states.get(id);
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

  #see({ id, what }: CheckDefinition, site: SiteId): Seen | undefined {
    if (what.kind === 'constant') return judged(what.state === 'up' ? 'pass' : 'fail', `set to ${what.state}`);
    if (what.kind === 'service') {
      const state = this.#serviceStates(what.service, site);
      return state === undefined ? undefined : judged(state, `${what.service} is ${state === 'pass' ? 'up' : 'down'}`);
    }
    const state = this.#states.get(id);
    if (state === undefined) return undefined;
    const failingRounds = trustedFailingRounds(state, this.#references());
    if (!state.lastPassed && failingRounds === 0) return undefined;
    return { state: state.state, failingRounds, reason: state.reason };
  }

  #forgetTargets(): void {
    const references = new Set(this.#model.references.map((reference) => reference.id));
    this.#states = new Map([...this.#states].filter(([id]) => references.has(id)));
  }

  #references(): readonly (CheckState | undefined)[] {
    return this.#model.references.map((reference) => this.#states.get(reference.id));
  }
}

type Seen = Omit<VantageView, 'vantage'>;

/** What is no probe is no less sure for having been judged once. */
function judged(state: CheckState['state'], reason: string): Seen {
  return { state, failingRounds: state === 'fail' ? overrulingRounds : 0, reason };
}

function presumedState(presumed: Presumption, at: MonoMs): CheckState | undefined {
  if (presumed === undefined) return undefined;
  return { state: presumed, lastPassed: presumed === 'pass', streak: 0, streakSince: at, lastAt: at, reason: '' };
}
