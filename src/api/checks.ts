/** The answer of `GET /v1/checks`: every check that this coordinator runs or judges, what it found, and how it runs. */
import { z } from 'zod';

const checkStatus = z.object({
  /** Target, parameters and timing, as text. */
  check: z.string(),
  kind: z.string(),
  /** What it is for: the subjects `service/site/family` that it judges, `reference`, `record`. */
  usedBy: z.array(z.string()),
  /** After rise and fall; `unknown` before the first result. */
  state: z.enum(['up', 'down', 'unknown']),
  /** Results in a row equal to the last one. */
  streak: z.number(),
  weight: z.number().optional(),
  runs: z.number(),
  failures: z.number(),
  /** Runs that this machine could not do: no evidence of anything. */
  unable: z.number(),
  last: z
    .object({
      result: z.enum(['pass', 'fail', 'unable']),
      reason: z.string(),
      durationMs: z.number(),
      /** How much later than its slot it began. */
      latenessMs: z.number(),
      ageMs: z.number(),
    })
    .optional(),
});

export const checksSchema = z.object({ site: z.string(), checks: z.array(checkStatus) });

export type Checks = z.infer<typeof checksSchema>;
export type CheckStatus = z.infer<typeof checkStatus>;
