/** What happened when: events of one scenario, in milliseconds since its fault. */
import { unixMs } from '#base/clock.ts';

export interface TimelineEvent {
  readonly atMs: number;
  readonly text: string;
}

/** Collects events, out of order if need be, and prints them in order. */
export class Timeline {
  readonly #events: TimelineEvent[] = [];
  #faultAt: number | undefined;

  /** The scenario's fault, from which all else is counted; a second one starts no new count. */
  fault(text: string): void {
    const atMs = unixMs();
    this.#faultAt ??= atMs;
    this.#events.push({ atMs, text: `FAULT ${text}` });
  }

  /** Records an event, now or at a time (Unix milliseconds) at which somebody else saw it. */
  mark(text: string, atMs: number = unixMs()): void {
    this.#events.push({ atMs, text });
  }

  /** One line an event: `+1234 ms  text`. */
  format(title: string): string {
    const zero = this.#faultAt ?? this.#events[0]?.atMs ?? 0;
    const lines = [...this.#events]
      .sort((left, right) => left.atMs - right.atMs)
      .map(({ atMs, text }) => `  ${formatOffset(atMs - zero).padStart(9)} ms  ${text}`);
    return [`timeline of ${title}`, ...lines, ''].join('\n');
  }
}

function formatOffset(offsetMs: number): string {
  return offsetMs < 0 ? String(offsetMs) : `+${offsetMs}`;
}
