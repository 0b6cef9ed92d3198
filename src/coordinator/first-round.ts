/** The wait at a start (R11): for the first result of every check and the first reports of agents, with a limit. */
import { startupWaitMs } from '#health/engine.ts';
import type { Prober } from '#probe/prober.ts';
import { presentMoment } from './decision-loop.ts';
import type { DecisionLoop } from './decision-loop.ts';

/** What says whether results and reports are in: of a `DecisionLoop` and a `Prober`, what is asked here. */
export interface FirstRound {
  readonly prober: Pick<Prober, 'roundComplete'>;
  readonly loop: Pick<DecisionLoop, 'nextStep'> & {
    readonly decision: { readonly health: { awaitsReports(nowMs: number): boolean } };
  };
}

/** Resolves when both are in, after `startupWaitMs` at the latest, or when `stopAsked` does. */
export async function firstRound({ prober, loop }: FirstRound, stopAsked: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, startupWaitMs, undefined);
  let isOver = false;
  const givingUp = Promise.race([late.promise, stopAsked]).then(() => (isOver = true));
  await Promise.race([prober.roundComplete(), givingUp]);
  const awaitsReports = (): boolean => !isOver && loop.decision.health.awaitsReports(presentMoment().nowMs);
  while (awaitsReports()) await Promise.race([loop.nextStep(), givingUp]);
  clearTimeout(timer);
}
