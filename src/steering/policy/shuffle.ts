/** `shuffle`: a random order in which each comes first equally often. */
import type { Step, StepContext } from './step.ts';

/** Builds the step. */
export function shuffleStep({ prng, depth }: StepContext): Step {
  return {
    name: 'shuffle',
    apply: (selection) => {
      const { order } = selection;
      const end = Math.min(depth, selection.count - 1);
      for (let place = 0; place < end; place++) {
        const drawn = place + prng.below(selection.count - place);
        const number = order[drawn] ?? 0;
        order[drawn] = order[place] ?? 0;
        order[place] = number;
      }
    },
    why: () => 'in random order',
  };
}
