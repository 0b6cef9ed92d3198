/** What passes between a worker speaker and its client; all of it survives structured cloning. */
import type { RouteAttributes } from '../rib/route.ts';
import type { PeerOptions, SpeakerEvent, SpeakerSnapshot, SpeakerStop } from './types.ts';

/** A call of `setDesired`. */
export interface DesiredCall {
  readonly prefix: string;
  readonly attributes: RouteAttributes | null;
  readonly reason: string;
}

/** From the client to the worker. */
export type WorkerRequest =
  | { readonly kind: 'addPeer'; readonly options: PeerOptions }
  | { readonly kind: 'removePeer'; readonly name: string }
  | { readonly kind: 'setDesired'; readonly calls: readonly DesiredCall[] }
  | { readonly kind: 'snapshot'; readonly id: number }
  | { readonly kind: 'stop'; readonly how: SpeakerStop };

/** From the worker to the client. */
export type WorkerReply =
  | { readonly kind: 'event'; readonly event: SpeakerEvent }
  | { readonly kind: 'snapshot'; readonly id: number; readonly snapshot: SpeakerSnapshot };
