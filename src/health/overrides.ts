/**
 * The book of operators' overrides (R26, sans-IO): persisted here, told to every coordinator, merged by revision.
 *
 * An override ends when both its duration since receipt and its wall-clock end have passed (R12), so that a clock step
 * ends nothing early. A removed or ended one stays as a tombstone for a day, so that a coordinator that was away does
 * not bring it back: neither by its report nor from its own disk after a restart.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { after, earliest } from '#base/time.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import { longestOverrideMs } from './report.ts';
import type { Override } from './report.ts';

/** The two clocks at one moment: the monotonic one decides, the wall clock gives dates (R12). */
export interface Moment {
  readonly nowMs: MonoMs;
  readonly unixMs: UnixMs;
}

/** An override with the instant on this clock before which it does not end. */
interface Entry {
  readonly override: Override;
  readonly endsAt: MonoMs;
}

/** An override as it is kept on disk: the rest of its duration does not begin anew with a restart. */
export interface StoredOverride {
  readonly override: Override;
  readonly remainingMs: number;
  /** Whether it was in effect: it then stays so after a restart, whatever has died meanwhile. */
  readonly inEffect?: boolean | undefined;
}

/** What an override is about: a site, or a prefix at a site. */
export type OverriddenThing = Pick<Override, 'kind' | 'site' | 'prefix'>;

const tombstoneMs = 86_400_000;

/** The overrides that this coordinator knows of. */
export class OverrideBook {
  #entries = new Map<string, Entry>();

  /** Adds an operator's new override; a drain needs a reason and an end (R26). */
  add(override: Override, moment: Moment): Result<Override, string> {
    if (override.reason.trim() === '') return refuse('an override needs a reason');
    if (override.durationMs > longestOverrideMs) return refuse('an override may last at most 30 days');
    if (this.active(moment).some((other) => isSameThing(other, override))) return refuse(alreadyInForce(override));
    this.#put(override, moment);
    return succeed(override);
  }

  /** Takes back every override of a kind about one thing; returns the ones that were in force. */
  remove(thing: OverriddenThing, moment: Moment): readonly Override[] {
    const removed = this.active(moment).filter((override) => isSameThing(override, thing));
    for (const override of removed) {
      this.#put({ ...override, removed: true, revision: override.revision + 1 }, moment);
    }
    return removed;
  }

  /** Takes in what another coordinator knows; the higher revision wins. Returns whether anything changed. */
  merge(overrides: readonly Override[], moment: Moment): boolean {
    const news = overrides.filter((override) => {
      const known = this.#entries.get(override.id)?.override;
      return known === undefined || known.revision < override.revision;
    });
    for (const override of news) this.#put(override, moment);
    return news.length > 0;
  }

  /** Takes in what was kept on disk over a restart. */
  restore(stored: readonly StoredOverride[], moment: Moment): void {
    for (const { override, remainingMs } of stored) {
      // What is over for longer than tombstones last may have been taken back without a trace.
      if (isForgotten(override, moment)) continue;
      this.#entries.set(override.id, { override, endsAt: after(moment.nowMs, remainingMs) });
    }
  }

  /** Overrides in force now, the oldest first. */
  active(moment: Moment): readonly Override[] {
    return [...this.#entries.values()]
      .filter((entry) => isInForce(entry, moment))
      .map((entry) => entry.override)
      .toSorted((a, b) => a.createdAtUnixMs - b.createdAtUnixMs || (a.id < b.id ? -1 : 1));
  }

  /** What to tell to peers: what is in force, and what was taken back. */
  all(moment: Moment): readonly Override[] {
    return this.#remembered(moment)
      .filter((entry) => entry.override.removed || isInForce(entry, moment))
      .map((entry) => entry.override);
  }

  /** What to keep on disk: also what has ended, so that a peer on which it ends later does not give it back. */
  stored(moment: Moment): readonly StoredOverride[] {
    return this.#remembered(moment).map(({ override, endsAt }) => ({
      override,
      remainingMs: Math.max(0, endsAt - moment.nowMs),
    }));
  }

  /** When the next override in force may end. */
  nextDeadlineMs(moment: Moment): MonoMs | undefined {
    let next: MonoMs | undefined;
    for (const entry of this.#entries.values()) {
      if (!isInForce(entry, moment)) continue;
      const byWallClock = after(moment.nowMs, Math.max(0, endUnixMs(entry.override) - moment.unixMs));
      next = earliest(next, byWallClock > entry.endsAt ? byWallClock : entry.endsAt);
    }
    return next;
  }

  /** Forgets what is long over, and returns the rest. */
  #remembered(moment: Moment): readonly Entry[] {
    const kept = [...this.#entries].filter(
      ([, entry]) => isInForce(entry, moment) || !isForgotten(entry.override, moment),
    );
    this.#entries = new Map(kept);
    return kept.map(([, entry]) => entry);
  }

  #put(override: Override, moment: Moment): void {
    const endsAt = this.#entries.get(override.id)?.endsAt ?? after(moment.nowMs, override.durationMs);
    this.#entries.set(override.id, { override, endsAt });
  }
}

function isSameThing(one: OverriddenThing, other: OverriddenThing): boolean {
  return one.kind === other.kind && one.site === other.site && one.prefix === other.prefix;
}

function alreadyInForce({ kind, site, prefix = '' }: OverriddenThing): string {
  if (kind === 'drain') return `${site} is drained already`;
  return kind === 'depref'
    ? `${prefix} is de-preferred at ${site} already`
    : `${prefix} is discarded at ${site} already`;
}

function isInForce(entry: Entry, moment: Moment): boolean {
  if (entry.override.removed) return false;
  return moment.nowMs < entry.endsAt || moment.unixMs < endUnixMs(entry.override);
}

function isForgotten(override: Override, moment: Moment): boolean {
  return moment.unixMs >= endUnixMs(override) + tombstoneMs;
}

function endUnixMs(override: Override): number {
  return override.createdAtUnixMs + override.durationMs;
}
