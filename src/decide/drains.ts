/**
 * The drains of all sites as this coordinator follows them (R19, R25, R26, sans-IO): which are in force, which of them
 * take effect, and how far the one of this site has come.
 *
 * drain.ts has the stages; the rule that keeps the last endpoint is in steering. The book of overrides is another's.
 */
import type { MonoMs } from '#base/time.ts';
import type { SiteId, SubjectKey } from '#health/model.ts';
import type { StoredOverride } from '#health/overrides.ts';
import type { Override } from '#health/report.ts';
import type { Verdict } from '#health/verdict.ts';
import { effectiveDrains } from '#steering/answers.ts';
import type { Endpoint } from '#steering/model.ts';
import { advanceDrain, drainDeadline } from './drain-stage.ts';
import type { DrainProgress } from './drain-stage.ts';
import type { DecisionEvent } from './effects.ts';

/** What drains are judged by. */
export interface DrainsLook {
  readonly inForce: readonly Override[];
  readonly endpoints: readonly Endpoint[];
  readonly verdictOf: (subject: SubjectKey) => Verdict;
}

/** What moves this site's own drain on. */
export interface ProgressLook {
  /** Whether every other coordinator says that its answers follow the override. */
  readonly isAcknowledged: (override: Override) => boolean;
  readonly longestTtlMs: number;
  readonly nowMs: MonoMs;
}

/** One coordinator's view of all drains. */
export class Drains {
  readonly #site: SiteId;
  #inForce: readonly Override[] = [];
  #drains: ReturnType<typeof effectiveDrains> = { effective: new Set(), pending: [] };
  #inEffect: ReadonlySet<string>;
  #progress: DrainProgress | undefined;

  /** `stored` tells which drains were in effect before a restart. */
  constructor(site: SiteId, stored: readonly StoredOverride[]) {
    this.#site = site;
    this.#inEffect = new Set(stored.flatMap(({ override, inEffect }) => (inEffect === true ? [override.id] : [])));
  }

  /** Drains in force, the oldest first, in effect or pending. */
  get inForce(): readonly Override[] {
    return this.#inForce;
  }

  /** Sites that answers leave out. */
  get drainedSites(): ReadonlySet<SiteId> {
    return this.#drains.effective;
  }

  /** Ids of the drains that answers follow. */
  get inEffect(): ReadonlySet<string> {
    return this.#inEffect;
  }

  /** The drain in effect at this site. */
  get progress(): DrainProgress | undefined {
    return this.#progress;
  }

  /** Judges anew which drains take effect, and says what changed. */
  decide(look: DrainsLook): readonly DecisionEvent[] {
    const before = { inForce: this.#inForce, inEffect: this.#inEffect, pending: this.#drains.pending };
    this.#inForce = look.inForce;
    this.#drains = effectiveDrains(look.inForce, { ...look, inEffect: before.inEffect });
    const effective = look.inForce.filter((override) => this.#drains.effective.has(override.site));
    this.#inEffect = new Set(effective.map(({ id }) => id));
    const inForce = new Set(look.inForce.map(({ id }) => id));
    const wasPending = new Set(before.pending.map(({ override }) => override.id));
    const wasInEffect = new Set(before.inForce.map(({ id }) => id).filter((id) => before.inEffect.has(id)));
    return [
      ...this.#drains.pending
        .filter(({ override }) => !wasPending.has(override.id))
        .map((entry): DecisionEvent => ({ kind: 'drainPending', ...entry })),
      ...effective
        .filter(({ id }) => !wasInEffect.has(id))
        .map((override): DecisionEvent => ({ kind: 'drainEffective', override })),
      ...before.inForce
        .filter(({ id }) => !inForce.has(id))
        .map((override): DecisionEvent => ({ kind: 'drainOver', override })),
    ];
  }

  /** Moves this site's own drain on; after `decide`. */
  advance({ isAcknowledged, longestTtlMs, nowMs }: ProgressLook): void {
    const override = this.#inForce.find(({ site, id }) => site === this.#site && this.#inEffect.has(id));
    this.#progress = advanceDrain(this.#progress, {
      override,
      isAcknowledged: override !== undefined && isAcknowledged(override),
      longestTtlMs,
      nowMs,
    });
  }

  /** When this site's own drain wants to be looked at next. */
  nextDeadlineMs(): MonoMs | undefined {
    return drainDeadline(this.#progress);
  }

  /** How far a drain in force has come, for people. */
  describe(override: Override): string {
    const pending = this.#drains.pending.find((entry) => entry.override.id === override.id);
    if (pending !== undefined) return `pending: ${pending.reason}`;
    if (this.#progress?.override.id !== override.id) return 'in effect in DNS';
    const stages = {
      dns: 'in effect in DNS, waiting for the other coordinators',
      ttl: 'in effect in DNS, waiting for the longest TTL',
      routes: 'in effect in DNS and BGP',
    } as const;
    return stages[this.#progress.stage.kind];
  }
}
