/** Services of `zones/*.yaml` as written: their checks, and how they are steered (service-policy.ts says what it means). */
import { z } from 'zod';
import { checkSchema } from '#health/check-schema.ts';
import type { CheckFields } from '#health/check-schema.ts';
import type { ServiceId } from '#health/model.ts';
import { steeringFields } from '#steering/policy/schema.ts';
import { ipAddress } from './fields.ts';
import type { PolicyPlace } from './policy-place.ts';
import type { DocumentPath, Problem } from './problem.ts';

/** The schema of one service. */
export const serviceSchema = z.strictObject({
  check: checkSchema.optional(),
  checks: z.array(checkSchema).min(1).optional(),
  ...steeringFields,
  fallback: z.strictObject({ addresses: z.array(ipAddress).min(1) }).optional(),
});

/** What the schema gives for a service. */
export type ServiceFields = z.output<typeof serviceSchema>;

/** A service, where it is written, and the checks that each of its endpoints gets, of which the worst decides. */
export interface ServiceConfig {
  readonly service: ServiceId;
  readonly place: PolicyPlace;
  readonly fields: ServiceFields;
  readonly checks: readonly CheckFields[];
}

/** The checks of a service with their places in it. */
export function checksOf({ check, checks = [] }: ServiceFields): readonly (readonly [DocumentPath, CheckFields])[] {
  const listed = checks.map((fields, index) => [['checks', index], fields] as const);
  return check === undefined ? listed : [[['check'], check], ...listed];
}

/** What is wrong with a service in itself. */
export function serviceProblems({ place, fields }: ServiceConfig): readonly Problem[] {
  const problems: Problem[] = [];
  const { check, checks, members, onAllDown, fallback, targetLoad, maxLoad } = fields;
  if (check === undefined && checks === undefined && members === undefined) {
    problems.push(place.problem("missing key 'check', expected it, 'checks' or 'members'", 'value'));
  }
  if (check !== undefined && checks !== undefined) {
    problems.push(place.problem("got 'check' and 'checks', expected one of them", 'key', ['check']));
  }
  if (onAllDown === 'fallback' && fallback === undefined) {
    problems.push(place.problem("missing key 'fallback', expected the addresses to answer", 'value', ['onAllDown']));
  }
  if (onAllDown !== 'fallback' && fallback !== undefined) {
    const message = "the fallback would never be answered, expected 'onAllDown: fallback' beside it";
    problems.push(place.problem(message, 'key', ['fallback']));
  }
  if (maxLoad !== undefined && maxLoad < (targetLoad ?? maxLoad + 1)) {
    const expected = targetLoad === undefined ? "'targetLoad' beside it" : `at least targetLoad, ${targetLoad}`;
    problems.push(place.problem(`got '${maxLoad}', expected ${expected}`, 'value', ['maxLoad']));
  }
  return problems;
}
