/**
 * What a speaker needs of TCP, as an interface: connections that it dials or accepts, with what the system has to be
 * told before (GTSM, TCP-MD5, source, device, DSCP). `node.ts` has the system's; a simulation brings its own.
 */
import type { Result } from '../result.ts';
import type { Address } from '../wire/address.ts';
import { isLinkLocal } from '../wire/address.ts';

/** Settings of a connection that are made before it connects, or before it is accepted. */
export interface SocketSettings {
  /** TCP-MD5 key (RFC 2385). */
  readonly md5Key: string | undefined;
  /** GTSM (RFC 5082): how many hops away the peer may be; sent with TTL 255, and less than 256 minus this is dropped. */
  readonly ttlSecurityHops: number | undefined;
  readonly device: string | undefined;
  /** 0 to 63. */
  readonly dscp: number | undefined;
}

/** What happens on a connection: never within the call that made it, and nothing after `closed`, which always comes. */
export interface ConnectionEvents {
  connected(localAddress: Address): void;
  received(bytes: Uint8Array): void;
  /** The system took bytes, perhaps within `send`; `pendingBytes` still wait. */
  written(pendingBytes: number): void;
  /**
   * `reason` is a sentence. `local`: the cause is this host's and can pass, such as a source address or a device that is
   * not there yet; no packet left.
   */
  closed(reason: string, local?: 'local'): void;
}

/** A connection that is being made, or is there. */
export interface Connection {
  send(bytes: Uint8Array): void;
  /** Delivers what was sent, ends with FIN, reads on until the peer ends too or a second has passed. */
  end(): void;
  /** Ends at once; what was not delivered is lost. */
  destroy(): void;
}

/** Where to listen. */
export interface ListenSpot {
  readonly address: Address;
  readonly port: number;
  /** Interface or VRF device to bind to. */
  readonly device?: string | undefined;
}

/** Whom to dial. */
export interface DialOptions {
  readonly address: Address;
  readonly port: number;
  readonly localAddress: Address | undefined;
  readonly settings: SocketSettings;
}

/** Who may connect: others are closed at once. */
export interface ExpectedPeer {
  readonly address: Address;
  readonly settings: SocketSettings;
}

/** From where connections of a peer come: its address, and for a link-local one its link too (RFC 4007 §6). */
export function originKey(address: Address, device: string | undefined): string {
  return isLinkLocal(address) ? `${address}%${device ?? ''}` : address;
}

/** A connection that a peer opened. `take` says who gets its events; `refuse`, or neither in the same turn, closes it. */
export interface IncomingConnection {
  readonly remoteAddress: Address;
  readonly localAddress: Address;
  /** The link that it came by, where the remote address is link-local. */
  readonly device: string | undefined;
  take(events: Omit<ConnectionEvents, 'connected'>): Connection;
  refuse(): void;
}

/** An open listener. */
export interface Listener {
  readonly address: Address;
  readonly port: number;
  /**
   * Adds or replaces a peer by its origin (`originKey`); the fault is a sentence that says which setting the system
   * refused. A link-local peer of another device than the listener's is left out.
   */
  expect(peer: ExpectedPeer): Result<void, string>;
  forget(peer: ExpectedPeer): void;
  close(): Promise<void>;
}

/** TCP, as a speaker uses it. */
export interface Transport {
  /**
   * Dials; a setting that the system refuses for good, or koffi missing where one is asked for, is the fault: nothing
   * was sent.
   */
  dial(options: DialOptions, events: ConnectionEvents): Result<Connection, string>;
  /** Listens on one family only, also with `::`; the fault says what the system refused. */
  listen(
    options: ListenSpot,
    onIncoming: (incoming: IncomingConnection) => void,
    /** A connection was closed at once: of nobody who is expected, or because the system refused a setting. */
    onRefused?: (origin: string, reason: string) => void,
  ): Promise<Result<Listener, string>>;
}
