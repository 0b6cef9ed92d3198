/**
 * When a coordinator tells the others its full state (sans-IO): at once when something changed, every second otherwise.
 *
 * Counts of failing rounds alone are no change: they go with the next regular report.
 */
import { after } from '#base/time.ts';
import type { MonoMs } from '#base/time.ts';
import type { PeerReport } from '#health/report.ts';

/** How often the full state is told to the other coordinators, besides every change. */
export const tellIntervalMs = 1000;

/** How long a report speaks for its sender. */
export const peerLeaseMs = 3 * tellIntervalMs;

/** A report without what the teller adds. */
export type PeerState = Omit<PeerReport, 'sequence' | 'leaseMs'>;

/** Numbers the reports and knows when one is due. */
export class Teller {
  #told = '';
  #toldAt: MonoMs | undefined;
  #sequence = 0;

  /** The report to send now; undefined while nothing changed and none is due. */
  tell(state: PeerState, nowMs: MonoMs): PeerReport | undefined {
    const observed = state.observations.map(({ check, state: seen }) => [check, seen]);
    const shape = JSON.stringify({ ...state, observations: observed });
    if (shape === this.#told && nowMs < this.nextDeadlineMs(nowMs)) return undefined;
    this.#told = shape;
    this.#toldAt = nowMs;
    this.#sequence += 1;
    return { ...state, leaseMs: peerLeaseMs, sequence: this.#sequence };
  }

  /** Makes a report due now, changed or not: somebody waits for it. */
  hurry(): void {
    this.#toldAt = undefined;
  }

  /** When the next regular report is due. */
  nextDeadlineMs(nowMs: MonoMs): MonoMs {
    return this.#toldAt === undefined ? nowMs : after(this.#toldAt, tellIntervalMs);
  }
}
