/** What the decision is told, and who decides; types alone. */
import type { HealthInput } from '#health/engine.ts';
import type { HealthModel, SiteId } from '#health/model.ts';
import type { PeerReport } from '#health/report.ts';
import type { StopOrder } from '#steering/announcer/engine.ts';
import type { SteeringModel } from '#steering/model.ts';
import type { Hearing, OwnDnsFinding } from './routes-here.ts';

/** What the decision can be told. */
export type DecisionInput =
  | Exclude<HealthInput, { kind: 'model' | 'restore' }>
  | {
      readonly kind: 'generation';
      readonly health: HealthModel;
      readonly steering: SteeringModel;
      readonly release: PeerReport['release'];
    }
  /** The release is loaded and the first round is in: routes may be announced (R11, R18). */
  | { readonly kind: 'open' }
  /** Who speaks here is to end for good: its routes leave as the anchor permits, unless it is called off (R24). */
  | ({ readonly kind: 'stop' } & StopOrder)
  | { readonly kind: 'stay' }
  | ({ readonly kind: 'sessions' } & Hearing)
  /** This coordinator's own DNS was asked at an address of a nameserver prefix (R18). */
  | ({ readonly kind: 'ownDns' } & OwnDnsFinding);

/** Who decides: the site, and this start of the process. */
export interface DecisionIdentity {
  readonly site: SiteId;
  readonly boot: string;
}
