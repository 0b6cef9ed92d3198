/** What a coordinator's checks find, as `GET /v1/checks` tells it: read from the prober and from health. */
import type { Checks, CheckStatus } from '#api/checks.ts';
import type { MonoMs } from '#base/time.ts';
import { partsOf } from '#health/check.ts';
import type { CheckId } from '#health/check.ts';
import type { HealthEngine } from '#health/engine.ts';
import type { HealthModel } from '#health/model.ts';
import type { ProbeCounts } from '#probe/prober.ts';

/** The parts that the checks are read from. */
export interface ChecksSource {
  readonly site: string;
  readonly health: Pick<HealthEngine, 'checkState'>;
  readonly model: HealthModel;
  readonly counts: readonly ProbeCounts[];
}

/** Describes all checks at one moment: those that run, in the order of the set. */
export function describeChecks({ site, health, model, counts }: ChecksSource, nowMs: MonoMs): Checks {
  const users = usersOf(model);
  return {
    site,
    checks: counts.map((count): CheckStatus => {
      const { check, runs, failures, unable, last } = count;
      const state = health.checkState(check.id);
      const { at, ...rest } = last ?? { at: nowMs };
      return {
        check: check.id,
        kind: check.what.kind,
        usedBy: [...(users.get(check.id) ?? [])],
        state: state === undefined ? 'unknown' : state.state === 'pass' ? 'up' : 'down',
        streak: state?.streak ?? 0,
        ...(state?.weight === undefined ? {} : { weight: state.weight }),
        runs,
        failures,
        unable,
        ...('result' in rest ? { last: { ...rest, ageMs: nowMs - at } } : {}),
      };
    }),
  };
}

function usersOf({ subjects, references, probes }: HealthModel): ReadonlyMap<CheckId, readonly string[]> {
  const users = new Map<CheckId, string[]>();
  const add = (id: CheckId, user: string): void => {
    const known = users.get(id);
    if (known === undefined) users.set(id, [user]);
    else known.push(user);
  };
  for (const { key, check } of subjects) for (const { id } of partsOf(check)) add(id, key);
  for (const { id } of references) add(id, 'reference');
  for (const { id } of probes) add(id, 'record');
  return users;
}
