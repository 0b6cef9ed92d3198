/** What passes between a worker speaker and its client; all of it survives structured cloning. */
import type { Result } from '../result.ts';
import type { RouteAttributes } from '../rib/route.ts';
import type { SnapshotPart } from './snapshot-parts.ts';
import type { ListenOptions, PeerOptions, RemoveHow, ResetHow, SpeakerEvent, SpeakerStop } from './types.ts';

/** A call of `setDesired`, or of `setDesiredFor` where `peer` is there. */
export interface DesiredCall {
  readonly peer?: string;
  readonly prefix: string;
  /** undefined only with a peer. */
  readonly attributes: RouteAttributes | null | undefined;
  readonly reason: string;
}

/** From the client to the worker. */
export type WorkerRequest =
  | { readonly kind: 'addPeer'; readonly options: PeerOptions }
  | { readonly kind: 'removePeer'; readonly name: string; readonly how: RemoveHow }
  | { readonly kind: 'setDesired'; readonly calls: readonly DesiredCall[] }
  | { readonly kind: 'declareComplete' }
  | { readonly kind: 'resetPeer'; readonly name: string; readonly how: ResetHow }
  | { readonly kind: 'listen'; readonly id: number; readonly options: ListenOptions }
  | { readonly kind: 'snapshot'; readonly id: number }
  /** Events of so much weight were seen (event-relay.ts). */
  | { readonly kind: 'seen'; readonly weight: number }
  | { readonly kind: 'stop'; readonly how: SpeakerStop };

/** From the worker to the client. */
export type WorkerReply =
  | { readonly kind: 'event'; readonly event: SpeakerEvent }
  | { readonly kind: 'listening'; readonly id: number; readonly result: Result<void, string> }
  | { readonly kind: 'snapshotPart'; readonly id: number; readonly part: SnapshotPart }
  | { readonly kind: 'snapshotEnd'; readonly id: number };
