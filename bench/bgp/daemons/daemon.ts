/** What the benchmark asks of a BGP daemon: a configuration, processes, and lines to its control channel. */

/** What a daemon is started with. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string;
  /** Loopback addresses of the peers, all at `port`; one AS number for all. */
  readonly peers: readonly string[];
  readonly port: number;
  readonly localAsn: number;
  readonly peerAsn: number;
  /** The keepalive interval is a third of it. */
  readonly holdTimeSeconds: number;
  /** Prefixes that `announceMany` tells at once, known beforehand to daemons that want them in their configuration. */
  readonly many: readonly string[];
}

/** A daemon's channel for commands. */
export interface Channel {
  /** Announces (true) or withdraws the one test prefix by writing one line. Resolves when the daemon has answered. */
  flip(isAnnounced: boolean): Promise<void>;
  /** Announces all of `many`. Resolves when everything is written, or answered where that comes first. */
  announceMany(): Promise<void>;
  close(): void;
}

/** A daemon that can take part. */
export interface Daemon {
  readonly name: string;
  /** How it is told a change, for the table. */
  readonly channel: string;
  readonly requirements: readonly { readonly program: string; readonly package: string }[];
  version(): string;
  /** Writes its configuration and says what to start, in this order. */
  prepare(place: Place): readonly Command[];
  /** Opens the channel; tried again until it succeeds. */
  connect(place: Place): Promise<Channel>;
}

/** A program to start in the daemon's folder. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The prefix that `flip` is about. */
export const flipPrefix = '192.0.2.0/24';
