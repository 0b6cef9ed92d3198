/**
 * What is written of a service's policy in `zones/*.yaml`: the shapes. What names mean, and whether steps make sense
 * together, is found where all files of a release are seen (the room `config`).
 */
import { z } from 'zod';
import { durationMs } from '#health/check.ts';
import { maxWeight } from '../table.ts';
import { defaultWeight } from './model.ts';
import type { FailoverMode } from './model.ts';

/** A part in proportion to others. */
export const weightSchema = z.int().min(0).max(maxWeight);

/** Words that sort members out, such as `europe`. */
export const tagsSchema = z
  .array(
    z
      .string()
      .max(63)
      .regex(/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/, 'lower-case letters, digits and -._ between them'),
  )
  .default([]);

const memberName = z.string().min(1).describe('the name of a site, a service or a tag');
const memberNames = z.union([memberName, z.array(memberName).min(1).describe('a list of such names')]);
const led = z.record(z.string(), memberNames);

const geoFields = z.strictObject({
  prefix: led.optional(),
  asn: led.optional(),
  region: led.optional(),
  country: led.optional(),
  continent: led.optional(),
  fallback: z.union([
    z.string().min(1).describe("'any', 'none', the name of a site, a service or a tag"),
    z.array(memberName).min(1).describe('a list of such names'),
  ]),
});

const prefixBits = z
  .strictObject({
    ipv4: z.int().min(1).max(32).default(24),
    ipv6: z.int().min(1).max(128).default(56),
  })
  .default({ ipv4: 24, ipv6: 56 });

const byDistance = z.strictObject({ bias: z.record(z.string(), z.int().min(-99).max(99)).default({}) });
const byClient = z.strictObject({ prefix: prefixBits });

/** Steps that may be written as a word alone. */
export const plainSteps = ['up', 'weighted', 'shuffle', 'nearest', 'latency', 'load', 'sticky'] as const;

/** Steps that say more, each as a map with its name as the one key. */
const stepFields = z.strictObject({
  failover: z.array(memberNames).min(1).optional(),
  geo: geoFields.optional(),
  nearest: byDistance.optional(),
  latency: byDistance.optional(),
  load: byClient.optional(),
  sticky: byClient.optional(),
  take: z.int().min(1).max(1000).optional(),
});

const stepSchema = z.union([z.string().describe("a step such as 'weighted'"), stepFields]);

/** One step as written. */
export type StepFields = z.output<typeof stepSchema>;

/** The rules of `geo` as written. */
export type GeoFields = z.output<typeof geoFields>;

const timeOfDay = z
  .string()
  .describe("a time of day such as '02:30', in UTC")
  .transform((text, context) => {
    const [, hours = '', minutes = ''] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
    if (hours !== '' && Number(hours) < 24 && Number(minutes) < 60) return Number(hours) * 60 + Number(minutes);
    context.addIssue({ code: 'custom', message: "expected a time of day such as '02:30', in UTC" });
    return z.NEVER;
  });

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const modeSchema = z
  .union([
    z.enum(['auto', 'manual']).describe("'auto', 'manual'"),
    z.strictObject({ after: durationMs }).describe('{ after: 5m }'),
    z
      .strictObject({
        window: z.strictObject({
          days: z
            .array(z.enum(weekdays))
            .min(1)
            .default([...weekdays]),
          from: timeOfDay,
          to: timeOfDay,
        }),
      })
      .describe("{ window: { from: '02:00', to: '04:00' } }"),
  ])
  .transform((given): FailoverMode => {
    if (typeof given === 'string') return { kind: given };
    if ('after' in given) return { kind: 'after', delayMs: given.after };
    const { days, from, to } = given.window;
    const numbers = [...new Set(days)].map((day) => weekdays.indexOf(day)).sort((a, b) => a - b);
    return { kind: 'window', window: { days: numbers, fromMinute: from, toMinute: to } };
  });

/** What may be written of a service beside its checks and its fallback. */
export const steeringFields = {
  members: z
    .array(
      z.strictObject({
        service: z.string().min(1),
        weight: weightSchema.default(defaultWeight),
        tags: tagsSchema,
      }),
    )
    .min(1)
    .optional(),
  policy: z.array(stepSchema).min(1).optional(),
  minHealthy: z.int().min(1).default(1),
  onAllDown: z.enum(['failOpen', 'nodata', 'fallback']).default('failOpen'),
  drainedInPanic: z.boolean().default(false),
  failover: modeSchema.optional(),
  failback: modeSchema.optional(),
  slowStart: durationMs.default(0),
  targetLoad: z.int().min(1).max(100).optional(),
  maxLoad: z.int().min(1).max(100).optional(),
  https: z
    .strictObject({
      alpn: z
        .array(
          z
            .string()
            .max(255)
            .regex(/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/, "a protocol such as 'h2'"),
        )
        .min(1)
        .optional(),
      port: z.int().min(1).max(65_535).optional(),
    })
    .optional(),
};
