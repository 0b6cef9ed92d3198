/** What the decision wants done and what it tells, as data; the coordinator and the tests read it. */
import type { Override, PeerReport } from '#health/report.ts';
import type { StoredVerdict, HealthEffect } from '#health/engine.ts';
import type { StoredOverride } from '#health/overrides.ts';
import type { AnnouncerEffect, StoredPrefix } from '#steering/announcer/engine.ts';
import type { ServiceMode } from '#steering/answers.ts';
import type { FailoverRecord, StoredFailover } from '#steering/failover-record.ts';
import type { StoredAnchor } from '#steering/safety/anchor.ts';
import type { StoredLeave } from '#steering/safety/bulk.ts';
import type { StoredPaces } from './paces.ts';

/** What a coordinator keeps on disk over a restart (R11). */
export interface DurableState extends StoredPaces {
  readonly verdicts: readonly StoredVerdict[];
  readonly overrides: readonly StoredOverride[];
  readonly anchors: readonly StoredAnchor[];
  readonly prefixes: readonly StoredPrefix[];
  /** Prefixes that went in bulk of late; absent in what a version before it kept. */
  readonly bulk?: readonly StoredLeave[] | undefined;
  /** When this coordinator was last known to announce, to the minute; absent where it announced nothing. */
  readonly announcingAtUnixMs?: number | undefined;
  readonly failovers: readonly StoredFailover[];
}

/** Something that happened, for logs, metrics and people. */
export type DecisionEvent =
  | HealthEffect
  | AnnouncerEffect
  | { readonly kind: 'serviceMode'; readonly service: string; readonly from: ServiceMode; readonly to: ServiceMode }
  /** Another tier is active, by the record that says why (R27). */
  | {
      readonly kind: 'failover';
      readonly service: string;
      readonly from: string;
      readonly to: string;
      /** Absent where a release has changed the tiers. */
      readonly record: FailoverRecord | undefined;
    }
  /** Another tier should be active and may not be yet. */
  | {
      readonly kind: 'failoverHeld';
      readonly service: string;
      readonly wish: 'failover' | 'failback';
      /** Whether the active tier is down meanwhile. */
      readonly isDown: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'drainEffective'; readonly override: Override }
  | { readonly kind: 'drainPending'; readonly override: Override; readonly reason: string }
  | { readonly kind: 'drainOver'; readonly override: Override }
  /** A prefix is to be de-preferred or an address discarded at a site, or no longer (R26). */
  | { readonly kind: 'routeOverride'; readonly override: Override; readonly isOver: boolean };

/** What to do, in this order: keep, publish, route, tell. */
export type DecisionEffect =
  | { readonly kind: 'persist'; readonly state: DurableState }
  /** The answers may have changed: publish what is decided now. */
  | { readonly kind: 'publish' }
  | Extract<AnnouncerEffect, { readonly kind: 'announce' | 'withdraw' }>
  /** It is this site's turn to apply the session settings that wait (R28). */
  | { readonly kind: 'changeSessions' }
  | { readonly kind: 'tell'; readonly report: PeerReport }
  | { readonly kind: 'event'; readonly event: DecisionEvent };
