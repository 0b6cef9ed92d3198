/** The steps of a policy in the form in which they run, and how a policy's steps are completed with what goes without saying. */
import { failoverStep } from './failover.ts';
import { geoStep } from './geo.ts';
import { latencyStep } from './latency.ts';
import { loadStep } from './load.ts';
import type { PolicyStep } from './model.ts';
import { nearestStep } from './nearest.ts';
import { shuffleStep } from './shuffle.ts';
import type { Step, StepContext } from './step.ts';
import { stickyStep } from './sticky.ts';
import { takeStep } from './take.ts';
import { evidenceStep, familyStep, upStep } from './up.ts';
import { weightedStep } from './weighted.ts';

/** Steps that choose one member unless the policy says how many. */
const choosesOne: readonly PolicyStep['kind'][] = ['weighted', 'nearest', 'latency', 'sticky'];

/** Adds what goes without saying: `up` first, and `take: 1` after an order that nothing is taken from. */
export function completeSteps(steps: readonly PolicyStep[]): readonly PolicyStep[] {
  const lastOrder = steps.findLastIndex(({ kind }) => choosesOne.includes(kind));
  const isTaken = steps.slice(lastOrder + 1).some(({ kind }) => kind === 'take');
  return [
    ...(steps[0]?.kind === 'up' ? [] : [{ kind: 'up' } as const]),
    ...steps,
    ...(lastOrder < 0 || isTaken ? [] : [{ kind: 'take', count: 1 } as const]),
  ];
}

/** Steps that settle what may be answered, and those that choose among it. */
export interface CompiledSteps {
  readonly settling: readonly Step[];
  readonly choosing: readonly Step[];
}

/** Compiles the steps of a policy, which are complete. */
export function compileSteps(steps: readonly PolicyStep[], context: Omit<StepContext, 'depth'>): CompiledSteps {
  const compiled = steps.map((step, index) => {
    const next = steps[index + 1];
    const depth = next?.kind === 'take' ? next.count : Infinity;
    return { kind: step.kind, step: compileStep(step, { ...context, depth }) };
  });
  const settles = (kind: PolicyStep['kind']): boolean => kind === 'up' || kind === 'failover';
  return {
    settling: [...compiled.filter(({ kind }) => settles(kind)).map(({ step }) => step), evidenceStep()],
    choosing: [familyStep(), ...compiled.filter(({ kind }) => !settles(kind)).map(({ step }) => step)],
  };
}

function compileStep(step: PolicyStep, context: StepContext): Step {
  switch (step.kind) {
    case 'up':
      return upStep(context.allowsFailOpen);
    case 'failover':
      return failoverStep(step.tiers, context.activeTier, context);
    case 'geo':
      return geoStep(step.rules, step.fallback, context);
    case 'weighted':
      return weightedStep(context);
    case 'shuffle':
      return shuffleStep(context);
    case 'nearest':
      return nearestStep(step.bias, context);
    case 'latency':
      return latencyStep(step.bias, context);
    case 'load':
      return loadStep(step.prefixBits);
    case 'sticky':
      return stickyStep(step.prefixBits, context);
    case 'take':
      return takeStep(step.count);
  }
}
