/** When what is kept on disk has changed enough to be written again: every write is synced, and steps are many. Pure. */
import type { ServiceId } from '#health/model.ts';
import type { DurableState } from './effects.ts';

const minuteMs = 60_000;

/**
 * Equal texts for states of which one may stand for the other. Times count by the minute: what is left of an override
 * (R12), of a hold (R21) or of what went in bulk (R20), how long a tier has been as it is where a failover waits for that
 * (R27), and when this coordinator last announced anything (R24).
 */
export function durableShape(state: DurableState, isTimed: (service: ServiceId) => boolean): string {
  return JSON.stringify([
    state.verdicts.map(({ subject, state: verdict }) => [subject, verdict]),
    state.overrides.map((stored) => ({ ...stored, remainingMs: Math.floor(stored.remainingMs / minuteMs) })),
    state.anchors,
    state.prefixes.map(({ returns, ...prefix }) => [
      prefix,
      [Math.floor(returns.tokens), returns.level, Math.ceil(returns.holdMs / minuteMs)],
    ]),
    state.announcingAtUnixMs === undefined ? undefined : Math.floor(state.announcingAtUnixMs / minuteMs),
    state.bulk?.map(({ prefix, restMs }) => [prefix, Math.ceil(restMs / minuteMs)]),
    state.failovers.map(({ service, record, tiers }) => [
      service,
      record,
      isTimed(service) ? tiers.map(({ tier, isUp, forMs }) => [tier, isUp, Math.floor(forMs / minuteMs)]) : [],
    ]),
    state.ramps,
    state.sheds,
  ]);
}
