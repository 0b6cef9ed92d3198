/**
 * Where releases are kept: immutable objects by sha256, and one head that only ever moves forward by compare-and-set.
 *
 * Engines: `embedded/` here. Each passes conformance.fixture.ts. A store holds what a coordinator boots from when it
 * has no network, so what a call has accepted is on disk when it resolves.
 */
import type { Result } from '#base/result.ts';
import type { Head, HeadId } from './head.ts';

/** Why a head was not taken. */
export type AdvanceFault =
  /** Someone else advanced in between: read `current` and decide anew. */
  | { readonly kind: 'conflict'; readonly current: Head | undefined }
  /** The head is not newer than the current one. */
  | { readonly kind: 'stale'; readonly current: Head }
  /** The release was not put before its head. */
  | { readonly kind: 'missingObject'; readonly digest: string };

/** One channel of releases. */
export interface ConfigStore {
  /** Keeps bytes; returns their sha256. Putting the same bytes again changes nothing, but mends a damaged copy. */
  putObject(bytes: Uint8Array): Promise<string>;
  /** The bytes of that sha256; undefined when they are not here or no longer have it. */
  getObject(digest: string): Promise<Uint8Array | undefined>;
  /** Forgets bytes that no head names; those of a head stay. */
  dropObject(digest: string): Promise<void>;
  head(): Promise<Head | undefined>;
  /** Moves the head from exactly `expected` (undefined: from none) to `next`, which must be newer. */
  advance(expected: HeadId | undefined, next: Head): Promise<Result<Head, AdvanceFault>>;
  /** Heads newer than `since`, oldest first; all that are kept where it is absent. */
  log(since?: HeadId): Promise<readonly Head[]>;
  /** Each head newer than `since` once, in order: those kept, then each new one, until `signal` aborts. */
  watch(since: HeadId | undefined, signal: AbortSignal): AsyncIterable<Head>;
  close(): Promise<void>;
}

/** Says why a head was not taken. */
export function describeAdvanceFault(fault: AdvanceFault): string {
  switch (fault.kind) {
    case 'conflict':
      return `the head moved meanwhile, it is now ${describe(fault.current)}`;
    case 'stale':
      return `the head is not newer than ${describe(fault.current)}, which is in force`;
    case 'missingObject':
      return `the release ${fault.digest} is not in the store`;
  }
}

function describe(head: Head | undefined): string {
  return head === undefined ? 'none' : `${head.epoch}.${head.sequence}`;
}
