/**
 * The listeners that sessions of one speaker share: one for each place (family, port, address, device), open as long as a
 * session uses it. Opened anew where an interface of the same name is another one now, which a socket does not notice.
 */
import { succeed } from '../result.ts';
import type { Result } from '../result.ts';
import type { Libc } from '../system/libc.ts';
import { openBfdListener } from './datagram.ts';
import type { BfdListener, ListenSpot } from './datagram.ts';

/** A listener in use. */
export interface SharedListener {
  readonly spot: ListenSpot;
  readonly listener: BfdListener;
  /** Of the interface when it was opened; 0 without one. */
  readonly deviceIndex: number;
  readonly users: Set<object>;
}

/** What listeners tell. */
export interface ListenerPoolEvents {
  received(bytes: Uint8Array, listenerName: string, source: string): void;
  failed(text: string): void;
}

/** Listeners by name. */
export class ListenerPool {
  readonly #libc: Libc | undefined;
  readonly #events: ListenerPoolEvents;
  readonly #listeners = new Map<string, SharedListener>();

  constructor(libc: Libc | undefined, events: ListenerPoolEvents) {
    this.#libc = libc;
    this.#events = events;
  }

  /** Opens a listener for a user, or joins it to one that is open. */
  acquire(spot: ListenSpot, user: object): Result<void, string> {
    const name = listenerName(spot);
    const existing = this.#listeners.get(name);
    const deviceIndex = spot.device === undefined ? 0 : (this.#libc?.interfaceIndex(spot.device) ?? 0);
    if (existing?.deviceIndex === deviceIndex) {
      existing.users.add(user);
      return succeed(undefined);
    }
    existing?.listener.close();
    this.#listeners.delete(name);
    const isFirst = ![...this.#listeners.values()].some(
      (other) => other.spot.port === spot.port && other.spot.family === spot.family,
    );
    const opened = openBfdListener(this.#libc, spot, isFirst, {
      received: (bytes, source) => this.#events.received(bytes, name, source),
      failed: (text) => this.#events.failed(text),
    });
    if (!opened.ok) return opened;
    const users = (existing?.users ?? new Set()).add(user);
    this.#listeners.set(name, { spot, listener: opened.value, deviceIndex, users });
    return succeed(undefined);
  }

  /** Gives a listener back; the last user's closes it. */
  release(spot: ListenSpot, user: object): void {
    const name = listenerName(spot);
    const shared = this.#listeners.get(name);
    if (shared?.users.delete(user) !== true || shared.users.size > 0) return;
    shared.listener.close();
    this.#listeners.delete(name);
  }

  /** How many datagrams a listener has had. */
  receivedCount(spot: ListenSpot): number {
    return this.#listeners.get(listenerName(spot))?.listener.receivedCount ?? 0;
  }
}

/** A listener's name. */
export function listenerName(spot: ListenSpot): string {
  return `${spot.family}/${spot.port}/${spot.address ?? '*'}/${spot.device ?? '*'}`;
}
