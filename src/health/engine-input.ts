/** What the health engine is told, and what it says has happened. */
import type { CheckId } from './check-definition.ts';
import type { HealthModel, SiteId, Subject, SubjectKey } from './model.ts';
import type { PeerReport, Report } from './report.ts';
import type { Sanity } from './sanity.ts';
import type { Verdict, VerdictState } from './verdict.ts';

/** What the engine can be told. */
export type HealthInput =
  | { readonly kind: 'model'; readonly model: HealthModel }
  | { readonly kind: 'restore'; readonly verdicts: readonly StoredVerdict[] }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'peerReport'; readonly report: PeerReport }
  | ({ readonly kind: 'result' } & ProbeFinding)
  | { readonly kind: 'results'; readonly results: readonly ProbeFinding[] }
  | { readonly kind: 'tick' };

/** What one run of a check found. */
export interface ProbeFinding {
  readonly check: CheckId;
  readonly passed: boolean;
  readonly reason: string;
  /** The target's weight, where the check reads one. */
  readonly weight?: number | undefined;
}

/** A verdict as it is kept on disk over a restart (R11). */
export interface StoredVerdict {
  readonly subject: SubjectKey;
  readonly state: VerdictState;
  readonly reason: string;
}

/** What the engine says has happened. */
export type HealthEffect =
  | { readonly kind: 'verdict'; readonly subject: Subject; readonly before: Verdict; readonly verdict: Verdict }
  | { readonly kind: 'sanity'; readonly from: Sanity; readonly to: Sanity; readonly reason: string }
  | { readonly kind: 'node'; readonly site: SiteId; readonly node: string; readonly state: 'reporting' | 'silent' }
  | { readonly kind: 'owners'; readonly subject: Subject; readonly owners: readonly string[] }
  | { readonly kind: 'refused'; readonly sender: string; readonly reason: string };
