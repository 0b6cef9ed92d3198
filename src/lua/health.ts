/**
 * The seam to health: a function registers what it wants checked when its record is compiled, and reads verdicts when it
 * answers. Whoever composes the server implements it (R1: endpoints by their own verdict, other addresses by probe).
 */
import type { IpAddress } from '#base/ip.ts';
import type { AnswerNote } from '#dns/zone/dynamic.ts';

/** What a record wants checked. Equal targets are one check. */
export interface HealthTarget {
  readonly kind: 'tcp';
  readonly address: IpAddress;
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that make it down; one success makes it up. */
  readonly minimumFailures: number;
  readonly sourceAddress?: IpAddress;
  /** `verdict='probe'`: read this very probe, even where the address is an endpoint in `sites/` (R1). */
  readonly onlyProbe: boolean;
}

/** A target's state now. `unknown` means that there is no evidence yet (R3). */
export interface HealthReading {
  readonly state: 'up' | 'down' | 'unknown';
  /** Whether a change is under way, so that answers live only shortly (R13). */
  readonly changePending: boolean;
  /** It is not to be answered even where nothing is up: drained, or of a family that is to be empty (R2, R8). */
  readonly withheld?: boolean;
  /** Why it is answerable although health alone would not have it so. */
  readonly note?: AnswerNote;
}

/** One registered target. `read` is called for every query: it is synchronous and cheap. */
export interface HealthHandle {
  read(): HealthReading;
}

export interface HealthSource {
  register(target: HealthTarget): HealthHandle;
}

/** What two targets share exactly if they are one check. */
export function targetKey(target: HealthTarget): string {
  return JSON.stringify(target);
}
