/** The real entry of the BFD thread, with a bug that one session meets four times, once its peer says Up: once more than it may. */
import { bfdState } from '../src/bfd/packet.ts';
import { BfdSession } from '../src/bfd/session.ts';
import { breakMethodOf } from './break-method.ts';
import { unluckyMultiplier } from './bfd-faults.ts';

let metCount = 0;
breakMethodOf(BfdSession.prototype, 'receive', (session, [packet]) => {
  const { state, multiplier } = packet as { readonly state: number; readonly multiplier: number };
  const isIt = multiplier === unluckyMultiplier && state === bfdState.up;
  if (metCount === 4 || !isIt || !(session instanceof BfdSession) || session.state !== bfdState.up) return undefined;
  metCount++;
  return 'the engine is broken';
});
await import('../src/bfd/worker.ts');
