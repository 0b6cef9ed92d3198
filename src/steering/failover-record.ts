/**
 * Which tier of a service is active, as a record that outlives every process (R27).
 *
 * Each coordinator keeps it on disk and tells it to the others; of two, all keep the same one. A tier is named by its
 * members, so that a record still means something after a release has changed the tiers.
 */
import type { FailoverReport } from '#health/report.ts';
import type { ServiceId } from '#health/model.ts';
import type { MemberName } from './policy/model.ts';

/** The last change of a service's active tier. */
export type FailoverRecord = NonNullable<FailoverReport['record']>;

/** What is kept on disk of one service. */
export interface StoredFailover {
  readonly service: ServiceId;
  readonly record?: FailoverRecord | undefined;
  /** How long each tier has been as it is, so that what waits does not begin anew with a restart. */
  readonly tiers: readonly { readonly tier: string; readonly isUp: boolean; readonly forMs: number }[];
}

/** Of records that were made at the same time a person's word weighs most. */
const weightOf = { operator: 2, drain: 1, health: 0 } as const;

/** Whether `record` takes the place of `held`: an order that is the same everywhere, whichever is heard first. */
export function supersedes(record: FailoverRecord, held: FailoverRecord | undefined): boolean {
  if (held === undefined) return true;
  if (record.revision !== held.revision) return record.revision > held.revision;
  const byCause = weightOf[record.cause] - weightOf[held.cause];
  if (byCause !== 0) return byCause > 0;
  if (record.sinceUnixMs !== held.sinceUnixMs) return record.sinceUnixMs > held.sinceUnixMs;
  return record.site > held.site;
}

/** The name of a tier. */
export function tierKey(members: readonly MemberName[]): string {
  return members.join('+');
}

/**
 * The tier that a record means among those of a release: the one of that name, else the first that holds a member of
 * it, else the first.
 */
export function tierIndexOf(record: FailoverRecord | undefined, tiers: readonly (readonly MemberName[])[]): number {
  if (record === undefined) return 0;
  const exact = tiers.findIndex((members) => tierKey(members) === record.tier);
  if (exact >= 0) return exact;
  const names = record.tier.split('+');
  return Math.max(
    0,
    tiers.findIndex((members) => members.some((member) => names.includes(member))),
  );
}
