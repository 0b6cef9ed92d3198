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
}

/** A service's verdicts at this site, one for each family, and whether agents report on it. */
export interface ServiceHere {
  readonly verdicts: readonly Verdict[];
  readonly hasAgents: boolean;
}

/** What gates are evaluated on. */
export interface GateEvidence {
  readonly serviceHere: (service: ServiceId) => ServiceHere;
  /** How this coordinator's own DNS answers in the prefix; undefined before the first query. */
  readonly ownDns: CheckState | undefined;
}

/** Evaluates a gate; a service that is not at this site counts as failed. */
export function evaluateGate(gate: Gate, { serviceHere, ownDns }: GateEvidence): GateState {
  if (gate === 'always') return { kind: 'pass', reason: 'announced always', fresh: true };
  if (gate === 'nameserver') return nameserverState(ownDns);
  const { services, needed } = gateDemands(gate);
  const states = services.map((service) => ({ service, ...serviceState(serviceHere(service)) }));
  const count = (...kinds: readonly GateState['kind'][]): number =>
    states.filter((state) => kinds.includes(state.kind)).length;
  const reason = states.map((state) => `${state.service} ${state.reason}`).join('; ');
  const fresh = states.filter((state) => state.kind === 'pass' && state.fresh).length >= needed;
  if (count('pass') >= needed) return { kind: 'pass', reason, fresh };
  if (count('pass', 'hold') >= needed) return { kind: 'hold', reason, fresh: false };
  if (count('pass', 'hold', 'drain') >= needed) return { kind: 'drain', reason, fresh: false };
  return { kind: 'fail', reason, fresh: false };
}

/** The services that a gate names, and how many of them it needs. */
export function gateDemands(gate: Gate): { readonly services: readonly ServiceId[]; readonly needed: number } {
  if (gate === 'always' || gate === 'nameserver') return { services: [], needed: 0 };
  if ('any' in gate) return { services: gate.any, needed: 1 };
  if ('all' in gate) return { services: gate.all, needed: gate.all.length };
  return { services: gate.of, needed: gate.atLeast };
}

function nameserverState(ownDns: CheckState | undefined): GateState {
  if (ownDns === undefined) return { kind: 'hold', reason: 'its DNS was not asked yet', fresh: false };
  const reason = `its DNS: ${ownDns.reason}`;
  if (ownDns.lastPassed) return { kind: 'pass', reason, fresh: true };
  return { kind: ownDns.state === 'fail' ? 'fail' : 'hold', reason, fresh: false };
}

/** The best of a service's families: it works here while one family does. */
function serviceState(here: ServiceHere): GateState {
  const order = { pass: 0, hold: 1, drain: 2, fail: 3 } as const;
  const states = here.verdicts.map((verdict) => verdictState(verdict, here.hasAgents));
  const best = states.toSorted((a, b) => order[a.kind] - order[b.kind] || Number(b.fresh) - Number(a.fresh))[0];
  return best ?? { kind: 'fail', reason: 'is not at this site', fresh: false };
}

function verdictState(verdict: Verdict, hasAgents: boolean): GateState {
  const decisive = verdict.basis === 'inside' || (verdict.basis === 'probes' && !hasAgents);
  const reason = `is ${verdict.state}: ${verdict.reason}`;
  if (verdict.state === 'up' || verdict.state === 'unknown') return { kind: 'pass', reason, fresh: decisive };
  if (!decisive) return { kind: 'hold', reason, fresh: false };
  return { kind: verdict.state === 'draining' ? 'drain' : 'fail', reason, fresh: false };
}
