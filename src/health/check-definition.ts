/**
 * A check with its target and timing: the definition, as data, and its identity.
 *
 * Two uses of the same target and parameters are one check; `CheckId` is that identity. Knows no schema, so that what
 * only runs checks does not load one.
 */
import { assert } from '#base/assert.ts';
import { formatHostPort } from '#base/ip.ts';
import type { IpAddress } from '#base/ip.ts';
import { describeKind, digestOf } from './check-kind.ts';
import type { CheckKind } from './check-kind.ts';

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

/** Reports to other vantages carry identities of at most 1,000 characters: a longer one ends in a digest of itself. */
const longestIdText = 900;

/** Builds a check and its identity; the id reads as `http://192.0.2.1:80/healthz …`. */
export function defineCheck(parts: Omit<CheckDefinition, 'id'>): CheckDefinition {
  const { what, address, port, sourceAddress, intervalMs, timeoutMs, rise, fall } = parts;
  // Joined, not added: a text that is put together piece by piece keeps its pieces, and there may be thousands.
  const text = [
    describeKind(what, formatHostPort(address, port)),
    sourceAddress === undefined ? '' : ` from ${sourceAddress}`,
    `, every ${intervalMs}ms, timeout ${timeoutMs}ms, rise ${rise}, fall ${fall}`,
  ].join('');
  const id = text.length <= longestIdText ? text : `${text.slice(0, longestIdText)}… #${digestOf(text)}`;
  return { ...parts, id: id as CheckId };
}

/**
 * Several checks of one subject as one, of which the worst decides; a single one stays itself. Each part runs and is
 * counted by its own interval, rise and fall.
 */
export function combineChecks(checks: readonly CheckDefinition[]): CheckDefinition {
  const parts = [...new Map(checks.flatMap(partsOf).map((check) => [check.id, check])).values()];
  const [first, ...others] = parts;
  assert(first !== undefined, 'a subject has at least one check');
  if (others.length === 0) return first;
  return defineCheck({
    what: { kind: 'all', parts },
    address: first.address,
    port: first.port,
    intervalMs: Math.max(...parts.map((check) => check.intervalMs)),
    timeoutMs: Math.max(...parts.map((check) => check.timeoutMs)),
    rise: 1,
    fall: 1,
  });
}

/** The single checks that a check consists of: itself, or the parts of `all`. */
export function partsOf(check: CheckDefinition): readonly CheckDefinition[] {
  return check.what.kind === 'all' ? check.what.parts : [check];
}

/** Whether the probe room runs a check: the others are judged from what health knows already. */
export function isProbed({ what: { kind } }: CheckDefinition): boolean {
  return kind !== 'service' && kind !== 'constant' && kind !== 'all';
}
