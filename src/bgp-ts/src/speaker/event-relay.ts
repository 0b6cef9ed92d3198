/**
 * Events on their way to another thread that may be busy: so many go at once, then only as many as it says it has seen. What
 * waits is bounded: of each kind and peer the latest are kept, how many older ones were lost is told by an event, and the
 * state that a peer is in now is always among them. Pure.
 */
import type { SpeakerEvent } from './types.ts';

/** So much may be on its way; the other thread says so each time that it has seen a part of it. */
export const relayWindow = { weight: 8192, seenAtWeight: 1024 } as const;

/** How many events of a kind and a peer wait. */
const mostKept = 128;

/** How many prefixes weigh as much as an event. */
const prefixesOfWeight = 64;

interface Entry {
  /** undefined: lost. */
  event: SpeakerEvent | undefined;
}

/** What an event costs to be kept: 1, and more for those that name many prefixes. */
export function eventWeight(event: SpeakerEvent): number {
  switch (event.kind) {
    case 'updateSent':
      return 1 + Math.floor((event.announced.length + event.withdrawn.length) / prefixesOfWeight);
    case 'routesLearnt':
    case 'routesGone':
      return 1 + Math.floor(event.prefixes.length / prefixesOfWeight);
    default:
      return 1;
  }
}

/** Passes events on to who may be slow. */
export class EventRelay {
  readonly #send: (event: SpeakerEvent) => void;
  #weightUnderWay = 0;
  #waiting: Entry[] = [];
  #lostWaiting = 0;
  readonly #byKey = new Map<string, Entry[]>();
  readonly #lost = new Map<SpeakerEvent['kind'], number>();

  constructor(send: (event: SpeakerEvent) => void) {
    this.#send = send;
  }

  /** Sends an event, or keeps it for later. */
  tell(event: SpeakerEvent): void {
    if (this.#waiting.length === 0 && this.#weightUnderWay < relayWindow.weight) this.#pass(event);
    else this.#keep(event);
  }

  /** The other side has seen events of so much weight. */
  seen(weight: number): void {
    this.#weightUnderWay -= weight;
    if (this.#waiting.length > 0 && this.#weightUnderWay < relayWindow.weight) this.#resume();
  }

  #pass(event: SpeakerEvent): void {
    this.#weightUnderWay += eventWeight(event);
    this.#send(event);
  }

  #keep(event: SpeakerEvent): void {
    const key = 'peer' in event ? `${event.kind} ${event.peer ?? ''}` : event.kind;
    const entries = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, entries);
    const entry = { event };
    entries.push(entry);
    this.#waiting.push(entry);
    if (entries.length > mostKept) this.#lose(entries);
  }

  #lose(entries: Entry[]): void {
    const oldest = entries.shift();
    if (oldest?.event === undefined) return;
    const { kind } = oldest.event;
    this.#lost.set(kind, (this.#lost.get(kind) ?? 0) + 1);
    oldest.event = undefined;
    // Places of lost events are cleared away many at a time.
    if (++this.#lostWaiting * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.filter((entry) => entry.event !== undefined);
    this.#lostWaiting = 0;
  }

  #resume(): void {
    if (this.#lost.size > 0) this.#pass(this.#describeLost());
    let count = 0;
    while (count < this.#waiting.length && this.#weightUnderWay < relayWindow.weight) {
      const event = this.#waiting[count++]?.event;
      if (event !== undefined) this.#pass(event);
    }
    const rest = this.#waiting.slice(count).flatMap(({ event }) => (event === undefined ? [] : [event]));
    this.#waiting = [];
    this.#lostWaiting = 0;
    this.#byKey.clear();
    for (const event of rest) this.#keep(event);
  }

  #describeLost(): SpeakerEvent {
    const counts = Object.fromEntries(this.#lost);
    const text = `events were lost, since they were not taken in time: ${Array.from(this.#lost, ([kind, count]) => `${count} ${kind}`).join(', ')}`;
    this.#lost.clear();
    return { kind: 'eventsLost', counts, text };
  }
}
