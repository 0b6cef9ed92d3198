/** Checks that may run but cannot tell what is meant: bounds that are missing, and checks without a majority of votes. */
import type { CheckFields } from '#health/check-schema.ts';
import type { Policy } from './policy.ts';
import type { Problem } from './problem.ts';
import { checksOf } from './service.ts';

/** Why this machine cannot run a check of the release; undefined where it can. */
export type Inability = (fields: CheckFields) => string | undefined;

/** Warns of checks of services; `voters` coordinators vote on what is up, and this machine is one of them. */
export function checkWarnings({ services }: Policy, voters: number, inability: Inability): readonly Problem[] {
  return [...services.values()].flatMap(({ place, fields }) =>
    checksOf(fields).flatMap(([path, check]) => {
      const boundless = boundlessWarning(check);
      const why = inability(check);
      return [
        ...(boundless === undefined ? [] : [place.problem(boundless, 'value', [...path, 'expression'])]),
        ...(why === undefined ? [] : [place.problem(voteWarning(why, voters), 'value', path)]),
      ];
    }),
  );
}

/** A failure needs a majority of all coordinators that are sane, those included that cannot run the check (R4). */
function voteWarning(why: string, voters: number): string {
  const needed = Math.floor(voters / 2) + 1;
  const votes = `a failure counts with ${needed} of ${voters} coordinators`;
  const outcome = voters - 1 < needed ? `${votes}, so that this check never fails` : votes;
  return `${why}: this machine has no vote here, and ${outcome}`;
}

/** A sample of any value passes without bounds, so that the expression must leave out what is not up. */
function boundlessWarning(check: CheckFields): string | undefined {
  if (check.type !== 'prometheus' || check.above !== undefined || check.below !== undefined) return undefined;
  return leavesOut(check.expression)
    ? undefined
    : "every value passes, expected 'above', 'below', or a comparison such as == 1 in the expression";
}

/** Whether an expression gives no sample for some values: comparisons do, unless `bool` makes them 0 and 1. */
function leavesOut(expression: string): boolean {
  const operators = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/(?:[=!<>]=|[<>])\s*bool\b/g, '');
  return /[=!]=|[<>]|\b(?:and|unless|absent|absent_over_time)\b/i.test(operators);
}
