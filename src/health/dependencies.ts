/**
 * Checks by which a service follows another (`service`): what the other's state says, and whether such checks lead
 * anywhere. Pure.
 */
import { partsOf } from './check-definition.ts';
import type { CheckDefinition } from './check-definition.ts';
import type { ServiceId } from './model.ts';
import type { VerdictState } from './verdict.ts';

/** The services that a check follows. */
export function followedServices(check: CheckDefinition): readonly ServiceId[] {
  return partsOf(check).flatMap(({ what }) => (what.kind === 'service' ? [what.service] : []));
}

/** A service that leads back to itself by the services that it follows, as the way there; undefined where none does. */
export function findCycle(follows: ReadonlyMap<ServiceId, readonly ServiceId[]>): readonly ServiceId[] | undefined {
  const done = new Set<ServiceId>();
  const visit = (service: ServiceId, way: readonly ServiceId[]): readonly ServiceId[] | undefined => {
    const at = way.indexOf(service);
    if (at >= 0) return [...way.slice(at), service];
    if (done.has(service)) return undefined;
    for (const next of follows.get(service) ?? []) {
      const cycle = visit(next, [...way, service]);
      if (cycle !== undefined) return cycle;
    }
    done.add(service);
    return undefined;
  };
  for (const service of follows.keys()) {
    const cycle = visit(service, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** What the verdicts on a service's endpoints say of it: up while one works; undefined while that is not known (R3). */
export function serviceState(verdicts: readonly VerdictState[]): 'pass' | 'fail' | undefined {
  if (verdicts.some((state) => state === 'up' || state === 'draining')) return 'pass';
  return verdicts.length > 0 && verdicts.every((state) => state === 'down') ? 'fail' : undefined;
}
