/** What a BFD worker and its client say to each other. */
import type { BfdSpeakerOptions } from './speaker.ts';
import type { BfdEvent, BfdSessionOptions, BfdSnapshot } from './types.ts';

/** Client to worker. */
export type BfdWorkerRequest =
  | { readonly kind: 'addSession'; readonly name: string; readonly options: BfdSessionOptions }
  | { readonly kind: 'removeSession'; readonly name: string }
  | { readonly kind: 'snapshot'; readonly id: number }
  | { readonly kind: 'stop'; readonly isSilent: boolean };

/** Worker to client. */
export type BfdWorkerReply =
  | { readonly kind: 'event'; readonly event: BfdEvent }
  /** A session that the client had taken for added could not be. */
  | { readonly kind: 'refused'; readonly name: string; readonly fault: string }
  | { readonly kind: 'snapshot'; readonly id: number; readonly snapshot: readonly BfdSnapshot[] };

/** What a worker is started with. */
export type BfdWorkerData = Omit<BfdSpeakerOptions, 'onEvent'>;
