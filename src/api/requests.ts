/** Bodies that the API takes, besides those of the room `health`. */
import { z } from 'zod';
import { parsePrefix } from '#base/ip.ts';
import { budgetRules } from '#steering/safety/budget.ts';
import { nodeBgpSchema } from '#border/instruction.ts';
import { reportSchema } from '#health/report.ts';

/** One line of text: it ends up on operators' terminals. */
const line = z
  .string()
  .trim()
  .regex(/^\P{Cc}*$/u, 'expected one line without control characters');
const who = line.min(1, 'expected a name').max(100, 'expected at most 100 characters');
const reason = line.min(1, 'expected a reason').max(500, 'expected at most 500 characters');

/** An agent's report, with what a node that speaks BGP says of its sessions. */
export const nodeReportSchema = reportSchema.extend({ bgp: nodeBgpSchema.optional() });

/** A release as files, to check and to put in force. */
export const applySchema = z.strictObject({
  files: z.record(z.string().min(1).max(500), z.string()),
  who,
  reason,
  /** Whether zones that are served now may be missing. */
  allowRemoval: z.boolean().default(false),
});

/** Back to an earlier release: the one before the current where `to` is absent. */
export const rollbackSchema = z.strictObject({
  to: z
    .string()
    .regex(/^\d+\.\d+$/, 'expected EPOCH.SEQUENCE such as 1.42')
    .optional(),
  who,
  reason,
});

export const overrideRequestSchema = z.strictObject({
  kind: z.literal('drain'),
  site: z.string().min(1),
  who,
  reason,
  durationMs: z.number().min(1000, 'expected at least 1s'),
  /** Rules that are passed over for this drain, by name (R26). */
  forced: z.array(z.enum(budgetRules)).max(20).optional(),
});

/** A prefix at sites, all that may announce it where none is named; made canonical. */
const routes = {
  kind: z.enum(['depref', 'blackhole']),
  prefix: z.string().transform((text, context) => {
    const prefix = parsePrefix(text);
    if (prefix !== undefined) return prefix;
    context.addIssue({ code: 'custom', message: 'expected a prefix such as 203.0.113.7/32, its host bits zero' });
    return z.NEVER;
  }),
  sites: z.array(z.string().min(1)).min(1).max(1000).optional(),
  who,
};

/** A prefix is to be de-preferred, or an address discarded (R26). */
export const routeOverrideSchema = z.strictObject({
  ...routes,
  reason,
  durationMs: z.number().min(1000, 'expected at least 1s'),
});

/** What is to be as it was. */
export const routeOverrideRemovalSchema = z.strictObject(routes);

export const undrainSchema = z.strictObject({ site: z.string().min(1), who, reason });

/** The end of a coordinator; `force` names rules that are passed over. */
export const stopRequestSchema = z.strictObject({ force: z.array(z.string().max(30)).max(20).default([]) });

/** A question to explain: its name, its type, and the client or network that it is asked for. */
export const explainSchema = z.strictObject({
  name: line.min(1, 'expected a name'),
  type: line.default('A'),
  from: line.min(1, 'expected an address or a network'),
});

/** Another tier of a service is to be active: the next one, the preferred one, or the one that holds `to` (R27). */
export const failoverRequestSchema = z.strictObject({
  kind: z.enum(['failover', 'failback']),
  service: z.string().min(1),
  to: z.string().min(1).optional(),
  who,
  reason,
});

export type StopRequest = z.infer<typeof stopRequestSchema>;
export type NodeReport = z.infer<typeof nodeReportSchema>;
export type ApplyRequest = z.infer<typeof applySchema>;
export type RollbackRequest = z.infer<typeof rollbackSchema>;
export type OverrideRequest = z.infer<typeof overrideRequestSchema>;
export type FailoverRequest = z.infer<typeof failoverRequestSchema>;
export type RouteOverrideRequest = z.infer<typeof routeOverrideSchema>;
export type RouteOverrideRemoval = z.infer<typeof routeOverrideRemovalSchema>;
export type UndrainRequest = z.infer<typeof undrainSchema>;
export type ExplainRequest = z.infer<typeof explainSchema>;
