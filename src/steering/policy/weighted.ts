/** `weighted`: a random order in which each comes first in proportion to its weight. Weight 0 gets nothing while another has any. */
import type { Prng } from '#base/prng.ts';
import type { Selection } from './selection.ts';
import type { Step, StepContext } from './step.ts';

/** Builds the step. */
export function weightedStep({ prng, depth }: StepContext): Step {
  return {
    name: 'weighted',
    apply: (selection) => orderByWeight(selection, prng, depth),
    why: () => 'drawn by weight',
  };
}

/** Draws the first `depth` members by weight; those of weight 0 leave while another has any. */
export function orderByWeight(selection: Selection, prng: Prng, depth: number): void {
  let total = dropWeightless(selection);
  const isEqual = total === 0;
  if (isEqual) total = selection.count;
  const { order } = selection;
  const end = Math.min(depth, selection.count - 1);
  for (let place = 0; place < end; place++) {
    let left = prng.next() * total;
    let drawn = place;
    for (; drawn < selection.count - 1; drawn++) {
      left -= isEqual ? 1 : selection.at(drawn).weight;
      if (left < 0) break;
    }
    total -= isEqual ? 1 : selection.at(drawn).weight;
    const number = order[drawn] ?? 0;
    order[drawn] = order[place] ?? 0;
    order[place] = number;
  }
}

/** Takes members of weight 0 out while another has any; returns the sum of weights. */
export function dropWeightless(selection: Selection): number {
  let total = 0;
  for (let place = 0; place < selection.count; place++) total += selection.at(place).weight;
  if (total === 0) return 0;
  const { order } = selection;
  let to = 0;
  for (let place = 0; place < selection.count; place++) {
    if (selection.at(place).weight > 0) order[to++] = order[place] ?? 0;
  }
  selection.count = to;
  return total;
}
