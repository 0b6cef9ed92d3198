/**
 * The seam to steering by policy: `steer('www')` uses a service when its record is compiled and asks it when it answers.
 * Whoever composes the server implements it over the policies of the release.
 */
import type { Client, DynamicAnswer, ExplainedAnswer } from '#dns/zone/dynamic.ts';
import type { ScopeOf } from './scope.ts';

/** Decides one service's answer of one record type. Synchronous; called for every query. */
export interface Steering {
  (client: Client): DynamicAnswer;
  /** Bits of the client's address on which any of its answers may depend (R15), without deciding one. */
  readonly scopeBits: ScopeOf;
  /** Decides likewise, and tells how. */
  readonly explain?: (client: Client) => ExplainedAnswer;
}

/** Where services are looked up. */
export interface SteerSource {
  /** The decision on a service's records of a type; undefined where there is no such service. */
  use(service: string, type: number): Steering | undefined;
  /** Told where code computes the name, so that any service may be used with records of this type. */
  mayUseAny?(type: number): void;
}

/** Knows of no service. */
export const noServices: SteerSource = { use: () => undefined };
