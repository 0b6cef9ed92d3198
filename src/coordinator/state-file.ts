/**
 * What a coordinator keeps over a restart (R11, R19, R26): one JSON file, replaced whole and synced before it counts.
 *
 * Writing is synchronous: a promise to another site must be on disk before it is told. What cannot be read is
 * set aside and said so, never deleted: a section of the file, or all of it. The coordinator then starts as if it knew
 * nothing of that, which is safe (R3, R19).
 */
import { copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { addressSchema, prefixTextSchema } from '#border/plan.ts';
import type { SubjectKey } from '#health/model.ts';
import { failoverReportSchema, overrideSchema } from '#health/report.ts';
import { exportSchema } from '#steering/export.ts';
import type { DurableState } from '#decide/effects.ts';
import { replaceFile } from '#config/replace-file.ts';

const subject = z.string().transform((text) => text as SubjectKey);
const whole = z.int().min(0);

/** What was added to the first version is read as empty from a file that does not have it. */
const stateSchema = z.object({
  version: z.literal(1),
  verdicts: z.array(
    z.object({
      subject,
      state: z.enum(['up', 'down', 'draining', 'unknown']),
      reason: z.string(),
    }),
  ),
  overrides: z.array(
    z.object({ override: overrideSchema, remainingMs: z.number().min(0), inEffect: z.boolean().default(false) }),
  ),
  anchors: z.array(z.object({ prefix: prefixTextSchema, holds: z.boolean() })),
  prefixes: z
    .array(
      z.object({
        prefix: prefixTextSchema,
        state: z.enum(['announced', 'depreferred', 'draining', 'withdrawn']),
        hasFailed: z.boolean(),
        returns: z.object({ tokens: z.number().min(0), level: whole, holdMs: z.number().min(0) }),
        nextHop: z.union([z.literal('self'), addressSchema]).optional(),
        // Of a version that knows more than this one: what the route carried is lost, that it is held is not.
        export: exportSchema.optional().catch(undefined),
      }),
    )
    .default([]),
  bulk: z.array(z.object({ prefix: prefixTextSchema, restMs: z.number().min(0) })).default([]),
  announcingAtUnixMs: z.number().min(0).optional(),
  failovers: z
    .array(
      z.object({
        service: z.string(),
        record: failoverReportSchema.shape.record,
        tiers: z.array(z.object({ tier: z.string(), isUp: z.boolean(), forMs: z.number().min(0) })),
      }),
    )
    .default([]),
  ramps: z.array(z.object({ subject, step: whole })).default([]),
  sheds: z.array(z.object({ service: z.string(), site: z.string(), shed: whole })).default([]),
});

/** The state of a coordinator that has never run. */
export const blankState: DurableState = {
  verdicts: [],
  overrides: [],
  anchors: [],
  prefixes: [],
  bulk: [],
  failovers: [],
  ramps: [],
  sheds: [],
};

/** What was read, and a sentence for the log where the file could not be used. */
export interface ReadState {
  readonly state: DurableState;
  readonly complaint: string | undefined;
}

/** What is used or set aside as one: an anchor means nothing without the state of its prefix, nor the other way. */
const sections = [
  ['verdicts'],
  ['overrides'],
  ['anchors', 'prefixes', 'bulk'],
  ['announcingAtUnixMs'],
  ['failovers'],
  ['ramps'],
  ['sheds'],
] as const satisfies readonly (readonly (keyof DurableState)[])[];

/** Reads the file; a missing one is a first start. A section that cannot be read is blank, the others are used. */
export function readState(path: string): ReadState {
  if (!existsSync(path)) return { state: blankState, complaint: undefined };
  const aside = `${path}.unreadable`;
  try {
    const written: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const whole = stateSchema.safeParse(written);
    if (whole.success) return { state: stateOf(whole.data), complaint: undefined };
    const bad = sections.filter((section) =>
      whole.error.issues.some(({ path: [at] }) => section.some((key) => key === at)),
    );
    const rest = bad.length === 0 ? whole : stateSchema.safeParse(withBlank(written, bad.flat()));
    if (!rest.success) throw new Error(describe(whole.error));
    // The next state that is kept replaces the file.
    copyFileSync(path, aside);
    const complaint = `${bad.flat().join(', ')} of ${path} cannot be read (${describe(whole.error)}); kept in ${aside}, starting without them`;
    return { state: stateOf(rest.data), complaint };
  } catch (error) {
    renameSync(path, aside);
    const why = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
    return { state: blankState, complaint: `${path} cannot be read (${why}); set aside as ${aside}, starting blank` };
  }
}

function stateOf(file: z.output<typeof stateSchema>): DurableState {
  const { verdicts, overrides, anchors, prefixes, bulk, announcingAtUnixMs, failovers, ramps, sheds } = file;
  const state = { verdicts, overrides, anchors, prefixes, bulk, failovers, ramps, sheds };
  return announcingAtUnixMs === undefined ? state : { ...state, announcingAtUnixMs };
}

function withBlank(written: unknown, keys: readonly (keyof DurableState)[]): unknown {
  const blank = Object.fromEntries(keys.map((key) => [key, blankState[key]]));
  return typeof written === 'object' ? { ...written, ...blank } : written;
}

/** The first faults by their places; a file may have as many as entries. */
function describe({ issues }: z.ZodError): string {
  const told = issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return [...told, ...(issues.length > told.length ? [`and ${issues.length - told.length} more`] : [])].join('; ');
}

/** Writes the file whole. Throws the system's error. */
export function writeState(path: string, state: DurableState): void {
  replaceFile(path, `${JSON.stringify({ version: 1, ...state })}\n`);
}
