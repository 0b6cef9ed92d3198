/**
 * TCP between two speakers in virtual time: connections that take their time and overtake one another, bytes in order but
 * cut anywhere, resets, and connections that die without a sign. Knows nothing of BGP.
 */
import type { Chance, VirtualClock } from './clock.ts';

/** What one end of a connection tells its owner. Nothing comes after `closed`. */
export interface EndEvents {
  received(bytes: Uint8Array): void;
  written(pendingBytes: number): void;
  closed(): void;
}

/** Faults of the network that a test asks for, to see that they are found. */
export interface NetworkSpoils {
  /** Segments that are lost though both ends believe in them. */
  readonly loses?: (bytes: Uint8Array) => boolean;
}

/** One end of a connection that is up, or half of it. */
export class End {
  /** Closed by its owner or by what came; it hears nothing more. */
  isClosed = false;
  other: End | undefined;
  readonly #connection: Connection;
  readonly #events: EndEvents;

  constructor(connection: Connection, events: EndEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  /** Whether nothing passes any more, though nobody was told. */
  get isDead(): boolean {
    return this.#connection.isDead;
  }

  /** Whether the other side still has the connection, and can be reached by it. */
  get isHeld(): boolean {
    return !this.isDead && this.other?.isClosed === false;
  }

  send(bytes: Uint8Array): void {
    if (!this.isClosed) this.#connection.carry(this, bytes);
  }

  /** Ends in order: what was sent arrives, then the end. */
  finish(): void {
    this.#leave(() => this.other?.hearClosed());
  }

  /** Ends at once. */
  abort(): void {
    this.#leave(() => this.other?.hearClosed());
  }

  /** The owner is gone; the other end learns of it only when it sends. */
  vanish(): void {
    this.isClosed = true;
  }

  hear(bytes: Uint8Array): void {
    if (!this.isClosed) this.#events.received(bytes);
  }

  hearWritten(pendingBytes: number): void {
    if (!this.isClosed) this.#events.written(pendingBytes);
  }

  hearClosed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#events.closed();
  }

  #leave(tell: () => void): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#connection.afterAll(this, tell);
  }
}

/** What one end sent and the other has not yet heard. */
interface Queue {
  pendingBytes: number;
  readonly acts: (() => void)[];
}

/** One connection. */
export class Connection {
  /** Nothing passes any more, and nobody is told. */
  isDead = false;
  readonly #network: Network;
  readonly #queues = new Map<End, Queue>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Takes bytes to the other end in pieces. */
  carry(from: End, bytes: Uint8Array): void {
    const { chance, spoils } = this.#network;
    if (spoils.loses?.(bytes) === true) return;
    this.#queue(from).pendingBytes += bytes.length;
    let offset = 0;
    while (offset < bytes.length) {
      const count = chance.happens(0.5) ? bytes.length - offset : 1 + chance.below(bytes.length - offset);
      const piece = bytes.subarray(offset, offset + count);
      offset += count;
      this.#inOrder(from, () => this.#deliver(from, piece));
    }
  }

  /** Does something after all that was sent arrived. */
  afterAll(from: End, act: () => void): void {
    this.#inOrder(from, act);
  }

  #deliver(from: End, piece: Uint8Array): void {
    const queue = this.#queue(from);
    queue.pendingBytes -= piece.length;
    from.hearWritten(queue.pendingBytes);
    // Nobody is there any more: the answer is a reset.
    if (from.other?.isClosed === true) from.hearClosed();
    else from.other?.hear(piece);
  }

  #inOrder(from: End, act: () => void): void {
    this.#queue(from).acts.push(act);
    this.#schedule(from);
  }

  #schedule(from: End): void {
    this.#network.clock.after(this.#network.delayMs(), () => this.#passNext(from));
  }

  /** The order is kept by the queue; while the network is cut, TCP sends again and again. */
  #passNext(from: End): void {
    if (this.isDead) return;
    if (this.#network.isCut) this.#schedule(from);
    else this.#queue(from).acts.shift()?.();
  }

  #queue(from: End): Queue {
    const known = this.#queues.get(from);
    if (known !== undefined) return known;
    const made = { pendingBytes: 0, acts: [] };
    this.#queues.set(from, made);
    return made;
  }
}

/** What the network asks of a speaker whose port a connection reached. */
export interface Acceptor {
  /** Takes the connection, or undefined where nobody listens. */
  accept(connection: Connection): End | undefined;
}

/** The network between the two. */
export class Network {
  readonly clock: VirtualClock;
  readonly chance: Chance;
  readonly spoils: NetworkSpoils;
  /** Nothing passes until it is mended. */
  isCut = false;
  /** The longest way of a segment. */
  maxDelayMs = 50;
  readonly connections: Connection[] = [];

  constructor(clock: VirtualClock, chance: Chance, spoils: NetworkSpoils) {
    this.clock = clock;
    this.chance = chance;
    this.spoils = spoils;
  }

  delayMs(): number {
    return 1 + this.chance.below(this.maxDelayMs);
  }

  /** Dials: `opened` comes when the connection is up, or `closed` of the events when nobody takes it. */
  dial(acceptor: Acceptor, events: EndEvents, opened: () => void): End {
    const connection = new Connection(this);
    const end = new End(connection, events);
    this.clock.after(this.delayMs(), () => {
      if (this.isCut || end.isClosed) return;
      const other = acceptor.accept(connection);
      if (other === undefined) {
        this.clock.after(this.delayMs(), () => end.hearClosed());
        return;
      }
      end.other = other;
      other.other = end;
      this.connections.push(connection);
      connection.afterAll(other, () => {
        if (end.isClosed) other.hearClosed();
        else opened();
      });
    });
    return end;
  }
}
