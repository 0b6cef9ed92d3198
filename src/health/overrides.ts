/**
 * The book of operators' overrides (R26, sans-IO): persisted here, told to every coordinator, merged by revision.
 *
 * An override ends when both its duration since receipt and its wall-clock end have passed (R12), so that a clock step
 * ends nothing early. A removed or ended one stays as a tombstone for a day, so that a coordinator that was away does
 * not bring it back.
 */
import { refuse, succeed } from '#base/result.ts';
import type { Result } from '#base/result.ts';
import { after, earliest } from '#base/time.ts';
import type { MonoMs, UnixMs } from '#base/time.ts';
import type { SiteId } from './model.ts';
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

const tombstoneMs = 86_400_000;

/** The longest time that an override may be in force: 30 days. */
export const longestOverrideMs = 30 * 86_400_000;

/** The overrides that this coordinator knows of. */
export class OverrideBook {
  #entries = new Map<string, Entry>();

  /** Adds an operator's new override; a drain needs a reason and an end (R26). */
  add(override: Override, moment: Moment): Result<Override, string> {
    if (override.reason.trim() === '') return refuse('an override needs a reason');
    if (override.durationMs > longestOverrideMs) return refuse('an override may last at most 30 days');
    if (this.active(moment).some((other) => other.kind === override.kind && other.site === override.site)) {
      return refuse(`${override.site} is drained already`);
    }
    this.#put(override, moment);
    return succeed(override);
  }

  /** Takes back every override of a site; returns the ones that were in force. */
  remove(site: SiteId, moment: Moment): readonly Override[] {
    const removed = this.active(moment).filter((override) => override.site === site);
    for (const override of removed) {
      this.#put({ ...override, removed: true, revision: override.revision + 1 }, moment);
    }
    return removed;
  }

  /** Takes in what another coordinator or the disk knows; the higher revision wins. Returns whether anything changed. */
  merge(overrides: readonly Override[], moment: Moment): boolean {
    let changed = false;
    for (const override of overrides) {
      const known = this.#entries.get(override.id)?.override;
      if (known !== undefined && known.revision >= override.revision) continue;
      this.#put(override, moment);
      changed = true;
    }
    return changed;
  }

  /** Overrides in force now, the oldest first. */
  active(moment: Moment): readonly Override[] {
    return [...this.#entries.values()]
      .filter((entry) => isInForce(entry, moment))
      .map((entry) => entry.override)
      .toSorted((a, b) => a.createdAtUnixMs - b.createdAtUnixMs || (a.id < b.id ? -1 : 1));
  }

  /** Everything to tell to peers and to keep on disk, tombstones included; forgets what is long over. */
  all(moment: Moment): readonly Override[] {
    this.#entries = new Map(
      [...this.#entries].filter(([, entry]) => moment.unixMs < endUnixMs(entry.override) + tombstoneMs),
    );
    return [...this.#entries.values()].map((entry) => entry.override);
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

  #put(override: Override, moment: Moment): void {
    const known = this.#entries.get(override.id);
    // On first receipt the whole duration counts, unless part of it is known to be over by the wall clock.
    const elapsedMs = Math.min(Math.max(0, moment.unixMs - override.createdAtUnixMs), override.durationMs);
    const endsAt = known?.endsAt ?? after(moment.nowMs, override.durationMs - elapsedMs);
    this.#entries.set(override.id, { override, endsAt });
  }
}

function isInForce(entry: Entry, moment: Moment): boolean {
  if (entry.override.removed) return false;
  return moment.nowMs < entry.endsAt || moment.unixMs < endUnixMs(entry.override);
}

function endUnixMs(override: Override): number {
  return override.createdAtUnixMs + override.durationMs;
}
