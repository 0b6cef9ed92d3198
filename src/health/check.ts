/**
 * What a probe does: the definition of a check, as data.
 *
 * Two uses of the same target and parameters are one check; `checkId` is that identity. Running checks is the room
 * `probe`; judging their results is `verdict` here.
 */
import { z } from 'zod';
import { formatHostPort } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { parseDurationMs } from '#base/time.ts';

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

const timing = {
  interval: durationMs.default(1000),
  timeout: durationMs.default(1000),
  rise: z.int().min(1).max(100).default(2),
  fall: z.int().min(1).max(100).default(3),
};

const httpParameters = {
  path: z.string().startsWith('/').default('/'),
  host: z.string().min(1).optional(),
  method: z.enum(['GET', 'HEAD']).default('GET'),
  expectStatus: z.array(z.int().min(100).max(599)).min(1).default([200]),
};

/** A check as written in `zones/*.yaml`, without its target. */
export const checkSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('tcp'), ...timing }),
  z.strictObject({ type: z.literal('http'), ...httpParameters, ...timing }),
  z.strictObject({ type: z.literal('https'), ...httpParameters, verifyTls: z.boolean().default(true), ...timing }),
]);

/** What a check does, apart from where and how often. */
export type CheckKind =
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http' | 'https';
      readonly path: string;
      /** The Host header and, for https, the server name; the address itself where absent. */
      readonly host?: string;
      readonly method: 'GET' | 'HEAD';
      readonly expectStatus: readonly number[];
      readonly verifyTls: boolean;
    };

/** A check with its target: what the probe room runs. */
export interface CheckDefinition {
  readonly id: CheckId;
  readonly what: CheckKind;
  readonly address: IpAddress;
  readonly port: number;
  readonly sourceAddress?: IpAddress;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Passes in a row that make a failing target pass. */
  readonly rise: number;
  /** Fails in a row that make a passing target fail. */
  readonly fall: number;
}

declare const checkIdBrand: unique symbol;

/** The identity of a check: equal target and parameters, equal id, on every vantage. */
export type CheckId = string & { readonly [checkIdBrand]: true };

/** Builds a check and its identity; the id reads as `http://192.0.2.1:80/healthz …`. */
export function defineCheck(parts: Omit<CheckDefinition, 'id'>): CheckDefinition {
  const target = formatHostPort(parts.address, parts.port);
  const timingText = `every ${parts.intervalMs}ms, timeout ${parts.timeoutMs}ms, rise ${parts.rise}, fall ${parts.fall}`;
  const source = parts.sourceAddress === undefined ? '' : ` from ${parts.sourceAddress}`;
  return { ...parts, id: `${describeKind(parts.what, target)}${source}, ${timingText}` as CheckId };
}

function describeKind(what: CheckKind, target: string): string {
  if (what.kind === 'tcp') return `tcp://${target}`;
  const host = what.host === undefined ? '' : ` host ${what.host}`;
  const trust = what.kind === 'https' && !what.verifyTls ? ' unverified' : '';
  return `${what.method} ${what.kind}://${target}${what.path}${host} expecting ${what.expectStatus.join('|')}${trust}`;
}
