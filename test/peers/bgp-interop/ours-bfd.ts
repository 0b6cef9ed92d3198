/** Our side of a BFD session in the matrix. */
import assert from 'node:assert/strict';
import type { BfdEvent, BfdStateName } from '../../../src/bgp-ts/src/index.ts';
import { InThreadBfd } from '../../../src/bgp-ts/src/index.ts';
import { EventLog } from '../../../src/bgp-ts/test/wait.ts';
import type { Neighbor } from './daemon.ts';
import { patienceMs } from './daemon.ts';

/** A BFD speaker with one session, to a daemon's neighbor. */
export class Bfd implements AsyncDisposable {
  readonly speaker: InThreadBfd;
  readonly #log = new EventLog<BfdEvent>();

  constructor({ theirAddress, ourAddress }: Neighbor) {
    this.speaker = new InThreadBfd({ onEvent: this.#log.add });
    const session = { address: theirAddress, localAddress: ourAddress, intervalMs: 300, multiplier: 3 };
    assert.deepEqual(this.speaker.addSession(session), { ok: true, value: theirAddress });
  }

  get states(): readonly BfdEvent[] {
    return this.#log.events;
  }

  /** Resolves at the first such state from event `from` on. */
  async becomes(state: BfdStateName, from = 0): Promise<void> {
    const isIt = (event: BfdEvent): boolean => event.kind === 'bfdState' && event.state === state;
    await this.#log.find(`BFD ${state}`, isIt, from, patienceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.speaker.stop({ isSilent: true });
  }
}
