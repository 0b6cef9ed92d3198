/**
 * The seam to health: a function registers what it wants checked when its record is compiled, and reads verdicts when it
 * answers. Whoever composes the server implements it (R1: endpoints by their own verdict, other addresses by probe).
 */
import type { IpAddress } from '#base/ip.ts';
import type { AnswerNote } from '#dns/zone/dynamic.ts';
import type { CheckKind } from '#health/check.ts';

/** What a record wants checked. Equal targets are one check. */
export interface HealthTarget {
  readonly what: CheckKind;
  readonly address: IpAddress;
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Passes in a row that make it up again. */
  readonly rise: number;
  /** Failures in a row that make it down. */
  readonly fall: number;
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
  /** What the check read as its target's weight (`pickselfweighted`), 0 to 65,535; 0 where it read none. */
  weight(): number;
}

export interface HealthSource {
  register(target: HealthTarget): HealthHandle;
}

/** What two targets share exactly if they are one check. */
export function targetKey(target: HealthTarget): string {
  const { what, address, port, intervalMs, timeoutMs, rise, fall, sourceAddress = null, onlyProbe } = target;
  return JSON.stringify([what, address, port, intervalMs, timeoutMs, rise, fall, sourceAddress, onlyProbe]);
}
