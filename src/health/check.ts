/**
 * Checks, as other rooms use them: what one does (check-kind.ts), its definition and identity (check-definition.ts), and
 * durations as config files write them. How checks are written is check-schema.ts; running them is the room `probe`,
 * judging their results `verdict` here.
 */
import { z } from 'zod';
import { parseDurationMs } from '#base/time.ts';

export { combineChecks, defineCheck, isProbed, partsOf } from './check-definition.ts';
export type { CheckDefinition, CheckId } from './check-definition.ts';
export { httpDefaults } from './check-kind.ts';
export type { CheckKind, HttpKind, StatusRange } from './check-kind.ts';

/** A duration such as `500ms` or `30s` in a config file, as milliseconds. */
export const durationMs = z
  .string()
  .describe('a duration such as 500ms, 30s or 5m')
  .transform((text, context) => {
    const value = parseDurationMs(text);
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: 'expected a duration such as 500ms, 30s or 5m' });
      return z.NEVER;
    }
    return value;
  });
