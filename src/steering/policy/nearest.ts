/** `nearest`: the order of distance from the client. Clients of whom no place is known are spread by weight. */
import type { Client } from '#dns/zone/dynamic.ts';
import type { MemberName } from './model.ts';
import { Ranking } from './ranking.ts';
import type { Step, StepContext } from './step.ts';
import { orderByWeight } from './weighted.ts';

/** Builds the step. */
export function nearestStep(bias: ReadonlyMap<MemberName, number>, context: StepContext): Step {
  const ranking = new Ranking(context, bias);
  let ranks: Float64Array | undefined;
  return {
    name: 'nearest',
    prepare: ({ address }: Client) => {
      ranks = ranking.ranks(ranking.handle.find(address));
      return ranking.handle.scopeBits;
    },
    apply: (selection) => {
      if (ranks === undefined) orderByWeight(selection, context.prng, context.depth);
      else selection.sortBy(ranks);
    },
    why: () => (ranks === undefined ? 'its place is not known: drawn by weight' : 'by distance'),
  };
}
