/**
 * The release that runs, and those before and after it: between the store and the coordinator.
 */
import type { Prng } from '#base/prng.ts';
import type { Result } from '#base/result.ts';
import type { ApiFault } from '#api/fault.ts';
import type { ApplyRequest, RollbackRequest } from '#api/requests.ts';
import type { CallResult, HeadsQuery } from '#api/server.ts';
import type { Generation } from './generation.ts';

export interface HeadLike {
  readonly epoch: number;
  readonly sequence: number;
  readonly release: string;
  readonly reason: string;
}
export interface RunningRelease {
  readonly id: string;
  readonly head: HeadLike;
  build(options: { readonly site: string; readonly prng: Prng }): Result<Generation, readonly string[]>;
}
export interface Releases {
  first(
    build: (release: RunningRelease) => Result<Generation, unknown>,
  ): Promise<{ readonly generation: Generation; readonly release: RunningRelease }>;
  follow(onRelease: (release: RunningRelease) => void): void;
  apply(request: ApplyRequest): Promise<CallResult>;
  history(): Promise<CallResult>;
  rollback(request: RollbackRequest): Promise<CallResult>;
  heads(query: HeadsQuery): Promise<Result<readonly unknown[], ApiFault>>;
  object(digest: string): Promise<Uint8Array | undefined>;
  close(): void;
}
