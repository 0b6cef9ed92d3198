/**
 * `failover`: the tier that is active by the decision, for both families alike (R27). Which one that is, and whether it
 * may be left or returned to, is decided elsewhere; before the first decision it is the first in which anything is up.
 */
import type { MemberName } from './model.ts';
import type { Step, StepContext } from './step.ts';
import { maskOf } from './step.ts';

/** Builds the step; `activeTier` gives the number of the active tier, from 1, or 0 while it is not decided. */
export function failoverStep(
  tiers: readonly (readonly MemberName[])[],
  activeTier: () => number,
  { members }: StepContext,
): Step {
  const masks = tiers.map((tier) => maskOf(tier, members));
  let used = 0;
  return {
    name: 'failover',
    apply: (selection) => {
      used = activeTier();
      const mask = masks[used - 1];
      if (mask !== undefined) {
        // Where the active tier has nothing no other may take its place.
        if (!selection.keep(mask)) selection.count = 0;
        return;
      }
      for (used = 1; used <= masks.length; used++) {
        const candidate = masks[used - 1];
        if (candidate !== undefined && selection.keep(candidate)) return;
      }
    },
    why: () => (used > masks.length ? 'no tier has anything that is up' : `tier ${used} of ${masks.length}`),
  };
}
