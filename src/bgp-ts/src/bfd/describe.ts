/** A BFD session in words and numbers for people: its snapshot, its changes of state, its bugs. Pure. */
import type { BfdSettings } from './options.ts';
import { bfdState } from './packet.ts';
import type { BfdState } from './packet.ts';
import type { BfdStateChange } from './session-types.ts';
import type { BfdSession } from './session.ts';
import type { BfdEvent, BfdSnapshot, BfdStateName } from './types.ts';

const stateNames = {
  [bfdState.adminDown]: 'adminDown',
  [bfdState.down]: 'down',
  [bfdState.init]: 'init',
  [bfdState.up]: 'up',
} as const satisfies Readonly<Record<BfdState, BfdStateName>>;

/** What of an engine is shown, or what stands for it. */
export type EngineView = Pick<
  BfdSession,
  'state' | 'remoteState' | 'reason' | 'transmitIntervalMs' | 'detectionTimeMs'
>;

/** What a snapshot has that no engine knows; a `reason` goes before the engine's. */
export type SessionCounts = Pick<
  BfdSnapshot,
  'sinceUnixMs' | 'packetsSent' | 'packetsReceived' | 'packetsDropped' | 'lateTicks' | 'faultCount'
> & { readonly reason?: string };

/** A session at this moment. */
export function describeSession(settings: BfdSettings, engine: EngineView, counts: SessionCounts): BfdSnapshot {
  return {
    name: settings.name,
    address: settings.address,
    state: stateNames[engine.state],
    peerState: stateNames[engine.remoteState],
    reason: engine.reason,
    transmitIntervalMs: engine.transmitIntervalMs(),
    detectionTimeMs: engine.detectionTimeMs(),
    ...counts,
  };
}

/** The event of a change. */
export function describeChange(session: string, change: BfdStateChange): BfdEvent {
  const { isPeerAdminDown, reason } = change;
  const state = stateNames[change.state];
  const previous = stateNames[change.previous];
  const text = `BFD session ${session} is ${state}, was ${previous}: ${reason}`;
  return { kind: 'bfdState', session, state, previous, isPeerAdminDown, reason, text };
}

/** The event of a bug, the `count`-th; `outcome` is a clause on what becomes of the session. */
export function describeFault(
  session: string,
  thrown: unknown,
  count: number,
  outcome: string,
): BfdEvent & { readonly kind: 'fault' } {
  const { message: error, stack } = thrown instanceof Error ? thrown : { message: String(thrown), stack: undefined };
  const text = `BFD session ${session} met a bug of this program, number ${count}: ${error}; ${outcome}`;
  return { kind: 'fault', session, error, stack: stack ?? '', text };
}
