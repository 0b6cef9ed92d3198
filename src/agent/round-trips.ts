/** The round trips of this node's clients, as reports carry them: to each coordinator once after each look. */
import type { Logger } from 'pino';
import { createRoundTripMonitor } from '#edge/round-trips/monitor.ts';
import type { RoundTripTransition } from '#edge/round-trips/monitor.ts';
import type { LatencyEntry } from '#health/latency/report.ts';

export interface RoundTrips {
  /** What one coordinator is told: a function that gives the newest list once, where there is anything to tell. */
  news(): () => readonly LatencyEntry[] | undefined;
  close(): void;
}

/** Starts to measure. */
export function startRoundTrips(
  options: { readonly ports: readonly number[]; readonly intervalMs: number },
  logger: Logger,
): RoundTrips {
  let looks = 0;
  const monitor = createRoundTripMonitor({
    ...options,
    onEntries: () => looks++,
    onTransition: (transition) => logTransition(logger, transition),
  });
  return {
    news: () => {
      let told = 0;
      return () => {
        if (told === looks) return undefined;
        told = looks;
        const entries = monitor.entries();
        return entries.length === 0 ? undefined : entries;
      };
    },
    close: () => monitor.close(),
  };
}

function logTransition(logger: Logger, transition: RoundTripTransition): void {
  if (transition.kind === 'measures') logger.info('measuring the round trips of clients');
  else if (transition.kind === 'missing') {
    logger.info(`round trips of clients are not measured, ss of iproute2 is needed: ${transition.reason}`);
  } else logger.warn(`round trips of clients cannot be measured, trying again: ${transition.reason}`);
}
