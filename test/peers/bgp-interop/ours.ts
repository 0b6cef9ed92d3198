/** Our side of a session in the matrix: a speaker in this thread with one peer, and what it told. */
import assert from 'node:assert/strict';
import type { PeerOptions, RouteAttributes, SpeakerEvent, SpeakerStop } from '../../../src/bgp-ts/src/index.ts';
import { Speaker } from '../../../src/bgp-ts/src/index.ts';
import { EventLog } from '../../../src/bgp-ts/test/wait.ts';
import type { Neighbor } from './daemon.ts';
import { patienceMs } from './daemon.ts';

/** Our BGP Identifier: above the daemons' addresses or below, as a collision wants it. */
const routerId = '192.0.2.1';

/** Options of the peer that a daemon's neighbor is. */
export function peerOptions(neighbor: Neighbor, name: string): PeerOptions {
  return {
    name,
    address: neighbor.theirAddress,
    localAddress: neighbor.ourAddress,
    peerAsn: neighbor.theirAsn,
    localAsn: neighbor.ourAsn,
    routerId,
    families: neighbor.families,
    connectTimeoutMs: 2000,
    retryMinMs: 100,
    retryMaxMs: 500,
  };
}

/** A speaker with one peer, called `daemon`. */
export class Ours implements AsyncDisposable {
  readonly speaker: Speaker;
  readonly #log = new EventLog<SpeakerEvent>();

  constructor(neighbor: Neighbor, options: Partial<PeerOptions> = {}) {
    this.speaker = new Speaker({ onEvent: this.#log.add });
    const added = this.speaker.addPeer({ ...peerOptions(neighbor, 'daemon'), ...options });
    assert.deepEqual(added, { ok: true, value: 'daemon' });
  }

  get events(): readonly SpeakerEvent[] {
    return this.#log.events;
  }

  /** The first event from index `from` on that matches. */
  find(awaited: string, matches: (event: SpeakerEvent) => boolean, from = 0): Promise<SpeakerEvent> {
    return this.#log.find(awaited, matches, from, patienceMs);
  }

  /** Takes connections of the daemon at the neighbor's address. */
  async listen(address: string): Promise<void> {
    assert.deepEqual(await this.speaker.listen({ address }), { ok: true, value: undefined });
  }

  announce(prefix: string, attributes: Partial<RouteAttributes> = {}): void {
    const set = this.speaker.setDesired(prefix, { nextHop: 'self', ...attributes }, 'row');
    assert.deepEqual(set, { ok: true, value: undefined });
  }

  withdraw(prefix: string): void {
    assert.deepEqual(this.speaker.setDesired(prefix, null, 'row'), { ok: true, value: undefined });
  }

  async established(from = 0, peer = 'daemon'): Promise<void> {
    const isIt = (event: SpeakerEvent): boolean =>
      event.kind === 'sessionState' && event.state === 'established' && event.peer === peer;
    await this.find(`session with ${peer}`, isIt, from);
  }

  /** Resolves when a session ends that is there, or was at index `from`. */
  async ended(from: number): Promise<void> {
    const isIt = (event: SpeakerEvent): boolean => event.kind === 'sessionState' && event.previous === 'established';
    await this.find('end of the session', isIt, from);
  }

  async notification(direction: 'sent' | 'received', code: number, subcode: number, from = 0): Promise<SpeakerEvent> {
    const isIt = (event: SpeakerEvent): boolean =>
      event.kind === 'notification' &&
      event.direction === direction &&
      event.code === code &&
      event.subcode === subcode;
    return this.find(`NOTIFICATION ${code}/${subcode} ${direction}`, isIt, from);
  }

  /** How many sessions of the peer have been established until now. */
  sessions(): number {
    return this.events.filter((event) => event.kind === 'sessionState' && event.state === 'established').length;
  }

  stop(how: SpeakerStop = { mode: 'silent' }): Promise<void> {
    return this.speaker.stop(how);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The events as lines, for failures. */
  text(): string {
    return this.events.map((event) => event.text).join('\n');
  }
}
