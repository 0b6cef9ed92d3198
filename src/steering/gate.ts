/**
 * Whether a prefix's gate is open at this site (R17), from the verdicts on the services that it follows.
 *
 *   up, or no evidence yet          pass     the default is to announce (R19)
 *   down on fresh evidence          fail
 *   draining on fresh evidence      drain
 *   down or draining, only held     hold     losing contact moves nothing (R23)
 *
 * A nameserver prefix follows only this coordinator's own DNS, asked at an address of that very prefix (R18):
 *
 *   the last query was answered     pass
 *   failing, or not asked yet       hold
 *   failing three times in a row    fail
 *
 * A covering prefix follows the prefixes of ours within it: it goes after the last of them, and never before (R17):
 *
 *   one of them is announced here   pass
 *   none is                         fail
 *
 * Where a site has agents, only they make a service `down` here: what distant probes say of this site is about the
 * path to it, and moves DNS, not the routes.
 */
import type { CheckState } from '#health/check-tracker.ts';
import type { ServiceId } from '#health/model.ts';
import type { Verdict } from '#health/verdict.ts';
import type { Gate } from './model.ts';

/** What a gate says. */
export interface GateState {
  readonly kind: 'pass' | 'hold' | 'drain' | 'fail';
  readonly reason: string;
  /** Whether a pass rests on evidence that is fresh: what another site may rely on (R19). */
  readonly fresh: boolean;
  /** Whether a prefix that was withdrawn may come back on it: fresh, and a local probe does not speak against it (R9). */
  readonly returns: boolean;
}

/** A service's verdicts at this site, one for each family, and whether agents report on it. */
export interface ServiceHere {
  readonly verdicts: readonly Verdict[];
  readonly hasAgents: boolean;
  /** Whether this coordinator's own probe of it passes, for each family; undefined where none has run yet. */
  readonly probes: readonly (boolean | undefined)[];
}

/** What gates are evaluated on. */
export interface GateEvidence {
  readonly serviceHere: (service: ServiceId) => ServiceHere;
  /** How this coordinator's own DNS answers in the prefix; undefined before the first query. */
  readonly ownDns: CheckState | undefined;
  /** The prefixes of ours within this one: whether each is announced here, and serves. */
  readonly covered: readonly CoveredHere[];
}

/** A prefix within a covering one, as it stands here. */
export interface CoveredHere {
  readonly isAnnounced: boolean;
  readonly isServing: boolean;
}

/** Evaluates a gate; a service that is not at this site counts as failed. */
export function evaluateGate(gate: Gate, { serviceHere, ownDns, covered }: GateEvidence): GateState {
  if (gate === 'always') return { kind: 'pass', reason: 'announced always', fresh: true, returns: true };
  if (gate === 'nameserver') return nameserverState(ownDns);
  if (gate === 'covered') return coveredState(covered);
  const { services, needed } = gateDemands(gate);
  const states = services.map((service) => ({ service, ...serviceState(serviceHere(service)) }));
  const count = (...kinds: readonly GateState['kind'][]): number =>
    states.filter((state) => kinds.includes(state.kind)).length;
  const reason = states.map((state) => `${state.service} ${state.reason}`).join('; ');
  const fresh = states.filter((state) => state.fresh).length >= needed;
  const returns = states.filter((state) => state.returns).length >= needed;
  if (count('pass') >= needed) return { kind: 'pass', reason, fresh, returns };
  if (count('pass', 'hold') >= needed) return closed('hold', reason);
  if (count('pass', 'hold', 'drain') >= needed) return closed('drain', reason);
  return closed('fail', reason);
}

/** The services that a gate names, and how many of them it needs. */
export function gateDemands(gate: Gate): { readonly services: readonly ServiceId[]; readonly needed: number } {
  if (typeof gate === 'string') return { services: [], needed: 0 };
  if ('any' in gate) return { services: gate.any, needed: 1 };
  if ('all' in gate) return { services: gate.all, needed: gate.all.length };
  return { services: gate.of, needed: gate.atLeast };
}

function nameserverState(ownDns: CheckState | undefined): GateState {
  if (ownDns === undefined) return closed('hold', 'its DNS was not asked yet');
  const reason = `its DNS: ${ownDns.reason}`;
  if (ownDns.lastPassed) return { kind: 'pass', reason, fresh: true, returns: true };
  return closed(ownDns.state === 'fail' ? 'fail' : 'hold', reason);
}

function coveredState(covered: readonly CoveredHere[]): GateState {
  const announced = covered.filter(({ isAnnounced }) => isAnnounced).length;
  const reason = `${announced} of ${covered.length} prefixes within it are announced here`;
  if (announced === 0) return closed('fail', reason);
  const fresh = covered.some(({ isServing }) => isServing);
  return { kind: 'pass', reason, fresh, returns: true };
}

function closed(kind: 'hold' | 'drain' | 'fail', reason: string): GateState {
  return { kind, reason, fresh: false, returns: false };
}

/** The best of a service's families: it works here while one family does. */
function serviceState(here: ServiceHere): GateState {
  const order = { pass: 0, hold: 1, drain: 2, fail: 3 } as const;
  const states = here.verdicts.map((verdict, index) =>
    verdictState(verdict, { hasAgents: here.hasAgents, isProbed: here.probes[index] }),
  );
  const worth = ({ fresh, returns }: GateState): number => Number(fresh) + Number(returns);
  const [best] = states.toSorted((a, b) => order[a.kind] - order[b.kind] || worth(b) - worth(a));
  return best ?? closed('fail', 'is not at this site');
}

function verdictState(
  verdict: Verdict,
  { hasAgents, isProbed }: { readonly hasAgents: boolean; readonly isProbed: boolean | undefined },
): GateState {
  const decisive = verdict.basis === 'inside' || (verdict.basis === 'probes' && !hasAgents);
  const text = `is ${verdict.state}: ${verdict.reason}`;
  if (verdict.state === 'up' || verdict.state === 'unknown') {
    const reason = isProbed === false ? `${text}; the probe from within the site fails` : text;
    return { kind: 'pass', reason, fresh: decisive, returns: decisive && isProbed !== false };
  }
  if (!decisive) return closed('hold', text);
  return closed(verdict.state === 'draining' ? 'drain' : 'fail', text);
}
