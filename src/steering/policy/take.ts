/** `take`: the first of what is left. */
import type { Step } from './step.ts';

/** Builds the step that keeps at most `count`. */
export function takeStep(count: number): Step {
  return {
    name: 'take',
    apply: (selection) => {
      selection.count = Math.min(selection.count, count);
    },
    why: () => (count === 1 ? 'the first' : `the first ${count}`),
  };
}
