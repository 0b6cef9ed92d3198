/** Counts of what happens to sessions, from the speaker's events: lost sessions and NOTIFICATIONs, by neighbor. */
import type { SpeakerEvent } from 'bgp-ts';
import type { NeighborCounts } from './snapshot.ts';

interface Entry {
  flaps: number;
  readonly notifications: Map<string, { direction: 'sent' | 'received'; code: number; subcode: number; count: number }>;
}

/** Counters since the start of the process; a neighbor that leaves takes its counts with it. */
export class SessionCounters {
  readonly #entries = new Map<string, Entry>();

  take(event: SpeakerEvent): void {
    if (event.kind === 'sessionState' && event.previous === 'established') this.#entryOf(event.peer).flaps++;
    if (event.kind !== 'notification') return;
    const { peer, direction, code, subcode } = event;
    const { notifications } = this.#entryOf(peer);
    const key = `${direction} ${code} ${subcode}`;
    const known = notifications.get(key);
    if (known === undefined) notifications.set(key, { direction, code, subcode, count: 1 });
    else known.count++;
  }

  of(peer: string): NeighborCounts {
    const { flaps, notifications } = this.#entryOf(peer);
    return { flaps, notifications: Array.from(notifications.values(), (entry) => ({ ...entry })) };
  }

  forget(peer: string): void {
    this.#entries.delete(peer);
  }

  #entryOf(peer: string): Entry {
    const known = this.#entries.get(peer);
    if (known !== undefined) return known;
    const entry: Entry = { flaps: 0, notifications: new Map() };
    this.#entries.set(peer, entry);
    return entry;
  }
}
