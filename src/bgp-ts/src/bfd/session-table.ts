/**
 * Which session a packet is for (RFC 5880 §6.8.6, RFC 5881 §3, RFC 5883 §4): by Your Discriminator, or, while the peer
 * does not know ours, by listener and source. Even a packet with our discriminator must come from the peer's address by
 * the session's own listener: whoever guesses a number cannot take a session down from elsewhere.
 */

/** Where a session's packets come from: the listener's name, and the source as the system writes it. */
export interface Origin {
  readonly listener: string;
  readonly source: string;
}

interface Entry<Session> extends Origin {
  readonly session: Session;
}

/** Sessions by discriminator and by origin. */
export class SessionTable<Session> {
  readonly #byDiscriminator = new Map<number, Entry<Session>>();
  readonly #byOrigin = new Map<string, Entry<Session>>();

  /** Adds a session; false when there is one of this discriminator or origin. */
  add(session: Session, discriminator: number, origin: Origin): boolean {
    const key = originKey(origin.listener, origin.source);
    if (this.#byDiscriminator.has(discriminator) || this.#byOrigin.has(key)) return false;
    const entry = { ...origin, session };
    this.#byDiscriminator.set(discriminator, entry);
    this.#byOrigin.set(key, entry);
    return true;
  }

  remove(discriminator: number): void {
    const entry = this.#byDiscriminator.get(discriminator);
    if (entry === undefined) return;
    this.#byDiscriminator.delete(discriminator);
    this.#byOrigin.delete(originKey(entry.listener, entry.source));
  }

  sessions(): readonly Session[] {
    return [...this.#byDiscriminator.values()].map((entry) => entry.session);
  }

  has(discriminator: number): boolean {
    return this.#byDiscriminator.has(discriminator);
  }

  /** The session that a packet is for; undefined when it is for none. */
  find(yourDiscriminator: number, listener: string, source: string): Session | undefined {
    if (yourDiscriminator === 0) return this.findByOrigin(listener, source);
    const entry = this.#byDiscriminator.get(yourDiscriminator);
    return entry?.source === source && entry.listener === listener ? entry.session : undefined;
  }

  /** The session with this peer, whatever a packet says. */
  findByOrigin(listener: string, source: string): Session | undefined {
    return this.#byOrigin.get(originKey(listener, source))?.session;
  }
}

function originKey(listener: string, source: string): string {
  return `${listener} ${source}`;
}
